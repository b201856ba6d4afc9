"""Features beside features: of steps, of whole sequences, and categories in columns of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class Beside(keras.layers.Layer):
    """Join features: those of whole sequences (B, S) stand at each step where the first ones are of steps (B, T, F).

    The mask is that of the first ones.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """[(B, F), (B, S), ...] -> (B, F + S + ...), or [(B, T, F), (B, T, G), (B, S), ...] -> (B, T, F + G + S)."""
        first, *others = inputs
        steps = len(first.shape) == 3
        return ops.concatenate([first, *(_as(other, first) if steps else other for other in others)], axis=-1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the first features."""
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the first, with all features."""
        return (*input_shape[0][:-1], sum(shape[-1] for shape in input_shape))


def _as(other: Any, first: Any) -> Any:
    if len(other.shape) == 3:
        return other
    shape = (ops.shape(first)[0], ops.shape(first)[1], other.shape[-1])
    return ops.broadcast_to(other[:, None, :], shape)


@keras.saving.register_keras_serializable(package="skrnn")
class OneHot(keras.layers.Layer):
    """A column for each category: (B, C) to (B, sum of sizes). A category below 0 is none of them.

    Parameters
    ----------
    sizes : sequence of int
        Categories of each of the C columns.
    **kwargs
        As of `keras.layers.Layer`.
    """

    def __init__(self, sizes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = [int(size) for size in sizes]

    def call(self, inputs: Any) -> Any:
        """(B, C) of int -> (B, sum of sizes)."""
        columns = [inputs[:, k, None] == ops.arange(size, dtype=inputs.dtype) for k, size in enumerate(self.sizes)]
        return ops.cast(ops.concatenate(columns, axis=1), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """(B, sum of sizes)."""
        return (input_shape[0], sum(self.sizes))

    def compute_output_spec(self, inputs: Any) -> Any:
        """Of the type of the policy, whatever that of the categories."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor."""
        return {**super().get_config(), "sizes": self.sizes}
