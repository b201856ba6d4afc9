"""Gradients that have grown so large that the squares in their norm are infinite."""

from __future__ import annotations

from functools import reduce
from typing import Any

import keras
from keras import ops

from skrnn.keras_objects.precision import widened

# The squares of a hundred million numbers of this size still add up to less than the largest float32.
LARGEST = 1e15


def clip_however_large(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer that clips by the norm of all gradients do so where that norm is infinite.

    Through many steps of a recurrence gradients grow by orders of magnitude, which clipping is meant for. Keras'
    clipping gives NaN once the norm is infinite, at gradients of some 1e19 in float32.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Belonging to one program; changed in place.
    """
    if not optimizer.global_clipnorm:
        return
    plain_apply = optimizer.apply

    def apply(grads: Any, trainable_variables: Any = None) -> Any:
        return plain_apply(with_finite_norm(list(grads)), trainable_variables)

    optimizer.apply = apply


def with_finite_norm(gradients: list[Any]) -> list[Any]:
    """Shrink gradients, all alike, until their norm can be computed, and leave others as they are.

    Parameters
    ----------
    gradients : list of tensors, tf.IndexedSlices or None
        One for each weight.

    Returns
    -------
    gradients : list
        In the same direction.
    """
    largest = [widened(ops.max(ops.abs(_values(g)))) for g in gradients if g is not None]
    if not largest:
        return gradients
    factor = ops.minimum(1.0, LARGEST / reduce(ops.maximum, largest))
    return [None if g is None else _times(g, factor) for g in gradients]


def _values(gradient: Any) -> Any:
    return gradient.values if hasattr(gradient, "dense_shape") else gradient


def _times(gradient: Any, factor: Any) -> Any:
    values = _values(gradient)
    product = values * ops.cast(factor, values.dtype)
    return type(gradient)(product, gradient.indices, gradient.dense_shape) if values is not gradient else product
