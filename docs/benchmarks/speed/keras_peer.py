"""The network of all rows in plain Keras, and time stamps of epochs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np

LAYERS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "elman": keras.layers.SimpleRNN}


def network(cell: str, d: int, units: int, classes: int = 5, learning_rate: float = 0.01) -> keras.Sequential:
    """A recurrent layer, its last state and a dense layer, compiled with Adam."""
    model = keras.Sequential(
        [
            keras.layers.Input((None, d)),
            LAYERS[cell](units),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="sparse_categorical_crossentropy")
    return model


class Clock(keras.callbacks.Callback):
    """The time at the end of each epoch; kept by the class, as estimators copy their callbacks."""

    stamps: ClassVar[list[float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        Clock.stamps.append(time.perf_counter())


def epoch_seconds(fit: Callable[[], Any]) -> list[float]:
    """Seconds of each epoch of a fit that has a `Clock`: the first from the call on, the others from end to end."""
    Clock.stamps = [time.perf_counter()]
    fit()
    return np.diff(Clock.stamps).tolist()
