"""Each wrong input has one clear sentence, before any training."""

import keras
import numpy as np
import pytest
from cells_of_users import Convolution
from conftest import name_of
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from skrnn import RNNClassifier, RNNRegressor
from skrnn.preprocessing import TokenReader

X = [np.ones((4, 3)), np.zeros((2, 3)), np.ones((3, 3)), np.zeros((5, 3))]
Y = np.array([0, 1, 0, 1])
STEPS = [x[:, 0] for x in X]


def changed(row, value):
    return [value if i == row else x for i, x in enumerate(X)]


BAD_X = [
    (changed(2, np.ones((7, 5))), r"X\[2\] must have shape \(time, 3\). Got \(7, 5\)"),
    (changed(1, np.ones((0, 3))), r"X\[1\] must have at least one step. Got an empty sequence"),
    (changed(3, np.full((2, 3), np.nan)), r"X\[3\] must not contain NaN. Got one at step 0, feature 0"),
    (changed(3, np.full((2, 3), np.inf)), r"X\[3\] must not contain infinity"),
    (changed(0, np.ones((2, 3, 1))), r"X\[0\] must have shape \(time, features\). Got \(2, 3, 1\)"),
    (
        changed(1, [[1.0], [1.0, 2.0]]),
        r"X\[1\] must have shape \(time, features\). Got rows of unequal length",
    ),
    ([], "at least one sequence|0 sample"),
    (np.ones((4, 2, 3, 1)), r"X must have shape \(N, T, D\) or \(N, T\)"),
    (np.ones(4), "Expected 2D array, got 1D array"),
    (np.ones((4, 0, 3)), r"X\[0\] must have at least one step"),
    (np.ones((4, 2, 3)) * 1j, "Complex data not supported"),
    (changed(0, np.array([["a", "b", "c"]])), "tokens of 3 strings each. Got array|as in fit. Got tuples of strings"),
    (changed(1, np.array([["a", "b", "c"]])), "could not convert string|dtype='numeric'"),
]


@pytest.mark.core
@pytest.mark.parametrize(("bad", "sentence"), BAD_X, ids=[s[:40] for _, s in BAD_X])
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_bad_X(kind, bad, sentence):
    model = kind(epochs=1)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=sentence):
        model.fit(bad, Y)
    assert vars(model) == before
    model.fit(X, Y)
    with pytest.raises(ValueError, match=sentence):
        model.predict(bad)


def test_sparse_X():
    with pytest.raises(TypeError, match="X must be dense. Use X.toarray()"):
        RNNClassifier().fit(sparse.eye(4).tocsr(), Y)


def test_masked_arrays():
    """NumPy would drop the mask without a word."""
    with pytest.raises(TypeError, match="X must not be a masked array. Use Sequences.from_padded"):
        RNNClassifier().fit(np.ma.masked_array(np.ones((4, 2)), mask=np.eye(4, 2)), Y)


def test_other_features_at_predict():
    model = RNNClassifier(epochs=1).fit(X, Y)
    sentence = r"X\[0\] must have shape \(time, 3\). Got \(6, 4\): X has 4 features, but RNNClassifier is expecting 3"
    with pytest.raises(ValueError, match=sentence):
        model.predict([np.ones((6, 4))])


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_not_fitted(kind):
    with pytest.raises(NotFittedError):
        kind().predict(X)
    with pytest.raises(NotFittedError):
        _ = kind().model_


BAD_Y = [
    (RNNClassifier, None, "requires y to be passed, but the target y is None"),
    (RNNRegressor, None, "requires y to be passed, but the target y is None"),
    (RNNClassifier, [0, 1, 0], "inconsistent numbers of samples"),
    (RNNRegressor, [0, 1, 0], "inconsistent numbers of samples"),
    (RNNClassifier, [1, 1, 1, 1], "y must hold at least 2 classes. Got 1 class: "),
    (RNNClassifier, [0.5, 1.2, 0.1, 0.3], "Unknown label type: continuous"),
    (RNNClassifier, [0, 1, np.nan, 1], "NaN"),
    (RNNClassifier, [[0, 2], [1, 1], [2, 0], [0, 1]], "Got several classes a row"),
    (RNNClassifier, STEPS, "y must hold one class a sequence. Got labels with a time axis"),
    (RNNRegressor, [0, 1, np.inf, 1], "Input y contains infinity"),
    (RNNRegressor, ["a", "b", "c", "d"], "could not convert string"),
    (RNNRegressor, [*STEPS[:2], np.ones(4), STEPS[3]], r"y\[2\] must have the 3 steps of X\[2\]. Got 4"),
    (RNNRegressor, [*STEPS[:2], np.full(3, np.inf), STEPS[3]], r"y\[2\] must not contain infinity"),
    (RNNRegressor, [0, 1, np.nan, 1], r"y\[2\] must not be NaN: Input y contains NaN"),
    (RNNRegressor, STEPS[:3], "inconsistent numbers of samples"),
]


