"""What `RNNTagger` is given for each task: chosen on what is held out of the training data, as README.md tells."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from skrnn import RNNTagger
from skrnn.preprocessing import PerStep

TEXT: dict[str, Any] = {"units": 128, "dropout": 0.5, "word_dropout": 0.2, "learning_rate": 0.005, "epochs": 14}

SETTINGS: dict[str, dict[str, Any]] = {
    "ewt": {**TEXT, "word_dropout": 0.3},
    "chunks": {**TEXT, "constraints": "bio"},
    "arem": {
        "cell": "gru",
        "units": 48,
        "dropout": 0.5,
        "learning_rate": 0.005,
        "epochs": 60,
        "batch_size": 2,
        "optimizer": "adamw",
        "optimizer__weight_decay": 0.5,
    },
}


def tagger(task: str, random_state: int | None = 0, **changes: Any) -> Any:
    """The tagger of a task, after scaled, unskewed features where there are features.

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
    return make_pipeline(PerStep(PowerTransformer()), model) if task == "arem" else model


def cosine(highest: float, epochs: int) -> keras.callbacks.Callback:
    """Lower the learning rate from epoch to epoch along half a cosine."""
    return keras.callbacks.LearningRateScheduler(partial(_cosine_rate, highest, epochs))


def _cosine_rate(highest: float, epochs: int, epoch: int, rate: float) -> float:
    return highest * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))
