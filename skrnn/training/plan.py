"""What a program is compiled from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from skrnn.keras_objects.recipe import Recipe, fingerprint
from skrnn.networks.network import Network
from skrnn.sequences.examples import ColumnSpec


@dataclass(frozen=True)
class Plan:
    """Everything that is baked into a compiled program.

    Attributes
    ----------
    network : Network
        Builds the model, and holds the head.
    columns : tuple of ColumnSpec
        Of the examples in training: X, y, and "weight".
    optimizer : Recipe
        Its learning rate, where it is a number, is loaded and not baked in.
    metrics : tuple of Recipe or callable
        Keras metrics followed in training.
    """

    network: Network
    columns: tuple[ColumnSpec, ...]
    optimizer: Recipe
    metrics: tuple[Any, ...] = ()

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
            self.columns,
            (self.optimizer.cls, fingerprint(optimizer)),
            fingerprint(self.metrics),
        )

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes in training, in the order of the columns."""
        return tuple(dict.fromkeys(column.axis for column in self.columns if column.axis is not None))

    @property
    def learning_rate(self) -> float | None:
        """The learning rate to load, or None where a schedule is baked in."""
        rate = self.optimizer.config.get("learning_rate")
        return rate if isinstance(rate, float) else None

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """New Keras metrics."""
        return [m.make() if isinstance(m, Recipe) else _wrapped(m) for m in self.metrics]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "key"}


def _wrapped(metric: Any) -> keras.metrics.Metric:
    if isinstance(metric, keras.metrics.Metric):
        return metric
    return keras.metrics.MeanMetricWrapper(metric, name=getattr(metric, "__name__", type(metric).__name__))
