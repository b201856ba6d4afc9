"""Gradients too large for the squares in their norm: clipped as others are, where Keras' clipping gives NaN."""

import keras
import numpy as np
import pytest
from conftest import toy_sequences
from keras import ops

from skrnn import RNNRegressor
from skrnn.preprocessing import TokenReader
from skrnn.training.gradients import LARGEST, with_finite_norm


class Steep(keras.losses.Loss):
    """A squared error times a number."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_true - y_pred), axis=-1)


@pytest.mark.core
@pytest.mark.parametrize("embedding", [None, 12])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_step_has_the_length_that_clipping_gives_it(embedding, optimizer):
    X, y = toy_sequences(n=20)
    if embedding:
        X = [np.abs(10 * x[:, 0]).astype(int) % embedding for x in X]
    fits = [
        RNNRegressor(
            "mgu",
            4,
            reader=TokenReader(embedding) if embedding else None,
            optimizer=optimizer,
            loss=Steep(factor),
            epochs=3,
            random_state=0,
        )
        .fit(X, y)
        .weights_
        for factor in (1e6, 1e25)
    ]
    for usual, large in zip(*fits):
        np.testing.assert_allclose(large, usual, rtol=1e-3, atol=1e-5)


@pytest.mark.core
@pytest.mark.parametrize("size", [1e-30, 1.0, LARGEST])
def test_others_stay_as_they_are_to_the_last_bit(size):
    gradients = [size * np.array([[0.1, -1.0]], "float32"), np.zeros(2, "float32")]
    for before, after in zip(gradients, with_finite_norm([ops.convert_to_tensor(g) for g in gradients])):
        np.testing.assert_array_equal(ops.convert_to_numpy(after), before)


@pytest.mark.core
def test_directions_stay():
    gradients = [np.array([3e30, -1e29], "float32"), None, np.array([5e22], "float32")]
    got = with_finite_norm([None if g is None else ops.convert_to_tensor(g) for g in gradients])
    assert got[1] is None
    got = np.concatenate([ops.convert_to_numpy(g) for g in got if g is not None])
    np.testing.assert_allclose(got, np.array([1.0, -1 / 30, 5e22 / 3e30]) * LARGEST, rtol=1e-5)


@pytest.mark.core
def test_what_is_not_finite_stays_so():
    for bad in (np.nan, np.inf):
        (got,) = with_finite_norm([ops.convert_to_tensor(np.array([bad, 1.0], "float32"))])
        assert np.isnan(ops.convert_to_numpy(got)).any()


def test_rows_of_a_table():
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow's own type")
    rows = tf.IndexedSlices(tf.constant([[2e20, 0.0]]), tf.constant([3]), tf.constant([5, 2]))
    (got,) = with_finite_norm([rows])
    np.testing.assert_allclose(got.values, [[LARGEST, 0.0]], rtol=1e-6)
    assert got.indices.numpy().tolist() == [3]


@pytest.mark.core
def test_gradients_that_explode_in_a_long_recurrence_do_not_end_the_fit():
    """At h = 0 the state grows by 1.3 a step, and so does the gradient of b: in 200 steps to some 1e22."""
    X, y = np.zeros((8, 200, 1)), np.arange(8.0)
    model = RNNRegressor(
        "elman", 2, cell__recurrent_initializer=keras.initializers.Identity(1.3), batch_size=1, epochs=1
    )
    model.fit(X, y)
    assert np.isfinite(np.concatenate([w.ravel() for w in model.weights_])).all()
