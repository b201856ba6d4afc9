"""What holds for all of `CELLS`: equations, gradients, masks, states, types, copies."""

import inspect
import random
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops
from sequence_gradients import directional, results_and_gradients
from twins import BAD, SETTINGS, TWINS

from skrnn.cells import CELLS, Cell, LinearCell
from skrnn.layers import RNN

B, T, D, H = 3, 5, 4, 6
# JAX makes float32 of float64, unless the whole process is told otherwise, and so do products of Keras on PyTorch.
EXACT = "float64" if keras.backend.backend() == "tensorflow" else "float32"
CLOSE = {"float64": {"rtol": 1e-6, "atol": 1e-8}, "float32": {"rtol": 1e-4, "atol": 1e-5}}[EXACT]
NAMES = sorted(CELLS)
# A recurrence, its defaults or another setting of its options.
CASES = [(name, options) for name in NAMES for options in ({}, *SETTINGS[name])]


def label(value):
    return value if isinstance(value, str) else "-".join(f"{k}={v}" for k, v in value.items()) or "plain"


def make(name, dtype=EXACT, units=H, seed=0, **options):
    """A built cell with weights that are all different, so that no zero hides an error."""
    cell = CELLS[name](**{"units": units, "dtype": dtype, **options})
    cell.build((None, D))
    cell.built = True
    rng = np.random.default_rng(seed)
    for v in cell.trainable_variables:
        v.assign(np.asarray(ops.convert_to_numpy(v.value), np.float64) + 0.2 * rng.normal(size=v.shape))
    return cell


