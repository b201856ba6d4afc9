"""What a program is compiled from, and the data it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.keras_objects.recipe import Recipe, Snapshot, fingerprint
from skrnn.sequences.on_disk import pieces, steps_at_once
from skrnn.sequences.ragged import Sequences


@dataclass(frozen=True)
class Plan:
    """Everything that is baked into a compiled program.

    Attributes
    ----------
    network : RecurrentNetwork or FunctionNetwork
        Builds the model.
    loss : Snapshot, callable or None
        ``loss(y, y_pred)`` gives one number a sequence, or one a step. None leaves it to the output layer of the
        network: ``step_losses(y, y_pred, mask)``.
    optimizer : Recipe
        Its learning rate, where it is a number, is loaded and not baked in.
    metrics : tuple of Recipe or callable
        Keras metrics followed in training.
    per_step : bool
        Whether there is an output for each step.
    sparse : bool
        Whether targets are class indices, without an axis of their own.
    """

    network: Any
    loss: Any
    optimizer: Recipe
    metrics: tuple[Any, ...] = ()
    per_step: bool = False
    sparse: bool = False

    @cached_property
    def key(self) -> Any:
        """Hashable identity: plans with the same key share programs."""
        optimizer = dict(self.optimizer.config)
        if isinstance(optimizer.get("learning_rate"), float):
            del optimizer["learning_rate"]
        return (
            keras.backend.backend(),
            keras.config.floatx(),
            fingerprint(keras.config.dtype_policy().name),
            self.network.graph_fingerprint,
            fingerprint(self.loss),
            (self.optimizer.cls, fingerprint(optimizer)),
            fingerprint(self.metrics),
            self.per_step,
            self.sparse,
        )

    @property
    def learning_rate(self) -> float | None:
        """The learning rate to load, or None where a schedule is baked in."""
        rate = self.optimizer.config.get("learning_rate")
        return rate if isinstance(rate, float) else None

    def make_loss(self) -> Any:
        """The function (y, y_pred) -> one loss a sequence or step."""
        loss = self.loss.make() if isinstance(self.loss, Snapshot) else self.loss
        return loss.call if isinstance(loss, keras.losses.Loss) else loss

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """New Keras metrics."""
        return [m.make() if isinstance(m, Recipe) else _wrapped(m) for m in self.metrics]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "key"}


def _wrapped(metric: Any) -> keras.metrics.Metric:
    if isinstance(metric, keras.metrics.Metric):
        return metric
    return keras.metrics.MeanMetricWrapper(metric, name=getattr(metric, "__name__", type(metric).__name__))


@dataclass(frozen=True)
class Examples:
    """Sequences with their targets and weights.

    Attributes
    ----------
    X : Sequences
        N sequences.
    y : ndarray of shape (N, K), or (total steps, K) where targets are per step
        Encoded targets; K is 1 for class indices.
    weights : ndarray of shape (N,) or (total steps,)
        How much each counts. Their mean in the training data is 1.
    """

    X: Sequences
    y: NDArray
    weights: NDArray

    def targets(self, per_step: bool) -> tuple[Any, Any]:
        """Targets and weights, as `Sequences` where they are per step."""
        if not per_step:
            return self.y, self.weights
        return self.X.with_values(self.y), self.X.with_values(self.weights[:, None])

    @property
    def exceed_a_piece(self) -> bool:
        """Whether X is on disk and more than is read at a time."""
        return self.X.on_disk and self.X.offsets[-1] > steps_at_once(self.X)

    def take(self, rows: NDArray[np.int64], per_step: bool) -> Examples:
        """Some of the examples; of sequences on disk nothing is read."""
        chosen = self.X.step_positions(rows) if per_step else rows
        return Examples(self.X[rows], self.y[chosen], self.weights[chosen])

    def in_pieces(
        self, order: NDArray[np.int64], starts: NDArray[np.int64], per_step: bool
    ) -> Iterator[tuple[Examples, NDArray[np.int64], NDArray[np.int64]]]:
        """Batch after batch, as many at a time as are read at once: the examples in them, and order and starts there.

        Parameters
        ----------
        order, starts : ndarray of int
            Batch ``b`` is ``order[starts[b]:starts[b + 1]]``.
        per_step : bool
            Whether targets are per step.
        """
        steps = np.add.reduceat(self.X.lengths[order], starts[:-1])  # of each batch
        for begin, end in pieces(steps, steps_at_once(self.X)):
            rows = order[starts[begin] : starts[end]]
            yield self.take(rows, per_step), np.arange(len(rows)), starts[begin : end + 1] - starts[begin]
