"""The decoder against NumPy, step by step against all steps at once, and attention by itself."""

import keras
import numpy as np
import pytest
from keras import ops
from twins import classic

from skrnn.cells import CELLS
from skrnn.layers import Attention, Decoder, RecurrenceSpec
from skrnn.layers.stepping import check_steppable

B, T, F, S, V, E, H = 3, 5, 4, 6, 8, 5, 3
LENGTHS = np.array([5, 2, 3])


def layers(cell="lstm", units=(H,), **options):
    specs = [RecurrenceSpec.from_cell(cell, n, options) for n in units]
    return [spec.make(True, False, return_state=True) for spec in specs]


def built(cell="lstm", units=(H,), seed=0, cell_options=None, **options):
    keras.utils.set_random_seed(seed)
    decoder = Decoder(V, E, layers(cell, units, **(cell_options or {})), **options)
    decoder.build((None, None, F))
    rng = np.random.default_rng(seed)
    for weight in decoder.trainable_variables:
        if cell in ("lstm", "gru"):  # others may have weights with a meaning
            weight.assign(rng.normal(size=weight.shape, scale=0.5).astype("float32"))
    return decoder


def data(seed=0):
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(B, T, F)).astype("float32")
    mask = np.arange(T) < LENGTHS[:, None]
    tokens = rng.integers(V, size=(B, S)).astype("int32")
    return ops.convert_to_tensor(steps), ops.convert_to_tensor(mask), ops.convert_to_tensor(tokens)


