"""`RNN`: the loops for skrnn's cells against Keras' own, compiled or not."""

import gc
import weakref
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops
from sequence_gradients import results_and_gradients

from skrnn.cells import GRUCell, LSTMCell, MinGRUCell, MLSTMCell
from skrnn.layers import RNN, RecurrenceSpec

T, D, H = 6, 4, 5
CELLS = {"chunks": MLSTMCell, "loop": LSTMCell, "scan": MinGRUCell}
ZONED = ["loop", "scan"]
L = MLSTMCell.chunk_size
OPTIONS = {"return_sequences": True, "return_state": True}

tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="loops of TensorFlow")


def data(rows, time=T, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, time + 1, size=rows)
    return rng.normal(size=(rows, time, D)), np.arange(time)[None] < lengths[:, None]


def make(kind, **options):
    cell = CELLS[kind](H, dtype="float64", **options)
    cell.build((None, D))
    cell.built = True
    return cell


def assert_same(got, want):
    assert len(got) == len(want)
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


@tensorflow
@pytest.mark.parametrize("kind", sorted(CELLS))
@pytest.mark.parametrize("rows", [1, 3, 37])
def test_compiled_loops_equal_keras(kind, rows):
    cell = make(kind, **({"zoneout": 0.1} if kind in ZONED else {}))
    x, right = data(rows)
    gaps = np.random.default_rng(1).random(right.shape) > 0.3
    for (mask, padded), backwards in product(((None, False), (right, True), (gaps, False)), (False, True)):
        options = {**OPTIONS, "go_backwards": backwards, "dtype": "float64"}
        want = results_and_gradients(keras.layers.RNN(cell, **options), x, mask)
        assert_same(results_and_gradients(RNN(cell, jit_compile=True, right_padded=padded, **options), x, mask), want)


@tensorflow
@pytest.mark.parametrize("kind", sorted(CELLS))
@pytest.mark.parametrize("jit_compile", [False, True])
def test_one_graph_for_all_shapes(kind, jit_compile):
    import tensorflow as tf

    cell = make(kind)
    layer = RNN(cell, jit_compile=jit_compile, right_padded=True, return_sequences=True, dtype="float64")
    variables = [v.value for v in layer.trainable_variables or cell.trainable_variables]

    @tf.function(input_signature=[tf.TensorSpec((None, None, D), tf.float64), tf.TensorSpec((None, None), tf.bool)])
    def call(x, mask):
        with tf.GradientTape() as tape:
            outputs = layer(x, mask=mask)
            loss = tf.reduce_sum(tf.sin(outputs + 0.1))
        return outputs, *tape.gradient(loss, variables)

    for rows, time in ((1, 1), (2, 9), (40, 3), (17, 70)):
        x, mask = data(rows, time)
        outputs, _, *gradients = results_and_gradients(
            keras.layers.RNN(cell, return_sequences=True, dtype="float64"), x, mask
        )
        assert_same([np.asarray(r) for r in call(x, mask)], [outputs, *gradients])


@tensorflow
@pytest.mark.parametrize("kind", ZONED)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_dropout_and_zoneout_in_training_are_the_same_compiled(kind, jit_compile):
    """Each part of the rows gets its own noise: given the noise, results are those of the plain loop."""
    options = {"zoneout": 0.4, "dropout": 0.3, **({"recurrent_dropout": 0.3} if kind == "loop" else {})}
    cell = make(kind, **options)
    x, mask = data(37)
    rng = np.random.default_rng(2)
    noise = [ops.convert_to_tensor(rng.random((T, 37, H))) for _ in cell.zoneout_rates()]
    kept = ops.convert_to_tensor(np.where(rng.random((37, H)) < 0.3, 0.0, 1 / 0.7))
    seen = ops.convert_to_tensor(np.where(rng.random((37, D)) < 0.3, 0.0, 1 / 0.7))
    cell.zoneout_noise = lambda *_: noise
    cell.get_recurrent_dropout_mask = lambda *_: kept
    cell.get_dropout_mask = lambda *_: seen
    outputs = RNN(cell, jit_compile=jit_compile, return_sequences=True, dtype="float64")(x, mask=mask, training=True)
    states = [np.zeros((37, H)) for _ in cell.state_names]
    for t in range(T):
        z = cell.project(x[:, t] * seen)
        _, after = cell.regularized_step(z, states, cell.recurrent_weights(), kept, [n[t] for n in noise])
        states = [np.where(mask[:, t, None], new, old) for new, old in zip(after, states)]
        np.testing.assert_allclose(outputs[:, t], states[0], rtol=1e-9)


