"""`model=`: a function that builds the whole Keras model, in scikeras' tradition."""

import pickle

import keras
import numpy as np
import pytest
from conftest import toy_sequences
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.layers import TokenEmbedding
from skrnn.preprocessing import TokenReader, WordReader, WordVectors
from skrnn.training import program_cache

FAST = {"epochs": 6, "random_state": 0, "batch_size": 8}


def build(meta, units=4, activation="tanh"):
    outputs = 1 if meta["target_type_"] in ("binary", "regression") else meta["n_outputs_"]
    last = {"binary": "sigmoid", "regression": "linear"}.get(meta["target_type_"], "softmax")
    return keras.Sequential(
        [
            keras.Input((None, meta["n_features_in_"])),
            keras.layers.GRU(units, activation=activation, return_sequences=meta["target_axis_"] == "time"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(outputs, last),
        ]
    )


def build_compiled(meta, compile_kwargs, rate=0.05):
    model = build(meta)
    model.compile(optimizer=keras.optimizers.RMSprop(rate), loss="categorical_crossentropy")
    assert {"optimizer", "loss", "metrics"} == set(compile_kwargs)
    return model


def build_constant(meta):
    model = build(meta)
    model.layers[0].set_weights([np.full(w.shape, 0.1) for w in model.layers[0].get_weights()])
    return model


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.recurrence = keras.layers.GRU(units)
        self.head = keras.layers.Dense(1, "sigmoid")

    def call(self, x, mask=None, training=False):
        return self.head(self.recurrence(x, mask=mask))


def build_subclassed(meta, units=3):
    model = Subclassed(units)
    model(np.zeros((1, 2, meta["n_features_in_"]), "float32"), mask=np.ones((1, 2), bool))
    return model


@pytest.mark.core
@pytest.mark.parametrize("function", [build, build_constant, build_subclassed])
def test_functions(function):
    X, y = toy_sequences()
    model = RNNClassifier(model=function, **FAST).fit(X, y)
    expected = model.predict_proba(X)
    assert model.score(X, y) > 0.5
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, expected, atol=1e-5)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), expected)
    program_cache.clear()
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), expected)
    duplicate = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(duplicate.predict_proba(X), expected)


def test_the_first_weights_are_those_of_the_function():
    X, y = toy_sequences()
    model = RNNClassifier(model=build_constant, **FAST).initialize(X, y)
    for w in model.weights_[:3]:
        np.testing.assert_array_equal(w, np.float32(0.1))
    other = RNNClassifier(model=build, **{**FAST, "random_state": 1}).initialize(X, y)
    same = RNNClassifier(model=build, **{**FAST, "random_state": 1}).initialize(X, y)
    third = RNNClassifier(model=build, **{**FAST, "random_state": 2}).initialize(X, y)
    np.testing.assert_array_equal(other.weights_[0], same.weights_[0])
    assert not np.array_equal(other.weights_[0], third.weights_[0])


def test_routed_arguments_in_a_grid_share_programs():
    X, y = toy_sequences()
    program_cache.clear()
    search = GridSearchCV(RNNClassifier(model=build, **FAST), {"model__units": [2, 3]}, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 2
    assert program_cache.info().misses == 2


@pytest.mark.core
def test_a_compiled_model_brings_its_optimizer_and_loss():
    X, y = toy_sequences(n_classes=3, n=45)
    model = RNNClassifier(model=build_compiled, model__rate=0.02, **FAST).fit(X, y)
    assert issubclass(model._plan.optimizer.cls, keras.optimizers.RMSprop)  # torch has its own of that name
    assert model._plan.learning_rate == pytest.approx(0.02)
    assert model._plan.network.head.takes == "one-hot"
    assert model.history_["loss"][-1] < model.history_["loss"][0]


@pytest.mark.core
def test_regressors_with_and_without_a_time_axis():
    X, _ = toy_sequences()
    one = RNNRegressor(model=build, **FAST).fit(X, [x.mean() for x in X])
    assert one.predict(X).shape == (40,)
    steps = RNNRegressor(model=build, **FAST).fit(X, [x[:, 0] for x in X])
    assert steps.predict(X)[0].shape == (len(X[0]),)


def build_tokens():
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            TokenEmbedding(6, 3),
            keras.layers.GRU(3),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )


