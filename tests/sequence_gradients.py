"""Results of a layer over sequences and their gradients, on TensorFlow."""

import numpy as np
from keras import ops


def results_and_gradients(layer, x, mask=None):
    """All results of a layer, and gradients of inputs and weights by a loss of all of them; as NumPy arrays."""
    import tensorflow as tf

    x = tf.constant(x, layer.compute_dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        results = layer(x, mask=mask)
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        loss = sum(tf.reduce_sum(tf.sin(r + 0.1)) for r in results)
    sources = [x, *(v.value for v in layer.trainable_variables)]
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return [np.asarray(r) for r in (*results, *gradients)]


def directional(layer, x, mask=None, step=1e-6, seed=0):
    """For the inputs and each weight: the gradient along a random direction, and the difference along it."""
    rng = np.random.default_rng(seed)

    def loss(x):
        outputs = ops.convert_to_numpy(layer(ops.convert_to_tensor(x), mask=mask))
        return np.sin(outputs + 0.1).sum()

    _, d_x, *d_weights = results_and_gradients(layer, x, mask)
    way = rng.normal(size=x.shape)
    yield np.nansum(np.where(np.isnan(x), 0.0, d_x * way)), (loss(x + step * way) - loss(x - step * way)) / (2 * step)
    for v, d in zip(layer.trainable_variables, d_weights):
        value, way = np.asarray(v.value), rng.normal(size=v.shape)
        sides = []
        for sign in (1.0, -1.0):
            v.assign(value + sign * step * way)
            sides.append(loss(x))
        v.assign(value)
        yield np.sum(d * way), (sides[0] - sides[1]) / (2 * step)
