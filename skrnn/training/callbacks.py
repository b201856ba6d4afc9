"""Callbacks of Keras around an epoch that may run as one graph."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.training.program import Program

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


class KerasCallbacks:
    """The callbacks of one fit. One that listens to batches makes the epochs go batch by batch.

    Parameters
    ----------
    callbacks : list of `keras.callbacks.Callback`
        Belonging to this fit alone.
    program : Program
        What is trained.
    epochs : int
        How many there are at most.
    """

    def __init__(self, callbacks: list[Any], program: Program, epochs: int) -> None:
        self.program = program
        self.by_batch = any(listens_to_batches(c) for c in callbacks)
        self._heard = _Heard()
        listed = [*callbacks, self._heard]
        self._active = keras.callbacks.CallbackList(listed, model=program.model, epochs=epochs, verbose=0)

    def begin(self) -> None:
        """Tell that training begins."""
        self._active.on_train_begin()

    def epoch_begin(self, epoch: int) -> None:
        """Tell that an epoch begins."""
        self._active.on_epoch_begin(epoch)

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> dict[str, float]:
        """Tell that an epoch ended, and give back the logs with what the callbacks added."""
        self._active.on_epoch_end(epoch, dict(logs))
        return self._heard.logs

    def end(self, logs: dict[str, float]) -> None:
        """Tell that training ended."""
        self._active.on_train_end(dict(logs))

    def train(
        self, data: Any, order: NDArray[np.int64], starts: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> dict[str, float]:
        """Train an epoch, all at once or batch by batch; counts weigh the sequences in the mean loss."""
        if not self.by_batch:
            return self.program.train(data, order, starts)
        total, counted, logs = 0.0, 0, {}
        for batch, (begin, end) in enumerate(zip(starts[:-1], starts[1:])):
            self._active.on_train_batch_begin(batch)
            rows = order[begin:end]
            logs = self.program.train(data, rows, np.array([0, len(rows)], dtype=np.int64))
            total, counted = total + logs["loss"] * counts[rows].sum(), counted + counts[rows].sum()
            logs["loss"] = float(total / counted)
            self._active.on_train_batch_end(batch, dict(logs))
        return logs


def listens_to_batches(callback: Any) -> bool:
    """Tell whether a callback has a hook of its own for single batches."""
    for name in BATCH_HOOKS:
        own = getattr(callback, name)
        if getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, name):
            return True
    return False


class _Heard(keras.callbacks.Callback):
    """The last callback: sees what those before it wrote into the logs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.logs = dict(logs or {})
