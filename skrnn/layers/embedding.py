"""Embedding of integer tokens that keeps the mask."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="skrnn")
class TokenEmbedding(keras.layers.Embedding):
    """`keras.layers.Embedding` that gives the mask of its input on.

    Keras' own drops the mask, or makes one from token 0, which is a token like any other here.
    """

    def __init__(self, input_dim: int, output_dim: int, **kwargs: Any) -> None:
        super().__init__(input_dim, output_dim, **kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the input."""
        return mask
