"""`linear_scan`: each way to run it against a loop in NumPy, an associative scan, and finite differences."""

import keras
import numpy as np
import pytest
from keras import ops

from skrnn.layers import linear_scan as module
from skrnn.layers.linear_scan import linear_scan

B, S = 3, 4
BACKEND = keras.backend.backend()
LENGTHS = [1, 2, 7, 8, 9, 64, 65, 513]  # around 1, 8 and 64, which are whole blocks, and past 512, the last level
WAYS = {"tensorflow": ["blocked_scan", "compiled_loop", "graph_loop"], "jax": ["blocked_scan", "jax_loop"]}
# float64 of JAX is float32, unless the whole process is told otherwise.
DTYPES = ["float32"] if BACKEND == "jax" else ["float32", "float64"]
EXACT = DTYPES[-1]
CLOSE = {
    "float32": {"rtol": 1e-4, "atol": 2e-5},
    "float64": {"rtol": 1e-10, "atol": 1e-12},
}
# Of second derivatives, beside differences of first ones.
SECOND = {"rtol": 0.0, "atol": 1e-5 if EXACT == "float64" else 1e-3}

tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="graphs of TensorFlow")
complex_or_real = pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])


@pytest.fixture(params=WAYS.get(BACKEND, ["blocked_scan"]))
def way(request, monkeypatch):
    """Every way to run it, whatever the machine has."""
    monkeypatch.setattr(module, "fastest_scan", lambda: getattr(module, request.param))
    return request.param


def draw(time, is_complex, seed=0):
    """Coefficients a, sized up to 1 so that early steps matter to the end, with zeros among them, b, and h."""
    rng = np.random.default_rng(seed)
    sizes, angles = rng.uniform(0.9, 1.0, size=(time, B, S)), rng.uniform(0.0, 2 * np.pi, size=(time, B, S))
    sizes[rng.random(sizes.shape) < 0.02] = 0.0
    signs = np.where(rng.random(sizes.shape) < 0.3, -1.0, 1.0)
    b, h = rng.normal(size=(time, B, S)), rng.normal(size=(B, S))
    if not is_complex:
        return sizes * signs, b, h
    b, h = b + 1j * rng.normal(size=b.shape), h + 1j * rng.normal(size=h.shape)
    return tuple(in_parts(v) for v in (sizes * np.exp(1j * angles), b, h))


def in_parts(v):
    return np.concatenate([v.real, v.imag], axis=-1)


