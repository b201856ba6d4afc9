"""What holds for every estimator: padding, order, seeds, threads, copies, weights."""

import copy
import os
import pickle
import random
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from cells_of_users import DecayCell, HalfLoss, MyGRU
from sklearn.base import clone

import skrnn
from skrnn import RNNClassifier, RNNRegressor, Sequences
from skrnn.training import program_cache

FAST = {"units": 4, "epochs": 4, "random_state": 0, "batch_size": 8}


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def fitted(kind, X, y, **options):
    return kind(**{**FAST, **options}).fit(X, y)


@pytest.fixture(params=[RNNClassifier, RNNRegressor])
def kind(request):
    return request.param


@pytest.mark.core
@pytest.mark.parametrize(
    "options",
    [
        {"cell": "lstm"},
        {"cell": "gru", "bidirectional": True},
        {"cell": "elman", "units": (4, 3), "bidirectional": True, "pooling": "mean"},
        {"cell": "gru", "pooling": "max"},
        {"cell": "gru", "pooling": "attention"},
        {"cell": DecayCell, "bidirectional": True},
        {"cell": MyGRU, "bidirectional": True, "units": (3, 4)},
    ],
    ids=str,
)
def test_padding_never_changes_a_prediction(kind, toy, options):
    X, y = toy
    model = fitted(kind, X, y, **options)
    together = outputs(model, X)
    alone = np.concatenate([outputs(model, [x]) for x in X])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    # Padded further: one long sequence in the batch makes all others longer.
    longer = outputs(model, [*X, np.ones((50, 3))])[:-1]
    np.testing.assert_allclose(longer, together, atol=1e-5)
    order = np.random.default_rng(0).permutation(len(X))
    assert_same_bits(outputs(model, [X[i] for i in order]), together[order])


@pytest.mark.core
def test_a_sequence_alone_has_the_bits_it_has_in_a_batch(toy):
    X, y = toy
    model = fitted(RNNClassifier, X, y, units=13)
    assert_same_bits(np.concatenate([outputs(model, [x]) for x in X]), outputs(model, X))


def assert_same_bits(got, want):
    """On PyTorch, whose products of matrices depend on their size, all but the last ones."""
    if keras.backend.backend() == "torch":
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.core
def test_masks_equal_a_keras_model_on_padded_data(toy):
    """The same network in plain Keras, on padded data with a mask, gives the same outputs."""
    X, y = toy
    model = fitted(RNNClassifier, X, y, bidirectional=True, pooling="last")
    padded, mask = Sequences.from_list([x.astype("float32") for x in X]).to_padded(20)
    inputs = keras.Input((None, 3))
    h = keras.layers.Bidirectional(keras.layers.LSTM(4))(inputs)
    plain = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(h))
    plain.supports_masking = True
    plain.set_weights(model.weights_)
    expected = keras.ops.convert_to_numpy(plain(padded, mask=mask))[:, 0]
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, atol=1e-6)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model.model_(padded, mask=mask))[:, 0], expected, atol=1e-6)


@pytest.mark.core
def test_ragged_training_equals_padded_training_in_plain_keras(toy):
    """One epoch with a full batch, against Keras' own training on padded and masked data."""
    X, y = toy
    start = RNNClassifier("gru", 4, optimizer="sgd", learning_rate=0.1, global_clipnorm=None, random_state=0)
    start.set_params(batch_size=-1, epochs=3, warm_start=True).initialize(X, y)
    inputs = keras.Input((None, 3))
    masked = keras.layers.Masking(mask_value=-9.0)(inputs)
    plain = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.GRU(4)(masked)))
    plain.set_weights(start.weights_)
    plain.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    padded, _ = Sequences.from_list([x.astype("float32") for x in X]).to_padded(12, fill_value=-9.0)
    history = plain.fit(padded, y.astype("float32")[:, None], epochs=3, batch_size=len(X), verbose=0, shuffle=False)
    model = start.fit(X, y)
    np.testing.assert_allclose(model.history_["loss"], history.history["loss"], rtol=1e-4)
    for ours, theirs in zip(model.weights_, plain.get_weights()):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.core
