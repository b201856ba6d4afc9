"""A read-out fitted by scikit-learn to recurrences as they are drawn."""

import pickle

import numpy as np
import pytest
from conftest import toy_sequences
from sklearn.base import clone
from sklearn.linear_model import (
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.datasets import make_running_mean
from skrnn.training import predict

ESN = {"cell": "esn", "units": 20, "random_state": 0}


def states(model, X):
    """States of the reservoir after each step, by its weights, in NumPy: a list of arrays (T_i, H)."""
    kernel, recurrent, bias = (np.asarray(w, np.float64) for w in model.weights_[:3])
    result = []
    for x in X:
        h, rows = np.zeros(len(recurrent)), []
        for step in np.atleast_2d(x):
            h = np.tanh(step @ kernel + h @ recurrent + bias)
            rows.append(h)
        result.append(np.array(rows))
    return result


@pytest.mark.core
def test_it_is_ridge_regression_of_the_last_states():
    X, y = toy_sequences()
    y = y + 0.1 * np.arange(len(y))
    model = RNNRegressor(**ESN, readout="ridge", readout__alpha=0.5, normalize_y=False).fit(X, y)
    last = np.array([s[-1] for s in states(model, X)])
    want = Ridge(alpha=0.5).fit(last, y)
    np.testing.assert_allclose(model.predict(X), want.predict(last), rtol=1e-3, atol=1e-4)
    assert model.n_iter_ == 0
    assert model.readout_.alpha == 0.5


@pytest.mark.core
def test_targets_for_each_step_are_fitted_to_each_step():
    X, y = make_running_mean(30, length=(3, 9), random_state=0)
    weights = [np.linspace(0.1, 1, len(v)) for v in y]
    model = RNNRegressor(**ESN, readout=LinearRegression(), normalize_y=False).fit(X, y, weights)
    rows = np.concatenate(states(model, X))
    want = LinearRegression().fit(rows, np.concatenate(y), sample_weight=np.concatenate(weights)).predict(rows)
    np.testing.assert_allclose(np.concatenate(model.predict(X)), want, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("readout", ["ridge", LogisticRegression(), LinearSVC(random_state=0)], ids=str)
def test_classes_are_those_of_the_linear_classifier(n_classes, readout):
    X, y = toy_sequences(60, n_classes=n_classes)
    y = np.array(["a", "b", "c"])[y]
    model = RNNClassifier(**ESN, readout=readout).fit(X, y)
    last = np.array([s[-1] for s in states(model, X)])
    own = RidgeClassifier() if readout == "ridge" else clone(readout)
    own.fit(last, y)
    agree = model.predict(X) == own.predict(last)
    assert agree.mean() > 0.98
    assert model.score(X, y) > 0.7
    if isinstance(own, LogisticRegression):
        np.testing.assert_allclose(model.predict_proba(X), own.predict_proba(last), atol=1e-2)


def test_several_labels_and_weights():
    X, y = toy_sequences(60)
    labels = np.stack([y, np.arange(60) % 3 == 0], axis=1).astype(int)
    model = RNNClassifier(**ESN, readout="ridge").fit(X, labels)
    assert model.predict(X).shape == (60, 2)
    last = np.array([s[-1] for s in states(model, X)])
    np.testing.assert_array_equal(model.predict(X), RidgeClassifier().fit(last, labels).predict(last))
    weights = np.where(np.arange(60) < 30, 1.0, 0.0)  # a weight of 0 is absence
    some = RNNClassifier(**ESN, readout="ridge").fit(X, y, weights)
    half = RNNClassifier(**ESN, readout="ridge").fit(X[:30], y[:30])
    np.testing.assert_allclose(some.predict_proba(X), half.predict_proba(X), rtol=1e-4)
    heavy = RNNClassifier(**ESN, readout="ridge", class_weight={0: 1, 1: 50}).fit(X, y)
    assert (heavy.predict(X) == 1).mean() > (some.predict(X) == 1).mean()


@pytest.mark.core
def test_a_model_of_one_column_is_fitted_to_each():
    X, y = toy_sequences(60)
    labels = np.stack([y, np.arange(60) % 3 == 0, y == 0], axis=1).astype(int)
    model = RNNClassifier(**ESN, readout=LogisticRegression(C=0.5)).fit(X, labels)
    last = np.array([s[-1] for s in states(model, X)])
    for k, fitted in enumerate(model.readout_):
        want = LogisticRegression(C=0.5).fit(last, labels[:, k])
        np.testing.assert_allclose(model.predict_proba(X)[:, k], want.predict_proba(last)[:, 1], atol=1e-3)
        np.testing.assert_allclose(fitted.coef_, want.coef_, atol=1e-2)
    numbers = np.stack([[x[-1, 0], x[0, 0]] for x in X])
    model = RNNRegressor(**ESN, readout=LinearSVR(C=10, max_iter=10_000), normalize_y=False).fit(X, numbers)
    np.testing.assert_allclose(
        model.predict(X), np.stack([m.predict(last) for m in model.readout_], axis=1), rtol=1e-3, atol=1e-3
    )
    assert model.score(X, numbers) > 0.3


@pytest.mark.core
def test_labels_reach_the_model_as_the_user_wrote_them():
    X, y = toy_sequences(60)
    names = np.array(["no", "yes"])[y]
    plain, heavy = (
        RNNClassifier(**ESN, readout=LogisticRegression(class_weight=weight)).fit(X, names)
        for weight in (None, {"no": 1, "yes": 50})
    )
    assert heavy.readout_.classes_.tolist() == ["no", "yes"]
    assert (heavy.predict(X) == "yes").sum() > (plain.predict(X) == "yes").sum()
    ours = RNNClassifier(**ESN, readout=LogisticRegression(), class_weight={"no": 1, "yes": 50}).fit(X, names)
    np.testing.assert_allclose(ours.predict_proba(X), heavy.predict_proba(X), atol=1e-4)


@pytest.mark.core
def test_one_seed_one_result_of_a_model_that_draws():
    X, y = toy_sequences(60)
    fits = [RNNClassifier(**{**ESN, "random_state": r}, readout=SGDClassifier()).fit(X, y) for r in (0, 0, 1)]
    for a, b in zip(fits[0].weights_, fits[1].weights_):
        np.testing.assert_array_equal(a, b)
    assert fits[0].readout_.random_state != fits[2].readout_.random_state
    assert RNNClassifier(**ESN, readout=SGDClassifier(random_state=5)).fit(X, y).readout_.random_state == 5


@pytest.mark.core
def test_steps_without_weight_are_absent_even_for_models_without_weights():
    """So the beginning of a sequence, where the state is still that of the start, may be left out."""
    X, y = make_running_mean(30, length=(6, 9), random_state=0)
    washout = [np.arange(len(v)) >= 3 for v in y]
    model = RNNRegressor(**ESN, readout=LassoLars(1e-3), normalize_y=False).fit(
        X, y, [w.astype(float) for w in washout]
    )
    kept = np.concatenate(washout)
    rows, numbers = np.concatenate(states(model, X))[kept], np.concatenate(y)[kept]
    want = LassoLars(1e-3).fit(rows, numbers).predict(rows)
    np.testing.assert_allclose(np.concatenate(model.predict(X))[kept], want, rtol=1e-3, atol=1e-3)


def test_training_by_gradient_goes_on_from_a_read_out():
    X, y = toy_sequences(60)
    model = RNNClassifier("gru", 6, readout="ridge", random_state=0).fit(X, y)
    before = [w.copy() for w in model.weights_]
    model.set_params(readout=None, warm_start=True, epochs=5, learning_rate=1e-4).fit(X, y)
    assert all(0 < np.abs(a - b).max() < 0.05 for a, b in zip(before, model.weights_))
    assert not hasattr(model, "readout_")


def test_callbacks_of_scikit_learn_see_one_epoch():
    callback = pytest.importorskip("sklearn.callback")
    X, y = toy_sequences(60)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = RNNClassifier(**ESN, readout="ridge").set_callbacks(monitor).fit(X, y)
    assert [r["accuracy"] for r in monitor.get_logs().data if r["task_name"] == "epoch"] == [model.score(X, y)]


@pytest.mark.parametrize("cell", ["gru", "mgu"])
def test_any_recurrence_stacked_and_in_both_directions(cell):
    X, y = toy_sequences()
    options = {"units": (6, 4), "bidirectional": True, "pooling": "mean", "dropout": 0.2, "random_state": 0}
    model = RNNClassifier(cell, **options, readout="ridge").fit(X, y)
    drawn = RNNClassifier(cell, **options).initialize(X, y)
    for a, b in zip(model.weights_[:-2], drawn.weights_[:-2]):
        np.testing.assert_array_equal(a, b)
    together = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X[2:3]), together[2:3])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), together)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), together)