def draw(cell, seed=1, time=T, rows=B):
    """Inputs (B, T, D), with gaps where the cell reads them, and states."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, time, D))
    if cell.reads_missing:
        gaps = rng.random(x.shape) < 0.3
        if getattr(cell, "time_feature", None) is not None:
            gaps[..., cell.time_feature] = False
        x[gaps] = np.nan
    states = [np.asarray(s, np.float64) for s in map(ops.convert_to_numpy, cell.get_initial_state(rows))]
    return x, [s + 0.3 * np.abs(rng.normal(size=s.shape)) for s in states]


def weights_of(cell):
    """Weights by name, columns normalized where the cell does so."""
    values = {v.name: np.asarray(ops.convert_to_numpy(v.value), np.float64) for v in cell.weights}
    values = {k: v for k, v in values.items() if "seed" not in k}
    for name in [k for k in values if f"{k}_gain" in values]:
        length = np.sqrt((values[name] ** 2).sum(axis=0))
        values[name] = values[name] * values[f"{name}_gain"] / length
    return values


def twin_run(name, cell, x, states, mask=None, hidden=1.0, rates=None, noise=None):
    """Outputs (B, T, H) and states of the twin, with masks, recurrent dropout and zoneout by their definition."""
    w, states, outputs = weights_of(cell), list(states), []
    shown = np.zeros((len(x), cell.output_size))
    for t in range(x.shape[1]):
        output, after = TWINS[name](w, x[:, t], states[0] * hidden, states, cell)
        if rates is not None:
            for k, rate in enumerate(rates):
                if noise is None:
                    after[k] = rate * states[k] + (1 - rate) * after[k]
                else:
                    after[k] = np.where(noise[k][t] < rate, states[k], after[k])
            output = after[0] if cell.output_is_state else output
        live = np.ones(len(x), bool) if mask is None else mask[:, t]
        states = [np.where(live[:, None], new, old) for new, old in zip(after, states)]
        shown = np.where(live[:, None], output, shown)
        outputs.append(shown)
    return np.stack(outputs, axis=1), states


def run(layer, x, states=None, mask=None, training=False):
    dtype = layer.compute_dtype
    states = None if states is None else [ops.cast(ops.convert_to_tensor(s), dtype) for s in states]
    results = layer(ops.cast(ops.convert_to_tensor(x), dtype), initial_state=states, mask=mask, training=training)
    results = list(results) if isinstance(results, (list, tuple)) else [results]
    return [np.asarray(ops.convert_to_numpy(ops.cast(r, "float64"))) for r in results]


def masks():
    right = np.arange(T)[None] < np.array([T, 2, 3])[:, None]
    gaps = np.random.default_rng(2).random((B, T)) > 0.4
    gaps[1] = False
    return {"none": None, "right": right, "gaps": gaps}


MASKS = masks()


def test_every_cell_has_a_twin():
    assert set(TWINS) == set(SETTINGS) == set(CELLS)


@pytest.mark.core
@pytest.mark.parametrize(("name", "options"), CASES, ids=label)
def test_one_step_equals_its_twin(name, options):
    cell = make(name, **options)
    x, states = draw(cell)
    output, after = cell(ops.convert_to_tensor(x[:, 0]), [ops.convert_to_tensor(s) for s in states])
    want, want_after = TWINS[name](weights_of(cell), x[:, 0], states[0], states, cell)
    assert len(after) == len(cell.state_size) == len(want_after)
    for got, expected, size in zip((output, *after), (want, *want_after), (cell.output_size, *cell.state_size)):
        assert got.shape == (B, size)
        np.testing.assert_allclose(ops.convert_to_numpy(got), expected, **CLOSE)


@pytest.mark.core
@pytest.mark.parametrize(("name", "options"), CASES, ids=label)
def test_a_sequence_equals_its_twin(name, options):
    cell = make(name, **options)
    x, states = draw(cell)
    layer = RNN(cell, return_sequences=True, return_state=True, dtype=EXACT)
    for mask in MASKS.values():
        want, want_states = twin_run(name, cell, x, states, mask)
        got, *got_states = run(layer, x, states, mask)
        shown = np.ones((B, T), bool) if mask is None else np.cumsum(mask, axis=1) > 0  # before: Keras shows zeros
        np.testing.assert_allclose(got, np.where(shown[:, :, None], want, 0.0), **CLOSE)
        for a, b in zip(got_states, want_states):
            np.testing.assert_allclose(a, b, **CLOSE)


@pytest.mark.core
@pytest.mark.parametrize("name", NAMES)
def test_float32_is_near_the_twin(name):
    cell = make(name, "float32")
    x, states = draw(cell)
    (got,) = run(RNN(cell, return_sequences=True), x, states)
    np.testing.assert_allclose(got, twin_run(name, cell, x, states)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "options"), CASES, ids=label)
def test_gradients_equal_finite_differences(name, options):
    cell = make(name, **options)
    x, _ = draw(cell)
    layer = RNN(cell, return_sequences=True, dtype=EXACT)
    for mask in (None, MASKS["gaps"]):
        for gradient, difference in directional(layer, x, mask):
            np.testing.assert_allclose(gradient, difference, rtol=2e-5, atol=1e-7)


KINDS = [
    {},
    {"return_sequences": True, "return_state": True},
    {"return_sequences": True, "go_backwards": True, "return_state": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"zero_output_for_mask": True},
]


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_those_of_keras_layer(name):
    """Whatever the loop, Keras' own takes one step after the other."""
    cell = make(name)
    x, _ = draw(cell)
    for kind, (mask_name, mask) in product(KINDS, MASKS.items()):
        want = results_and_gradients(keras.layers.RNN(cell, dtype=EXACT, **kind), x, mask)
        for right in {False, mask_name == "right"}:
            got = results_and_gradients(RNN(cell, dtype=EXACT, right_padded=right, **kind), x, mask)
            assert len(got) == len(want)
            for a, b in zip(got, want):
                np.testing.assert_allclose(a, b, **CLOSE, err_msg=f"{kind} {mask_name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_single_step_is_a_sequence_too(name):
    cell = make(name)
    x, _ = draw(cell, time=1)
    for a, b in zip(
        results_and_gradients(RNN(cell, dtype=EXACT), x),
        results_and_gradients(keras.layers.RNN(cell, dtype=EXACT), x),
    ):
        np.testing.assert_allclose(a, b, **CLOSE)


@pytest.mark.core
@pytest.mark.parametrize("name", NAMES)
def test_dropout_zoneout_and_weight_norm_are_what_they_say(name):
    takes = CELLS[name].takes
    rng = np.random.default_rng(3)
    for options in ({"zoneout": 0.3}, {"weight_norm": True}, {"recurrent_dropout": 0.4}):
        (option,) = options
        if option not in takes:
            with pytest.raises(ValueError, match=f"takes no {option}"):
                CELLS[name](H, **options)
            continue
        cell = make(name, **options)
        x, states = draw(cell)
        hidden, rates, noise = 1.0, None, None
        if option == "zoneout":
            rates = cell.zoneout_rates()
            assert_zoned_out(name, cell, x, states, rates)  # when predicting, the expectation
            noise = [rng.random((T, B, s.shape[1])) for s in states[: len(rates)]]
            if getattr(cell, "is_complex", False):  # a number is kept whole
                noise = [np.concatenate([n[:, :, : n.shape[2] // 2]] * 2, axis=2) for n in noise]
            cell.zoneout_noise = lambda *_, noise=noise: [ops.convert_to_tensor(n) for n in noise]
        if option == "recurrent_dropout":
            hidden = np.where(rng.random(states[0].shape) < 0.4, 0.0, 1.0 / 0.6)
            cell.get_recurrent_dropout_mask = lambda *_, hidden=hidden: ops.convert_to_tensor(hidden)
        assert_zoned_out(name, cell, x, states, rates, training=True, hidden=hidden, noise=noise)


def assert_zoned_out(name, cell, x, states, rates, training=False, **regularized):
    """Outputs and states are the twin's; of a cell whose output is no state, the states, which zoneout acts on."""
    layer = RNN(cell, return_sequences=True, return_state=True, dtype=EXACT)
    got = run(layer, x, states, training=training)
    outputs, after = twin_run(name, cell, x, states, rates=rates, **regularized)
    want = [outputs, *after]
    for a, b in list(zip(got, want))[0 if cell.output_is_state or rates is None else 1 :]:
        np.testing.assert_allclose(a, b, **CLOSE)


@pytest.mark.core
@pytest.mark.parametrize("name", NAMES)
def test_dropout_of_inputs_is_one_mask_for_all_steps(name):
    cell = make(name, dropout=0.5)
    x, _ = draw(cell)
    mask = np.where(np.random.default_rng(4).random((B, D)) < 0.5, 0.0, 2.0)
    cell.get_dropout_mask = lambda *_: ops.convert_to_tensor(mask)
    got = run(RNN(cell, return_sequences=True, dtype=EXACT), x, training=True)[0]
    want = run(RNN(cell, return_sequences=True, dtype=EXACT), x * mask[:, None])[0]
    np.testing.assert_allclose(got, want, **CLOSE)
    assert np.isfinite(run(RNN(make(name, dropout=0.5), dtype=EXACT), x, training=True)[0]).all()


@pytest.mark.parametrize("name", NAMES)
def test_stateful_layers_go_on_where_they_were(name):
    cell = make(name)
    x, _ = draw(cell, time=6)
    whole = run(RNN(cell, return_sequences=True, dtype=EXACT), x)[0]
    layer = RNN(cell, return_sequences=True, stateful=True, dtype=EXACT)
    parts = [run(layer, x[:, :2])[0], run(layer, x[:, 2:])[0]]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=1e-7, atol=1e-10)
    layer.reset_state()
    np.testing.assert_allclose(run(layer, x[:, :2])[0], parts[0], rtol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("policy", "tolerance"), [("float16", 0.03), ("bfloat16", 0.2), ("mixed_float16", 0.03), ("mixed_bfloat16", 0.2)]
)
def test_other_float_types(name, policy, tolerance):
    exact, cell = make(name), CELLS[name](H, dtype=policy)
    layer = RNN(cell, return_sequences=True, dtype=policy)
    x, _ = draw(exact, time=3)
    layer.build((B, 3, D))
    for v, w in zip(cell.weights, exact.weights):
        v.assign(ops.cast(w.value, v.dtype))
    for mask in (None, MASKS["right"][:, :3]):
        results = layer(ops.cast(ops.convert_to_tensor(x), policy.split("_")[-1]), mask=mask)
        assert keras.backend.standardize_dtype(results.dtype) == policy.split("_")[-1]
        want = run(RNN(exact, return_sequences=True, dtype=EXACT), x, mask=mask)[0]
        got = ops.convert_to_numpy(ops.cast(results, "float64"))
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.core
@pytest.mark.parametrize("name", NAMES)
def test_options_that_weights_are_drawn_by_are_nothing_else(name):
    """Cells that differ in them alone share a compiled program: given the weights, the step is the same."""
    cell = make(name)
    known = inspect.signature(CELLS[name]).parameters
    numbers = {
        o: 0.5 * known[o].default for o in cell.drawn_by if isinstance(getattr(known.get(o), "default", None), float)
    }
    others = dict.fromkeys(Cell.drawn_by, "ones")
    if name == "nas":
        del others["bias_initializer"]
    other = make(name, **numbers, **others)
    other.set_weights(cell.get_weights())
    x, states = draw(cell)
    results = [run(RNN(c, return_sequences=True, return_state=True, dtype=EXACT), x, states) for c in (cell, other)]
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, **CLOSE)


@pytest.mark.core
@pytest.mark.parametrize(("name", "options"), CASES, ids=label)
def test_configuration_goes_round(name, options):
    cell = make(name, dropout=0.25, kernel_regularizer="l2", bias_constraint="non_neg", **options)
    again = type(cell).from_config(cell.get_config())
    assert again.get_config() == cell.get_config()
    again.build((None, D))
    assert [v.shape for v in again.weights] == [v.shape for v in cell.weights]
    parameters = inspect.signature(type(cell)).parameters
    assert {p for p in parameters if p != "kwargs"} <= set(cell.get_config())


@pytest.mark.core
@pytest.mark.parametrize(("name", "options"), CASES, ids=label)
def test_a_cell_made_from_a_configuration_begins_with_the_same_weights(name, options, monkeypatch):
    monkeypatch.setattr(random, "randint", lambda low, high: 7)  # where Keras' initializers take their seeds from
    cell = CELLS[name](H, **{k: v for k, v in options.items() if k != "units"})
    again = type(cell).from_config(cell.get_config())
    for made in (cell, again):
        keras.utils.set_random_seed(0)  # of those initializers that have no seed when they draw
        made.build((None, D))
    weights = cell.get_weights(), again.get_weights()
    assert weights[0]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.core
def test_the_gain_of_an_identity_stays_where_keras_loses_it():
    cell = CELLS["elman"](H, recurrent_initializer=keras.initializers.Identity(0.5))
    for made in (cell, type(cell).from_config(cell.get_config()), cell.as_keras()):
        made.build((None, D))
        np.testing.assert_array_equal(ops.convert_to_numpy(made.recurrent_kernel.value), 0.5 * np.eye(H))


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded(name, tmp_path):
    inputs = keras.Input((None, D))
    stack = keras.layers.StackedRNNCells([CELLS[name](3), CELLS[name](2)])
    h = keras.layers.Bidirectional(RNN(CELLS[name](4), return_sequences=True))(inputs)
    model = keras.Model(inputs, keras.layers.RNN(stack)(h))
    x = draw(CELLS["elman"](H))[0].astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), model(x), rtol=1e-5, atol=1e-6)
    assert model(x).shape == (B, 2)


@pytest.mark.core
@pytest.mark.parametrize(("name", "options", "sentence"), BAD, ids=lambda v: v if isinstance(v, str) else None)
def test_bad_options_get_a_sentence(name, options, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        CELLS[name](**{"units": H, **options})
    assert str(error.value) == sentence


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_have_equations_and_references(name):
    cls = CELLS[name]
    assert issubclass(cls, Cell)
    for section in ("Parameters", "Notes", "References", "Examples"):
        assert f"\n    {section}\n    ---" in cls.__doc__, section
    assert "h'" in cls.__doc__ or "c'" in cls.__doc__
    assert cls.__module__ == f"skrnn.cells.{name}"


LINEAR = [name for name in NAMES if issubclass(CELLS[name], LinearCell)]


@pytest.mark.core
@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("time", [1, 7, 8, 9, 65])
def test_scans_of_any_length_equal_the_twin(name, time):
    cell = make(name)
    x, states = draw(cell, time=time)
    got, *_ = run(RNN(cell, return_sequences=True, dtype=EXACT), x, states)
    np.testing.assert_allclose(got, twin_run(name, cell, x, states)[0], **CLOSE)