def test_forms_mix_freely_between_fit_and_predict(kind):
    rng = np.random.default_rng(0)
    array = rng.normal(size=(12, 5, 1))
    y = np.arange(12) % 2
    boxed = np.empty(12, dtype=object)
    boxed[:] = [a[:, 0] for a in array]
    forms = [array, array[:, :, 0], list(array), tuple(array[:, :, 0]), boxed, Sequences.from_list(array)]
    expected = outputs(fitted(kind, array, y), array)
    for at_fit in forms:
        model = fitted(kind, at_fit, y)
        assert model.n_features_in_ == 1
        for at_predict in forms:
            np.testing.assert_array_equal(outputs(model, at_predict), expected)
    assert len(outputs(model, rng.normal(size=(3, 11)))) == 3
    assert len(outputs(model, [np.zeros(1), np.zeros(40)])) == 2


@pytest.mark.core
def test_one_seed_one_result_whatever_came_before(kind, toy):
    X, y = toy
    options = {"dropout": 0.3, "recurrent_dropout": 0.2, "early_stopping": True}
    program_cache.clear()
    first = outputs(fitted(kind, X, y, **options), X)
    kind(**{**FAST, **options, "random_state": 5}).fit(X[:20], y[:20])
    random.random()
    np.random.random()
    np.testing.assert_array_equal(outputs(fitted(kind, X, y, **options), X), first)  # cached
    program_cache.clear()
    np.testing.assert_array_equal(outputs(fitted(kind, X, y, **options), X), first)  # fresh
    assert not np.array_equal(outputs(fitted(kind, X, y, **options, random_state=1), X), first)


def test_one_seed_one_result_in_another_process(toy, tmp_path):
    X, y = toy
    joblib.dump((X, y), tmp_path / "data")
    code = f"""
import joblib
from skrnn import RNNClassifier
X, y = joblib.load({str(tmp_path / "data")!r})
joblib.dump(RNNClassifier(**{FAST!r}).fit(X, y).predict_proba(X), {str(tmp_path / "result")!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    np.testing.assert_array_equal(joblib.load(tmp_path / "result"), outputs(fitted(RNNClassifier, X, y), X))


def test_random_state_instances_advance_and_none_varies(toy):
    X, y = toy
    state = np.random.RandomState(0)
    first, second = (outputs(fitted(RNNClassifier, X, y, random_state=state), X) for _ in range(2))
    assert not np.array_equal(first, second)
    again = outputs(fitted(RNNClassifier, X, y, random_state=np.random.RandomState(0)), X)
    np.testing.assert_array_equal(first, again)
    first, second = (outputs(fitted(RNNClassifier, X, y, random_state=None), X) for _ in range(2))
    assert not np.array_equal(first, second)


def test_fits_in_threads_do_not_disturb_each_other(kind, toy):
    X, y = toy
    options = [{"random_state": seed, "dropout": 0.2, "learning_rate": rate} for seed in (0, 1) for rate in (0.01, 0.1)]
    expected = [outputs(fitted(kind, X, y, **o), X) for o in options]
    results = [None] * len(options)
    program_cache.clear()

    def work(i):
        for _ in range(2):
            results[i] = outputs(fitted(kind, X, y, **options[i]), X)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(options))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for got, wanted in zip(results, expected):
        np.testing.assert_array_equal(got, wanted)


def test_predictions_in_threads(toy):
    X, y = toy
    models = [fitted(RNNClassifier, X, y, random_state=seed) for seed in range(3)]
    expected = [outputs(m, X) for m in models]
    results = joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(outputs)(models[i % 3], X) for i in range(24)
    )
    for i, got in enumerate(results):
        np.testing.assert_array_equal(got, expected[i % 3])


USERS = [
    {"cell": "lstm"},
    {"cell": DecayCell, "cell__rate": 0.3},
    {"cell": DecayCell(5, rate=0.3), "units": None},
    {"cell": keras.layers.RNN(DecayCell(5)), "units": None},
    {"cell": MyGRU},
    {"optimizer": keras.optimizers.Adam(0.02)},
    {"loss": HalfLoss(0.3)},
    {"metrics": [keras.metrics.AUC(curve="PR")]},
    {"optimizer__beta_1": 0.8, "callbacks": [keras.callbacks.TerminateOnNaN()]},
]


@pytest.mark.core
@pytest.mark.parametrize("options", USERS, ids=lambda o: "-".join(f"{k}={str(v)[:20]}" for k, v in o.items()))
def test_copies(toy, options):
    X, y = toy
    plain = RNNClassifier(**{**FAST, **options})
    model = clone(plain).fit(X, y)
    expected = model.predict_proba(X)
    for duplicate in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(duplicate.predict_proba(X), expected)
        assert duplicate.history_ == model.history_
        np.testing.assert_array_equal(clone(duplicate).fit(X, y).predict_proba(X), expected)
    for duplicate in (pickle.loads(pickle.dumps(plain)), copy.deepcopy(plain), clone(model), clone(plain)):
        assert not hasattr(duplicate, "weights_")
        np.testing.assert_array_equal(duplicate.fit(X, y).predict_proba(X), expected)


def test_a_pickle_opens_in_a_fresh_process(toy, tmp_path):
    X, y = toy
    models = [fitted(RNNClassifier, X, y, **options) for options in USERS]
    joblib.dump((models, X), tmp_path / "models")
    code = f"""