@pytest.mark.core
@pytest.mark.parametrize(("kind", "bad", "sentence"), BAD_Y, ids=[s[:40] for *_, s in BAD_Y])
def test_bad_y(kind, bad, sentence):
    model = kind(epochs=1)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, bad)
    assert vars(model) == before


BAD_WEIGHTS = [
    ([1, 1, 1], "inconsistent numbers of samples"),
    (np.ones((4, 2)), r"Sample weights must be 1D array or scalar: shape \(4,\). Got \(4, 2\)"),
    ([1, -1, 1, 1], "sample_weight must not be negative. Got -1"),
    ([1, np.nan, 1, 1], "sample_weight must be finite"),
    ([0, 0, 0, 0], "at least one non-zero number. Got zeros only"),
    (STEPS, r"sample_weight must have shape \(4,\): y has one target a sequence. Got weights per step"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD_WEIGHTS, ids=[s[:40] for _, s in BAD_WEIGHTS])
def test_bad_weights(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        RNNClassifier(epochs=1).fit(X, Y, sample_weight=bad)


def test_bad_weights_per_step():
    with pytest.raises(ValueError, match=r"sample_weight\[0\] must have the 4 steps of X\[0\]. Got 1"):
        RNNRegressor(epochs=1).fit(X, STEPS, sample_weight=[np.ones(1), *STEPS[1:]])


def test_a_class_without_weight_is_absent():
    with pytest.raises(ValueError, match="at least 2 classes with positive sample_weight"):
        RNNClassifier(epochs=1).fit(X, Y, sample_weight=[1, 0, 1, 0])


def test_class_weight_of_an_unknown_class():
    with pytest.raises(ValueError, match="class_weight must name classes in y, 0, 1. Got 5"):
        RNNClassifier(epochs=1, class_weight={5: 2.0}).fit(X, Y)


NAMES = [
    ({"unit": 3}, r"RNNClassifier has no parameter 'unit'; did you mean 'units'\?"),
    ({"learning_rat": 3}, "did you mean 'learning_rate'"),
    ({"optimiser__beta_1": 3}, "has no parameter 'optimiser__beta_1'; did you mean 'optimizer"),
    ({"fit__epochs": 3}, "has no parameter 'fit__epochs'"),
    ({"optimizer__": 3}, "has no parameter 'optimizer__'"),
]


@pytest.mark.core
@pytest.mark.parametrize(("params", "sentence"), NAMES, ids=name_of)
def test_unknown_names(params, sentence):
    with pytest.raises(TypeError, match=sentence):
        RNNClassifier(**params)
    model = RNNClassifier()
    with pytest.raises(TypeError, match=sentence):
        model.set_params(units=5, **params)
    assert model.units is None


ROUTED = [
    (
        {"optimizer__beta1": 0.5},
        r"Adam has no argument 'beta1', given as optimizer__beta1; did you mean 'beta_1'\?",
    ),
    ({"loss": "categorical_crossentropy", "loss__label_smooth": 0.5}, "did you mean 'label_smoothing'"),
    (
        {"loss": keras.losses.mean_squared_error, "loss__x": 0.5},
        "loss__x needs a loss given by name or class",
    ),
    (
        {"cell__activate": "relu"},
        r"LSTMCell has no option 'activate', given as cell__activate; did you mean 'activation'",
    ),
    ({"callbacks__patience": 2}, "callbacks__patience needs a callback. Got callbacks=None"),
    ({"callbacks": keras.callbacks.EarlyStopping, "callbacks__patient": 2}, "did you mean 'patience'"),
    ({"callbacks": [3]}, "callbacks must be Keras callbacks, classes or instances. Got 3"),
    (
        {"metrics": keras.metrics.AUC, "metrics__curv": "PR"},
        "AUC has no argument 'curv', given as metrics__curv",
    ),
    (
        {"metrics": keras.metrics.mean_squared_error, "metrics__a": 1},
        "metrics__a needs a metric given by class",
    ),
    ({"metrics": [3]}, "metrics must be Keras metrics or functions. Got 3"),
    (
        {"optimizer": keras.optimizers.Adam(), "optimizer__beta_1": 0.8},
        "needs an optimizer given by name or class",
    ),
    ({"optimizer": int}, "optimizer must be a Keras optimizer, by name, class or instance"),
    ({"loss": 3}, "loss must be a Keras loss, by name, class or instance, or a function. Got 3"),
    ({"cell": int}, "cell must be a name in CELLS, or a Keras cell or layer"),
    ({"model": lambda meta: 3}, "model must return a keras.Model. Got int"),
    (
        {"model": lambda: None, "model__depth": 3},
        "model function has no parameter 'depth', given as model__depth",
    ),
]


@pytest.mark.parametrize(("params", "sentence"), ROUTED, ids=name_of)
def test_bad_routed_parameters(params, sentence):
    model = RNNClassifier(**params)
    before = dict(vars(model))
    with pytest.raises(TypeError, match=sentence):
        model.fit(X, Y)
    assert vars(model) == before


VALUES = [
    ({"cell": "lstmm"}, r"cell must be one of .*elman, .*lstm, .*\. Got 'lstmm'; did you mean 'lstm'\?"),
    ({"units": 0}, "'units' parameter of RNNClassifier must be"),
    ({"units": ()}, "units must be a positive integer, or a tuple of them, one a layer"),
    ({"units": (3, -1)}, r"units must be a positive integer, or a tuple of them, one a layer. Got \(3, -1\)"),
    ({"dropout": 1.0}, "'dropout' parameter"),
    ({"pooling": "first"}, "'pooling' parameter"),
    ({"epochs": 0}, "'epochs' parameter"),
    ({"batch_size": 0}, "'batch_size' parameter"),
    ({"learning_rate": -1.0}, "'learning_rate' parameter"),
    ({"global_clipnorm": 0.0}, "'global_clipnorm' parameter"),
    ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
    ({"class_weight": "balance"}, "'class_weight' parameter"),
    ({"random_state": "x"}, "'random_state' parameter"),
    ({"reader": TokenReader(0)}, "'dim' parameter of TokenReader must be"),
    ({"reader": TokenReader(4)}, "must hold one token a step where it is embedded. Got 3 features a step"),
    ({"optimizer": "adamm"}, "optimizer must be one of Keras. Got 'adamm'; did you mean 'adam"),
    (
        {"loss": "binary_crossentropi"},
        "loss must be a loss of Keras. Got 'binary_crossentropi'; did you mean",
    ),
    ({"metrics": "aucc"}, "metrics must be metrics of Keras. Got 'aucc'"),
    (
        {"loss": lambda y, p: keras.ops.mean(y - p)},
        r"loss must give one number a sequence, \(B,\). Got 0 axes",
    ),
    ({"cell": Convolution, "bidirectional": True}, "Convolution has no direction. Set bidirectional=False"),
    ({"cell": Convolution, "recurrent_dropout": 0.1}, "Convolution takes no recurrent_dropout"),
    ({"cell": keras.layers.Bidirectional(keras.layers.GRU(2))}, "set bidirectional=True for both"),
    (
        {"cell": keras.layers.LayerNormalization, "units": 3},
        "LayerNormalization takes no units. Leave units=None",
    ),
    (
        {"early_stopping": True, "validation_fraction": 0.01},
        r"holds out 1 of \d+ sequences \(validation_fraction=0.01\) and needs 2, one of each class",
    ),
]


@pytest.mark.parametrize(("params", "sentence"), VALUES, ids=name_of)
def test_bad_values(params, sentence):
    model = RNNClassifier(**params)
    before = dict(vars(model))
    with pytest.raises((ValueError, InvalidParameterError), match=sentence):
        model.fit(X, Y)
    assert vars(model) == before


def build(outputs):
    return lambda meta: keras.Sequential(
        [
            keras.Input((None, meta["n_features_in_"])),
            keras.layers.GRU(3),
            keras.layers.Dense(outputs, "sigmoid"),
        ]
    )


def per_step():
    return keras.Sequential([keras.Input((None, 3)), keras.layers.GRU(3, return_sequences=True), keras.layers.Dense(1)])


def unbuilt():
    return keras.Sequential([keras.layers.GRU(3), keras.layers.Dense(1)])


def two_inputs():
    a, b = keras.Input((None, 3)), keras.Input((None, 3))
    return keras.Model([a, b], keras.layers.Dense(1)(keras.layers.GRU(2)(a + b)))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (RNNClassifier(model=build(5)), "model must have 1 outputs for 2 classes and this loss. Got 5"),
        (
            RNNClassifier(model=per_step),
            r"model must have an output of shape \(batch, outputs\). Got \(None, None, 1\)",
        ),
        (RNNRegressor(model=build(5)), "model must have 1 outputs. Got 5"),
        (RNNClassifier(model=unbuilt), "model must return a built keras.Model"),
        (RNNClassifier(model=two_inputs), "model must have inputs named as columns of X: 'steps'. Got '"),
        (RNNRegressor(metrics="accuracy"), "metrics must measure numbers here. Got 'accuracy'"),
        (RNNClassifier(early_stopping=True), "at least 2 sequences of each class. Got 1 of 1"),
    ],
)
def test_bad_models(model, sentence):
    y = [0, 1, 0, 2] if "each class" in sentence else Y
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)


