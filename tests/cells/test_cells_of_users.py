"""What `cell=` takes: names, classes and instances of cells and layers."""

import keras
import numpy as np
import pytest
from cells_of_users import Convolution, DecayCell, MyGRU
from conftest import toy_sequences
from sklearn.model_selection import GridSearchCV

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.keras_objects import Recipe, fingerprint
from skrnn.keras_objects.seeding import keras_seeds

FAST = {"units": 5, "epochs": 2, "random_state": 0}


def width(model):
    """Inputs of the output layer."""
    return model.model_.layers[-1].kernel.shape[0]


@pytest.mark.core
@pytest.mark.parametrize("name", ["gru", "mgu", "mingru"])  # run fused, in a loop, and as a scan
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_cell_by_name_equals_its_class_and_instance(name, bidirectional):
    X, y = toy_sequences()
    models = [
        RNNClassifier(**{**FAST, "cell": cell, "units": units}, bidirectional=bidirectional).fit(X, y)
        for cell, units in ((name, 5), (CELLS[name], 5), (CELLS[name](5), None), (CELLS[name](7), 5))
    ]
    assert width(models[0]) == 5 * (1 + bidirectional)
    for model in models[1:]:
        np.testing.assert_array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize(("name", "layer"), [("lstm", "LSTM"), ("gru", "GRU"), ("elman", "SimpleRNN")])
def test_cells_equal_the_layers_of_keras(name, layer):
    X, y = toy_sequences()
    by_layer = RNNClassifier(getattr(keras.layers, layer), **FAST).fit(X, y)
    by_name = RNNClassifier(name, **FAST).fit(X, y)
    np.testing.assert_allclose(by_layer.predict_proba(X), by_name.predict_proba(X), atol=1e-5)


@pytest.mark.core
@pytest.mark.parametrize(
    ("cell", "units", "expected"),
    [
        (DecayCell, 4, 4),
        (DecayCell, None, 32),
        (DecayCell(6), None, 6),
        (DecayCell(6), 4, 4),
        (MyGRU, 4, 4),
        (MyGRU(3, return_sequences=True), None, 3),
        (Convolution, 4, 4),
        (keras.layers.RNN(DecayCell(6)), None, 6),
        (keras.layers.LSTM(3, return_state=True), None, 3),
    ],
    ids=str,
)
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_forms_of_a_cell(cell, units, expected, pooling):
    X, y = toy_sequences()
    model = RNNClassifier(cell, units, epochs=1, pooling=pooling).fit(X, y)
    assert width(model) == expected
    assert RNNRegressor(cell, units, epochs=1).fit(X, [x[:, 0] for x in X]).predict(X)[0].shape == (len(X[0]),)


def test_stacks_and_options():
    X, y = toy_sequences()
    model = RNNClassifier(DecayCell, (6, 4, 3), cell__rate=0.1, epochs=1, bidirectional=True).fit(X, y)
    assert width(model) == 6
    assert [layer.recipe.config["rate"] for layer in model._plan.network.body.layers] == [0.1] * 3
    # An option of an instance is changed in a copy.
    cell = DecayCell(4, rate=0.3)
    model = RNNClassifier(cell, cell__rate=0.7, epochs=1).fit(X, y)
    assert model._plan.network.body.layers[0].recipe.config["rate"] == 0.7
    assert cell.rate == 0.3
    assert not cell.built


def test_recurrent_dropout_is_handed_to_the_cell():
    X, y = toy_sequences()
    model = RNNClassifier("gru", **FAST, recurrent_dropout=0.3).fit(X, y)
    assert model._plan.network.body.layers[0].recipe.config["recurrent_dropout"] == 0.3


def test_regularizers_of_a_cell_add_to_the_loss():
    X, y = toy_sequences()
    options = {**FAST, "epochs": 1, "batch_size": -1}
    start = RNNClassifier("gru", **options).initialize(X, y)
    plain = RNNClassifier("gru", **options).fit(X, y).history_["loss"][0]
    penalty = keras.regularizers.L2(0.1)
    heavier = RNNClassifier("gru", **options, cell__kernel_regularizer=penalty).fit(X, y).history_["loss"][0]
    assert heavier - plain == pytest.approx(0.1 * (start.weights_[0] ** 2).sum(), rel=1e-4)


def test_cells_in_a_grid():
    X, y = toy_sequences()
    grid = [{"cell": ["gru", DecayCell, MyGRU]}, {"cell": [DecayCell], "cell__rate": [0.1, 0.9]}]
    search = GridSearchCV(RNNClassifier(**FAST), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 5


def test_a_class_defined_again_is_another_class():
    """A notebook cell run twice: the second definition must not meet the program of the first."""

    def define(sign):
        class Signed(DecayCell):
            def call(self, inputs, states, training=False):
                h, states = super().call(inputs, states)
                return sign * h, states

        return Signed

    X, y = toy_sequences()
    a, b = (RNNClassifier(define(sign), **FAST).initialize(X, y).predict_proba(X)[:, 1] for sign in (1.0, -1.0))
    np.testing.assert_allclose(a, 1 - b, atol=1e-6)


def test_fingerprints():
    assert fingerprint(keras.losses.Huber(0.5)) == fingerprint(keras.losses.Huber(0.5))
    assert fingerprint(keras.losses.Huber(0.5)) != fingerprint(keras.losses.Huber(0.6))
    assert fingerprint({"a": [1, 2.0], "b": np.ones(2)}) == fingerprint({"b": np.ones(2), "a": [1, 2.0]})
    assert fingerprint(1) != fingerprint(1.0) != fingerprint(True)
    unhashable = {1, 2}
    assert fingerprint(unhashable) == fingerprint(unhashable)
    assert fingerprint({1, 2}) != fingerprint({1, 2})
    hash(fingerprint({"x": [{1}, np.zeros(3), keras.layers.LSTMCell(3)]}))


def test_recipes_need_a_configuration():
    class Bare(keras.layers.Layer):
        def __init__(self, thing):
            super().__init__()
            self.thing = thing

    with pytest.raises(ValueError, match="Bare must implement get_config, so that copies of it can be made"):
        Recipe.of(Bare(object()))


def test_keras_seeds_are_lent():
    import random

    random.seed(1)
    expected = [random.random() for _ in range(3)]
    random.seed(1)
    got = [random.random()]
    with keras_seeds(5):
        a = keras.initializers.GlorotUniform()((2, 2))
    got.append(random.random())
    with keras_seeds(5):
        b = keras.initializers.GlorotUniform()((2, 2))
    got.append(random.random())
    assert got == expected
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))
