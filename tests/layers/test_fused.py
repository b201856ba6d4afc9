"""The fused layers against Keras' own: values and gradients for all options and masks."""

import itertools

import keras
import numpy as np
import pytest

from skrnn.layers import GRU, LSTM, SimpleRNN
from skrnn.layers.rnn import FUSED

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the loops are TensorFlow's")

T, D = 6, 3  # XLA compiles for each shape: few in this file
OURS = {"elman": SimpleRNN, "gru": GRU, "lstm": LSTM}
KERAS = {"elman": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
RIGHT_PADDED = ["none", "right"]
MASKS = [*RIGHT_PADDED, "empty rows", "nothing real", "left", "holes", "all kinds"]
OPTIONS = {
    "mask": MASKS,
    "batch": [1, 2, 19, 40],
    "units": [5, 16],
    "training": [True, False],
    "initial": [False, True],
    "return_sequences": [False, True],
    "return_state": [False, True],
    "go_backwards": [False, True],
    "zero_output_for_mask": [False, True],
    "use_bias": [True, False],
    "right_padded": [False, True],
}
IN_XLA = {**OPTIONS, "batch": [19], "units": [5]}


def covering(options):
    """Few settings in which every pair of values of two options occurs."""
    rng = np.random.default_rng(0)
    names = sorted(options)
    pairs = {
        ((a, i), (b, j))
        for a, b in itertools.combinations(names, 2)
        for i in range(len(options[a]))
        for j in range(len(options[b]))
    }
    while pairs:
        drawn = [{n: int(rng.integers(len(options[n]))) for n in names} for _ in range(50)]
        news = [pairs & set(itertools.combinations(sorted(d.items()), 2)) for d in drawn]
        best = max(range(50), key=lambda k: len(news[k]))
        if news[best]:
            pairs -= news[best]
            yield {n: options[n][i] for n, i in drawn[best].items()}


def make_mask(kind, batch, time=T):
    """(B, T) of bool, or None."""
    rng = np.random.default_rng(1)
    rows = np.arange(batch)
    right = np.arange(time) < (rows * 5 % time + 1)[:, None]
    holes = rng.random((batch, time)) < 0.6
    holes[rows, rng.integers(time, size=batch)] = True
    empty = right & (rows % 5 != 0)[:, None]  # rows 0, 5, ...
    empty[batch - batch // 3 :] = False
    kinds = {"right": right, "left": right[:, ::-1], "holes": holes, "empty rows": empty}
    kinds["all kinds"] = np.array([list(kinds.values())[row % 4][row] for row in rows])
    return {"none": None, "nothing real": np.zeros((batch, time), bool), **kinds}[kind]


def build(name, units=5, jit_compile=False, right_padded=False, batch=None, **options):
    """Our layer and Keras', with the same weights."""
    ours = OURS[name](units, jit_compile=jit_compile, right_padded=right_padded, **options)
    own = KERAS[name](units, **options)
    for layer in (ours, own):
        layer.build((batch, T, D))
    rng = np.random.default_rng(2)
    weights = [rng.normal(size=w.shape) * 0.6 for w in own.get_weights()]
    ours.set_weights(weights)
    own.set_weights(weights)
    return ours, own


def draw(name, batch, units=5, time=T):
    """Inputs and initial states."""
    rng = np.random.default_rng(3)
    states = [rng.normal(size=(batch, units)) for _ in range(2 if name == "lstm" else 1)]
    return [tf.constant(a, tf.float32) for a in (rng.normal(size=(batch, time, D)), *states)]


def run(layer, x, states=(), mask=None, training=False):
    """All results, and the gradients of inputs, states and weights by a loss of all results."""
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        given = {"initial_state": list(states)} if states else {}
        results = tf.nest.flatten(layer(x, mask=mask, training=training, **given))
        loss = tf.add_n([tf.reduce_sum(tf.sin(2.0 * r + k)) for k, r in enumerate(results)])
    sources = [x, *states, *(w.value for w in layer.trainable_variables)]
    return results, tape.gradient(loss, sources, unconnected_gradients="zero")


def assert_same(got, want, **tolerance):
    got, want = tf.nest.flatten(got), tf.nest.flatten(want)
    assert len(got) == len(want)
    for g, w in zip(got, want):
        scale = max(1.0, float(np.abs(w).max(initial=0)))
        np.testing.assert_allclose(g, w, **({"rtol": 1e-5, "atol": 1e-5 * scale} | tolerance))


def compare(name, jit_compile, mask, batch, units, training, initial, **options):
    # Keras documents the zeros for return_sequences only, and gives them as the last output, too.
    options["zero_output_for_mask"] &= options["return_sequences"]
    options["right_padded"] &= mask in RIGHT_PADDED
    ours, own = build(name, units, jit_compile, **options)
    assert ours.is_fused
    x, *states = draw(name, batch, units)
    states = states if initial else []
    mask = make_mask(mask, batch)
    mask = None if mask is None else tf.constant(mask)
    assert_same(run(ours, x, states, mask, training), run(own, x, states, mask, training))


def label(settings):
    return "-".join(k if v is True else str(v) for k, v in settings.items() if v is not False)


@pytest.mark.parametrize("settings", list(covering(OPTIONS)), ids=label)
@pytest.mark.parametrize("name", sorted(OURS))
def test_values_and_gradients_are_those_of_keras(name, settings):
    compare(name, False, **settings)


@pytest.mark.parametrize("settings", list(covering(IN_XLA)), ids=label)
@pytest.mark.parametrize("name", sorted(OURS))
def test_values_and_gradients_with_xla_are_those_of_keras(name, settings):
    compare(name, True, **settings)


@pytest.mark.parametrize("batch", [1, 2, 40])
@pytest.mark.parametrize("name", sorted(OURS))
def test_sizes_of_batches_with_xla(name, batch):
    ours, own = build(name, 16, True, return_sequences=True)
    x, *_ = draw(name, batch)
    for training, kind in [(True, "right"), (False, "all kinds")]:
        mask = tf.constant(make_mask(kind, batch))
        assert_same(run(ours, x, (), mask, training), run(own, x, (), mask, training))


@pytest.mark.slow
@pytest.mark.parametrize("batch", OPTIONS["batch"])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting(name, jit_compile, batch):
    """The full product of what meets in the code, the other options by chance."""
    rng = np.random.default_rng(batch)
    options = {**OPTIONS, "batch": [batch]}
    other = {"initial", "return_state", "zero_output_for_mask", "use_bias", "right_padded"}
    product = {k: v for k, v in options.items() if k not in other}
    for values in itertools.product(*product.values()):
        compare(name, jit_compile, **dict(zip(product, values)), **{k: bool(rng.integers(2)) for k in sorted(other)})


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_a_single_step(name, jit_compile):
    ours, own = build(name, 5, jit_compile, return_sequences=True)
    x, *states = draw(name, 19, time=1)
    for mask in (None, tf.constant(np.arange(19) % 2 == 0)[:, None]):
        assert_same(run(ours, x, states, mask, True), run(own, x, states, mask, True))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_one_traced_function_for_all_shapes(name, jit_compile):
    ours, own = build(name, 5, jit_compile, return_sequences=True, return_state=True)
    traces = []

    def call(x, mask):
        traces.append(1)
        return run(ours, x, (), mask, True), ours(x, mask=mask, training=False)

    signature = [tf.TensorSpec((None, None, D)), tf.TensorSpec((None, None), tf.bool)]
    call = tf.function(call, input_signature=signature)
    # 6 and 7 steps are the same size for XLA, like 19 and 27 rows in two shards; 9 steps and 2 rows are others.
    for batch, time, kind in [(19, 6, "right"), (27, 7, "all kinds"), (2, 6, "nothing real"), (19, 9, "left")]:
        x, *_ = draw(name, batch, time=time)
        mask = tf.constant(make_mask(kind, batch, time))
        with_training, without = call(x, mask)
        want = run(own, x, (), mask)
        assert_same(with_training, want)
        assert_same(without, want[0])
    assert len(traces) == 1


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_a_known_number_of_rows_and_any_number_of_steps(name, jit_compile):
    ours, own = build(name, 5, jit_compile, return_sequences=True)
    for batch in (1, 19):
        call = tf.function(lambda x: ours(x, training=True), input_signature=[tf.TensorSpec((batch, None, D))])
        x, *_ = draw(name, batch)
        assert_same(call(x), own(x))


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_rows_at_all(name):
    """Where Keras' LSTM fails."""
    ours, _ = build(name, return_sequences=True)
    x, *states = draw(name, 0)
    for mask in (None, tf.zeros((0, T), "bool")):
        (outputs,), (d_x, *others) = run(ours, x, states, mask, training=True)
        assert outputs.shape == ours(x, mask=mask).shape == (0, T, 5)
        assert d_x.shape == x.shape
        assert all((g.numpy() == 0).all() for g in others)


@pytest.mark.parametrize("shards", [1, 2, 3, 4])
@pytest.mark.parametrize("batch", [7, 9, 17, 40])
def test_number_of_shards_does_not_matter(batch, shards, monkeypatch):
    monkeypatch.setattr("skrnn.layers.rows.SHARDS", shards)
    ours, own = build("lstm", return_sequences=True, return_state=True)
    x, *states = draw("lstm", batch)
    mask = tf.constant(make_mask("all kinds", batch))
    for training in (True, False):
        assert_same(run(ours, x, states, mask, training), run(own, x, states, mask, training))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_dropout_of_the_inputs_is_one_mask_for_all_steps(name, jit_compile):
    dropped, _ = build(name, 5, jit_compile, dropout=0.5, seed=4)
    plain, own = build(name, 5, jit_compile)
    x, *_ = draw(name, 19)
    kept = dropped.cell.get_dropout_mask(x[:, 0])  # kept by the cell until the layer was called
    assert set(np.unique(kept)) == {0.0, 2.0}
    got = dropped(x, training=True)
    assert_same(got, own(x * kept[:, None]))
    assert dropped.cell._dropout_mask is None
    assert not np.array_equal(dropped(x, training=True), got)  # another mask
    assert_same(dropped(x, training=False), own(x))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_dropout_of_the_inputs_follows_the_seed_as_in_keras(name, jit_compile):
    ours, own = build(name, 5, jit_compile, dropout=0.3, seed=5)
    x, *_ = draw(name, 19)
    for _ in range(2):
        assert_same(run(ours, x, training=True), run(own, x, training=True))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_stateful_layers_go_on_where_they_were(name, jit_compile):
    ours, own = build(name, 5, jit_compile, batch=19, stateful=True, return_sequences=True)
    x, *states = draw(name, 19)
    mask = tf.constant(make_mask("all kinds", 19))
    first = ours(x, mask=mask)
    assert_same(first, own(x, mask=mask))
    assert_same(ours(x, mask=mask), own(x, mask=mask))
    assert not np.allclose(ours(x, mask=mask), first)
    for layer in (ours, own):
        layer.reset_state()
    np.testing.assert_array_equal(ours(x, mask=mask), first)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_what_stands_in_masked_steps_counts_for_nothing(name, jit_compile):
    ours, _ = build(name, 5, jit_compile, return_sequences=True)
    x, *_ = draw(name, 19)
    for kind in MASKS[1:]:
        mask = make_mask(kind, 19)
        want = ours(x, mask=tf.constant(mask))
        for filler in (0.0, 1e6, np.nan):
            other = tf.where(mask[:, :, None], x, np.float32(filler))
            np.testing.assert_array_equal(ours(other, mask=tf.constant(mask)), want)


@pytest.mark.parametrize("kind", ["right", "left", "all kinds"])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_both_directions(name, jit_compile, return_sequences, kind):
    options = {"return_sequences": return_sequences}
    wrapped = [keras.layers.Bidirectional(layer) for layer in build(name, 5, jit_compile, **options)]
    x, *_ = draw(name, 19)
    for layer in wrapped:
        layer.build(x.shape)
    assert isinstance(wrapped[0].backward_layer, OURS[name])
    assert wrapped[0].backward_layer.jit_compile is jit_compile
    rng = np.random.default_rng(6)
    weights = [rng.normal(size=w.shape) * 0.6 for w in wrapped[1].get_weights()]
    for layer in wrapped:
        layer.set_weights(weights)
    mask = tf.constant(make_mask(kind, 19))
    ours, own = (run(layer, x, (), mask, training=True) for layer in wrapped)
    assert_same(ours, own)


# -- Keras' own loop where ours does not apply ---------------------------------------------------------------

OTHERS = {
    "activation": {"activation": "relu"},
    "recurrent_dropout": {"recurrent_dropout": 0.3, "seed": 7},
    "unroll": {"unroll": True},
    "float64": {"dtype": "float64"},
    "float16": {"dtype": "float16"},
    "mixed": {"dtype": "mixed_float16"},
    "recurrent_activation": {"recurrent_activation": "hard_sigmoid"},
    "reset_before": {"reset_after": False},
}
ONLY = {"recurrent_activation": {"gru", "lstm"}, "reset_before": {"gru"}}


@pytest.mark.parametrize(("name", "other"), [(n, o) for n in sorted(OURS) for o in OTHERS if n in ONLY.get(o, OURS)])
def test_keras_own_loop_elsewhere(name, other):
    ours, own = build(name, 5, True, return_sequences=True, **OTHERS[other])
    assert not ours.is_fused
    x, *_ = draw(name, 4)
    mask = tf.constant(make_mask("all kinds", 4))
    x = tf.cast(x, ours.compute_dtype)
    got, want = (run(layer, x, (), mask, training=True) for layer in (ours, own))
    assert got[0][0].dtype == want[0][0].dtype == ours.compute_dtype
    for g, w in zip(tf.nest.flatten(got), tf.nest.flatten(want)):
        np.testing.assert_array_equal(g, w)


def test_every_fused_class_is_here():
    assert set(FUSED.values()) == set(OURS.values())
