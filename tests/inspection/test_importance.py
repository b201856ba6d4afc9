"""Permutation importance on sequences: what matters is found, in every form of X; against scikit-learn's on tables."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn.inspection
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skrnn import RNNClassifier, RNNRegressor, RNNTagger, Sequences
from skrnn.inspection import ImportanceDisplay, permutation_importance
from skrnn.preprocessing import PerStep

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4, 3)).astype("float32")
RAGGED = [x[: 2 + k % 3] for k, x in enumerate(X)]
NAMES = ["a", "b", "c"]


class Sums(BaseEstimator):
    """Scores by a rule, and notes what it was given: the mean of feature 1, less that of step 0."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.array([np.asarray(x)[:, 1].astype(float).mean() for x in X])

    def score(self, X, y, sample_weight=None):
        self.seen_ = X
        return -float(np.average((self.predict(X) - y) ** 2, weights=sample_weight))


FORMS = {
    "3-D": (X, np.ndarray),
    "list": (list(X), list),
    "ragged list": (RAGGED, list),
    "Sequences": (Sequences.from_list(RAGGED, NAMES), Sequences),
    "frames": ([pd.DataFrame(x, columns=NAMES) for x in RAGGED], list),
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_goes_back_into_itself(form):
    given, kind = FORMS[form]
    model = Sums().fit(given)
    y = model.predict(given)
    before = [np.array(x) for x in given]
    result = permutation_importance(model, given, y, n_repeats=4, random_state=0)
    assert result.importances.shape == (3, 4)
    assert_allclose(result.importances_mean, result.importances.mean(axis=1))
    assert_allclose(result.importances_std, result.importances.std(axis=1))
    assert result.importances_mean[1] > 0.05
    assert_array_equal(result.importances[[0, 2]], 0)
    assert result.names == (NAMES if form in ("Sequences", "frames") else ["0", "1", "2"])
    assert isinstance(model.seen_, kind)
    for x, seen, old in zip(given, model.seen_, before):
        assert_array_equal(np.asarray(x), old)  # the caller's
        assert np.shape(seen) == np.shape(x)
        assert type(seen) is type(x)
    again = permutation_importance(model, given, y, n_repeats=4, random_state=0)
    assert_array_equal(again.importances, result.importances)
    by_step = permutation_importance(model, given, y, by="step", n_repeats=2, random_state=0)
    assert by_step.importances.shape == (4, 2)
    assert (by_step.importances_mean > 0).all()


def test_what_is_shuffled():
    """A feature over all steps; a step among the sequences that have it."""
    model = Sums().fit(RAGGED)
    permutation_importance(model, RAGGED, np.zeros(60), n_repeats=1, random_state=0)  # the last: feature 2
    seen, given = np.concatenate(model.seen_), np.concatenate(RAGGED)
    assert_array_equal(seen[:, :2], given[:, :2])
    assert_array_equal(np.sort(seen[:, 2]), np.sort(given[:, 2]))
    assert (seen[:, 2] != given[:, 2]).mean() > 0.9
    permutation_importance(model, RAGGED, np.zeros(60), by="step", n_repeats=1, random_state=0)  # the last: step 3
    for x, seen in zip(RAGGED, model.seen_):
        assert_array_equal(seen[:3], x[:3])
    tails = [np.concatenate([x[3:] for x in some]) for some in (RAGGED, model.seen_)]
    assert_array_equal(np.sort(tails[0], axis=0), np.sort(tails[1], axis=0))
    assert set(map(tuple, tails[0])) == set(map(tuple, tails[1]))  # whole steps


class OnOneStep(BaseEstimator):
    def fit(self, X, y):
        self.model_ = LinearRegression().fit(np.asarray(X)[:, 0], y)
        return self

    def predict(self, X):
        return self.model_.predict(np.asarray(X)[:, 0])

    def score(self, X, y):
        return self.model_.score(np.asarray(X)[:, 0], y)


def test_sequences_of_one_step_are_a_table():
    table = rng.normal(size=(200, 3))
    y = table @ [1.0, 3.0, 0.0]
    ours = permutation_importance(OnOneStep().fit(table[:, None], y), table[:, None], y, n_repeats=50, random_state=0)
    theirs = sklearn.inspection.permutation_importance(
        LinearRegression().fit(table, y), table, y, n_repeats=50, random_state=1
    )
    assert_allclose(ours.importances_mean, theirs.importances_mean, rtol=0.05, atol=1e-9)


def test_a_wide_frame():
    frame = pd.DataFrame(X[:, :, 1], columns=["t0", "t1", "t2", "t3"], index=np.arange(60) + 7)

    class Last(Sums):
        def predict(self, X):
            return np.asarray(X)[:, 3]

    model = Last().fit(frame)
    result = permutation_importance(model, frame, X[:, 3, 1], by="step", random_state=0)
    assert result.importances_mean.argmax() == 3
    assert_array_equal(result.importances[:3], 0)
    assert model.seen_.columns.tolist() == frame.columns.tolist()
    assert model.seen_.index.tolist() == frame.index.tolist()


def test_classifier_regressor_tagger():
    y = X[:, :, 1].sum(axis=1)
    make = {"units": 8, "epochs": 40, "learning_rate": 0.02, "random_state": 0}
    models = [
        (RNNClassifier("gru", **make).fit(X, y > 0), y > 0, "accuracy"),
        (RNNRegressor("gru", **make).fit(X, y), y, "neg_mean_absolute_error"),
        (RNNTagger("gru", **make).fit(list(X), list(X[:, :, 1] > 0)), list(X[:, :, 1] > 0), None),
    ]
    for model, target, scoring in models:
        result = permutation_importance(model, list(X), target, scoring=scoring, n_repeats=2, random_state=0)
        assert result.importances_mean.argmax() == 1
        assert result.importances_mean[1] > 3 * np.abs(result.importances_mean[[0, 2]]).max()


def test_a_column_of_words_in_a_pipeline():
    frames = [pd.DataFrame({"n": x[:, 0], "w": np.where(x[:, 1] > 0, "up", "down")}) for x in RAGGED]
    y = [(f["w"] == "up").mean() for f in frames]
    encode = make_column_transformer((StandardScaler(), ["n"]), (OneHotEncoder(sparse_output=False), ["w"]))
    model = make_pipeline(PerStep(encode), RNNRegressor("gru", units=8, epochs=30, learning_rate=0.02, random_state=0))
    result = permutation_importance(model.fit(frames, y), frames, y, n_repeats=2, random_state=0)
    assert result.names == ["n", "w"]
    assert result.importances_mean[1] > 3 * abs(result.importances_mean[0])


def test_polars():
    pl = pytest.importorskip("polars")
    frames = [pl.DataFrame(x, schema=NAMES) for x in RAGGED]
    model = Sums()
    model.predict = lambda X: np.array([x["b"].mean() for x in X])
    y = model.predict(frames)
    assert permutation_importance(model.fit(frames), frames, y, random_state=0).importances_mean[1] > 0.05
    assert (permutation_importance(model, frames, y, by="step", random_state=0).importances_mean > 0).all()


def test_several_scores_and_weights():
    y = X[:, :, 1].sum(axis=1) > 0
    model = RNNClassifier("gru", units=4, epochs=5, random_state=0).fit(X, y)
    result = permutation_importance(model, X, y, scoring=["accuracy", "neg_log_loss"], n_repeats=2, random_state=0)
    assert set(result) == {"accuracy", "neg_log_loss"}
    alone = permutation_importance(model, X, y, scoring="accuracy", n_repeats=2, random_state=0)
    assert_array_equal(result["accuracy"].importances, alone.importances)
    weights = np.r_[np.ones(30), np.zeros(30)]
    weighted = permutation_importance(Sums().fit(X), X, X[:, :, 1].mean(1), sample_weight=weights, random_state=0)
    assert weighted.importances_mean[1] > 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"by": "time"}, 'by must be "feature" or "step". Got'),
        ({"n_repeats": 0}, "n_repeats must be a whole number of at least 1. Got 0"),
        ({"n_repeats": 1.5}, "n_repeats must be a whole number"),
        ({"X": [["a", "b"], ["c"]]}, "permutation_importance needs sequences of numbers, or data frames. Got strings"),
        ({"X": []}, "at least one sequence"),
    ],
)
def test_wrong_parameters(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        permutation_importance(**{"estimator": Sums().fit(X), "X": X, "y": np.zeros(60), **change})


def test_not_fitted():
    with pytest.raises(NotFittedError):
        permutation_importance(RNNClassifier(), X, np.zeros(60))


def test_displays():
    display = ImportanceDisplay.from_estimator(Sums().fit(X), X, X[:, :, 1].mean(1), random_state=0, n_repeats=3)
    assert [t.get_text() for t in display.ax_.get_yticklabels()][-1] == "1"
    assert "shuffled" in display.ax_.get_xlabel()
    steps = ImportanceDisplay.from_estimator(Sums().fit(X), X, X[:, :, 1].mean(1), by="step", random_state=0)
    assert steps.ax_.get_xlabel() == "step"
    _, ax = plt.subplots()
    many = ImportanceDisplay(rng.normal(size=(50, 2))).plot(ax)
    assert many.ax_ is ax
    assert len(ax.get_yticks()) == 30
    plt.close("all")
    with pytest.raises(ValueError, match=r"importances must have shape \(D, n_repeats\)"):
        ImportanceDisplay([1.0, 2.0])
    with pytest.raises(ValueError, match="names must be 1 names. Got 2"):
        ImportanceDisplay([[1.0]], ["a", "b"])
    with pytest.raises(ValueError, match="ImportanceDisplay shows one score. Got 2"):
        ImportanceDisplay.from_estimator(Sums().fit(X), X, np.zeros(60), scoring=["r2", "neg_mean_absolute_error"])
