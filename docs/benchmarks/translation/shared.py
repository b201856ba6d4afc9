"""What the scripts share: a falling learning rate, the nearest source as a baseline, scores, versions."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version

import keras
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from skrnn import RNNTranslator
from skrnn.metrics import bleu_score

Rows = Sequence[Sequence[str]]


def falling(rate: float, n_pairs: int, batch_size: int, epochs: int) -> keras.optimizers.schedules.CosineDecay:
    """A learning rate that falls to a fiftieth along a cosine."""
    return keras.optimizers.schedules.CosineDecay(rate, epochs * -(-n_pairs // batch_size), alpha=0.02)


def nearest(X: Rows, y: Rows, new: Rows) -> list[Sequence[str]]:
    """The baseline: the translation of the nearest source of the training part, by weighted n-grams of words."""
    vectorizer = TfidfVectorizer(analyzer=_ngrams)
    known, asked = vectorizer.fit_transform(X), vectorizer.transform(new)
    found = []
    for start in range(0, asked.shape[0], 200):
        similar = (asked[start : start + 200] @ known.T).toarray()
        found += [y[i] for i in similar.argmax(axis=1)]
    return found


def _ngrams(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    padded = ["<s>", *tokens, "</s>"]
    return [tuple(padded[i : i + n]) for n in (1, 2, 3) for i in range(len(padded) - n + 1)]


def fit(name: str, model: RNNTranslator, X: Rows, y: Rows) -> float:
    """Fit, and print how long it took; minutes."""
    begin = time.perf_counter()
    model.fit(X, y)
    minutes = (time.perf_counter() - begin) / 60
    print(f"{name}: {minutes:.1f} min, loss {model.history_['loss'][-1]:.3f}", flush=True)
    return minutes


def bleu(model: RNNTranslator, X: Rows, y: Rows, beam_width: int) -> float:
    """Corpus BLEU in hundredths."""
    return 100 * bleu_score(y, model.set_params(beam_width=beam_width).predict(X))


def log_loss(model: RNNTranslator, X: Rows, y: Rows) -> float:
    """Mean of minus the log probability of a token."""
    return float(-model.score_samples(X, y).sum() / sum(len(row) + 1 for row in y))


def measured_with() -> str:
    """Versions and machine, in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ("skrnn", "tensorflow", "keras", "scikit-learn", "sacrebleu", "numpy")
    found = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {found}; {cores} CPU cores, load {np.round(os.getloadavg()[0], 1)}."