def as_numbers(v, is_complex):
    return v[..., : v.shape[-1] // 2] + 1j * v[..., v.shape[-1] // 2 :] if is_complex else v


def in_a_loop(a, b, h, is_complex):
    """``h_t = a_t h_(t-1) + b_t``, one step after the other."""
    a, b, h = (as_numbers(v, is_complex) for v in (a, b, h))
    steps = []
    for t in range(len(a)):
        h = a[t] * h + b[t]
        steps.append(in_parts(h) if is_complex else h)
    return np.stack(steps)


def tensors(arrays, dtype):
    return [ops.convert_to_tensor(v.astype(dtype)) for v in arrays]


def gradients(weight, arrays, is_complex, dtype):
    """Of ``sum(weight * linear_scan(...))``, by a, b and h."""

    def loss(a, b, h):
        return ops.sum(ops.cast(ops.convert_to_tensor(weight), dtype) * linear_scan(a, b, h, is_complex))

    sources = tensors(arrays, dtype)
    if BACKEND == "jax":
        import jax

        results = jax.grad(loss, argnums=(0, 1, 2))(*sources)
    elif BACKEND == "torch":
        sources = [s.detach().requires_grad_() for s in sources]
        loss(*sources).backward()
        results = [s.grad for s in sources]
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(sources)
            value = loss(*sources)
        results = tape.gradient(value, sources)
    return [np.asarray(ops.convert_to_numpy(r), "float64") for r in results]


def adjoint(weight, a, b, h, is_complex):
    """The same gradients by the definition, backwards in a loop; of parts, so that a counts conjugate."""
    steps = as_numbers(in_a_loop(a, b, h, is_complex), is_complex)
    a, h, weight = (as_numbers(v, is_complex) for v in (a, h, weight))
    before = np.concatenate([h[None], steps[:-1]])
    reaching, d_a, d_b = np.zeros_like(h), np.zeros_like(a), np.zeros_like(a)
    for t in reversed(range(len(a))):
        d_b[t] = reaching + weight[t]
        d_a[t] = d_b[t] * np.conj(before[t])
        reaching = d_b[t] * np.conj(a[t])
    return [in_parts(d) if is_complex else d for d in (d_a, d_b, reaching)]


def assert_close(got, want, dtype):
    """Close beside the largest number, as sums of many steps are."""
    np.testing.assert_allclose(got / np.abs(want).max(), want / np.abs(want).max(), **CLOSE[dtype])


@pytest.mark.core
@complex_or_real
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("time", LENGTHS)
def test_values_and_gradients_are_those_of_a_loop(way, time, dtype, is_complex):
    arrays = draw(time, is_complex)
    got = ops.convert_to_numpy(linear_scan(*tensors(arrays, dtype), is_complex))
    assert got.dtype == dtype
    want = in_a_loop(*arrays, is_complex)
    assert_close(got, want, dtype)
    weight = np.random.default_rng(1).normal(size=want.shape)
    for d, expected in zip(gradients(weight, arrays, is_complex, dtype), adjoint(weight, *arrays, is_complex)):
        assert d.shape == expected.shape
        assert_close(d, expected, dtype)


@complex_or_real
@pytest.mark.parametrize("time", [1, 2, 9, 65])
def test_gradients_are_finite_differences(time, is_complex):
    """The loop's own gradients, which the scan has in the test above, are those of its values."""
    arrays = draw(time, is_complex)
    rng = np.random.default_rng(2)
    weight = rng.normal(size=arrays[1].shape)
    for k, d in enumerate(adjoint(weight, *arrays, is_complex)):
        way, sides = rng.normal(size=d.shape), []
        for step in (1e-6, -1e-6):
            moved = [v + step * way if i == k else v for i, v in enumerate(arrays)]
            sides.append(np.sum(weight * in_a_loop(*moved, is_complex)))
        np.testing.assert_allclose(np.sum(d * way), (sides[0] - sides[1]) / 2e-6, rtol=1e-6, atol=1e-6)


@pytest.mark.core
@complex_or_real
@pytest.mark.parametrize("time", LENGTHS)
def test_an_associative_scan_gives_the_same(way, time, is_complex):
    """Of pairs (a, b) with ``(a, b) after (c, d) = (a c, a d + b)``; a second method, in the backend itself."""
    a, b, h = draw(time, is_complex)
    zero = np.zeros_like(h)
    one = zero.copy()
    one[:, :S] = 1.0
    a_all, b_all = np.concatenate([one[None], a]), np.concatenate([h[None], b])  # h, as the first step

    def after(first, second):
        n = len(first) // 2
        a_1, b_1, a_2, b_2 = first[:n], first[n:], second[:n], second[n:]
        times = module._times
        return (*times(a_2, a_1), *module._plus(times(a_2, b_1), b_2))

    parts = [p for v in (a_all, b_all) for p in np.split(v, 2 if is_complex else 1, axis=-1)]
    dtype = "float32" if BACKEND == "torch" else EXACT  # where Keras' associative_scan makes float32 of all numbers
    scanned = ops.associative_scan(after, tuple(tensors(parts, dtype)), axis=0)[len(parts) // 2 :]
    want = np.concatenate([ops.convert_to_numpy(p) for p in scanned], axis=-1)[1:]
    got = ops.convert_to_numpy(linear_scan(*tensors((a, b, h), dtype), is_complex))
    assert_close(got, want, dtype)


@tensorflow
@complex_or_real
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_graph_for_all_lengths(way, dtype, is_complex):
    import tensorflow as tf

    width = 2 * S if is_complex else S
    unknown = [tf.TensorSpec([None, None, width], dtype)] * 3 + [tf.TensorSpec([None, width], dtype)]
    traces = []

    @tf.function(input_signature=unknown)
    def run(weight, a, b, h):
        traces.append(1)
        with tf.GradientTape() as tape:
            tape.watch((a, b, h))
            steps = linear_scan(a, b, h, is_complex)
            value = tf.reduce_sum(weight * steps)
        return (steps, *tape.gradient(value, (a, b, h)))

    for time in LENGTHS:
        arrays = draw(time, is_complex, seed=time)
        weight = np.random.default_rng(1).normal(size=arrays[1].shape)
        want = [in_a_loop(*arrays, is_complex), *adjoint(weight, *arrays, is_complex)]
        for got, expected in zip(run(*tensors((weight, *arrays), dtype)), want):
            assert_close(got.numpy(), expected, dtype)
    assert len(traces) == 1


def second_gradients(weight, arrays, is_complex):
    """Of the squared length of the gradients of ``sum(weight * sin(linear_scan(...)))``, by a, b and h."""
    sources = tensors(arrays, EXACT)
    if BACKEND == "jax":
        import jax

        def value(a, b, h):
            return ops.sum(weight * ops.sin(linear_scan(a, b, h, is_complex)))

        def length(*sources):
            return sum(ops.sum(d**2) for d in jax.grad(value, argnums=(0, 1, 2))(*sources))

        return [np.asarray(d) for d in jax.grad(length, argnums=(0, 1, 2))(*sources)]
    import tensorflow as tf

    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as inner:
            inner.watch(sources)
            value = tf.reduce_sum(weight * tf.sin(linear_scan(*sources, is_complex)))
        length = sum(tf.reduce_sum(d**2) for d in inner.gradient(value, sources))
    return [d.numpy() for d in outer.gradient(length, sources)]


@pytest.mark.skipif(BACKEND == "torch", reason="custom gradients of Keras on PyTorch are differentiated once")
@pytest.mark.core
@complex_or_real
@pytest.mark.parametrize("time", [1, 2, 9, 65])
def test_the_gradient_has_a_gradient(way, time, is_complex):
    """As penalties of gradients want it."""
    arrays, rng = draw(time, is_complex), np.random.default_rng(3)
    weight = rng.normal(size=arrays[1].shape)

    def length(arrays):
        outward = weight * np.cos(in_a_loop(*arrays, is_complex))
        return sum(np.sum(d**2) for d in adjoint(outward, *arrays, is_complex))

    for k, d in enumerate(second_gradients(weight, arrays, is_complex)):
        direction = rng.normal(size=d.shape)
        moved = [[v + step * direction if i == k else v for i, v in enumerate(arrays)] for step in (1e-6, -1e-6)]
        difference = (length(moved[0]) - length(moved[1])) / 2e-6
        scale = np.linalg.norm(d) + abs(difference)
        np.testing.assert_allclose(np.sum(d * direction) / scale, difference / scale, **SECOND)


@pytest.mark.core
@complex_or_real
def test_steps_that_forget_all_hide_what_was_before(way, is_complex):
    """With a = 0 in the middle of a block no number before it, however large, reaches the end."""
    a, b, h = draw(20, is_complex)
    a[11] = 0.0
    small = ops.convert_to_numpy(linear_scan(*tensors((a, b, h), EXACT), is_complex))
    b[:11] *= 1e30
    large = ops.convert_to_numpy(linear_scan(*tensors((a, b, h * 1e30), EXACT), is_complex))
    np.testing.assert_array_equal(small[11:], large[11:])


@pytest.mark.core
@complex_or_real
def test_a_thousand_steps_of_one_are_a_sum(way, is_complex):
    a, b, h = draw(1000, is_complex)
    a[:] = 0.0
    a[:, :, :S] = 1.0
    got = ops.convert_to_numpy(linear_scan(*tensors((a, b, h), EXACT), is_complex))
    assert_close(got, h + np.cumsum(b, axis=0), EXACT)
