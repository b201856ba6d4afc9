"""A gate for gradients: what lies below learns, or stays as it is."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class GradientGate(keras.layers.Layer):
    """Gives its input on; gradients pass multiplied by the weight ``open``, which is 0 or 1 and not trained."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the weight."""
        self.open = self.add_weight(shape=(), initializer="ones", trainable=False, name="open")

    def call(self, inputs: Any) -> Any:
        """The input."""
        still = ops.stop_gradient(inputs)
        return still + (inputs - still) * ops.cast(self.open, inputs.dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the input."""
        return mask
