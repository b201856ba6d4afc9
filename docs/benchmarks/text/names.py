"""Names of people to 18 languages, by their characters: stratified 5-fold macro F1.

    SKRNN_DATA=/path/to/data python docs/benchmarks/text/names.py [--folds 0 1]

Beside it TF-IDF of 1 to 4 characters with logistic regression and balanced weights of classes. The same name may stand
in several languages. Settings were chosen on a part of the training part of the first fold.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from skrnn import RNNClassifier
from skrnn.datasets import load_names
from skrnn.preprocessing import Tokenizer, VocabularyReader

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import measured_with

EPOCHS, BATCH = 40, 64


def linear() -> Pipeline:
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), lowercase=False, sublinear_tf=True)
    return make_pipeline(characters, LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced"))


def recurrent(y: NDArray) -> Pipeline:
    """For languages, whose number and frequencies tell how the learning rate falls, and weights of the classes."""
    rate = keras.optimizers.schedules.CosineDecay(0.006, EPOCHS * -(-len(y) // BATCH), alpha=0.02)
    languages, counts = np.unique(y, return_counts=True)
    network = RNNClassifier(
        "lstm",
        units=96,
        bidirectional=True,
        reader=VocabularyReader(dim=48, min_count=2),
        dropout=0.4,
        pooling="max",
        learning_rate=rate,
        epochs=EPOCHS,
        batch_size=BATCH,
        jit_compile=True,
        class_weight=dict(zip(languages, np.sqrt(len(y) / counts))),
        random_state=0,
    )
    return make_pipeline(Tokenizer("char"), network)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(5)))
    options = parser.parse_args()
    names, languages = load_names()
    X, y = np.array(names), np.array(languages)
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for fold, (train, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)):
        if fold not in options.folds:
            continue
        models = {
            "TF-IDF of 1 to 4 characters, logistic regression": linear(),
            "RNNClassifier": recurrent(y[train]),
        }
        for name, model in models.items():
            begin = time.perf_counter()
            found = model.fit(X[train], y[train]).predict(X[test])
            scores = f1_score(y[test], found, average="macro"), accuracy_score(y[test], found)
            rows.setdefault(name, []).append((*scores, (time.perf_counter() - begin) / 60))
        print(fold, {name: round(found[-1][0], 4) for name, found in rows.items()}, flush=True)
    print(f"\n| {len(X)} names | macro F1 | deviation of folds | accuracy | minutes of a fit |\n|{'---|' * 5}")
    for name, found in rows.items():
        f1, accuracy, minutes = np.array(found).T
        print(f"| {name} | {f1.mean():.4f} | {f1.std():.4f} | {accuracy.mean():.4f} | {minutes.mean():.1f} |")
    print("\n" + measured_with())


if __name__ == "__main__":
    main()
