"""What the papers of the cells with a long memory promise."""

import re

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import eval_legendre

from skrnn import RNNClassifier
from skrnn.cells import AntisymmetricCell, ClockworkCell, IndRNNCell, LMUCell, PhasedLSTMCell
from skrnn.cells.lmu import legendre_memory
from skrnn.datasets import make_order_task
from skrnn.layers import RNN


def built(cell, n_features=4, scale=1.0, seed=0):
    cell.build((None, n_features))
    cell.built = True
    rng = np.random.default_rng(seed)
    for v in cell.trainable_variables:
        v.assign(np.asarray(ops.convert_to_numpy(v.value), np.float64) + scale * rng.normal(size=v.shape))
    return cell


def run(cell, x, **options):
    layer = RNN(cell, return_sequences=True, dtype=cell.dtype, **options)
    results = layer(ops.convert_to_tensor(x, dtype=cell.dtype))
    return np.asarray(ops.convert_to_numpy(results))


@pytest.mark.core
def test_lmu_reconstructs_its_window():
    """Legendre polynomials weighted with the memory are the input 0, theta / 2 and theta steps ago."""
    theta, order = 50.0, 12
    A, B = legendre_memory(order, theta)
    t = np.arange(400)
    u = np.sin(2 * np.pi * t / 40) + 0.5 * np.cos(2 * np.pi * t / 70)
    m = np.zeros(order)
    for value in u:
        m = A @ m + B * value
    assert np.abs(np.linalg.eigvals(A)).max() < 1
    for ago in (0.0, 0.5, 1.0):
        window = sum(m[i] * eval_legendre(i, 2 * ago - 1) for i in range(order))
        middle = t[-1] + 0.5 - ago * theta  # an input is held for a step: on average it is half a step old
        assert window == pytest.approx(np.interp(middle, t + 0.5, u), abs=0.1)


@pytest.mark.core
def test_lmu_memory_is_that_of_one_number_and_is_not_learned():
    cell = built(LMUCell(3, order=5, theta=9.0, dtype="float64"), scale=0.5)
    assert {v.name for v in cell.trainable_variables} == {
        *("kernel", "recurrent_kernel", "memory_kernel"),
        *("input_encoder", "hidden_encoder", "memory_encoder"),
    }


@pytest.mark.core
@pytest.mark.parametrize("gamma", [0.0, 0.3])
def test_antisymmetric_eigenvalues_are_imaginary_but_for_diffusion(gamma):
    cell = built(AntisymmetricCell(7, gamma=gamma, dtype="float64"))
    eigenvalues = np.linalg.eigvals(ops.convert_to_numpy(cell.recurrent_weights()[0]))
    np.testing.assert_allclose(eigenvalues.real, -gamma, atol=1e-5)
    assert np.abs(eigenvalues.imag).max() > 1


@pytest.mark.core
def test_clockwork_modules_move_in_their_periods_only():
    cell = built(ClockworkCell(7, periods=[1, 3, 4]))
    x = np.random.default_rng(0).normal(size=(2, 13, 4))
    h = np.concatenate([np.zeros((2, 1, 7)), run(cell, x)], axis=1)
    moved = (np.diff(h, axis=1) != 0).any(axis=0)  # (T, H)
    period = np.array([1, 1, 1, 3, 3, 4, 4])
    np.testing.assert_array_equal(moved, np.arange(13)[:, None] % period == 0)


@pytest.mark.core
def test_clockwork_slow_modules_do_not_see_fast_ones():
    cell = built(ClockworkCell(6, periods=[1, 2, 4]), scale=0.3)  # no unit is saturated in float32
    x = np.random.default_rng(0).normal(size=(1, 9, 4))
    before = run(cell, x)
    u = ops.convert_to_numpy(cell.recurrent_kernel.value).copy()
    u[:2] += 1.0  # from the fastest module
    cell.recurrent_kernel.assign(u)
    after = run(cell, x)
    np.testing.assert_array_equal(before[:, :, 2:], after[:, :, 2:])
    assert np.abs(before[:, 1:, :2] - after[:, 1:, :2]).max(axis=2).min() > 0


@pytest.mark.parametrize("longest", [2, 20])
def test_indrnn_training_keeps_its_clip(longest):
    X, y = make_order_task(40, length=20, random_state=0)
    options = {"epochs": 3, "learning_rate": 0.5, "random_state": 0}
    sizes = []
    for clip in (None, longest):
        model = RNNClassifier("indrnn", 8, cell__longest=clip, **options).fit(X, y).model_
        (scale,) = (w for w in model.weights if w.name == "recurrent_scale")
        sizes.append(np.abs(ops.convert_to_numpy(scale.value)).max())
    assert sizes[0] > 2 ** (1 / longest)  # so there was something to clip
    assert sizes[1] == pytest.approx(2 ** (1 / longest))


@pytest.mark.core
def test_phased_lstm_counts_steps_from_one():
    counted = built(PhasedLSTMCell(5, period_range=(2.0, 7.0), ratio=0.5), 3, scale=0.3)
    told = PhasedLSTMCell(5, time_feature=1)
    told.build((None, 4))
    told.built = True
    told.set_weights(counted.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 9, 3))
    time = np.broadcast_to(np.arange(1.0, 10.0)[None, :, None], (2, 9, 1))
    with_time = np.concatenate([x[..., :1], time, x[..., 1:]], axis=-1)
    np.testing.assert_allclose(run(told, with_time), run(counted, x), rtol=1e-5, atol=1e-6)


@pytest.mark.core
def test_phased_lstm_without_a_leak_is_still_where_closed():
    cell = built(PhasedLSTMCell(2, leak=0.0), 3, scale=0.3)
    cell.log_period.assign(np.log([8.0, 4.0]))
    cell.shift.assign([0.0, 0.25])  # in time 0 and 1
    cell.ratio_logit.assign(np.log([1 / 3, 1.0]))  # open for a quarter, a half
    h = np.concatenate([np.zeros((1, 1, 2)), run(cell, np.random.default_rng(0).normal(size=(1, 17, 3)))], axis=1)
    moved = (np.abs(np.diff(h, axis=1)) > 1e-5)[0]  # (T, H)
    t = np.arange(1, 18)
    np.testing.assert_array_equal(moved, np.stack([t % 8 == 1, (t - 1) % 4 == 1], axis=1))


@pytest.mark.core
def test_phased_lstm_dropout_leaves_the_time():
    cell = built(PhasedLSTMCell(3, time_feature=2, dropout=0.5, seed=0))
    mask = ops.convert_to_numpy(cell.get_dropout_mask(ops.ones((50, 4))))
    np.testing.assert_array_equal(mask[:, 2], 1.0)
    assert set(np.unique(mask[:, [0, 1, 3]])) == {0.0, 2.0}


@pytest.mark.core
@pytest.mark.parametrize(("time_feature", "n_features"), [(4, 4), (0, 1)])
def test_phased_lstm_needs_its_time_and_another_feature(time_feature, n_features):
    sentence = f"time_feature must be the index of one of at least two features. Got {time_feature} of {n_features}."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        PhasedLSTMCell(3, time_feature=time_feature).build((None, n_features))


@pytest.mark.core
def test_indrnn_clips_are_saved():
    cell = built(IndRNNCell(3, longest=10))
    constraint = cell.recurrent_scale.constraint
    again = keras.constraints.deserialize(keras.constraints.serialize(constraint))
    np.testing.assert_allclose(
        ops.convert_to_numpy(again(ops.convert_to_tensor([-3.0, 0.5, 2.0]))), [-(2**0.1), 0.5, 2**0.1], rtol=1e-6
    )