def test_in_a_search():
    X, y = toy_sequences(60)
    grid = {"readout__alpha": [0.1, 10.0], "cell__spectral_radius": [0.5, 0.95]}
    search = GridSearchCV(RNNClassifier(**ESN, readout="ridge"), grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.7
    assert len(search.cv_results_["params"]) == 4
    assert cross_val_score(RNNClassifier(**ESN, readout=LogisticRegression(C=0.1)), X, y, cv=3).mean() > 0.7
    nested = RNNClassifier(**ESN, readout=LogisticRegression(C=0.1))
    assert nested.get_params()["readout__C"] == 0.1
    assert nested.set_params(readout__C=3.0).fit(X, y).readout_.C == 3.0


@pytest.mark.core
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"early_stopping": True}, "readout is fitted in one pass: early_stopping must be False. Got True."),
        ({"warm_start": True}, "readout is fitted in one pass: warm_start must be False. Got True."),
        ({"loss": "hinge"}, "readout is fitted in one pass: loss must be None. Got 'hinge'."),
        ({"metrics": "accuracy"}, "readout is fitted without epochs: metrics must be None. Got 'accuracy'."),
        ({"readout": Ridge()}, r"readout must be a linear classifier of scikit-learn, or 'ridge'. Got Ridge\(\)."),
        ({"readout": DecisionTreeClassifier()}, "readout must have coef_ and intercept_ after its fit. Got Decision"),
        ({"readout": "lasso"}, "The 'readout' parameter of RNNClassifier must be a str among {'ridge'}"),
        ({"readout": RidgeClassifier}, "readout must be a linear classifier of scikit-learn, or 'ridge'. Got <class"),
        ({"readout": SVC(kernel="linear")}, "readout must decide by coef_ and intercept_ alone. Got SVC"),
    ],
)
def test_what_does_not_go_with_it(options, sentence):
    X, y = toy_sequences(45, n_classes=3)
    model = RNNClassifier(**{**ESN, "readout": "ridge", **options})
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)
    assert not hasattr(model, "weights_")


