"""Scores of numbers per step, against scikit-learn's on all steps in one array."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn import RNNRegressor
from skrnn.metrics import (
    SCORERS,
    flat_mean_absolute_error,
    flat_mean_absolute_percentage_error,
    flat_r2_score,
    flat_root_mean_squared_error,
)
from skrnn.sequences import Sequences

PAIRS = [
    (flat_mean_absolute_error, metrics.mean_absolute_error),
    (flat_root_mean_squared_error, metrics.root_mean_squared_error),
    (flat_mean_absolute_percentage_error, metrics.mean_absolute_percentage_error),
    (flat_r2_score, metrics.r2_score),
]
rng = np.random.default_rng(0)
TRUE = [rng.normal(5, 1, size=n) for n in (3, 1, 6)]
PREDICTED = [y + rng.normal(size=len(y)) for y in TRUE]
WIDE = [rng.normal(size=(4, 2)) for _ in range(3)], [rng.normal(size=(4, 2)) for _ in range(3)]

REFIT = "flat_neg_mean_absolute_error"


def test_all_steps_count_once():
    for ours, theirs in PAIRS:
        want = theirs(np.concatenate(TRUE), np.concatenate(PREDICTED))
        for form in (list, lambda rows: [list(r) for r in rows], lambda rows: [r[:, None] for r in rows]):
            assert ours(form(TRUE), form(PREDICTED)) == pytest.approx(want)
        assert ours(Sequences.from_list([y[:, None] for y in TRUE]), PREDICTED) == pytest.approx(want)


def test_outputs_and_equal_lengths():
    true, predicted = WIDE
    for ours, theirs in PAIRS:
        want = theirs(np.concatenate(true), np.concatenate(predicted))
        assert ours(true, predicted) == pytest.approx(want)
        assert ours(np.array(true), np.array(predicted)) == pytest.approx(want)
        square = np.array(true)[:, :, 0], np.array(predicted)[:, :, 0]
        want = theirs(square[0].ravel(), square[1].ravel())
        assert ours(*square) == ours(square[0].tolist(), square[1].tolist()) == pytest.approx(want)


def test_weights_of_sequences_and_of_steps():
    of_sequences = [1.0, 0.0, 2.0]
    of_steps = [np.full(len(y), w) for y, w in zip(TRUE, of_sequences)]
    for ours, theirs in PAIRS:
        want = theirs(np.concatenate(TRUE), np.concatenate(PREDICTED), sample_weight=np.concatenate(of_steps))
        assert ours(TRUE, PREDICTED, sample_weight=of_sequences) == pytest.approx(want)
        assert ours(TRUE, PREDICTED, sample_weight=of_steps) == pytest.approx(want)


@pytest.mark.parametrize(
    ("true", "predicted", "sentence"),
    [
        (TRUE, PREDICTED[:2], "y_pred must have the 3 sequences of y_true. Got 2"),
        (
            TRUE,
            [PREDICTED[0][:2], *PREDICTED[1:]],
            r"y_pred\[0\] must have the 3 steps of y_true\[0\]. Got 2",
        ),
        (WIDE[0], [y[:, :1] for y in WIDE[1]], "y_pred must have the 2 outputs of y_true. Got 1"),
        ([1.0, 2.0], [1.0, 2.0], "y_true must hold numbers per step. Got one number a sequence"),
        ([[1.0, np.inf]], [[1.0, 2.0]], r"y_true\[0\] must not contain infinity"),
    ],
)
def test_bad_input(true, predicted, sentence):
    with pytest.raises(ValueError, match=sentence):
        flat_mean_absolute_error(true, predicted)


def test_in_a_search():
    X = np.random.default_rng(0).normal(size=(12, 4, 1))
    y = list(X[:, :, 0])
    model = RNNRegressor("gru", units=2, epochs=1, random_state=0)
    for name in ("flat_r2", "flat_neg_mean_absolute_error"):
        assert np.isfinite(cross_val_score(model, X, y, cv=2, scoring=SCORERS[name], error_score="raise")).all()
    scoring = {k: v for k, v in SCORERS.items() if k.startswith("flat_neg")}
    found = GridSearchCV(model, {"units": [2, 3]}, cv=2, scoring=scoring, refit=REFIT).fit(X, y)
    assert (found.cv_results_["mean_test_flat_neg_root_mean_squared_error"] < 0).all()
    own = model.fit(X, y)
    assert SCORERS["flat_r2"](own, X, y) == pytest.approx(own.score(X, y))
