"""Layer normalization of a vector."""

from __future__ import annotations

from typing import Any

from keras import ops

EPSILON = 1e-5


def layer_norm(x: Any, gain: Any, shift: Any = 0.0) -> Any:
    """Bring the last axis of x to mean 0 and variance 1, then times gain and plus shift; shape of x [1]_.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros, G. E. Hinton (2016), Layer normalization, arXiv:1607.06450, equations 15 and 16 of
       the supplementary material.
    """
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    return centred * ops.rsqrt(variance + EPSILON) * gain + shift
