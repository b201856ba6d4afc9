import keras
import numpy as np
import pytest

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's operation", allow_module_level=True)

import tensorflow as tf

from skrnn.training.fused_adam import fuse_adam


def steps(optimizer, gradients, fuse):
    """Weights after some steps from the same start."""
    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(size=shape).astype("float32")) for shape in ((7, 3), (3,))]
    optimizer.build(variables)
    if fuse:
        fuse_adam(optimizer)

    @tf.function
    def step(*gradients):
        optimizer.apply_gradients(zip(gradients, variables))

    for given in gradients:
        step(*(tf.constant(g) for g in given))
    return [v.numpy() for v in (*variables, *optimizer.variables)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Adam(0.05),
        lambda: keras.optimizers.Adam(0.05, beta_1=0.5, beta_2=0.9, epsilon=1e-3),
        lambda: keras.optimizers.Adam(0.05, global_clipnorm=0.1),
        lambda: keras.optimizers.Adam(0.05, clipvalue=0.1, weight_decay=0.01),
        lambda: keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
        lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1),
        lambda: keras.optimizers.Adam(0.05, amsgrad=True),
        lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    ],
)
def test_equals_keras(make):
    rng = np.random.default_rng(1)
    gradients = [[rng.normal(size=s).astype("float32") for s in ((7, 3), (3,))] for _ in range(5)]
    for ours, theirs in zip(steps(make(), gradients, True), steps(make(), gradients, False)):
        # In float32, 1 - 0.999 is good to 6e-5, so the first steps of 0.05 are to 3e-6.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_sparse_gradients_take_keras_own_step():
    results = []
    for fuse in (False, True):
        optimizer = keras.optimizers.Adam(0.1)
        table = keras.Variable(np.ones((5, 2), "float32"))
        optimizer.build([table])
        if fuse:
            fuse_adam(optimizer)
        for row in (1, 3):
            slices = tf.IndexedSlices(tf.constant([[1.0, -2.0]]), tf.constant([row]), tf.constant([5, 2]))
            optimizer.apply_gradients([(slices, table)])
        results.append(table.numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)
