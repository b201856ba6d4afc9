"""Pooling over time against NumPy in float64, for any mask."""

import keras
import numpy as np
import pytest
from differences import central_differences
from keras import ops

from skrnn.layers import POOLINGS, AttentionPooling
from skrnn.layers.pooling import attention_over_time, last_over_time, max_over_time, mean_over_time

UNITS = 4


def softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def attention_twin(h, kernel, bias, query):
    """(T, H) -> (H,) and (T,)."""
    weights = softmax(np.array([np.tanh(step @ kernel + bias) @ query for step in h]))
    return sum(a * step for a, step in zip(weights, h)), weights


# One sequence of real steps, (T, H) -> (H,).
TWINS = {
    "mean": lambda h, *_: sum(h) / len(h),
    "max": lambda h, *_: np.array([max(column) for column in h.T]),
    "last": lambda h, *_: h[-1],
    "attention": lambda h, *weights: attention_twin(h, *weights)[0],
}
FUNCTIONS = {
    "mean": lambda h, mask, *_: mean_over_time(h, mask),
    "max": lambda h, mask, *_: max_over_time(h, mask),
    "last": lambda h, mask, *_: last_over_time(h, mask),
    "attention": lambda h, mask, *weights: attention_over_time(h, mask, *weights)[0],
}


def draw(seed, batch=5, time=7):
    """Steps (B, T, H), attention's weights, and masks with at least one real step."""
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(batch, time, UNITS)).astype(np.float32) * 3 - 1
    weights = [rng.normal(size=s).astype(np.float32) for s in ((UNITS, UNITS), (UNITS,), (UNITS,))]
    lengths = rng.integers(1, time + 1, size=batch)
    at_the_end = np.arange(time) < lengths[:, None]
    in_the_middle = rng.random((batch, time)) < 0.5
    in_the_middle[np.arange(batch), rng.integers(time, size=batch)] = True
    masks = {"end": at_the_end, "start": at_the_end[:, ::-1], "middle": in_the_middle}
    return h, weights, masks


def tensors(*arrays):
    return [ops.convert_to_tensor(np.ascontiguousarray(a)) for a in arrays]


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.core
@pytest.mark.parametrize("padding", ["end", "start", "middle"])
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_functions_against_numpy(name, padding):
    for seed in range(5):
        h, weights, masks = draw(seed)
        mask = masks[padding]
        got = numbers(FUNCTIONS[name](*tensors(h, mask, *weights)))
        exact = [w.astype(np.float64) for w in weights]
        want = [TWINS[name](x[real].astype(np.float64), *exact) for x, real in zip(h, mask)]
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


@pytest.mark.core
def test_attention_weights_against_numpy():
    h, weights, masks = draw(11)
    for mask in masks.values():
        got = numbers(attention_over_time(*tensors(h, mask, *weights))[1])
        for row, x, real in zip(got, h, mask):
            want = attention_twin(x[real].astype(np.float64), *(w.astype(np.float64) for w in weights))[1]
            np.testing.assert_allclose(row[real], want, rtol=1e-5, atol=1e-6)
            assert (row[~real] == 0).all()


@pytest.mark.core
@pytest.mark.parametrize("filler", [0.0, 1e6, -1e6])
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_masked_steps_count_for_nothing(name, filler):
    h, weights, masks = draw(2)
    for mask in masks.values():
        want = numbers(FUNCTIONS[name](*tensors(h, mask, *weights)))
        other = np.where(mask[:, :, None], h, np.float32(filler))
        got = numbers(FUNCTIONS[name](*tensors(other, mask, *weights)))
        np.testing.assert_array_equal(got, want)


@pytest.mark.core
@pytest.mark.filterwarnings("ignore:You are using a softmax:UserWarning")
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_a_single_step_is_itself(name):
    h, weights, _ = draw(3)
    mask = np.arange(7) == np.array([0, 6, 3, 0, 1])[:, None]
    got = numbers(FUNCTIONS[name](*tensors(h, mask, *weights)))
    np.testing.assert_allclose(got, h[mask], rtol=1e-6)
    got = numbers(FUNCTIONS[name](*tensors(h[:, :1], np.ones((5, 1), bool), *weights)))
    np.testing.assert_allclose(got, h[:, 0], rtol=1e-6)


@pytest.mark.core
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_rows_without_a_real_step_are_no_nan(name, dtype):
    h, weights, _ = draw(4)
    mask = np.zeros((5, 7), bool)
    mask[0, :2] = True
    h, *weights = (ops.cast(t, dtype) for t in tensors(h, *weights))
    got = FUNCTIONS[name](h, *tensors(mask), *weights)
    assert np.isfinite(numbers(ops.cast(got, "float32"))).all()
    if name == "mean":
        assert (numbers(ops.cast(got, "float32"))[1:] == 0).all()