import joblib
models, X = joblib.load({str(tmp_path / "models")!r})
joblib.dump([m.predict_proba(X) for m in models], {str(tmp_path / "result")!r})
"""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})
    for got, model in zip(joblib.load(tmp_path / "result"), models):
        np.testing.assert_array_equal(got, model.predict_proba(X))


def test_pickles_are_small(toy):
    X, y = toy
    model = fitted(RNNClassifier, X, y)
    numbers = sum(w.nbytes for w in [*model.weights_, *model._optimizer_state])
    assert len(pickle.dumps(model)) < numbers + 8000


def weighted(y, per_row):
    return np.asarray([per_row[i % len(per_row)] for i in range(len(y))], dtype=float)


@pytest.mark.core
@pytest.mark.parametrize("ragged", [True, False])
def test_weights_are_repetitions(kind, toy, ragged):
    """Weight 2 is the row twice and weight 0 its absence: loss and gradient, with a full batch.

    One step of plain gradient descent moves the weights by the gradient.
    """
    X, y = toy
    X = X if ragged else [np.resize(x, (6, 3)) for x in X]
    weight = weighted(y, [2, 0, 1, 3])
    rows = np.repeat(np.arange(len(y)), weight.astype(int))
    options = {
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "global_clipnorm": None,
        "batch_size": -1,
        "epochs": 1,
    }
    model = kind(**{**FAST, **options})
    a = clone(model).fit(X, y, sample_weight=weight)
    b = clone(model).fit([X[i] for i in rows], y[rows])
    assert a.history_["loss"][0] == pytest.approx(b.history_["loss"][0], rel=1e-6)
    for p, q in zip(a.weights_, b.weights_):
        np.testing.assert_allclose(p, q, atol=1e-6)
    c = clone(model).fit(X, y, sample_weight=10 * weight)
    np.testing.assert_allclose(outputs(c, X), outputs(a, X), atol=1e-6)


def test_weights_per_step_are_repetitions(toy):
    X, _ = toy
    y = [x[:, :2] for x in X]
    options = {
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "global_clipnorm": None,
        "batch_size": -1,
        "epochs": 1,
    }
    model = RNNRegressor(**{**FAST, **options})
    weight = weighted(X, [2, 0, 1])
    rows = np.repeat(np.arange(len(X)), weight.astype(int))
    a = clone(model).fit(X, y, sample_weight=[np.full(len(x), w) for x, w in zip(X, weight)])
    b = clone(model).fit([X[i] for i in rows], [y[i] for i in rows])
    c = clone(model).fit(X, y, sample_weight=weight)
    assert a.history_["loss"][0] == pytest.approx(b.history_["loss"][0], rel=1e-5)
    for p, q, r in zip(a.weights_, b.weights_, c.weights_):
        np.testing.assert_allclose(p, q, atol=1e-5)
        np.testing.assert_array_equal(p, r)


def test_a_step_of_weight_zero_has_no_say(toy):
    X, _ = toy
    y = [x[:, 0].copy() for x in X]
    weight = [np.ones(len(x)) for x in X]
    weight[3][1] = 0.0
    other = copy.deepcopy(y)
    other[3][1] = 1e6
    a, b = (fitted_with(weight, X, target) for target in (y, other))
    for p, q in zip(a.weights_, b.weights_):
        np.testing.assert_array_equal(p, q)


def fitted_with(weight, X, y):
    return RNNRegressor(**FAST).fit(X, y, sample_weight=weight)


def test_the_callers_arrays_are_never_written_to(kind, toy):
    X, y = toy
    padded = Sequences.from_list([x.astype("float32") for x in X]).to_padded()[0]
    y = y.astype("float32")
    weight = np.linspace(0, 1, len(y))
    before = copy.deepcopy((padded, y, weight))
    options = {"class_weight": {0.0: 2.0}} if kind is RNNClassifier else {}
    model = fitted(kind, padded, y, **options)
    model.fit(padded, y, sample_weight=weight)
    model.score(padded, y, sample_weight=weight)
    for now, then in zip((padded, y, weight), before):
        np.testing.assert_array_equal(now, then)


def test_nothing_global_changes(toy):
    X, y = toy
    random.seed(3)
    np.random.seed(3)
    before = (random.getstate(), np.random.get_state()[1].copy(), dict(os.environ), keras.config.floatx())
    fitted(RNNClassifier, X, y, dropout=0.1).predict(X)

    def build(meta):
        return keras.Sequential(
            [
                keras.Input((None, meta["n_features_in_"])),
                keras.layers.GRU(3),
                keras.layers.Dense(1, "sigmoid"),
            ]
        )

    fitted(RNNClassifier, X, y, model=build, units=None).predict(X)
    assert random.getstate() == before[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    assert dict(os.environ) == before[2]
    assert keras.config.floatx() == before[3]


def test_no_warnings(toy):
    X, y = toy
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
        program_cache.clear()
        fitted(RNNClassifier, X, y, bidirectional=True, units=(3, 4), dropout=0.1, pooling="mean").score(X, y)


KERAS_CLASSES = """
import keras
classes = (keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)
def methods():
    return [{name: vars(c).get(name) for name in ("__reduce__", "__deepcopy__")} for c in classes]
