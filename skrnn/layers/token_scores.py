"""Scores of tokens from the output of a recurrence."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.layers.pooling import lowest


@keras.saving.register_keras_serializable(package="skrnn")
class TokenScores(keras.layers.Layer):
    """Scores of the next token, from the output of a recurrence.

    Parameters
    ----------
    n_tokens : int
        V.
    tied_dim : int, default=None
        Features of an embedding whose table is the matrix of the output, too [1]_; None has a matrix of its own.
    **kwargs
        As of `keras.layers.Layer`.

    References
    ----------
    .. [1] O. Press, L. Wolf (2017), Using the output embedding to improve language models, EACL.
    """

    def __init__(self, n_tokens: int, tied_dim: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_tokens, self.tied_dim = n_tokens, tied_dim
        self.numbers_in_step = n_tokens
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the matrix, or what brings the input to the width of the embedding, and the bias."""
        width = input_shape[-1]
        if self.tied_dim is None:
            self.kernel = self.add_weight(shape=(width, self.n_tokens), initializer="glorot_uniform", name="kernel")
        elif self.tied_dim != width:
            shape = (width, self.tied_dim)
            self.projection = self.add_weight(shape=shape, initializer="glorot_uniform", name="projection")
        self.bias = self.add_weight(shape=(self.n_tokens,), initializer="zeros", name="bias")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The features, which `scores` reads."""
        return inputs

    def scores(self, features: Any, n_known: Any, table: Any = None) -> Any:
        """Scores of all tokens.

        Parameters
        ----------
        features : tensor (..., H)
        n_known : int tensor
            Tokens that exist; the table has room for more, whose probability is zero.
        table : tensor (V, E), optional
            Of the embedding, where it is shared.

        Returns
        -------
        tensor (..., V), float32
        """
        dtype = features.dtype
        if self.tied_dim is None:
            kernel = ops.cast(self.kernel, dtype)
        else:
            if self.tied_dim != features.shape[-1]:
                features = ops.matmul(features, ops.cast(self.projection, dtype))
            kernel = ops.transpose(ops.cast(table, dtype))
        room = ops.where(ops.arange(self.n_tokens) < n_known, 0.0, lowest(dtype))
        bias = ops.cast(self.bias, "float32") + ops.cast(room, "float32")
        return ops.cast(ops.matmul(features, kernel), "float32") + bias

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor."""
        return {**super().get_config(), "n_tokens": self.n_tokens, "tied_dim": self.tied_dim}
