"""Attention of one sequence to another: for each query a weighted mean of the steps of a memory."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.layers.pooling import lowest

ATTENTIONS = ("additive", "multiplicative")


def additive_scores(queries: Any, keys: Any, scale: Any) -> Any:
    """(B, S, A), (B, T, A), (A,) -> (B, S, T): ``v . tanh(q + k)`` of queries and keys after their matrices."""
    return ops.sum(ops.tanh(queries[:, :, None] + keys[:, None]) * scale, axis=-1)


def attention_weights(scores: Any, mask: Any) -> Any:
    """(B, S, T), (B, T) -> (B, S, T): a softmax over the real steps of the memory; others have weight zero."""
    scores = ops.where(mask[:, None], ops.cast(scores, "float32"), lowest("float32"))
    e = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True)))
    e = e * ops.cast(mask[:, None], e.dtype)
    return e / ops.maximum(ops.sum(e, axis=-1, keepdims=True), keras.config.epsilon())


@keras.saving.register_keras_serializable(package="skrnn")
class Attention(keras.layers.Layer):
    """Attention with matrices of its own.

    Parameters
    ----------
    kind : {"additive", "multiplicative"}
        How a query q and a step m of the memory are compared: ``v . tanh(W q + U m)`` [1]_, or ``q . (W m)`` [2]_.
    **kwargs
        As of `keras.layers.Layer`.

    Notes
    -----
    The keys (``U m``, ``W m``) do not depend on queries: `keys` computes them once for all steps of a decoder.
    (`keras.layers.AdditiveAttention` has the vector v alone.)

    References
    ----------
    .. [1] D. Bahdanau, K. Cho, Y. Bengio (2015), Neural machine translation by jointly learning to align and
       translate, ICLR, appendix A.1.2.
    .. [2] M.-T. Luong, H. Pham, C. D. Manning (2015), Effective approaches to attention-based neural machine
       translation, EMNLP, equation 8 ("general").
    """

    def __init__(self, kind: str = "multiplicative", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind not in ATTENTIONS:
            raise ValueError(f"kind must be one of {', '.join(ATTENTIONS)}. Got {kind!r}.")
        self.kind = kind
        self.supports_masking = True

    def build(self, query_shape: tuple, memory_shape: tuple) -> None:
        """Create the matrices for queries (B, S, H) and a memory (B, T, F)."""
        units, width = query_shape[-1], memory_shape[-1]
        self.memory_kernel = self.add_weight(shape=(width, units), initializer="glorot_uniform", name="memory_kernel")
        if self.kind == "additive":
            shape = (units, units)
            self.query_kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="query_kernel")
            self.scale = self.add_weight(shape=(units,), initializer="random_normal", name="scale")
        self.built = True

    def keys(self, memory: Any) -> Any:
        """(B, T, F) -> (B, T, H)."""
        return ops.matmul(memory, ops.cast(self.memory_kernel, memory.dtype))

    def call(self, queries: Any, memory: Any, keys: Any, mask: Any) -> tuple[Any, Any]:
        """Attend.

        Parameters
        ----------
        queries : tensor (B, S, H)
        memory : tensor (B, T, F)
        keys : tensor (B, T, H)
            Of `keys`.
        mask : tensor (B, T) of bool
            Real steps of the memory.

        Returns
        -------
        contexts : tensor (B, S, F)
        weights : tensor (B, S, T), float32
            Rows sum to 1.
        """
        if self.kind == "additive":
            queries = ops.matmul(queries, ops.cast(self.query_kernel, queries.dtype))
            scores = additive_scores(queries, keys, ops.cast(self.scale, keys.dtype))
        else:
            scores = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
        weights = attention_weights(scores, mask)
        return ops.matmul(ops.cast(weights, memory.dtype), memory), weights

    def compute_mask(self, *args: Any, **kwargs: Any) -> None:
        """Contexts have the mask of the queries, which a decoder keeps itself."""
        return None

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor."""
        return {**super().get_config(), "kind": self.kind}
