"""Pooling over time: (B, T, H) to (B, H). Masked steps count for nothing."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def mean_over_time(h: Any, mask: Any) -> Any:
    """(B, T, H), (B, T) -> (B, H): the mean of the real steps."""
    real = ops.cast(mask, h.dtype)[:, :, None]  # (B, T, 1)
    return ops.sum(h * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)


def max_over_time(h: Any, mask: Any) -> Any:
    """(B, T, H), (B, T) -> (B, H): the maximum of the real steps."""
    return ops.max(ops.where(mask[:, :, None], h, _lowest(h)), axis=1)


def last_over_time(h: Any, mask: Any) -> Any:
    """(B, T, H), (B, T) -> (B, H): the last real step."""
    steps = ops.arange(ops.shape(h)[1])  # (T,)
    last = ops.max(ops.where(mask, steps, ops.zeros_like(steps)), axis=1)  # (B,)
    chosen = ops.cast(steps[None, :] == last[:, None], h.dtype)  # (B, T)
    return ops.sum(h * chosen[:, :, None], axis=1)


def attention_over_time(h: Any, mask: Any, kernel: Any, bias: Any, query: Any) -> tuple[Any, Any]:
    """(B, T, H), (B, T) -> (B, H), weights (B, T): softmax over real steps of query . tanh(h W + b)."""
    scores = ops.sum(ops.tanh(ops.matmul(h, kernel) + bias) * query, axis=-1)  # (B, T)
    scores = ops.where(mask, scores, _lowest(scores))
    weights = ops.softmax(scores, axis=-1)
    return ops.sum(h * weights[:, :, None], axis=1), weights


def lowest(dtype: Any) -> float:
    """What stands for minus infinity: finite in every type, so that a row without a real step gives no NaN."""
    return -6e4 if keras.backend.standardize_dtype(dtype) == "float16" else -1e30


def _lowest(x: Any) -> Any:
    return ops.full_like(x, lowest(x.dtype))


class _Pooling(keras.layers.Layer):
    """Takes the mask of its input and gives none on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[2])


def _all_real(h: Any) -> Any:
    return ops.ones(ops.shape(h)[:2], dtype="bool")


@keras.saving.register_keras_serializable(package="skrnn")
class MeanPooling(_Pooling):
    """Mean over the real steps."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """(B, T, H) -> (B, H)."""
        return mean_over_time(inputs, _all_real(inputs) if mask is None else mask)


@keras.saving.register_keras_serializable(package="skrnn")
class MaxPooling(_Pooling):
    """Maximum over the real steps."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """(B, T, H) -> (B, H)."""
        return max_over_time(inputs, _all_real(inputs) if mask is None else mask)


@keras.saving.register_keras_serializable(package="skrnn")
class LastPooling(_Pooling):
    """The last real step."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """(B, T, H) -> (B, H)."""
        return last_over_time(inputs, _all_real(inputs) if mask is None else mask)


@keras.saving.register_keras_serializable(package="skrnn")
class AttentionPooling(_Pooling):
    """Weighted mean over the real steps, the weights learned from the steps.

    Notes
    -----
    ``u_t = tanh(h_t W + b)``, ``a = softmax_t(u_t . q)``, result ``sum_t a_t h_t``, with W (H, H), b and q
    of shape (H,).

    References
    ----------
    Z. Yang et al. (2016), Hierarchical attention networks for document classification, NAACL,
    equations 5 to 7.
    """

    def build(self, input_shape: tuple) -> None:
        """Create W, b and q."""
        units = input_shape[-1]
        self.kernel = self.add_weight(shape=(units, units), initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.query = self.add_weight(shape=(units,), initializer="random_normal", name="query")

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """(B, T, H) -> (B, H)."""
        mask = _all_real(inputs) if mask is None else mask
        return attention_over_time(inputs, mask, self.kernel, self.bias, self.query)[0]
