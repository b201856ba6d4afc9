"""What the papers of the classic cells promise beyond their equations."""

import keras
import numpy as np
import pytest
from keras import ops

from skrnn.cells import (
    GRULayerNormCell,
    IRNNCell,
    JANETCell,
    JordanCell,
    LSTMCoupledCell,
    LSTMLayerNormCell,
    LSTMPeepholeCell,
    RHNCell,
)
from skrnn.cells.initializers import Chrono
from skrnn.layers import RNN

D, H = 4, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 7, D))


def built(cell, features=D):
    cell.build((None, features))
    cell.built = True
    return cell


def outputs(cell, x=X, **options):
    layer = RNN(cell, return_sequences=True, dtype="float64")
    return np.asarray(ops.convert_to_numpy(layer(ops.convert_to_tensor(x), **options)))


def test_irnn_begins_by_keeping_what_it_has():
    cell = built(IRNNCell(H, dtype="float64"))
    start = np.abs(RNG.normal(size=(3, H)))
    got = outputs(cell, np.zeros_like(X), initial_state=[ops.convert_to_tensor(start)])
    np.testing.assert_allclose(got, np.repeat(start[:, None], 7, axis=1), rtol=1e-12)
    assert np.abs(ops.convert_to_numpy(cell.kernel)).max() < 0.006


def test_jordan_passes_on_its_output_and_nothing_else():
    """After the same output the future is the same, whatever the hidden layer was."""
    cell = built(JordanCell(1, hidden=8, dtype="float64"))
    whole = outputs(cell)
    rest = outputs(cell, X[:, 4:], initial_state=[ops.convert_to_tensor(whole[:, 3])])
    np.testing.assert_allclose(rest, whole[:, 4:], rtol=1e-12)
    assert whole.shape == (3, 7, 1)


@pytest.mark.parametrize("cls", [LSTMLayerNormCell, GRULayerNormCell])
def test_layer_normalization_does_not_see_the_size_of_matrices(cls):
    """Nor that of the inputs, but for the small number that is added to variances."""
    cell = built(cls(H, recurrent_initializer="glorot_uniform", dtype="float64"))
    before = outputs(cell)
    cell.kernel.assign(7.0 * cell.kernel.value)
    cell.recurrent_kernel.assign(2.0 * cell.recurrent_kernel.value)
    np.testing.assert_allclose(outputs(cell), before, atol=2e-3)
    np.testing.assert_allclose(outputs(cell, 0.3 * X), before, atol=2e-3)


def test_peepholes_open_gates_that_see_nothing_else():
    """With no input and no output weights the cell alone shuts its forget gate."""
    cell = built(LSTMPeepholeCell(1, dtype="float64"), 1)
    cell.kernel.assign(np.zeros((1, 4)))
    cell.recurrent_kernel.assign(np.zeros((1, 4)))
    cell.bias.assign(np.zeros(4))
    cell.peephole.assign([0.0, -3.0, 0.0])
    states = [ops.convert_to_tensor([[0.0]], "float64"), ops.convert_to_tensor([[2.0]], "float64")]
    _, (_, c) = cell(ops.convert_to_tensor([[0.0]], "float64"), states)
    np.testing.assert_allclose(ops.convert_to_numpy(c), [[2.0 / (1.0 + np.exp(6.0))]], rtol=1e-12)


def test_the_coupled_cell_stays_a_mean_of_numbers_below_one():
    cell = built(LSTMCoupledCell(H, kernel_initializer=keras.initializers.RandomNormal(stddev=5.0), dtype="float64"))
    _, _, c = RNN(cell, return_state=True, dtype="float64")(ops.convert_to_tensor(10.0 * X))
    assert np.abs(ops.convert_to_numpy(c)).max() <= 1.0


def test_chrono_biases_spread_over_the_range_of_time():
    draw = ops.convert_to_numpy(Chrono(101, seed=0)((4000,), dtype="float32"))
    times = np.exp(draw)
    assert times.min() >= 1.0 - 1e-5
    assert times.max() <= 100.0 + 1e-3
    np.testing.assert_allclose(times.mean(), 50.5, atol=2.0)  # of a uniform law; its error here is 0.45
    bias = ops.convert_to_numpy(built(JANETCell(H, longest=101)).bias)
    assert (bias[:H] >= 0.0).all()
    assert len(np.unique(bias[:H])) == H
    np.testing.assert_array_equal(bias[H:], 0.0)


def test_a_highway_with_shut_transform_gates_changes_nothing():
    cell = built(RHNCell(H, depth=4, transform_bias=-80.0, dtype="float64"))
    start = RNG.normal(size=(3, H))
    got = outputs(cell, initial_state=[ops.convert_to_tensor(start)])
    np.testing.assert_allclose(got, np.repeat(start[:, None], 7, axis=1), rtol=1e-12)
