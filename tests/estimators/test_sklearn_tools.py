"""scikit-learn's own tools, on ragged sequences wherever scikit-learn lets them through."""

import numpy as np
import pytest
import sklearn
from sklearn.base import is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor, Sequences
from skrnn.preprocessing import PerStep

FAST = {"units": 4, "epochs": 15, "random_state": 0}


def padded(X, steps=8):
    return Sequences.from_list(X).to_padded(steps)[0]


def test_kinds():
    assert is_classifier(RNNClassifier())
    assert not is_regressor(RNNClassifier())
    assert is_regressor(RNNRegressor())
    assert not is_classifier(RNNRegressor())


def test_integer_cv_is_stratified(toy):
    X, y = toy
    order = np.argsort(y, kind="stable")  # sorted classes: folds that are not stratified hold one class each
    X, y = [X[i] for i in order], y[order]
    results = cross_validate(RNNClassifier(**FAST), X, y, cv=2, return_indices=True)
    for rows, expected in zip(results["indices"]["test"], StratifiedKFold(2).split(X, y)):
        np.testing.assert_array_equal(rows, expected[1])
    assert results["test_score"].mean() > 0.8


def test_main_job_pipeline_in_grid_search_on_ragged_lists(toy):
    X, y = toy
    pipeline = make_pipeline(PerStep(StandardScaler()), RNNClassifier(**FAST))
    grid = {
        "rnnclassifier__cell": ["gru", "elman"],
        "rnnclassifier__optimizer__beta_1": [0.8, 0.9],
        "perstep__transformer__with_mean": [True],
    }
    search = GridSearchCV(pipeline, grid, cv=3, scoring="roc_auc").fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.8
    assert search.predict(X).shape == (len(X),)


def test_randomized_search_with_routed_callbacks(toy):
    import keras

    X, y = toy
    model = RNNClassifier(**FAST, callbacks=keras.callbacks.EarlyStopping, callbacks__monitor="loss")
    choices = {"callbacks__patience": [1, 2], "learning_rate": [0.01, 0.02]}
    search = RandomizedSearchCV(model, choices, n_iter=3, cv=2, random_state=0).fit(X, y)
    assert search.best_estimator_.callbacks__patience in (1, 2)


@pytest.mark.parametrize("resource", ["n_samples", "epochs"])
def test_halving_search(toy, resource):
    X, y = toy
    options = {"max_resources": 8, "min_resources": 2} if resource == "epochs" else {"min_resources": 20}
    model = RNNClassifier(**{**FAST, "epochs": 4})
    search = HalvingGridSearchCV(
        model, {"units": [2, 3, 4]}, cv=2, resource=resource, factor=2, random_state=0, **options
    )
    search.fit(X, y)
    assert search.n_iterations_ > 1


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_cross_val_predict(toy3, method):
    X, y = toy3
    cv = StratifiedKFold(3)
    got = cross_val_predict(RNNClassifier(**FAST), X, y, cv=cv, method=method)
    for training, test in cv.split(X, y):
        model = RNNClassifier(**FAST).fit([X[i] for i in training], y[training])
        np.testing.assert_array_equal(got[test], getattr(model, method)([X[i] for i in test]))


def test_cross_val_predict_of_a_regressor_with_a_time_axis(toy):
    X, _ = toy
    y = [x[:, 0] for x in X]
    got = cross_val_predict(RNNRegressor(**FAST), X, y, cv=KFold(3))
    assert [len(g) for g in got] == [len(x) for x in X]


def test_stacking(toy3):
    X, y = toy3
    members = [("gru", RNNClassifier("gru", **FAST)), ("elman", RNNClassifier("elman", **FAST))]
    stack = StackingClassifier(members, LogisticRegression(), cv=2).fit(X, y)
    assert stack.score(X, y) > 0.6


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_voting(toy3, voting):
    X, y = toy3
    members = [("gru", RNNClassifier("gru", **FAST)), ("elman", RNNClassifier("elman", **FAST))]
    model = VotingClassifier(members, voting=voting).fit(X, y)
    if voting == "soft":
        mean = np.mean([m.predict_proba(X) for m in model.estimators_], axis=0)
        np.testing.assert_allclose(model.predict_proba(X), mean)
    assert model.score(X, y) > 0.6