@pytest.mark.core
def test_a_function_may_read_tokens():
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 6, size=rng.integers(2, 8)) for _ in range(20)]
    model = RNNClassifier(model=build_tokens, reader=TokenReader(), **FAST).fit(X, np.arange(20) % 2)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, model.predict_proba(X), atol=1e-6)


def test_another_network_is_no_network_to_go_on_with():
    X, y = toy_sequences()
    model = RNNClassifier(model=build, model__units=3, **FAST, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="go on with the network of the first fit. Got another one"):
        model.set_params(model__units=4).fit(X, y)


def test_going_on():
    X, y = toy_sequences()
    options = {**FAST, "batch_size": -1, "learning_rate": 0.1}

    def plain(meta):
        return keras.Sequential([keras.Input((None, 3)), keras.layers.SimpleRNN(3), keras.layers.Dense(1, "sigmoid")])

    model = RNNClassifier(model=plain, **options, optimizer="sgd", warm_start=True).fit(X, y).fit(X, y)
    straight = RNNClassifier(model=plain, **{**options, "epochs": 12}, optimizer="sgd").fit(X, y)
    np.testing.assert_allclose(model.history_["loss"], straight.history_["loss"], rtol=1e-4)


def build_of_two(meta):
    """Reads words and vectors beside each other; named as the columns are."""
    columns = {column.name: column for column in meta["columns_"]}
    words = keras.Input((None, *columns["words"].shape), dtype="int32", name="words")
    vectors = keras.Input((None, *columns["vectors"].shape), name="vectors")
    first = keras.layers.Lambda(lambda x: x[:, :, 0], output_shape=(None,))(words)
    h = keras.layers.Concatenate()([keras.layers.Embedding(50, 3)(first), vectors])
    scores = keras.layers.Dense(meta["n_outputs_"])(keras.layers.GRU(6, return_sequences=True)(h))
    return keras.Model([vectors, words], scores)


@pytest.mark.core
def test_a_tagger_with_a_model_of_several_inputs_and_a_random_field():
    """The order of the inputs is the model's own; the CRF is put behind its scores."""
    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in range(12)]
    vectors = WordVectors(names, rng.normal(size=(12, 4)))
    rows = [rng.integers(0, 12, size=rng.integers(2, 7)) for _ in range(40)]
    X, y = [[names[i] for i in row] for row in rows], [np.array(["even", "odd"])[row % 2] for row in rows]
    options = {**FAST, "epochs": 40, "learning_rate": 0.05}
    reader = WordReader(min_count=1, vectors=vectors)
    model = RNNTagger(model=build_of_two, reader=reader, **options).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.transition_.shape == (2, 2)
    assert np.abs(model.transition_).max() > 0
    assert sum(w.shape == (2, 2) for w in model.weights_) == 1
    alone = np.concatenate([model.predict_marginals([x])[0] for x in X])
    np.testing.assert_allclose(alone, np.concatenate(model.predict_marginals(X)), atol=1e-5)
    plain = RNNTagger(head="softmax", model=build, **FAST)
    numbers = [rng.normal(size=(len(row), 3)) for row in rows]
    assert plain.fit(numbers, y).predict(numbers)[0].shape == y[0].shape


def test_a_random_field_needs_a_functional_model():
    X = [np.ones((3, 2)), np.ones((2, 2))]
    with pytest.raises(ValueError, match="model must be functional, .* to put CRFHead behind it. Got StepScores"):
        RNNTagger(model=build_step_scores, **FAST).fit(X, [[0, 1, 0], [1, 0]])


class StepScores(keras.Model):
    def __init__(self):
        super().__init__()
        self.scores = keras.layers.Dense(2)

    def call(self, x, mask=None, training=False):
        return self.scores(x)


def build_step_scores():
    model = StepScores()
    model(np.zeros((1, 2, 2), "float32"))
    return model
