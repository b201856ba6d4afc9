"""
Translate written dates with RNNTranslator
==========================================

Dates in ten written forms become dates of ISO 8601, character by character. The decoder learns by itself where in the
source a digit of the output comes from: its attention shows it. Days of the test part are not in the training part.

Where the environment variable ``SKRNN_DATA`` names a folder with the EuTrans sentences, the same is done with 3,000
Spanish sentences of hotel desks, for a few epochs; ``docs/benchmarks/translation`` trains on all of them.
"""

import os

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skrnn import RNNTranslator
from skrnn.datasets import load_parallel_text, make_dates
from skrnn.inspection import AttentionDisplay
from skrnn.metrics import bleu_score, exact_match_score
from skrnn.preprocessing import Tokenizer

X, y = make_dates(6_000, random_state=0)
model = RNNTranslator(
    "gru",
    units=64,
    target_dim=32,
    source_tokenizer=Tokenizer(analyzer="char"),
    target_tokenizer=Tokenizer(analyzer="char"),
    learning_rate=0.005,
    epochs=10,
    beam_width=3,
    random_state=0,
)
model.fit(X[:5_000], y[:5_000])
print(f"dates that are right: {exact_match_score(y[5_000:], model.predict(X[5_000:])):.3f}")
for source, output in zip(X[5_000:5_005], model.predict(X[5_000:5_005])):
    print(f"  {source:>32}  ->  {output}")
for output, score in model.predict_n_best([X[5_000]], n=3)[0]:
    print(f"  {score:.3f}  {output}")

# %%
# What each character of the output looked at.
display = AttentionDisplay.from_estimator(model, X[5_002])
display.figure_.savefig("attention.png", dpi=120)
plt.close(display.figure_)

# %%
# Sentences, where they are at hand.
if os.environ.get("SKRNN_DATA"):
    X, y = load_parallel_text("eutrans", "train")
    sentences = RNNTranslator("lstm", units=96, dropout=0.1, epochs=8, learning_rate=0.005, random_state=0)
    sentences.fit(X[:3_000], y[:3_000])
    new_X, new_y = load_parallel_text("eutrans", "dev")
    print(f"BLEU of 100 sentences after a minute: {100 * bleu_score(new_y, sentences.predict(new_X)):.1f}")
    print("  " + " ".join(new_X[0]) + "\n  " + " ".join(sentences.predict(new_X[:1])[0]))
    display = AttentionDisplay.from_estimator(sentences, new_X[0])
    display.figure_.savefig("attention_of_words.png", dpi=120)
