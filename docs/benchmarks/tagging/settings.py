"""What `RNNTagger` is given for each task: chosen on what is held out of the training data, as README.md tells."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
from peers import InBIOES, with_statistics, with_tags_around
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer

from skrnn import RNNTagger
from skrnn.preprocessing import PerStep

TEXT: dict[str, Any] = {"units": 128, "dropout": 0.5, "reader__word_dropout": 0.2, "learning_rate": 0.005, "epochs": 14}

SETTINGS: dict[str, dict[str, Any]] = {
    "ewt": {**TEXT, "reader__word_dropout": 0.3},
    "chunks": {**TEXT, "constraints": "bioes", "batch_size": 16, "epochs": 8},
    "arem": {
        "cell": "gru",
        "units": 48,
        "dropout": 0.5,
        "learning_rate": 0.005,
        "epochs": 8,
        "batch_size": 16,
        "optimizer": "adamw",
        "optimizer__weight_decay": 0.5,
    },
}


def tagger(task: str, random_state: int | None = 0, **changes: Any) -> Any:
    """The tagger of a task: chunks in BIOES with parts of speech around a word, streams with statistics of windows.

    Parameters
    ----------
    task : str
        A key of `SETTINGS`.
    random_state : int or None
        Seed.
    **changes
        Parameters that take the place of those in `SETTINGS`.
    """
    chosen = {**SETTINGS[task], **changes}
    chosen["callbacks"] = cosine(chosen["learning_rate"], chosen["epochs"])
    model = RNNTagger(random_state=random_state, **chosen)
    if task == "ewt":
        return model
    if task == "chunks":
        return InBIOES(make_pipeline(FunctionTransformer(with_tags_around), model))
    bins = KBinsDiscretizer(12, encode="onehot-dense")
    return make_pipeline(FunctionTransformer(with_statistics), PerStep(bins), InPieces(model))


class InPieces(BaseEstimator):
    """Train a tagger on pieces of streams, as more and shorter sequences are faster; predict whole streams.

    Parameters
    ----------
    tagger : RNNTagger
    longest : int, default=240
        Steps of a piece; a minute.
    """

    def __init__(self, tagger: RNNTagger, longest: int = 240) -> None:
        self.tagger = tagger
        self.longest = longest

    def fit(self, X: Any, y: Any) -> InPieces:
        self.tagger_ = clone(self.tagger).fit(self._cut(X), self._cut(y))
        return self

    def predict(self, X: Any) -> Any:
        return self.tagger_.predict(X)

    def _cut(self, rows: Any) -> list[Any]:
        return [row[i : i + self.longest] for row in rows for i in range(0, len(row), self.longest)]


def cosine(highest: float, epochs: int) -> keras.callbacks.Callback:
    """Lower the learning rate from epoch to epoch along half a cosine."""
    return keras.callbacks.LearningRateScheduler(partial(_cosine_rate, highest, epochs))


def _cosine_rate(highest: float, epochs: int, epoch: int, rate: float) -> float:
    return highest * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))
