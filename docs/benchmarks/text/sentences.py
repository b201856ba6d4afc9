"""Sentences of movie reviews: a recurrent network on tokens, TF-IDF with logistic regression, and both stacked.

    SKRNN_DATA=/path/to/data python docs/benchmarks/text/sentences.py mr [--folds 0 1 2]
    SKRNN_DATA=/path/to/data python docs/benchmarks/text/sentences.py sst2

All are pipelines from strings on. "mr" has ten stratified folds; "sst2" a training and a test part (the development
part joins the training part). Settings were chosen on the training part of the first fold of "mr".
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from skrnn import RNNClassifier
from skrnn.datasets import load_movie_reviews
from skrnn.preprocessing import Tokenizer, WordReader

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import measured_with

EPOCHS, BATCH = 5, 32


def linear() -> Pipeline:
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=30.0, max_iter=1000))


def recurrent(n: int) -> Pipeline:
    """For n sentences, which tell how the learning rate falls."""
    rate = keras.optimizers.schedules.CosineDecay(0.004, EPOCHS * -(-n // BATCH), alpha=0.05)
    network = RNNClassifier(
        "lstm",
        units=64,
        bidirectional=True,
        reader=WordReader(word_dropout=0.2),
        pooling="mean",
        dropout=0.5,
        learning_rate=rate,
        epochs=EPOCHS,
        batch_size=BATCH,
        random_state=0,
    )
    return make_pipeline(Tokenizer(), network)


def stacked(n: int) -> StackingClassifier:
    """Both, under a logistic regression of their probabilities for three held out parts of the training part."""
    return StackingClassifier([("linear", linear()), ("recurrent", recurrent(n))], LogisticRegression(), cv=3)


def parts(name: str, folds: list[int] | None) -> Iterator[tuple[Any, NDArray, Any, NDArray]]:
    """Training texts and labels, and test texts and labels."""
    if name == "sst2":
        (train, y), (dev, y_dev) = load_movie_reviews(name, "train"), load_movie_reviews(name, "dev")
        yield (train + dev, np.concatenate([y, y_dev]), *load_movie_reviews(name, "test"))
        return
    X, y = load_movie_reviews(name)
    for fold, (train_rows, test_rows) in enumerate(StratifiedKFold(10, shuffle=True, random_state=0).split(X, y)):
        if folds is None or fold in folds:
            yield [X[i] for i in train_rows], y[train_rows], [X[i] for i in test_rows], y[test_rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["mr", "sst2"])
    parser.add_argument("--folds", type=int, nargs="*", default=None)
    parser.add_argument("--without_stack", action="store_true")
    options = parser.parse_args()
    scores: dict[str, list[float]] = {}
    minutes: dict[str, float] = {}
    for X, y, new_X, new_y in parts(options.name, options.folds):
        models: dict[str, Any] = {"TF-IDF (1, 2), logistic regression": linear(), "RNNClassifier": recurrent(len(X))}
        if not options.without_stack:
            models["both, stacked"] = stacked(len(X))
        for name, model in models.items():
            begin = time.perf_counter()
            model.fit(X, y)
            minutes[name] = minutes.get(name, 0.0) + (time.perf_counter() - begin) / 60
            scores.setdefault(name, []).append(model.score(new_X, new_y))
        print({name: round(values[-1], 4) for name, values in scores.items()}, flush=True)
    n = len(next(iter(scores.values())))
    print(
        f"\n| {options.name} | accuracy, {n} test part{'s' * (n > 1)} | deviation | minutes of a fit |\n|{'---|' * 4}"
    )
    for name, values in scores.items():
        print(f"| {name} | {np.mean(values):.4f} | {np.std(values):.4f} | {minutes[name] / n:.1f} |")
    print("\n" + measured_with())


if __name__ == "__main__":
    main()