before = methods()
"""


def in_a_fresh_process(code):
    path = os.pathsep.join([str(Path(skrnn.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})


def test_importing_skrnn_changes_neither_keras_nor_scikeras():
    code = """
import sys
from skrnn import RNNClassifier
assert methods() == before
assert not [name for name in sys.modules if name.partition(".")[0] == "scikeras"]
"""
    in_a_fresh_process(KERAS_CLASSES + code)


def test_scikeras_imported_after_skrnn_is_as_without_it():
    code = """
import copy, pickle
import numpy as np
from sklearn.base import clone
from skrnn import RNNClassifier
X, y = np.random.default_rng(0).normal(size=(8, 4, 2)), np.arange(8) % 2
model = RNNClassifier(units=2, epochs=1, optimizer=keras.optimizers.Adam(0.1), random_state=0).fit(X, y)

from scikeras import _saving_utils
from scikeras.wrappers import BaseWrapper, KerasClassifier
packed = [getattr(_saving_utils, f"pack_keras_{kind}") for kind in ("model", "loss", "metric", "optimizer")]
assert [c.__reduce__ for c in classes] == packed
assert keras.Model.__deepcopy__ is _saving_utils.deepcopy_model
assert hasattr(BaseWrapper, "scorer") and hasattr(BaseWrapper, "_more_tags")
assert "__sklearn_tags__" not in vars(BaseWrapper)

expected = model.predict_proba(X)
for duplicate in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), clone(model).fit(X, y)):
    np.testing.assert_array_equal(duplicate.predict_proba(X), expected)
"""
    in_a_fresh_process(KERAS_CLASSES + code)


def test_scikeras_imported_before_skrnn_is_used_as_it_is():
    code = """
import copy, pickle
import numpy as np
import scikeras
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, clone
before, own, inherited = methods(), dict(vars(BaseWrapper)), BaseEstimator.__sklearn_tags__
from skrnn import RNNClassifier
X, y = np.random.default_rng(0).normal(size=(8, 4, 2)), np.arange(8) % 2
model = RNNClassifier(units=2, epochs=1, random_state=0).fit(X, y)
assert methods() == before and dict(vars(BaseWrapper)) == own and BaseWrapper.__sklearn_tags__ is inherited
assert issubclass(RNNClassifier, BaseWrapper) and not hasattr(RNNClassifier, "scorer")
expected = model.predict_proba(X)
for duplicate in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), clone(model).fit(X, y)):
    np.testing.assert_array_equal(duplicate.predict_proba(X), expected)
"""
    in_a_fresh_process(KERAS_CLASSES + code)


@pytest.mark.parametrize("name", sorted(name for name in skrnn.__all__ if name.startswith("RNN")))
@pytest.mark.parametrize("unused", ["current_epoch", "feature_encoder", "scorer", "target_encoder"])
def test_names_of_scikeras_without_a_meaning_are_none(name, unused):
    cls = getattr(skrnn, name)
    for owner in (cls, cls()):
        assert unused not in dir(owner)
        with pytest.raises(AttributeError, match=f"{name}' (object )?has no attribute '{unused}'"):
            getattr(owner, unused)
        assert {"fit", "predict", "get_params"} <= set(dir(owner))

    class Own(cls):
        def scorer(self):
            return 1

    assert "scorer" in dir(Own)
    assert "scorer" in dir(Own())
    assert Own().scorer() == 1
