"""What makes a recurrence an echo state network: spectral radius, sparsity, states that forget, weights that stay."""

import keras
import numpy as np
import pytest
from keras import ops

from skrnn import RNNClassifier
from skrnn.cells import CELLS, ESNCell
from skrnn.cells.reservoir import Reservoir
from skrnn.datasets import make_order_task
from skrnn.layers import RNN


def drawn(cell, features=3):
    cell.build((None, features))
    return {v.name: ops.convert_to_numpy(v.value) for v in cell.weights}


@pytest.mark.core
@pytest.mark.parametrize("units", [1, 2, 7, 100])
@pytest.mark.parametrize("radius", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("connectivity", [1e-9, 0.1, 1.0])
def test_spectral_radius_and_connectivity_are_what_was_asked(units, radius, connectivity):
    for seed in range(3):
        options = {"spectral_radius": radius, "connectivity": connectivity, "seed": seed, "dtype": "float64"}
        U = drawn(ESNCell(units, **options))["recurrent_kernel"]
        assert np.abs(np.linalg.eigvals(U)).max() == pytest.approx(radius, abs=1e-6)
        if radius:
            np.testing.assert_array_equal((U != 0).sum(axis=0), max(1, round(connectivity * units)))


@pytest.mark.core
def test_inputs_and_biases_fill_their_ranges():
    w = drawn(ESNCell(2000, input_scaling=0.2, bias_scaling=3.0, connectivity=1e-9, spectral_radius=0.0, seed=0))
    for name, largest in (("kernel", 0.2), ("bias", 3.0)):
        assert 0.99 * largest < np.abs(w[name]).max() <= largest
        assert np.abs(w[name]).mean() == pytest.approx(largest / 2, rel=0.05)
    assert abs(np.corrcoef(w["kernel"][0], w["bias"])[0, 1]) < 0.1  # drawn apart, though from one seed


@pytest.mark.core
@pytest.mark.parametrize("options", [{}, {"leak": 0.3}, {"spectral_radius": 0.5}])
def test_two_beginnings_are_forgotten(options):
    """The echo state property; with a spectral radius far above 1 and no input there is none."""
    x = np.random.default_rng(0).normal(size=(1, 300, 3))

    def apart(x, **changed):
        layer = RNN(ESNCell(60, seed=0, **{**options, **changed}, dtype="float64"), dtype="float64")
        ends = [layer(ops.convert_to_tensor(x), initial_state=[ops.full((1, 60), v, dtype="float64")]) for v in (-1, 1)]
        return float(ops.max(ops.abs(ends[0] - ends[1])))

    assert apart(x) < 1e-6
    assert apart(0.0 * x, spectral_radius=5.0, bias_scaling=0.0) > 0.1


@pytest.mark.core
def test_same_seed_same_weights():
    first, again, other = (drawn(ESNCell(20, seed=seed)) for seed in (1, 1, 2))
    unseeded = [drawn(ESNCell(20)) for _ in range(2)]
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])
        assert not np.array_equal(unseeded[0][name], unseeded[1][name])
    initializer = Reservoir(seed=3)
    same = type(initializer).from_config(initializer.get_config())
    np.testing.assert_array_equal(*(ops.convert_to_numpy(i((9, 9))) for i in (initializer, same)))


def test_initializers_of_ones_own():
    w = drawn(ESNCell(5, kernel_initializer="ones", recurrent_initializer="identity", bias_initializer="zeros"))
    np.testing.assert_array_equal(w["kernel"], np.ones((3, 5)))
    np.testing.assert_array_equal(w["recurrent_kernel"], np.eye(5))
    np.testing.assert_array_equal(w["bias"], np.zeros(5))
    with pytest.raises(ValueError, match=r"shape must be \(H, H\), of a square matrix. Got \(3, 4\)."):
        Reservoir()((3, 4))


@pytest.mark.core
def test_training_by_gradient_moves_the_read_out_alone():
    X, y = make_order_task(n_samples=60, length=(5, 8), random_state=0)
    model = RNNClassifier("esn", units=30, epochs=4, random_state=0)
    before = model.initialize(X, y).weights_
    after = model.fit(X, y).weights_
    assert [w.shape for w in after] == [(X[0].shape[1], 30), (30, 30), (30,), (30, len(model.classes_)), (len(model.classes_),)]
    for was, now, moves in zip(before, after, [False, False, False, True, True]):
        assert np.array_equal(was, now) != moves
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    assert np.abs(np.linalg.eigvals(after[1])).max() == pytest.approx(0.9, rel=1e-5)


def test_estimators_draw_the_reservoir_from_random_state():
    X, y = make_order_task(n_samples=30, length=5, random_state=0)

    def reservoir(**options):
        return RNNClassifier("esn", units=12, epochs=1, **options).fit(X, y).weights_[1]

    np.testing.assert_array_equal(reservoir(random_state=0), reservoir(random_state=0))
    assert not np.array_equal(reservoir(random_state=0), reservoir(random_state=1))
    fixed = [reservoir(random_state=seed, cell__seed=7) for seed in (0, 1)]
    np.testing.assert_array_equal(*fixed)


def test_the_cell_is_in_a_keras_model_not_trained():
    assert CELLS["esn"] is ESNCell
    layer = keras.layers.RNN(ESNCell(4))
    layer.build((None, 3, 2))
    assert not layer.trainable_weights and len(layer.non_trainable_weights) == 3
