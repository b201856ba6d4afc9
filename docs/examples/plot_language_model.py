"""
Sample names and dates with RNNLanguageModel
============================================

A language model of characters learns how names are written. The first token of each sequence is the language, so that
a prompt chooses it. Without ``SKRNN_DATA``, which names a folder with the names, it learns written dates.
"""

import os

import matplotlib

matplotlib.use("Agg")

from skrnn import RNNLanguageModel
from skrnn.datasets import load_names, make_dates
from skrnn.inspection import TokenProbabilityDisplay
from skrnn.preprocessing import Tokenizer

if os.environ.get("SKRNN_DATA"):
    names, languages = load_names()
    X = [[language, *name] for name, language in zip(names, languages)]
    model = RNNLanguageModel(
        "gru", units=128, dim=32, dropout=0.1, epochs=12, learning_rate=0.004, early_stopping=True, random_state=0
    ).fit(X)
    print(f"perplexity of a held out character: {2.718281828 ** min(model.history_['val_loss']):.2f}")
    known = set(names)
    for language in ("Italian", "Russian", "Japanese", "Irish", "Greek"):
        drawn = model.sample(6, [language], temperature=0.7, max_length=20, random_state=0)
        written = ["".join(name[1:]) for name in drawn]
        print(f"{language:>9}: " + ", ".join(name + ("*" if name in known else "") for name in written))
    print("(* is a name of the data)")
    display = TokenProbabilityDisplay.from_estimator(model, ["Japanese", *"Yamaguchi"], prompt=["Japanese"])
else:
    X, _ = make_dates(3_000, random_state=0)
    model = RNNLanguageModel(
        "gru", units=64, dim=16, tokenizer=Tokenizer(analyzer="char"), epochs=8, learning_rate=0.005, random_state=0
    ).fit(X)
    print(f"perplexity of a character: {model.perplexity(X):.2f}")
    for text in model.sample(6, temperature=0.7, max_length=40, random_state=0):
        print("  " + text)
    display = TokenProbabilityDisplay.from_estimator(model, "Thursday, May 3, 1979")

display.figure_.savefig("probabilities.png", dpi=120)
