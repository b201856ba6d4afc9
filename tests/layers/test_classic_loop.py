"""Loops over time: scan, sizes for XLA, and the recurrences against their equations in NumPy, in float64."""

import keras
import numpy as np
import pytest
from differences import central_differences

from skrnn.layers import GRU, LSTM, SimpleRNN

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the loops are TensorFlow's")

from skrnn.layers.rows import padded_rows, padded_size  # noqa: E402
from skrnn.layers.scan import Arriving, project, scan  # noqa: E402

T, B, D, H = 7, 3, 2, 4


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_twin(x, state, kernel, u, bias):
    """One sequence (T, D) to h of every step (T, H)."""
    h, c = state
    units, outputs = len(h), []
    for x_t in x:
        i, f, g, o = ((x_t @ kernel + h @ u + bias)[k * units : (k + 1) * units] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs), (h, c)


def gru_twin(x, state, kernel, u, bias):
    (h,) = state
    units, outputs = len(h), []
    for x_t in x:
        from_x, from_h = x_t @ kernel + bias[0], h @ u + bias[1]
        z = sigmoid(from_x[:units] + from_h[:units])
        r = sigmoid(from_x[units : 2 * units] + from_h[units : 2 * units])
        a = np.tanh(from_x[2 * units :] + r * from_h[2 * units :])
        h = z * h + (1 - z) * a
        outputs.append(h)
    return np.array(outputs), (h,)


def elman_twin(x, state, kernel, u, bias):
    (h,) = state
    outputs = []
    for x_t in x:
        h = np.tanh(x_t @ kernel + h @ u + bias)
        outputs.append(h)
    return np.array(outputs), (h,)


TWINS = {"elman": (SimpleRNN, elman_twin), "gru": (GRU, gru_twin), "lstm": (LSTM, lstm_twin)}


def draw(name, jit_compile):
    """A layer, and inputs, states and weights in float64."""
    rng = np.random.default_rng(0)
    layer = TWINS[name][0](H, return_sequences=True, return_state=True, jit_compile=jit_compile)
    layer.build((None, None, D))
    arrays = [rng.normal(size=w.shape) * 0.7 for w in layer.get_weights()]
    arrays = [a.astype(np.float32).astype(np.float64) for a in arrays]
    layer.set_weights(arrays)
    states = [rng.normal(size=(B, H)) for _ in range(2 if name == "lstm" else 1)]
    exact = [a.astype(np.float32).astype(np.float64) for a in (rng.normal(size=(B, T, D)), *states)]
    return layer, exact[0], exact[1:], arrays


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(TWINS))
def test_layers_are_their_equations(name, jit_compile, training):
    layer, x, states, weights = draw(name, jit_compile)
    given = [tf.constant(s, tf.float32) for s in states]
    outputs, *last = layer(tf.constant(x, tf.float32), initial_state=given, training=training)
    for row in range(B):
        want, want_last = TWINS[name][1](x[row], [s[row] for s in states], *weights)
        np.testing.assert_allclose(outputs[row], want, rtol=1e-5, atol=1e-6)
        for got, w in zip(last, want_last):
            np.testing.assert_allclose(got[row], w, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(TWINS))
def test_gradients_against_differences_of_the_equations(name, jit_compile):
    layer, x, states, weights = draw(name, jit_compile)
    lengths = np.array([T, 1, 3])
    mask = np.arange(T) < lengths[:, None]
    n_states = len(states)

    def loss(x, *rest):
        given, weights = rest[:n_states], rest[n_states:]
        value = 0.0
        for row in range(B):
            h, last = TWINS[name][1](x[row, : lengths[row]], [s[row] for s in given], *weights)
            value += np.sum(h**3) + sum(np.sum(s**2) for s in last)
        return value

    variables = [tf.constant(a, tf.float32) for a in (x, *states)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        results = layer(variables[0], initial_state=variables[1:], mask=tf.constant(mask), training=True)
        h, *last = results
        got = tf.reduce_sum(h[mask] ** 3) + sum(tf.reduce_sum(s**2) for s in last)
    gradients = tape.gradient(got, [*variables, *(w.value for w in layer.trainable_variables)])
    arrays = [x, *states, *weights]
    np.testing.assert_allclose(got, loss(*arrays), rtol=1e-5)
    for k, gradient in enumerate(gradients):
        np.testing.assert_allclose(gradient, central_differences(loss, arrays, k), rtol=1e-4, atol=1e-5)
    assert (gradients[0].numpy()[~mask] == 0).all()


# -- the loop ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n_steps", [1, 4, T])
def test_scan_against_a_plain_loop(n_steps, reverse, in_graph):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=(T, B, width)).astype(np.float32) for width in (2, 1))
    start = rng.normal(size=(B, 2)).astype(np.float32)

    def step(t, carry, inputs):
        s = carry[0] * 0.5 + inputs[0] * inputs[1]
        time = t * tf.ones((B, 1), tf.int32) if tf.is_tensor(t) else np.full((B, 1), t)
        return (s,), (s * 2, tf.cast(time, tf.float32))

    def run(n):
        return scan(step, n, [tf.constant(start)], [tf.constant(a), tf.constant(b)], [2, 1], reverse=reverse)

    (carry,), outputs = (tf.function(run) if in_graph else run)(tf.constant(n_steps))
    s, order = start, range(n_steps)
    for t in reversed(order) if reverse else order:
        s = s * 0.5 + a[t] * b[t]
        np.testing.assert_allclose(outputs[0][t], s * 2, rtol=1e-6)
        np.testing.assert_array_equal(outputs[1][t], np.full((B, 1), t))
    np.testing.assert_allclose(carry, s, rtol=1e-6)
    assert [x.shape for x in outputs] == [(T, B, 2), (T, B, 1)]