def test_other_errors():
    X, y = toy_sequences()
    with pytest.raises(ValueError, match="readout is fitted in one pass. Set readout=None to use partial_fit."):
        RNNClassifier(**ESN, readout="ridge").partial_fit(X, y, classes=[0, 1])
    with pytest.raises(TypeError, match="Ridge has no parameter 'alpa', given as readout__alpa; did you mean 'alpha'"):
        RNNRegressor(**ESN, readout="ridge", readout__alpa=1.0).fit(X, y)
    with pytest.raises(TypeError, match="readout__alpha needs a readout. Got readout=None."):
        RNNRegressor(**ESN, readout__alpha=1.0).fit(X, y)
    with pytest.raises(ValueError, match="readout must decide by coef_ and intercept_ alone. Got PoissonRegressor"):
        RNNRegressor(**ESN, readout=PoissonRegressor(), normalize_y=False).fit(X, y)
    with pytest.raises(ValueError, match="readout needs each class with a weight above 0. Got none of 1."):
        RNNClassifier(**ESN, readout="ridge", class_weight={1: 0}).fit(X, y)
    with pytest.raises(ValueError, match="readout must be a linear regressor of scikit-learn"):
        RNNRegressor(**ESN, readout=LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="readout must take sample_weight, as there are weights. Got KNeighbors"):
        RNNClassifier(**ESN, readout=KNeighborsClassifier()).fit(X, y, np.linspace(1, 2, len(y)))
    with pytest.raises(ValueError, match="head must be 'softmax'. Got 'crf'"):
        RNNTagger(**ESN, readout="ridge").fit(X, [np.zeros(len(x), int) for x in X])
    assert RNNRegressor(**ESN, readout=Lasso(1e-4)).fit(X, y).score(X, y) > 0.3


@pytest.mark.core
@pytest.mark.parametrize("n_labels", [2, 3])
def test_a_tagger_is_fitted_to_each_labelled_step(n_labels):
    """The coefficients are those of scikit-learn's classifier on the states, step by step."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(rng.integers(3, 9), 2)) for _ in range(30)]
    y = [np.digitize(x[:, 0], [0.0, 0.8][: n_labels - 1]) for x in X]
    holes = [np.where(np.arange(len(row)) == 1, -1, row) for row in y]
    options = {"head": "softmax", "units": 30, "random_state": 0, "bidirectional": False}
    model = RNNTagger("esn", readout="ridge", **options).fit(X, holes)
    assert model.score(X, y) > 0.8
    states = predict(model._plan, model.weights_, model.reader_.read(X), "features").columns["features"].values
    labels = np.concatenate(holes)
    by_hand = RidgeClassifier().fit(states[labels >= 0].astype(float), labels[labels >= 0])
    np.testing.assert_allclose(model.readout_.coef_, by_hand.coef_, rtol=1e-6)
    np.testing.assert_array_equal(np.concatenate(model.predict(X)), by_hand.predict(states))