@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_gradients_are_finite_and_only_on_real_steps(name):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow's tape")
    h, weights, _ = draw(5)
    mask = np.arange(7) < np.array([1, 7, 1, 3, 0])[:, None]
    variables = [tf.Variable(a) for a in (h, *weights)]
    with tf.GradientTape() as tape:
        out = FUNCTIONS[name](variables[0], tf.constant(mask), *variables[1:])
        loss = tf.reduce_sum(out[:4] ** 2)
    gradient, *others = tape.gradient(loss, variables, unconnected_gradients="zero")
    assert np.isfinite(gradient.numpy()).all()
    assert (gradient.numpy()[~mask] == 0).all()
    # A single step is given on as it is.
    np.testing.assert_allclose(gradient.numpy()[[0, 2], 0], 2 * h[[0, 2], 0], rtol=1e-5)
    assert all(np.isfinite(g.numpy()).all() for g in others)


@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_gradients_against_differences(name):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow's tape")
    h, weights, masks = draw(6, batch=2, time=4)
    arrays = [a.astype(np.float64) for a in (h, *weights)]
    mask = masks["middle"]

    def loss(*values):
        rows = [TWINS[name](x[real], *values[1:]) for x, real in zip(values[0], mask)]
        return sum(np.sum(row**3) for row in rows)

    variables = [tf.Variable(a) for a in arrays]
    with tf.GradientTape() as tape:
        got = tf.reduce_sum(FUNCTIONS[name](variables[0], tf.constant(mask), *variables[1:]) ** 3)
    gradients = tape.gradient(got, variables, unconnected_gradients="zero")
    for k, gradient in enumerate(gradients):
        np.testing.assert_allclose(gradient, central_differences(loss, arrays, k), rtol=1e-4, atol=1e-5)


# -- the layers ----------------------------------------------------------------------------------------------


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_layers_are_the_functions(name):
    h, _, masks = draw(7)
    layer = POOLINGS[name]()
    layer.build(h.shape)
    h_, mask = tensors(h, masks["end"])
    got = numbers(layer(h_, mask=mask))
    np.testing.assert_array_equal(got, numbers(FUNCTIONS[name](h_, mask, *layer.weights)))
    everything = numbers(layer(h_))
    np.testing.assert_array_equal(everything, numbers(layer(h_, mask=ops.ones((5, 7), "bool"))))
    assert not np.array_equal(got, everything)


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_layers_take_the_mask_of_the_model_and_give_none_on(name):
    inputs = keras.Input((None,), dtype="int32")
    h = keras.layers.Embedding(6, UNITS, mask_zero=True)(inputs)
    outputs = POOLINGS[name]()(h)
    assert outputs.shape == (None, UNITS)
    assert getattr(outputs, "_keras_mask", None) is None
    model = keras.Model(inputs, outputs)
    alone = model(np.array([[3, 1]], np.int32))
    padded = model(np.array([[3, 1, 0, 0]], np.int32))
    np.testing.assert_allclose(numbers(padded), numbers(alone), rtol=1e-6)


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_configuration_there_and_back(name):
    h, _, masks = draw(8)
    h, mask = tensors(h, masks["middle"])
    layer = POOLINGS[name](name="pooling")
    want = numbers(layer(h, mask=mask))
    for twin in (
        type(layer).from_config(layer.get_config()),
        keras.layers.deserialize(keras.layers.serialize(layer)),
    ):
        assert type(twin) is type(layer)
        assert twin.get_config() == layer.get_config()
        twin(h, mask=mask)
        twin.set_weights(layer.get_weights())
        np.testing.assert_array_equal(numbers(twin(h, mask=mask)), want)


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_a_model_is_saved_and_loaded(name, tmp_path):
    inputs = keras.Input((None, UNITS))
    model = keras.Model(inputs, POOLINGS[name]()(inputs))
    model.save(tmp_path / "model.keras")
    h = draw(9)[0]
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numbers(loaded(h)), numbers(model(h)))


def test_attention_has_the_documented_weights():
    layer = AttentionPooling()
    layer.build((None, None, UNITS))
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [
        ("kernel", (UNITS, UNITS)),
        ("bias", (UNITS,)),
        ("query", (UNITS,)),
    ]
    assert (layer.get_weights()[1] == 0).all()


@pytest.mark.parametrize("name", sorted(POOLINGS))
def test_layers_in_half_precision(name):
    layer = POOLINGS[name](dtype="mixed_float16")
    h, _, masks = draw(10)
    got = layer(*tensors(h), mask=tensors(masks["end"])[0])
    assert keras.backend.standardize_dtype(got.dtype) == "float16"
    full = POOLINGS[name]()
    full.build(h.shape)
    full.set_weights(layer.get_weights())
    want = numbers(full(*tensors(h), mask=tensors(masks["end"])[0]))
    np.testing.assert_allclose(numbers(got).astype(np.float32), want, rtol=0.02, atol=0.03)