def test_voting_regressor(toy):
    X, y = toy
    model = VotingRegressor([("a", RNNRegressor("gru", **FAST)), ("b", RNNRegressor("elman", **FAST))])
    assert model.fit(X, y.astype(float)).score(X, y) > 0


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(toy, method):
    X, y = toy
    model = CalibratedClassifierCV(RNNClassifier(**FAST), method=method, cv=2).fit(X, y)
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert model.score(X, y) > 0.7


def test_tuned_threshold(toy):
    X, y = toy
    model = TunedThresholdClassifierCV(RNNClassifier(**FAST), scoring="balanced_accuracy", cv=2).fit(X, y)
    assert 0 <= model.best_threshold_ <= 1
    assert model.score(X, y) > 0.7


def test_one_vs_rest(toy3):
    X, y = toy3
    model = OneVsRestClassifier(RNNClassifier(**FAST)).fit(X, y)
    assert len(model.estimators_) == 3
    assert model.score(X, y) > 0.6


def test_bagging_takes_2d_arrays(toy):
    X, y = toy
    flat = padded(X)[:, :, 0]
    model = BaggingClassifier(RNNClassifier(**FAST), n_estimators=2, random_state=0).fit(flat, y)
    assert model.score(flat, y) > 0.6


def test_transformed_target_regressor(toy):
    X, y = toy
    flat = padded(X)
    model = TransformedTargetRegressor(RNNRegressor(**FAST), func=np.exp, inverse_func=np.log)
    assert model.fit(flat, y.astype(float)).score(flat, y) > 0.3


def test_multi_output_regressor_on_arrays(toy):
    X, y = toy
    flat = padded(X)[:, :, 0]
    both = np.column_stack([y, -y]).astype(float)
    model = MultiOutputRegressor(RNNRegressor(**FAST)).fit(flat, both)
    assert model.predict(flat).shape == (len(y), 2)


def test_curves(toy):
    X, y = toy
    sizes, _, scores = learning_curve(RNNClassifier(**FAST), X, y, cv=2, train_sizes=[0.5, 1.0])
    assert scores.shape == (2, 2)
    assert len(sizes) == 2
    _, scores = validation_curve(RNNClassifier(**FAST), X, y, param_name="units", param_range=[2, 3], cv=2)
    assert scores.shape == (2, 2)


def test_learning_curve_with_partial_fit(toy):
    X, y = toy
    model = RNNClassifier(**FAST)
    curve = learning_curve(model, X, y, cv=2, train_sizes=[0.5, 1.0], exploit_incremental_learning=True)
    assert np.isfinite(curve[2]).all()


@pytest.mark.parametrize("form", ["list", "tuple", "object", "padded", "Sequences"])
def test_cross_validation_of_every_form(toy, form):
    X, y = toy
    boxed = np.empty(len(X), dtype=object)
    boxed[:] = X
    forms = {
        "list": X,
        "tuple": tuple(X),
        "object": boxed,
        "padded": padded(X),
        "Sequences": Sequences.from_list(X),
    }
    scores = cross_val_score(RNNClassifier(**FAST), forms[form], y, cv=2)
    assert scores.mean() > 0.7
    if form != "padded":
        np.testing.assert_array_equal(scores, cross_val_score(RNNClassifier(**FAST), X, y, cv=2))


def test_routed_sample_weight_and_groups(toy):
    X, y = toy
    groups = np.arange(len(X)) // 4
    seen = {}

    class Spy(RNNClassifier):
        def fit(self, X, y, sample_weight=None, groups=None):
            seen.update(weight=sample_weight, groups=groups)
            return super().fit(X, y, sample_weight=sample_weight, groups=groups)

    with sklearn.config_context(enable_metadata_routing=True):
        model = Spy(**FAST, early_stopping=True, validation_fraction=0.25)
        model.set_fit_request(sample_weight=True, groups=True)
        pipeline = make_pipeline(PerStep(StandardScaler()).set_fit_request(sample_weight=False), model)
        weight = np.linspace(1, 2, len(X))
        scoring = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        search = GridSearchCV(pipeline, {"spy__units": [2, 3]}, cv=GroupKFold(2), scoring=scoring)
        search.fit(X, y, sample_weight=weight, groups=groups)
        np.testing.assert_array_equal(seen["weight"], weight)
        np.testing.assert_array_equal(seen["groups"], groups)


def test_two_jobs_end_twice_in_a_row(toy):
    X, y = toy
    for _ in range(2):
        scores = cross_val_score(RNNClassifier(**FAST), X, y, cv=2, n_jobs=2)
        np.testing.assert_array_equal(scores, cross_val_score(RNNClassifier(**FAST), X, y, cv=2))
