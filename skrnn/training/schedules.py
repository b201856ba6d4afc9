"""Values in a network that change from epoch to epoch."""

from __future__ import annotations

from collections.abc import Callable

import keras


class EpochValue(keras.callbacks.Callback):
    """Sets a weight that is not trained before each epoch, such as the share of teacher forcing.

    Parameters
    ----------
    layer, weight : str
        Names of the layer and of the attribute.
    schedule : callable
        From the number of the epoch to the value.
    """

    def __init__(self, layer: str, weight: str, schedule: Callable[[int], float]) -> None:
        super().__init__()
        self.layer, self.weight, self.schedule = layer, weight, schedule

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the value."""
        getattr(self.model.get_layer(self.layer), self.weight).assign(float(self.schedule(epoch)))
