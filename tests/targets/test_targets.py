"""Targets: y to columns and back, weights of classes, and what may not change after the fit."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from skrnn.preprocessing import ArrayReader
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.labels import NO_LABEL
from skrnn.targets import ClassTarget, IndicatorTarget, NumberTarget, StepLabelTarget, class_target

LENGTHS = [3, 1, 2, 4, 1]
X = ArrayReader().fit_read([np.ones((n, 2)) for n in LENGTHS])
LABELS = np.array(["b", "a", "b", "c", "b"])
WEIGHTS = np.array([1.0, 2.0, 0.0, 1.0, 0.5])
STEPS = [["x", None, "y"], ["y"], ["x", "x"], ["y", "y", None, "x"], ["x"]]


def weighed(target, y, class_weight, sample_weight=WEIGHTS):
    examples = target.encode(y, X, sample_weight)
    return target.weigh(examples, class_weight).columns["weight"].values


@pytest.mark.parametrize("integers", [False, True])
def test_class_weight_of_labels(integers):
    y = np.unique(LABELS, return_inverse=True)[1] if integers else LABELS
    names = [0, 1, 2] if integers else ["a", "b", "c"]
    assert weighed(ClassTarget(), y, dict(zip(names, [3.0, 0.5, 7.0]))).tolist() == [0.5, 6.0, 0.0, 7.0, 0.25]
    assert weighed(ClassTarget(), y, {names[2]: 4.0}).tolist() == [1, 2, 0, 4, 0.5]
    assert weighed(ClassTarget(), y, None).tolist() == WEIGHTS.tolist()


def test_balanced_is_that_of_scikit_learn():
    np.testing.assert_allclose(
        weighed(ClassTarget(), LABELS, "balanced"), WEIGHTS * compute_sample_weight("balanced", LABELS)
    )
    y = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0]])
    want = WEIGHTS * compute_sample_weight("balanced", y)
    np.testing.assert_allclose(weighed(IndicatorTarget(), y, "balanced"), want)
    flat = np.array([v for row in STEPS for v in row if v is not None])
    got = weighed(StepLabelTarget("softmax"), STEPS, "balanced", None)
    np.testing.assert_allclose(got[got > 0], compute_sample_weight("balanced", flat))


def test_class_weight_of_indicators_is_a_product():
    y = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0]])
    got = weighed(IndicatorTarget(), y, [{0: 1.0, 1: 3.0}, {0: 1.0, 1: 5.0}])
    assert got.tolist() == (WEIGHTS * [3, 5, 15, 1, 3]).tolist()


@pytest.mark.parametrize(("target", "y"), [(ClassTarget(), LABELS), (StepLabelTarget(), STEPS)])
def test_a_class_that_y_does_not_hold(target, y):
    with pytest.raises(ValueError, match="class_weight must name classes in y, .*. Got 'd'"):
        weighed(target, y, {"d": 2.0}, None)


def decoded(values, axis=None):
    return Examples({"y": Column(np.asarray(values), axis)}, {} if axis is None else dict(X.offsets))


def test_classes_there_and_back():
    target = class_target(LABELS)
    examples = target.encode(LABELS, X)
    codes = examples.columns["y"].values
    assert codes.tolist() == [1, 0, 1, 2, 1]
    assert codes.dtype == np.int32
    assert target.given(examples).tolist() == target.strata(examples).tolist() == LABELS.tolist()
    assert target.present(decoded(np.eye(3)[codes])).tolist() == LABELS.tolist()
    with pytest.raises(ValueError, match="y must hold the classes of the first fit, 'a', 'b', 'c'. Got 'd'"):
        target.encode(np.array(["d"] * 5), X, fit=False)
    with pytest.raises(ValueError, match="y must have the 3 classes of the first fit. Got y of another kind"):
        target.encode(np.eye(5, 2, dtype=int), X, fit=False)


def test_indicators_there_and_back():
    y = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 0], [1, 0, 1]])
    target = class_target(y)
    examples = target.encode(y, X)
    assert (target.kind, target.spec.n) == ("multilabel", 3)
    np.testing.assert_array_equal(target.given(examples), y)
    np.testing.assert_array_equal(target.present(decoded(0.2 + 0.6 * y)), y)
    with pytest.raises(ValueError, match="y must have the 3 classes of the first fit"):
        target.encode(y[:, :2], X, fit=False)


@pytest.mark.parametrize(
    "y",
    [np.arange(5.0), np.arange(10.0).reshape(5, 2), [np.arange(n) + 0.5 for n in LENGTHS]],
    ids=["(N,)", "(N, K)", "steps"],
)
def test_numbers_there_and_back(y):
    target = NumberTarget(y)
    column = target.encode(y, X).columns["y"]
    values = column.values.reshape(-1, target.spec.n)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)
    back = target.present(decoded(column.values, column.axis))
    for got, want in zip(back, y):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)
    for other in (np.ones((5, 3)), [np.ones((n, 2)) for n in LENGTHS]):
        with pytest.raises(ValueError, match=r"y must have the form of the first fit|y\[1\] must have the 1 steps"):
            target.encode(other, X, fit=False)


def test_step_labels_there_and_back():
    target = StepLabelTarget()
    examples = target.weigh(target.encode(STEPS, X), None)
    codes, weights = examples.columns["y"].values, examples.columns["weight"].values
    flat = [v for row in STEPS for v in row]
    assert codes.tolist() == [NO_LABEL if v is None else "xy".index(v) for v in flat]
    assert weights.tolist() == [0.0 if v is None else 1.0 for v in flat]
    rows = target.present(decoded(np.maximum(codes, 0), "time"))
    assert [row.tolist() for row in rows] == [[v or "x" for v in row] for row in STEPS]


def test_a_failed_encoding_leaves_a_fitted_target_as_it_was():
    target = NumberTarget(np.arange(5.0))
    target.encode(np.arange(5.0), X)
    before = dict(vars(target))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        target.encode(np.arange(4.0), X, fit=False)
    assert vars(target) == before
