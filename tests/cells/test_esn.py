"""The echo state network keeps what its theory promises."""

import numpy as np
import pytest
from keras import ops

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import ESNCell
from skrnn.cells.esn import Reservoir
from skrnn.layers import RNN
from skrnn.training import program_cache


@pytest.mark.core
@pytest.mark.parametrize("units", [30, 320])  # all eigenvalues, and the largest alone
def test_spectral_radius_and_connectivity_are_what_was_asked(units):
    matrix = ops.convert_to_numpy(Reservoir(0.7, 0.2, seed=1)((units, units))).astype(np.float64)
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(0.7, rel=1e-3)
    assert (matrix != 0).mean() == pytest.approx(0.2, abs=0.04)


@pytest.mark.core
def test_draws_follow_the_seed_and_few_units_still_recur():
    same = [ops.convert_to_numpy(Reservoir(0.9, 0.1, seed=s)((3, 3))) for s in (5, 5, 6)]
    np.testing.assert_array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])
    assert np.abs(np.linalg.eigvals(same[0])).max() == pytest.approx(0.9, rel=1e-4)


@pytest.mark.core
def test_the_state_forgets_how_it_began():
    layer = RNN(ESNCell(50, spectral_radius=0.8, seed=0), return_sequences=True)
    x = np.random.default_rng(0).normal(size=(1, 200, 2)).astype("float32")
    one, other = (
        ops.convert_to_numpy(layer(x, initial_state=[np.full((1, 50), start, np.float32)])) for start in (-1.0, 1.0)
    )
    assert np.abs(one - other)[:, 0].max() > 0.1
    assert np.abs(one - other)[:, -1].max() < 1e-5


def drawn(cell, features=3):
    cell.build((None, features))
    return {v.name: ops.convert_to_numpy(v.value) for v in cell.weights}


@pytest.mark.core
def test_one_seed_one_reservoir():
    first, again, other = (drawn(ESNCell(200, seed=seed)) for seed in (1, 1, 2))
    unseeded = [drawn(ESNCell(20)) for _ in range(2)]
    assert {*first} - {"leaking_rate"} == {"kernel", "recurrent_kernel", "bias"}
    for name in {*first} - {"leaking_rate"}:
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])
        assert not np.array_equal(unseeded[0][name], unseeded[1][name])
    assert abs(np.corrcoef(first["kernel"][0], first["bias"])[0, 1]) < 0.3
    X = np.zeros((4, 2, 3))
    models = [RNNClassifier("esn", cell__seed=7, random_state=r).initialize(X, [0, 1, 0, 1]) for r in (0, 1)]
    for a, b in zip(*(m.weights_[:3] for m in models)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.core
def test_inputs_and_biases_fill_their_ranges():
    w = drawn(ESNCell(290, input_scaling=0.2, bias_scaling=3.0, seed=0))
    for name, largest in (("kernel", 0.2), ("bias", 3.0)):
        assert 0.95 * largest < np.abs(w[name]).max() <= largest
        assert np.abs(w[name]).mean() == pytest.approx(largest / 2, rel=0.1)
    own = drawn(ESNCell(4, kernel_initializer="ones", recurrent_initializer="identity", bias_initializer="zeros"))
    np.testing.assert_array_equal(own["kernel"], np.ones((3, 4)))
    np.testing.assert_array_equal(own["recurrent_kernel"], np.eye(4))
    np.testing.assert_array_equal(own["bias"], np.zeros(4))


def test_a_product_of_two_steps_is_learned_with_biases_and_not_without():
    """It is even, and a reservoir without biases is odd."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 8, 1))
    y = X[:, -1, 0] * X[:, -2, 0]
    scores = [
        RNNRegressor("esn", 100, readout="ridge", readout__alpha=0.01, cell__bias_scaling=scaling, random_state=0)
        .fit(X[:200], y[:200])
        .score(X[200:], y[200:])
        for scaling in (0.5, 0.0)
    ]
    assert scores[0] > 0.8
    assert scores[1] < 0.1


def test_training_by_gradient_moves_the_output_alone():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 6, 3)), np.arange(20) % 2
    start = RNNClassifier("esn", units=12, random_state=0).initialize(X, y)
    trained = RNNClassifier("esn", units=12, random_state=0, epochs=3).fit(X, y)
    moved = [not np.array_equal(a, b) for a, b in zip(start.weights_, trained.weights_)]
    assert moved == [False, False, False, False, True, True]
    assert not np.array_equal(
        RNNClassifier("esn", units=12, random_state=1).initialize(X, y).weights_[1], start.weights_[1]
    )
    assert len(trained.model_.trainable_weights) == 2


@pytest.mark.core
def test_a_search_over_its_options_compiles_nothing_new():
    """And the programs that others made give the numbers that a fresh one gives."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 6, 2)), rng.normal(size=12)
    options = {"spectral_radius": 0.5, "leak": 0.4, "input_scaling": 2.0, "bias_scaling": 0.1, "connectivity": 0.7}

    def predictions(**options):
        model = RNNRegressor("esn", units=20, readout="ridge", random_state=0)
        return model.set_params(**{f"cell__{k}": v for k, v in options.items()}).fit(X, y).predict(X)

    predictions()
    before = program_cache.info().misses
    got = [predictions(**{k: v}) for k, v in options.items()] + [predictions(**options)]
    assert program_cache.info().misses == before
    program_cache.clear()
    want = [predictions(**{k: v}) for k, v in options.items()] + [predictions(**options)]
    np.testing.assert_array_equal(got, want)
    assert len({w.tobytes() for w in want}) == len(want)
