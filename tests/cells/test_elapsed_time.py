"""What the cells that know elapsed time say of themselves, and of their equations."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.integrate import solve_ivp

from skrnn.cells import CELLS, CTGRUCell, GRUDCell, LTCCell, TimedCell
from skrnn.layers import RNN

NAMES = sorted(name for name, cell in CELLS.items() if issubclass(cell, TimedCell))
TIGHT = {"rtol": 1e-4, "atol": 1e-5} if keras.backend.backend() == "jax" else {"rtol": 1e-9, "atol": 1e-11}


def built(cell, width, seed=0):
    cell.build((None, width))
    cell.built = True
    rng = np.random.default_rng(seed)
    for v in cell.trainable_variables:
        v.assign(np.asarray(ops.convert_to_numpy(v.value)) + 0.3 * rng.normal(size=v.shape))
    return cell


def outputs(cell, x, **options):
    layer = RNN(cell, return_sequences=True, dtype="float64", **options)
    return np.asarray(ops.convert_to_numpy(layer(ops.convert_to_tensor(x))))


@pytest.mark.core
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_clock_that_ticks_once_a_step_is_no_clock(name, column):
    x = np.random.default_rng(0).normal(size=(3, 6, 2))
    clock = np.broadcast_to(np.arange(1.0, 7.0)[None, :, None], (3, 6, 1))
    timed = built(CELLS[name](4, time_feature=column, dtype="float64"), 3)
    plain = built(CELLS[name](4, dtype="float64"), 2)
    for v, w in zip(plain.trainable_variables, timed.trainable_variables):
        v.assign(w)
    with_clock = np.concatenate([x[..., :column], clock, x[..., column:]], axis=2)
    np.testing.assert_allclose(outputs(timed, with_clock), outputs(plain, x), **TIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_stamps_rise_or_fall(name):
    """A layer that runs backwards sees the same pauses, the last time stamp first."""
    x = np.random.default_rng(0).normal(size=(3, 6, 3))
    x[..., 0] = np.abs(x[..., 0]).cumsum(axis=1)
    cell = built(CELLS[name](4, time_feature=0, dtype="float64"), 3)
    turned = x[:, ::-1].copy()
    turned[..., 0] = x[:, -1:, 0] + np.cumsum(np.abs(np.diff(turned[..., 0], axis=1, prepend=turned[:, :1, 0])), axis=1)
    np.testing.assert_allclose(outputs(cell, x, go_backwards=True), outputs(cell, turned), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_long_sequences_and_long_pauses_stay_finite(name):
    x = np.random.default_rng(0).normal(scale=5.0, size=(2, 300, 3)).astype("float32")
    for pause in (0.0, 1.0, 1e4):
        x[..., 0] = pause * np.arange(300)
        result = ops.convert_to_numpy(RNN(CELLS[name](8, time_feature=0), return_sequences=True)(x))
        assert np.isfinite(result).all()
        assert np.abs(result).max() < 50


def test_ltc_solves_its_equation():
    """Many unfoldings come near a solver of SciPy's; the error falls with their number; bounds hold."""
    x = np.random.default_rng(0).normal(size=(1, 1, 3))
    x[..., 0] = 2.5
    cell = built(LTCCell(4, time_feature=0, dtype="float64"), 3)
    w = {v.name: np.asarray(ops.convert_to_numpy(v.value)) for v in cell.weights if "seed" not in v.name}

    def slope(_, h):
        f = 1.0 / (1.0 + np.exp(-(x[0, 0, 1:] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])))
        return -(np.log1p(np.exp(w["leak"])) + f) * h + f * w["target"]

    exact = solve_ivp(slope, (0.0, 2.5), np.zeros(4), rtol=1e-10, atol=1e-12).y[:, -1]
    errors = []
    for unfolds in (6, 60, 600):
        cell.unfolds = unfolds
        errors.append(np.abs(outputs(cell, x)[0, 0] - exact).max())
    assert errors[0] < 0.1
    assert errors[1] < errors[0] / 5
    assert errors[2] < errors[1] / 5
    x = np.random.default_rng(1).normal(scale=9.0, size=(2, 50, 3))
    cell.unfolds = 1
    h, a = outputs(cell, x), w["target"]
    assert (h >= np.minimum(a, 0.0) - 1e-12).all()
    assert (h <= np.maximum(a, 0.0) + 1e-12).all()


