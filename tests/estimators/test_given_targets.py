"""y, weights and classes as people hand them over: each is read, or refused with one sentence before any training."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.sequences.labels import as_labels

X = np.random.default_rng(0).normal(size=(12, 3, 1))
LITTLE = {"cell": "gru", "units": 2, "epochs": 1}


# Numbers


@pytest.mark.parametrize("shift", [1.7e9, 1e11, -1e12])
@pytest.mark.parametrize("per_step", [False, True])
def test_targets_far_from_zero_are_learned_as_centred_ones(shift, per_step):
    X = np.random.default_rng(1).normal(size=(40, 5, 1))
    y = 8 * X[:, :, 0] if per_step else 8 * X.mean(axis=(1, 2))
    given = [list(y + shift), list(y)] if per_step else [y + shift, y]
    options = {"cell": "gru", "units": 4, "epochs": 5, "random_state": 0}
    far, near = (RNNRegressor(**options).fit(X, v) for v in given)
    got, want = (np.concatenate(list(map(np.ravel, m.predict(X)))) for m in (far, near))
    np.testing.assert_allclose(got - shift, want, atol=1e-3 + 1e-15 * abs(shift))
    assert far.score(X, given[0]) == pytest.approx(near.score(X, given[1]), abs=1e-3)


@pytest.mark.parametrize("factor", [1e-50, 1e-170, 1e100, 1e200])
def test_targets_of_any_size(factor):
    y = X.mean(axis=(1, 2))
    options = {**LITTLE, "epochs": 3, "random_state": 0}
    got = RNNRegressor(**options).fit(X, y * factor).predict(X) / factor
    np.testing.assert_allclose(got, RNNRegressor(**options).fit(X, y).predict(X), rtol=1e-4)


# Labels


@pytest.mark.parametrize(
    "y",
    [
        np.array(["walk", np.nan, "run", "run"], dtype=object),
        ["walk", None, "run", "run"],
        ["walk", float("nan"), "run", "run"],
        [1, None, 2, 2],
        [True, None, False, True],
        pd.Series(["walk", None, "run", "run"]),
        pd.Series(["walk", None, "run", "run"], dtype="string"),
        pd.Series(["walk", None, "run", "run"], dtype="category"),
        pd.Series([1, None, 0, 1], dtype="Int64"),
        pd.Series([True, None, False, True], dtype="boolean"),
        pd.Series([True, None, False, True], dtype="boolean").to_frame(),
        [pd.NaT, pd.Timestamp(0), pd.Timestamp(0), pd.Timestamp(1)],
    ],
    ids=str,
)
def test_a_missing_label_is_one_sentence(y):
    with pytest.raises(ValueError, match="y must not contain missing labels"):
        RNNClassifier(**LITTLE).fit(X[:4], y)


@pytest.mark.parametrize("missing", [np.nan, pd.NA])
def test_a_missing_label_of_a_step_is_told_by_none(missing):
    with pytest.raises(ValueError, match="use None for a step without one. Got NaN"):
        RNNTagger(**LITTLE).fit(X[:2], [["a", missing, "b"], ["a", "b", "b"]])


@pytest.mark.parametrize(
    "labels", [[0, "a"], [1, "1"], [True, "a"], [True, 2], [b"a", "a"], ["a", 0.5], [(), 1]], ids=str
)
def test_labels_of_several_types_are_refused(labels):
    y = np.empty(4, dtype=object)
    y[:] = labels * 2
    for given in (y, list(y)):
        with pytest.raises(ValueError, match="y must hold (labels of one type|one label each)"):
            RNNClassifier(**LITTLE).fit(X[:4], given)
    if labels[0] != ():
        with pytest.raises(ValueError, match="y must hold labels of one type, that can be sorted"):
            RNNTagger(**LITTLE).fit(X[:2], [[*labels, labels[0]]] * 2)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["a", "bc"], "U"),
        (pd.Series(["a", "b"], dtype="category"), "U"),
        (pd.Series([1, 2], dtype="Int64"), "i"),
        (pd.Series([True, False], dtype="boolean"), "b"),
        (np.array([1, np.int32(2)], dtype=object), "i"),
        (np.array([1, 2.5], dtype=object), "f"),
        ([], "O"),
    ],
)
def test_labels_keep_their_type(y, kind):
    got = as_labels(y)
    assert got.dtype.kind == kind
    assert got.tolist() == list(y)


@pytest.mark.parametrize("pair", [(-1, 1), (0, 2), (5, 7), (1, 2), (0.0, 0.5)])
def test_several_labels_are_zeros_and_ones(pair):
    a, b = pair
    with pytest.raises(ValueError, match="zeros and ones|Unknown label type"):
        RNNClassifier(**LITTLE).fit(X, np.array([[a, b], [b, a]] * 6))


@pytest.mark.parametrize("dtype", [bool, float, np.uint8])
def test_zeros_and_ones_of_any_type_are_several_labels(dtype):
    y = np.array([[0, 1], [1, 0]] * 6).astype(dtype)
    got = RNNClassifier(**LITTLE, random_state=0).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(got, RNNClassifier(**LITTLE, random_state=0).fit(X, y.astype(int)).predict_proba(X))


@pytest.mark.parametrize("lowest", [-100, -2])
def test_a_negative_number_beside_labels_from_0_is_warned_of(lowest):
    y = np.array([[lowest, 0, 1]] * 12)
    with pytest.warns(UserWarning, match=f"y holds the label {lowest} beside labels from 0.*-1"):
        RNNTagger(**LITTLE).fit(X, y)


@pytest.mark.parametrize("y", [[-1, 0, 1], [-2, -1, 1], [-3, 3, 4], ["-100", "0", "1"]], ids=str)
def test_other_labels_are_not_warned_of(y):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        RNNTagger(**LITTLE).fit(X, [y] * 12)


# Masks


def test_a_mask_is_never_lost():
    masked = np.ma.masked_greater(np.arange(12.0), 8)
    rows = [np.ma.masked_greater(np.arange(3.0), 1)] * 12
    for fit in (
        lambda: RNNRegressor(**LITTLE).fit([x.reshape(3, 1) for x in rows], np.arange(12.0)),
        lambda: RNNRegressor(**LITTLE).fit(X, masked),
        lambda: RNNRegressor(**LITTLE).fit(X, rows),
        lambda: RNNRegressor(**LITTLE).fit(X, np.arange(12.0), sample_weight=masked),
        lambda: RNNClassifier(**LITTLE).fit(X, np.ma.masked_equal([0, 1] * 6, 1)),
        lambda: RNNTagger(**LITTLE).fit(X, [np.ma.masked_equal([0, 1, 2], 1)] * 12),
    ):
        with pytest.raises(TypeError, match=r"must not be a masked array"):
            fit()


# Weights


@pytest.mark.parametrize("bad", [float("nan"), -1.0, float("inf"), "2", None])
def test_weights_of_classes_are_finite_numbers_from_0(bad):
    weights = {0: bad, 1: 1.0}
    for model, y in (
        (RNNClassifier(**LITTLE, class_weight=weights), [0, 1] * 6),
        (RNNClassifier(**LITTLE, class_weight=weights), np.array([[0, 1], [1, 0]] * 6)),
        (RNNTagger(**LITTLE, class_weight=weights), [[0, 1, 0]] * 12),
    ):
        with pytest.raises(ValueError, match="class_weight must hold finite numbers from 0"):
            model.fit(X, y)


def test_weights_of_classes_are_not_all_0():
    with pytest.raises(ValueError, match="class_weight must not be 0 for all classes in y"):
        RNNClassifier(**LITTLE, class_weight={0: 0, 1: 0}).fit(X, [0, 1] * 6)


def test_a_class_weight_may_name_a_class_that_a_part_lacks():
    model = RNNClassifier(**LITTLE, class_weight={0: 1.0, 1: 9.0}).partial_fit(X[:4], [0, 0, 1, 0])
    model.partial_fit(X[4:6], [0, 0])
    model = RNNClassifier(**LITTLE, class_weight={0: 1.0, 1: 2.0, 2: 5.0})
    scores = cross_val_score(model, X, [0, 1] * 5 + [2, 2], cv=KFold(6), error_score="raise")
    assert np.isfinite(scores).all()
    y = [[0, 1, 0]] * 10 + [[2, 1, 0]] * 2
    RNNTagger(**LITTLE, class_weight={2: 5.0, 0: 2.0}).fit(X[:10], y[:10])


@pytest.mark.parametrize("bad", [np.array(["2026-01-01"] * 12, "datetime64[D]"), np.ones(12, complex), ["1"] * 12])
def test_sample_weights_are_numbers(bad):
    with pytest.raises(TypeError, match="sample_weight must hold numbers. Got"):
        RNNClassifier(**LITTLE).fit(X, [0, 1] * 6, sample_weight=bad)


# Parameters and ends of a fit


class Mine(RNNClassifier):
    def __init__(self, lag=1, **kwargs):
        super().__init__(**kwargs)
        self.lag = lag


class Deeper(Mine):
    def __init__(self, *, width=2, **kwargs):
        super().__init__(**kwargs)
        self.width = width


def test_a_subclass_that_hands_on_its_arguments_keeps_them():
    model = Deeper(units=3, epochs=2, lag=4, width=5, optimizer__beta_1=0.8)
    params = clone(model).get_params()
    assert {k: params[k] for k in ("units", "epochs", "lag", "width", "optimizer__beta_1")} == {
        "units": 3,
        "epochs": 2,
        "lag": 4,
        "width": 5,
        "optimizer__beta_1": 0.8,
    }
    with pytest.raises(TypeError, match="did you mean 'units'"):
        Mine(unitz=3)
    search = GridSearchCV(Mine(units=2, epochs=1), {"lag": [1, 2], "units": [2, 3]}, cv=2).fit(X, [0, 1] * 6)
    assert search.best_estimator_.units == search.best_params_["units"]


@pytest.mark.parametrize("again", [False, True])
def test_weights_that_are_not_finite_at_the_end_are_an_error(again):
    y = [0, 1] * 6
    model = RNNClassifier("gru", units=2, epochs=1, batch_size=-1, warm_start=True)
    if again:
        before = model.fit(X, y).predict_proba(X)
    model.set_params(optimizer="sgd", learning_rate=1e39, global_clipnorm=None)
    with pytest.raises(ValueError, match="the weights must stay finite"):
        model.set_params(optimizer=keras.optimizers.SGD, warm_start=False).fit(X, y)
    if again:
        np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize(
    ("y", "options", "sentence"),
    [
        (np.arange(40) % 5, {}, "holds out 4 of 40 sequences .* needs 5, one of each class"),
        (np.arange(40) % 5, {"validation_fraction": 0.95}, "holds out 38 of 40 sequences .* needs 5, one of each"),
        (np.arange(3.0), {"validation_fraction": 0.9}, "holds out 3 of 3 sequences .* leaves none to train on"),
    ],
)
def test_early_stopping_on_a_small_set_says_what_to_change(y, options, sentence):
    kind = RNNRegressor if y.dtype == float else RNNClassifier
    with pytest.raises(ValueError, match=sentence + ".*Change validation_fraction, or set early_stopping=False"):
        kind(**LITTLE, early_stopping=True, **options).fit(np.zeros((len(y), 3, 1)), y)
