"""A read-out fitted by scikit-learn to recurrences as they are drawn."""

import pickle

import numpy as np
import pytest
from conftest import toy_sequences
from sklearn.base import clone
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.datasets import make_running_mean

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
        ({"readout__alphas": 1.0}, "Invalid parameter 'alphas' for estimator RidgeClassifier"),
    ],
)
def test_what_does_not_go_with_it(options, sentence):
    X, y = toy_sequences()
    model = RNNClassifier(**{**ESN, "readout": "ridge", **options})
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, y)
    assert not hasattr(model, "weights_")


def test_other_errors():
    X, y = toy_sequences()
    with pytest.raises(ValueError, match="readout is fitted in one pass. Set readout=None to use partial_fit."):
        RNNClassifier(**ESN, readout="ridge").partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="readout must be a linear regressor of scikit-learn"):
        RNNRegressor(**ESN, readout=LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="readout must take sample_weight, as there are weights. Got KNeighbors"):
        RNNClassifier(**ESN, readout=KNeighborsClassifier()).fit(X, y, np.linspace(1, 2, len(y)))
    with pytest.raises(TypeError, match="RNNTagger has no parameter 'readout__alpha'"):
        RNNTagger(readout__alpha=1.0)
    assert RNNRegressor(**ESN, readout=Lasso(1e-4)).fit(X, y).score(X, y) > 0.3