def test_groups():
    model = RNNRegressor(early_stopping=True, epochs=1)
    with pytest.raises(ValueError, match="at least 2 groups, to hold one out. Got 1"):
        model.fit(X, Y, groups=[1, 1, 1, 1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, Y, groups=[1, 2, 1])
    with pytest.raises(ValueError, match="at least 2 sequences, to hold one out"):
        model.fit(X[:1], Y[:1])
    with pytest.raises(ValueError, match="Got a class in one group only"):
        RNNClassifier(early_stopping=True, validation_fraction=0.5).fit(X, Y, groups=Y)


def test_going_on_with_something_else():
    model = RNNClassifier(epochs=1, warm_start=True, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match=r"y must hold the classes of the first fit, 0, 1. Got 2"):
        model.fit(X, [0, 1, 2, 1])
    with pytest.raises(ValueError, match="Got y of another kind"):
        model.fit(X, np.eye(2, dtype=int)[Y] * [[1, 1]] + [[0, 0], [1, 0], [0, 0], [0, 0]])
    with pytest.raises(ValueError, match="is expecting 3 features"):
        model.partial_fit([np.ones((2, 2))] * 4, Y)
    with pytest.raises(ValueError, match="go on with the network of the first fit. Got another one"):
        model.set_params(units=5).fit(X, Y)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all of y"):
        RNNClassifier(class_weight="balanced").partial_fit(X, Y)
    regressor = RNNRegressor(epochs=1, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="y must have the form of the first fit, 1 outputs. Got another"):
        regressor.fit(X, np.ones((4, 2)))
    with pytest.raises(ValueError, match="y must have the form of the first fit"):
        regressor.fit(X, STEPS)


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_partial_fit_does_not_stop_early(kind):
    with pytest.raises(ValueError, match="Set early_stopping=False to use partial_fit"):
        kind(early_stopping=True).partial_fit(X, Y)


def test_diverging_training():
    model = RNNRegressor("elman", cell__activation="linear", epochs=50, learning_rate=1e30, optimizer="sgd")
    model.set_params(global_clipnorm=None)
    with pytest.raises(ValueError, match="the loss must stay finite. Got (nan|inf): scale the features"):
        model.fit(X, Y)
    assert not hasattr(model, "weights_")


def test_callbacks_that_cannot_be_copied():
    class Holds(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.file = open(__file__)  # noqa: SIM115

    holds = Holds()
    with pytest.raises(TypeError, match="Holds cannot be copied"):
        RNNClassifier(callbacks=holds).fit(X, Y)
    holds.file.close()


def test_metric_of_a_user_without_a_configuration():
    class Odd(keras.metrics.Mean):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

    with pytest.raises(ValueError, match="Odd must implement get_config"):
        RNNClassifier(metrics=[Odd(2)]).fit(X, Y)