@pytest.mark.parametrize("before", [False, True])
def test_the_product_of_the_inputs_before_the_loop_or_in_it(before):
    rng = np.random.default_rng(2)
    x, kernel = (rng.normal(size=s).astype(np.float32) for s in ((T, B, D), (D, H)))
    stream, projected = project(tf.constant(x), tf.constant(kernel), before)
    assert stream.shape == (T, B, H if before else D)
    for t in range(T):
        np.testing.assert_allclose(projected(stream[t]), x[t] @ kernel, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sequences", [False, True])
def test_gradients_arrive_at_every_step_and_at_the_last_of_each_row(sequences):
    rng = np.random.default_rng(3)
    d_sequence = rng.normal(size=(T, B, H)).astype(np.float32)
    d_last = [rng.normal(size=(B, H)).astype(np.float32) for _ in range(2)]
    lengths = np.array([T, 1, 4])
    arriving = Arriving(tf.constant(d_sequence) if sequences else None, [*map(tf.constant, d_last)], lengths)
    assert len(arriving.streams) == sequences
    for t in range(T):
        got = arriving.at(tf.constant(t), [stream[t] for stream in arriving.streams])
        want = [d * (lengths == t + 1)[:, None] for d in d_last]
        want[0] = want[0] + d_sequence[t] * sequences
        for g, w in zip(got, want):
            np.testing.assert_array_equal(g, w)


def test_sizes_to_compile_for():
    sizes = [int(padded_size(tf.constant(n))) for n in range(1, 400)]
    assert sorted(set(sizes))[:8] == [8, 12, 16, 24, 32, 48, 64, 96]
    assert all(n <= size for n, size in enumerate(sizes, 1))
    assert all(size <= 1.5 * n for n, size in enumerate(sizes, 1) if n >= 8)
    assert sizes == sorted(sizes)
    assert all(padded_size(tf.constant(size)) == size for size in set(sizes))
    whole = [int(padded_size(tf.constant(n), powers=True)) for n in (1, 8, 9, 16, 17, 33)]
    assert whole == [8, 8, 16, 16, 32, 64]
    assert [int(padded_rows(tf.constant(n))) for n in (0, 1, 2, 3, 8, 9, 33)] == [2, 2, 2, 8, 8, 16, 64]


def second_derivative(layer, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(layer(x, training=True) ** 2)
        slope = tf.reduce_sum(inner.gradient(loss, x) ** 2)
    return outer.gradient(slope, x)


@pytest.mark.parametrize("name", sorted(TWINS))
def test_second_derivatives_are_right_or_an_error(name):
    """With XLA, and by TensorFlow's fused LSTM, there are none."""
    cls, _ = TWINS[name]
    x = tf.constant(draw(name, False)[1], tf.float32)
    in_xla = cls(H, jit_compile=True)
    with pytest.raises(LookupError, match="second derivatives"):
        tf.function(second_derivative, autograph=False)(in_xla, x)
    layer, own = cls(H), cls.__bases__[-1](H)
    if name == "lstm":
        with pytest.raises(LookupError, match="BlockLSTMGrad"):
            second_derivative(layer, x)
        return
    for each in (layer, own):
        each.build(x.shape)
    own.set_weights(layer.get_weights())
    np.testing.assert_allclose(second_derivative(layer, x), second_derivative(own, x), rtol=1e-5, atol=1e-5)
