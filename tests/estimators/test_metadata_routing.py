"""Weights and groups reach the estimators inside scikit-learn's meta-estimators, each with its rows."""

import numpy as np
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, KFold, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.preprocessing import PerStep

N = 30
rng = np.random.default_rng(0)
RAGGED = [rng.normal(size=(3 + k % 3, 2)) for k in range(N)]
CUBE = rng.normal(size=(N, 4, 2))
CLASSES, NUMBERS = np.arange(N) % 3, rng.normal(size=N)
WEIGHTS, GROUPS = 1.0 + np.arange(N), np.arange(N) // 3  # a weight tells its row
SEEN = []


class Noting:
    """Notes the weights and groups that fits are given, and how many sequences."""

    def fit(self, X, y, sample_weight=None, groups=None):
        SEEN.append((len(X), sample_weight, groups))
        return super().fit(X, y, sample_weight=sample_weight, groups=groups)


class NotingClassifier(Noting, RNNClassifier):
    pass


class NotingRegressor(Noting, RNNRegressor):
    pass


class NotingTagger(Noting, RNNTagger):
    pass


@pytest.fixture(autouse=True)
def routing():
    SEEN.clear()
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def make(kind):
    return kind("gru", units=2, epochs=1, random_state=0).set_fit_request(sample_weight=True, groups=True)


def classifier():
    return make(NotingClassifier)


def regressor():
    return make(NotingRegressor)


WHOLE = {
    "voting": (lambda: VotingClassifier([("a", classifier()), ("b", classifier())], voting="soft"), CLASSES, 2),
    "voting of numbers": (lambda: VotingRegressor([("a", regressor())]), NUMBERS, 1),
    "one against the rest": (lambda: OneVsRestClassifier(classifier()), CLASSES, 3),
    "transformed target": (
        lambda: TransformedTargetRegressor(regressor(), func=np.exp, inverse_func=np.log, check_inverse=False),
        NUMBERS,
        1,
    ),
    "outputs": (lambda: MultiOutputRegressor(regressor()), np.stack([NUMBERS, -NUMBERS], axis=1), 2),
    "pipeline": (
        lambda: make_pipeline(PerStep(StandardScaler()).set_fit_request(sample_weight=True), classifier()),
        CLASSES,
        1,
    ),
}


@pytest.mark.parametrize("X", [RAGGED, CUBE], ids=["ragged", "3-D"])
@pytest.mark.parametrize("name", sorted(WHOLE))
def test_all_rows(name, X):
    model, y, n_fits = WHOLE[name]
    model().fit(X, y, sample_weight=WEIGHTS, groups=GROUPS)
    assert len(SEEN) == n_fits
    for n, weights, groups in SEEN:
        assert n == N
        np.testing.assert_array_equal(weights, WEIGHTS)
        np.testing.assert_array_equal(groups, GROUPS)


@pytest.mark.parametrize("X", [RAGGED, CUBE], ids=["ragged", "3-D"])
def test_rows_of_folds(X):
    """The groups of the rows that the weights tell."""
    CalibratedClassifierCV(classifier(), cv=3, ensemble=True).fit(X, CLASSES, sample_weight=WEIGHTS, groups=GROUPS)
    assert len(SEEN) == 3
    for n, weights, groups in SEEN:
        assert n == len(weights) == 20
        np.testing.assert_array_equal(groups, GROUPS[np.asarray(weights).astype(int) - 1])


@pytest.mark.parametrize("X", [RAGGED, CUBE], ids=["ragged", "3-D"])
def test_stacking(X):
    """Fitted to all rows, and to folds for what the last one learns; scikit-learn hands that one all parameters."""
    for stack, base, last, y in (
        (StackingClassifier, NotingClassifier, LogisticRegression(), CLASSES),
        (StackingRegressor, NotingRegressor, Ridge(), NUMBERS),
    ):
        SEEN.clear()
        inner = base("gru", units=2, epochs=1, random_state=0).set_fit_request(sample_weight=True)
        last = last.set_fit_request(sample_weight=True)
        stack([("a", inner)], last, cv=KFold(3)).fit(X, y, sample_weight=WEIGHTS)
        assert [n for n, _, _ in SEEN] == [30, 20, 20, 20]
        folds = [train for train, _ in KFold(3).split(WEIGHTS)]
        for (_, weights, _), rows in zip(SEEN, [np.arange(N), *folds]):
            np.testing.assert_array_equal(weights, WEIGHTS[rows])


def test_cross_validation_with_weighted_scores():
    model = classifier().set_score_request(sample_weight=True)
    params = {"sample_weight": WEIGHTS, "groups": GROUPS}
    found = cross_validate(model, RAGGED, CLASSES, cv=GroupKFold(3), params=params, return_estimator=True)
    folds = list(GroupKFold(3).split(WEIGHTS, groups=GROUPS))
    for (_, weights, groups), fitted, score, (train, test) in zip(SEEN, found["estimator"], found["test_score"], folds):
        np.testing.assert_array_equal(weights, WEIGHTS[train])
        np.testing.assert_array_equal(groups, GROUPS[train])
        right = fitted.predict([RAGGED[i] for i in test]) == CLASSES[test]
        assert score == pytest.approx(np.average(right, weights=WEIGHTS[test]))


def test_weights_of_steps_in_cross_validation():
    """A list of rows of weights is taken apart like X."""
    labels = [(x[:, 0] > 0).astype(int) for x in RAGGED]
    weights = [np.full(len(x), w) for x, w in zip(RAGGED, WEIGHTS)]
    model = make(NotingTagger).set_score_request(sample_weight=True)
    params = {"sample_weight": weights, "groups": GROUPS}
    cross_validate(model, RAGGED, labels, cv=KFold(3), params=params, error_score="raise")
    for (n, given, _), (train, _) in zip(SEEN, KFold(3).split(RAGGED), strict=True):
        assert n == len(train)
        assert [row[0] for row in given] == WEIGHTS[train].tolist()