def all_real():
    return ops.ones((B, S), "bool")


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def twin(decoder, steps, tokens, kind, tied):
    """Scores and weights of one example, in float64; steps are the real ones."""
    w = {v.path.split("/", 1)[-1]: ops.convert_to_numpy(v).astype(np.float64) for v in decoder.weights}

    def of(ending):
        (found,) = [value for path, value in w.items() if path.endswith(ending)]
        return found

    cell = decoder.recurrences[0].cell
    cell_weights = {v.name: ops.convert_to_numpy(v).astype(np.float64) for v in cell.weights}
    summary = np.concatenate([steps[0], steps[-1]])
    given = np.tanh(summary @ of("given_states/kernel") + of("given_states/bias"))
    states = [given[None, k * H : (k + 1) * H] for k in range(len(given) // H)]
    step = {"LSTMCell": classic.lstm, "GRUCell": classic.gru}[type(cell).__name__]
    fed, scores, weights = np.zeros(E if tied else H), [], []
    for token in tokens:
        x = of("embedding/embeddings")[token]
        x = np.concatenate([x, fed]) if decoder.input_feeding else x
        h, states = step(cell_weights, x[None], states[0], states, cell)
        if kind is None:
            context, weight = summary, None
        else:
            keys = steps @ of("memory_kernel")
            if kind == "additive":
                energies = np.tanh(h @ of("query_kernel") + keys) @ of("/scale")
            else:
                energies = keys @ h[0]
            weight = softmax(energies)
            context = weight @ steps
        fed = np.tanh(np.concatenate([h[0], context]) @ of("combine/kernel"))
        if tied:
            projected = fed @ of("projection") if fed.size != E else fed
            scores.append(projected @ of("embedding/embeddings").T + of("scores/bias"))
        else:
            scores.append(fed @ of("scores/kernel") + of("scores/bias"))
        weights.append(weight)
    return np.array(scores), weights


@pytest.mark.core
@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize(
    ("cell", "kind", "tied"),
    [("lstm", "multiplicative", False), ("gru", "additive", True), ("lstm", None, True), ("gru", None, False)],
)
def test_equals_numpy(cell, kind, tied, feeding):
    decoder = built(cell, attention=kind, tied_embeddings=tied, input_feeding=feeding)
    steps, mask, tokens = data()
    scores, weights = decoder.scores(decoder.look(steps, mask), tokens, all_real(), V)
    for i, n in enumerate(LENGTHS):
        real = ops.convert_to_numpy(steps)[i, :n].astype(np.float64)
        wanted, looked = twin(decoder, real, ops.convert_to_numpy(tokens)[i], kind, tied)
        np.testing.assert_allclose(ops.convert_to_numpy(scores)[i], wanted, rtol=1e-4, atol=1e-5)
        if kind is not None:
            found = ops.convert_to_numpy(weights)[i]
            np.testing.assert_allclose(found[:, :n], looked, rtol=1e-4, atol=1e-5)
            assert not found[:, n:].any()


def steppable(name):
    return not getattr(CELLS[name], "reads_missing", False)


@pytest.mark.parametrize("name", sorted(filter(steppable, CELLS)))
def test_every_cell_decodes_step_by_step_as_all_at_once(name):
    options = {"time_feature": None} if name in ("ctgru", "ltc", "cfc", "phased_lstm", "grud") else {}
    try:
        decoder = built(name, units=(6, 6), cell_options=options)
    except TypeError:
        decoder = built(name, units=(6, 6))
    steps, mask, tokens = data()
    memory = decoder.look(steps, mask)
    scores, _ = decoder.scores(memory, tokens, all_real(), V)
    state = decoder.begin(memory)
    for t in range(S):
        step, state, _ = decoder.step(memory, tokens[:, t], decoder.unpacked(decoder.packed(state)), V)
        np.testing.assert_allclose(
            ops.convert_to_numpy(step), ops.convert_to_numpy(scores)[:, t], rtol=2e-3, atol=2e-4, err_msg=f"step {t}"
        )


def test_several_hypotheses_of_an_example_are_steps_of_the_same_memory():
    decoder = built()
    steps, mask, tokens = data()
    memory = decoder.look(steps, mask)
    state = decoder.begin(memory)
    alone, _, looked_alone = decoder.step(memory, tokens[:, 0], state, V)
    twice = [ops.repeat(x, 2, axis=0) for x in decoder.packed(state)]
    both, _, looked = decoder.step(memory, ops.repeat(tokens[:, 0], 2), decoder.unpacked(twice), V)
    np.testing.assert_allclose(both[::2], alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(both[1::2], alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(looked[::2], looked_alone, rtol=1e-5, atol=1e-6)


def test_tokens_that_do_not_exist_have_no_probability():
    decoder = built()
    steps, mask, tokens = data()
    scores, _ = decoder.scores(decoder.look(steps, mask), tokens, all_real(), 5)
    p = ops.convert_to_numpy(ops.softmax(scores))
    assert not p[..., 5:].any()
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-5)


@pytest.mark.core
def test_scheduled_sampling_reads_its_own_tokens():
    decoder = built(sampled=True)
    steps, mask, tokens = data()
    memory = decoder.look(steps, mask)
    forced, _ = decoder.scores(memory, tokens, all_real(), V, training=True)
    plain, _ = decoder.scores(memory, tokens, all_real(), V)
    np.testing.assert_allclose(forced, plain, rtol=1e-4, atol=1e-5)
    decoder.teacher_forcing.assign(0.0)
    own, _ = decoder.scores(memory, tokens, all_real(), V, training=True)
    state, token = decoder.begin(memory), tokens[:, 0]
    for t in range(S):  # the first token is given: at a decoder's begin it is that of the begin
        wanted, state, _ = decoder.step(memory, token, state, V)
        np.testing.assert_allclose(ops.convert_to_numpy(own)[:, t], wanted, rtol=1e-4, atol=1e-5)
        token = ops.cast(ops.argmax(wanted, axis=-1), "int32")


@pytest.mark.core
@pytest.mark.parametrize("options", [{"input_feeding": True, "dropout": 0.5}, {"sampled": True}, {"dropout": 0.5}])
def test_gradients_reach_every_weight(options):
    decoder = built(attention="additive", **options)
    steps, mask, tokens = data()

    class Mean(keras.Model):
        def __init__(self):
            super().__init__()
            self.decoder = decoder

        def call(self, inputs, training=False):
            memory = self.decoder.look(inputs[0], mask)
            return self.decoder.scores(memory, tokens, all_real(), V, training)[0]

    model = Mean()
    before = [ops.convert_to_numpy(v) for v in decoder.trainable_variables]
    model.compile("sgd", loss=lambda y, scores: ops.mean(scores**2), jit_compile=False)
    model.fit([ops.convert_to_numpy(steps)], np.zeros((B, S, V)), batch_size=B, verbose=0)
    for weight, old in zip(decoder.trainable_variables, before):
        assert not np.array_equal(ops.convert_to_numpy(weight), old), weight.path


def test_is_saved_with_its_configuration(tmp_path):
    inputs = keras.Input((None, F))
    model = keras.Model(inputs, Decoder(V, E, layers("mgu", (H, H)), attention="additive", name="decoder")(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").get_layer("decoder")
    steps, mask, tokens = data()
    for a, b in zip(loaded.weights, model.get_layer("decoder").weights):
        np.testing.assert_array_equal(a, b)
    one, other = (d.scores(d.look(steps, mask), tokens, all_real(), V)[0] for d in (loaded, model.get_layer("decoder")))
    np.testing.assert_array_equal(one, other)


def test_layers_that_take_no_steps_are_refused():
    with pytest.raises(ValueError, match="cell must be one that takes single steps, to decode. Got Dense"):
        check_steppable(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="Got GRUDCell, of missing values"):
        check_steppable(layers("grud")[0])
    with pytest.raises(ValueError, match="kind must be one of additive, multiplicative. Got 'cosine'"):
        Attention("cosine")


def test_attention_without_a_real_step_gives_zeros():
    attention = Attention("multiplicative")
    attention.build((None, None, H), (None, None, F))
    steps = ops.ones((1, T, F))
    context, weights = attention(ops.ones((1, 2, H)), steps, attention.keys(steps), ops.zeros((1, T), "bool"))
    assert np.isfinite(ops.convert_to_numpy(context)).all()
    assert not ops.convert_to_numpy(weights).any()
