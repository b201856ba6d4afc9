"""Gradients of a function of arrays, on the backend of Keras."""

import keras
import numpy as np

TENSORFLOW = keras.backend.backend() == "tensorflow"
FLOAT = "float64" if TENSORFLOW else "float32"  # the other backends have no 64 bits, or not everywhere


def gradients(loss, arrays, dtype=FLOAT):
    """Gradient of ``loss(*tensors)`` by each array, by the backend."""
    arrays = [a.astype(dtype) for a in arrays]
    if TENSORFLOW:
        import tensorflow as tf

        tensors = [tf.Variable(a) for a in arrays]
        with tf.GradientTape() as tape:
            value = loss(*tensors)
        return [np.asarray(g) for g in tape.gradient(value, tensors)]
    if keras.backend.backend() == "jax":
        import jax

        return [np.asarray(g) for g in jax.jit(jax.grad(loss, argnums=tuple(range(len(arrays)))))(*arrays)]
    import torch

    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss(*tensors).backward()
    return [t.grad.numpy() for t in tensors]