def test_ctgru_forgets_at_its_scales():
    """A trace that nothing is written to loses 1 - 1 / e of itself in its time scale."""
    cell = built(CTGRUCell(1, time_feature=0, n_scales=3, shortest_scale=2.0, dtype="float64"), 2)
    cell.bias.assign([0.0, np.log(2.0) - 60.0, 0.0])
    cell.kernel.assign(np.zeros((1, 3)))
    cell.recurrent_kernel.assign(np.zeros((1, 3)))  # so q is 0, and written to the shortest scale alone
    scales = 2.0 * np.sqrt(10.0) ** np.arange(3)
    for i, scale in enumerate(scales):
        traces = np.eye(3)[[i]]
        states = [ops.convert_to_tensor(traces), ops.zeros((1, 1), "float64")]
        x = ops.convert_to_tensor([[scale, 1.0]], dtype="float64")
        _, (after, time) = cell(x, states)
        want = 0.0 if i == 0 else np.exp(-1.0)
        np.testing.assert_allclose(ops.convert_to_numpy(after)[0], want * traces[0], atol=1e-8)
        assert float(ops.convert_to_numpy(time)[0, 0]) == pytest.approx(scale)


def test_grud_remembers_what_it_saw_and_when():
    cell = built(GRUDCell(3, time_feature=2, dtype="float64"), 3)
    nan = np.nan
    x = np.array([[[1.0, nan, 0.5], [nan, nan, 2.0], [3.0, 4.0, 2.25], [nan, 5.0, 7.0]]])
    layer = RNN(cell, return_state=True, dtype="float64")
    want = [([1.0, 0.0], [0.0, 0.5]), ([1.0, 0.0], [1.5, 2.0]), ([3.0, 4.0], [0.0, 0.0]), ([3.0, 5.0], [4.75, 0.0])]
    for n, (last, since) in enumerate(want, start=1):
        _, _, *states = map(ops.convert_to_numpy, layer(ops.convert_to_tensor(x[:, :n])))
        np.testing.assert_allclose(states[0][0], last)
        np.testing.assert_allclose(states[1][0], since, rtol=1e-6)
        np.testing.assert_allclose(states[2][0], x[0, n - 1, 2])


def test_grud_tells_the_widths_of_its_states():
    assert GRUDCell(3).state_size == [3, None, None]
    assert GRUDCell(3, time_feature=0).state_size == [3, None, None, 1]
    assert GRUDCell(3, n_features=5).state_size == [3, 5, 5]
    assert GRUDCell(3, n_features=5, time_feature=0).state_size == [3, 4, 4, 1]
    inputs = keras.Input((None, 5))
    for rnn, options in ((RNN, {}), (RNN, {"n_features": 5}), (keras.layers.RNN, {"n_features": 5})):
        cell = GRUDCell(3, time_feature=0, **options)
        assert [t.shape[1:] for t in rnn(cell, return_state=True)(inputs)] == [(3,), (3,), (4,), (4,), (1,)]
    layer = keras.layers.Bidirectional(RNN(GRUDCell(3), return_state=True))
    assert [t.shape[-1] for t in layer(inputs)] == [6, 3, 5, 5, 3, 5, 5]


def test_columns_that_do_not_fit():
    with pytest.raises(ValueError, match="time_feature must be a column of x, below 4. Got 4"):
        LTCCell(3, time_feature=4).build((None, 4))
    with pytest.raises(ValueError, match="x must have a feature beside the time stamps of time_feature. Got 1 column"):
        LTCCell(3, time_feature=0).build((None, 1))
    with pytest.raises(ValueError, match="x must have 3 columns, as n_features says. Got 4"):
        GRUDCell(3, n_features=3).build((None, 4))
