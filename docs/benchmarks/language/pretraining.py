"""Sentences of movie reviews: accuracy in ten folds with and without a language model's weights to begin with.

    SKRNN_DATA=/path/to/data python docs/benchmarks/language/pretraining.py [--folds 10]

The language model reads sentences of the Stanford Sentiment Treebank without their labels, which are those of the same
reviews; no label of a test fold is seen by anyone. Both networks are the same, trained alike, and chosen by nothing
here. Beside them TF-IDF of one and two words with logistic regression, in the same folds.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNLanguageModel
from skrnn.datasets import load_movie_reviews
from skrnn.preprocessing import VocabularyReader

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--folds", type=int, default=10)
parser.add_argument(
    "--run", type=int, nargs="*", default=None, help="numbers of the folds that are run; all by default"
)
parser.add_argument("--units", type=int, default=128)
parser.add_argument("--lm_epochs", type=int, default=4)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--rate", type=float, default=0.004)
parser.add_argument("--frozen", type=int, default=0)
parser.add_argument("--dropout", type=float, default=0.5)
parser.add_argument("--pooling", default="mean")
options = parser.parse_args()


X, y = load_movie_reviews()
unlabelled = [text.lower() for part in ("train", "dev", "test") for text in load_movie_reviews("sst5", part)[0]]
tokens = [text.lower().split() for text in X]

begin = time.perf_counter()
steps = options.lm_epochs * -(-len(unlabelled) // 32)
language_model = RNNLanguageModel(
    "lstm",
    units=options.units,
    dim=options.units,
    min_count=2,
    tied_embeddings=True,
    dropout=0.4,
    learning_rate=keras.optimizers.schedules.CosineDecay(0.003, steps, alpha=0.02),
    epochs=options.lm_epochs,
    random_state=0,
).fit([text.split() for text in unlabelled])
history = language_model.history_["loss"]
print(
    f"language model: {(time.perf_counter() - begin) / 60:.1f} min, perplexity in training {np.exp(min(history)):.0f}",
    flush=True,
)

scores: dict[str, list[float]] = {
    "TF-IDF (1, 2), logistic regression": [],
    "without": [],
    "with pretrained weights": [],
}
minutes = dict.fromkeys(scores, 0.0)
for fold, (train, test) in enumerate(StratifiedKFold(options.folds, shuffle=True, random_state=0).split(X, y)):
    if options.run is not None and fold not in options.run:
        continue
    rate = keras.optimizers.schedules.CosineDecay(options.rate, options.epochs * -(-len(train) // 32), alpha=0.05)
    shared = {
        "dropout": options.dropout,
        "pooling": options.pooling,
        "learning_rate": rate,
        "epochs": options.epochs,
        "random_state": fold,
    }
    without = RNNClassifier(
        "lstm", units=options.units, reader=VocabularyReader(dim=options.units, min_count=2), **shared
    )
    models = {
        "TF-IDF (1, 2), logistic regression": make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=True),
            LogisticRegression(C=10.0, max_iter=1000),
        ),
        "without": without,
        "with pretrained weights": RNNClassifier(pretrained=language_model, frozen_epochs=options.frozen, **shared),
    }
    for name, model in models.items():
        data = X if name.startswith("TF") else tokens
        begin = time.perf_counter()
        model.fit([data[i] for i in train], y[train])
        minutes[name] += (time.perf_counter() - begin) / 60
        scores[name].append(model.score([data[i] for i in test], y[test]))
    print(fold, {name: round(values[-1], 4) for name, values in scores.items()}, flush=True)

print(
    f"\n| | accuracy, {len(scores['without'])} of {options.folds} folds | deviation of folds | minutes |\n|{'---|' * 4}"
)
for name, values in scores.items():
    print(f"| {name} | {np.mean(values):.4f} | {np.std(values):.4f} | {minutes[name]:.1f} |")
gains = np.array(scores["with pretrained weights"]) - np.array(scores["without"])
error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else float("nan")
print(f"gain {gains.mean():+.4f}, standard error {error:.4f}")