@tensorflow
@pytest.mark.parametrize("time", [1, L - 1, L, L + 1, 3 * L - 5])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_chunks_are_steps(time, jit_compile):
    """Values, states and gradients where sequences end before, at and behind the end of a chunk."""
    cell = make("chunks")
    x, right = data(19, time)
    right[:2, 1:] = False  # one real step
    gaps = np.random.default_rng(1).random(right.shape) > 0.3
    for mask, backwards in product((None, right, gaps), (False, True)):
        options = {**OPTIONS, "go_backwards": backwards, "dtype": "float64"}
        want = results_and_gradients(keras.layers.RNN(cell, **options), x, mask)
        assert_same(results_and_gradients(RNN(cell, jit_compile=jit_compile, **options), x, mask), want)


@pytest.mark.core
@pytest.mark.parametrize("time", [1, L, 2 * L + 3])
def test_chunks_are_steps_on_every_backend(time):
    cell = MLSTMCell(6, heads=2)
    x, mask = data(4, time)
    x = x.astype("float32")
    outputs, *states = RNN(cell, **OPTIONS)(x, mask=mask)
    after = cell.get_initial_state(4)
    for t in range(time):
        before = after
        output, after = cell(x[:, t], before)
        live = mask[:, t, None]
        after = [ops.where(live, new, old) for new, old in zip(after, before)]
        got, want = (ops.convert_to_numpy(ops.where(live, o, 0.0)) for o in (outputs[:, t], output))
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    assert len(states) == len(after) == 3
    for got, want in zip(states, after):
        np.testing.assert_allclose(ops.convert_to_numpy(got), ops.convert_to_numpy(want), rtol=1e-4, atol=1e-5)


@pytest.mark.core
def test_noise_changes_from_call_to_call_and_follows_the_seed():
    x, _ = data(3)
    drawn = []
    for _ in range(2):
        layer = RNN(LSTMCell(H, zoneout=0.5, seed=7, kernel_initializer="ones", recurrent_initializer="ones"))
        drawn.append([ops.convert_to_numpy(layer(x.astype("float32"), training=True)) for _ in range(2)])
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.allclose(drawn[0][0], drawn[0][1])


@pytest.mark.core
def test_cells_of_others_run_as_in_keras():
    x = data(3)[0].astype("float32")
    cell = keras.layers.GRUCell(H)
    layer = RNN(cell)
    assert not layer.is_fused
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), ops.convert_to_numpy(keras.layers.RNN(cell)(x)))


@pytest.mark.core
@pytest.mark.parametrize(
    ("cell", "keras_cell"),
    [("elman", keras.layers.SimpleRNNCell), ("gru", keras.layers.GRUCell), ("lstm", keras.layers.LSTMCell)],
)
def test_plain_classics_are_those_of_keras(cell, keras_cell):
    """By name they run fused; with zoneout or weight normalization in the loop for all cells."""
    plain = RecurrenceSpec.from_cell(cell, 5, {"bias_initializer": "ones"})
    assert plain.recipe.cls is keras_cell
    assert plain.is_fused
    for options in ({"zoneout": 0.1}, {"weight_norm": True}):
        spec = RecurrenceSpec.from_cell(cell, 5, options)
        assert spec.loop == "cell"
        assert isinstance(spec.make(True, False), RNN)


@tensorflow
def test_compiled_functions_go_with_their_cell():
    layer = RNN(GRUCell(H), jit_compile=True)
    layer(data(3)[0].astype("float32"))
    gone = weakref.ref(layer.cell)
    del layer
    gc.collect()
    assert gone() is None
