import keras
import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor
from skrnn.training.compilation import BREAK_EVEN, compilation_pays

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA is a choice there only")
# A recurrence for each loop; "cell" is the loop of all without one of their own.
CELLS = ["mgu" if loop == "cell" else loop for loop in sorted(BREAK_EVEN) if loop != "ctc"]
FAST = {"units": 5, "epochs": 2, "batch_size": 16, "random_state": 0}


@pytest.mark.parametrize("loop", sorted(BREAK_EVEN))
def test_pays_from_the_break_even_on(loop):
    lengths = np.full(320, 100)  # 10 batches of 32, 1000 steps an epoch
    enough = BREAK_EVEN[loop] // 1000
    assert not compilation_pays([loop], lengths, batch_size=32, epochs=enough)
    assert compilation_pays([loop], lengths, batch_size=32, epochs=enough + 1)


def test_every_size_of_batch_has_to_pay():
    equal, many = np.full(320, 100), np.repeat(np.arange(10, 191), 2)[:320]
    epochs = 2 * BREAK_EVEN["gru"] // 1000
    assert compilation_pays(["gru"], equal, 32, epochs)
    assert not compilation_pays(["gru"], many, 32, epochs)


def test_never_without_a_loop_of_our_own():
    assert not compilation_pays([], np.full(10_000, 1000), 1, 1000)


def test_batch_of_all():
    assert compilation_pays(["lstm"], np.full(50, 100), -1, BREAK_EVEN["lstm"])
    assert not compilation_pays(["lstm"], np.full(50, 100), -1, 10)


@tensorflow_only
@pytest.mark.parametrize("cell", CELLS)
def test_same_results_with_and_without(cell, toy):
    X, y = toy
    plain, compiled = (RNNClassifier(cell, **FAST, jit_compile=jit).fit(X, y) for jit in (False, True))
    assert compiled._plan.network.body.jit_compile
    assert not plain._plan.network.body.jit_compile
    np.testing.assert_allclose(plain.history_["loss"], compiled.history_["loss"], rtol=1e-5)
    np.testing.assert_allclose(plain.predict_proba(X), compiled.predict_proba(X), rtol=1e-4, atol=1e-5)


@tensorflow_only
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_alone_gives_the_same_bits(cell, jit_compile, toy):
    X, y = toy
    model = RNNClassifier(cell, **FAST, jit_compile=jit_compile).fit(X, y)
    together = model.predict_proba(X)
    for i in (0, 3):
        np.testing.assert_array_equal(model.predict_proba(X[i : i + 1])[0], together[i])


@tensorflow_only
def test_auto_leaves_short_trainings_alone_and_keeps_its_choice(toy):
    X, y = toy
    model = RNNClassifier(**FAST).fit(X, y)
    assert not model._plan.network.body.jit_compile
    model.set_params(epochs=1_000_000, warm_start=True)
    model.partial_fit(X, y)  # goes on with the network it has
    assert not model._plan.network.body.jit_compile


def test_no_effect_on_other_recurrences(toy):
    X, y = toy
    model = RNNRegressor(keras.layers.SimpleRNNCell, cell__activation="relu", **FAST, jit_compile=True)
    assert np.isfinite(model.fit(X, np.arange(len(X))).predict(X)).all()


@pytest.mark.parametrize("value", ["always", 2, None])
def test_bad_value(value, toy):
    X, y = toy
    with pytest.raises(ValueError, match="jit_compile"):
        RNNClassifier(jit_compile=value).fit(X, y)


def test_model_is_plain_keras_with_the_same_results(toy):
    X, y = toy
    model = RNNClassifier("lstm", **FAST).fit(X, y)
    kinds = {type(layer) for layer in model.model_.layers}
    assert all(kind.__module__.startswith("keras.") for kind in kinds)
    x = np.asarray(X[0], "float32")[None]
    mask = np.ones(x.shape[:2], bool)
    ours, theirs = model.predict_proba(X[:1])[0], np.asarray(keras.ops.convert_to_numpy(model.model_(x, mask=mask)))[0]
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=1e-5)
