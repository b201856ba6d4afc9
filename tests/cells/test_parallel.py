"""What the papers of the recurrences that are parallel in time, and of the extended LSTMs, promise of them."""

import numpy as np
import pytest
from keras import ops

from skrnn.cells import CELLS
from skrnn.layers import RNN

B, T, D, H = 3, 12, 4, 6


def make(name, units=H, **options):
    cell = CELLS[name](units, dtype="float64", seed=0, **options)
    cell.build((None, D))
    cell.built = True
    return cell


def draw(time=T, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=(B, time, D))


def outputs_of(cell, x):
    return np.asarray(ops.convert_to_numpy(RNN(cell, return_sequences=True, dtype="float64")(x)))


def coefficients(cell, x):
    a, b = cell.coefficients(cell.project(ops.convert_to_tensor(x)), cell.recurrent_weights())
    return np.asarray(ops.convert_to_numpy(a)), np.asarray(ops.convert_to_numpy(b))


def as_complex(v):
    return v[..., : v.shape[-1] // 2] + 1j * v[..., v.shape[-1] // 2 :]


@pytest.mark.parametrize(("r_min", "r_max"), [(0.0, 1.0), (0.9, 0.999)])
def test_lru_draws_eigenvalues_from_a_ring(r_min, r_max):
    """Squares of sizes are uniform between those of r_min and r_max, so that each area is as likely."""
    eigenvalues = as_complex(np.asarray(make("lru", 4000, r_min=r_min, r_max=r_max).recurrent_weights()[0]))
    sizes = np.abs(eigenvalues)
    assert r_min <= sizes.min() < sizes.max() <= r_max < 1.0 + 1e-12
    share = (np.sort(sizes**2) - r_min**2) / (r_max**2 - r_min**2)
    assert np.abs(share - (np.arange(4000) + 0.5) / 4000).max() < 1.95 / np.sqrt(4000)  # Kolmogorov-Smirnov, 0.1 %
    angles = np.sort(np.angle(eigenvalues) % (2 * np.pi)) / (2 * np.pi)
    assert np.abs(angles - (np.arange(4000) + 0.5) / 4000).max() < 1.95 / np.sqrt(4000)


def test_lru_turns_by_no_more_than_its_greatest_angle():
    angles = np.angle(as_complex(np.asarray(make("lru", 500, max_phase=0.1).recurrent_weights()[0])))
    assert 0.0 < angles.min() < angles.max() <= 0.1 + 1e-12


def test_lru_is_stable_whatever_its_weights():
    cell = make("lru", 50)
    cell.log_decay.assign(np.linspace(-8.0, 3.0, 50))
    assert (np.abs(as_complex(coefficients(cell, draw())[0])) < 1.0).all()


def test_lru_keeps_the_size_of_its_input():
    """With the factor of the input, white noise of variance 1 gives states of variance 1, for any size."""
    cell = make("lru", 40, r_min=0.5, r_max=0.95)
    kernel = np.zeros((D, 80))
    kernel[0, :40] = 1.0
    cell.kernel.assign(kernel)
    noise = np.random.default_rng(0).normal(size=(400, 300, D))
    states = RNN(cell, return_state=True, dtype="float64")(noise)[1]
    np.testing.assert_allclose((np.abs(as_complex(np.asarray(states))) ** 2).mean(axis=0), 1.0, atol=0.35)


def test_rglru_begins_with_slow_rates():
    """The decay a^c is uniform between 0.9 and 0.999; that is its fastest decay, where r = 1."""
    cell = make("rglru", 4000)
    fastest = np.exp(-np.asarray(ops.convert_to_numpy(cell.recurrent_weights()[0])))
    assert 0.9 - 1e-6 <= fastest.min() < fastest.max() <= 0.999 + 1e-6
    share = (np.sort(fastest) - 0.9) / 0.099
    assert np.abs(share - (np.arange(4000) + 0.5) / 4000).max() < 1.95 / np.sqrt(4000)
    assert (coefficients(cell, draw())[0] >= fastest).all()


def test_rglru_may_skip_an_input():
    """With r near 0 the state stays as it was, whatever the input is."""
    cell = make("rglru")
    bias = np.zeros(3 * H)
    bias[:H] = -60.0
    cell.bias.assign(bias)
    x = draw()
    layer = RNN(cell, return_sequences=True, dtype="float64")
    before = np.random.default_rng(1).normal(size=(B, H))
    # What is left of the input is the root of Keras' epsilon, below which the root has no gradient.
    np.testing.assert_allclose(layer(x, initial_state=before), np.broadcast_to(before[:, None], (B, T, H)), atol=0.02)


def test_hgrn_forgets_no_more_than_its_bound():
    cell = make("hgrn", lower_bound=0.7)
    sizes = np.abs(as_complex(coefficients(cell, draw(scale=100.0))[0]))
    assert 0.7 - 1e-12 <= sizes.min() < 0.7001
    assert sizes.max() <= 1.0 + 1e-12


def test_minlstm_is_a_mean_of_what_it_saw():
    """f and i sum to 1, so that a state stays between the least and the greatest candidate, and the first state."""
    cell = make("minlstm")
    x = draw(200)
    z = np.asarray(ops.convert_to_numpy(cell.project(ops.convert_to_tensor(x))))[..., 2 * H :]
    seen = np.concatenate([np.zeros((B, 1, H)), z], axis=1)
    h = outputs_of(cell, x)
    assert (h >= np.minimum.accumulate(seen, axis=1)[:, 1:] - 1e-12).all()
    assert (h <= np.maximum.accumulate(seen, axis=1)[:, 1:] + 1e-12).all()


@pytest.mark.parametrize("window", [1, 2, 4])
def test_qrnn_is_a_masked_convolution_and_a_pooling(window):
    """Filters over the window, zeros before the first step, then the pooling step by step."""
    cell = make("qrnn", window=window)
    x = draw()
    kernel, bias = (np.asarray(ops.convert_to_numpy(v.value)) for v in (cell.kernel, cell.bias))
    filters = kernel.reshape(D, window, 3 * H)  # of this step, of the one before, ...
    padded = np.concatenate([np.zeros((B, window - 1, D)), x], axis=1)
    c, want = np.zeros((B, H)), []
    for t in range(T):
        seen = padded[:, t : t + window][:, ::-1]  # this step first
        z, f, o = np.split(np.einsum("bkd,dkg->bg", seen, filters) + bias, 3, axis=1)
        f, o = 1.0 / (1.0 + np.exp(-f)), 1.0 / (1.0 + np.exp(-o))
        c = f * c + (1.0 - f) * np.tanh(z)
        want.append(o * c)
    np.testing.assert_allclose(outputs_of(cell, x), np.stack(want, axis=1), rtol=1e-9, atol=1e-12)


def test_sru_with_closed_gates_passes_its_input_on():
    cell = make("sru", D)
    cell.bias.assign(np.concatenate([np.zeros(D), np.full(D, -60.0)]))
    x = draw()
    np.testing.assert_allclose(outputs_of(cell, x), x, rtol=1e-9, atol=1e-12)


def test_slstm_is_a_weighted_mean_without_its_stabilizer():
    """Equations 8 to 10 as they are, in numbers that do not overflow; m must change nothing."""
    cell = make("slstm", heads=2, forget="exp")
    kernel, recurrent, bias = (
        np.asarray(ops.convert_to_numpy(v.value)) for v in (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    bias = np.where(np.arange(4 * H) // H == 1, -0.5, bias)  # exp(f) near 1
    cell.bias.assign(bias)
    x, size = draw(), H // 2
    h, c, n, want = np.zeros((B, H)), np.zeros((B, H)), np.zeros((B, H)), []
    for t in range(T):
        gates = (x[:, t] @ kernel + bias).reshape(B, 4, 2, size)
        for head in range(2):
            rows = slice(head * size, (head + 1) * size)
            gates[:, :, head] += (h[:, rows] @ recurrent[rows]).reshape(B, 4, size)
        i, f, g, o = gates.reshape(B, 4, H).transpose(1, 0, 2)
        c = np.exp(f) * c + np.exp(i) * np.tanh(g)
        n = np.exp(f) * n + np.exp(i)
        h = c / n / (1.0 + np.exp(-o))
        want.append(h)
    np.testing.assert_allclose(outputs_of(cell, x), np.stack(want, axis=1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("heads", [1, 2])
def test_mlstm_is_attention_with_gates(heads):
    """The parallel form: ``D`` of gates, ``S = Q K^T * D``, all steps at once, no states."""
    cell = make("mlstm", heads=heads)
    x, size = draw(), H // heads
    z = np.asarray(ops.convert_to_numpy(cell.project(ops.convert_to_tensor(x))))
    want = np.empty((B, T, H))
    for row in range(B):
        for head in range(heads):
            at = slice(head * size, (head + 1) * size)
            q, k, v, o = (z[row, :, part * H : (part + 1) * H][:, at] for part in range(4))
            i, f = z[row, :, 4 * H + head], z[row, :, 4 * H + heads + head]
            log_f = np.cumsum(-np.log1p(np.exp(-f)))
            d = np.tril(np.exp(log_f[:, None] - log_f[None, :] + i[None, :]))
            s = (q @ k.T) / np.sqrt(size) * d
            want[row, :, at] = (s @ v) / np.maximum(np.abs(s.sum(axis=1)), 1.0)[:, None] / (1.0 + np.exp(-o))
    np.testing.assert_allclose(outputs_of(cell, x), want, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("name", ["slstm", "mlstm"])
def test_exponential_gates_stay_in_range(name):
    """Inputs whose exponential is no float: the stabilizer keeps states and gradients finite."""
    import keras

    cell = CELLS[name](H, dtype="float32", seed=0)
    x = ops.convert_to_tensor(draw(300, scale=300.0).astype("float32"))
    assert np.isfinite(ops.convert_to_numpy(RNN(cell, return_sequences=True)(x))).all()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = tf.reduce_sum(RNN(cell, return_sequences=True)(x))
        assert all(np.isfinite(g).all() for g in tape.gradient(value, [v.value for v in cell.trainable_variables]))
