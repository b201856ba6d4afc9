"""Weights of sequences and steps against scikit-learn's and against loops."""

import re

import numpy as np
import pandas as pd
import pytest

from skrnn import Sequences
from skrnn.sequences.weights import check_weights

X = Sequences.from_list([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]])
STEPS = [[0.5, 1.0], [2.0], [0.0, 1.0, 3.0]]


def test_rows_of_weights():
    """(N, T) in any container, where the targets have steps."""
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]])
    for form in (rows, rows.tolist(), rows[:, :, None], list(rows)):
        np.testing.assert_array_equal(check_weights(form, 3, np.array([2, 2, 2])), rows.reshape(-1))
    with pytest.raises(ValueError, match=exactly("Sample weights must be 1D array or scalar: shape (3,). Got (3, 2).")):
        check_weights(rows, 3)
    with pytest.raises(ValueError, match=exactly("sample_weight[1] must have the 1 steps of X[1]. Got 2.")):
        check_weights(rows, 3, X.lengths)


def exactly(sentence):
    return f"^{re.escape(sentence)}$"


@pytest.mark.parametrize("per_step", [False, True])
@pytest.mark.parametrize(
    ("weight", "want"),
    [
        (None, [1, 1, 1]),
        (2, [2, 2, 2]),
        (0.5, [0.5, 0.5, 0.5]),
        (np.float32(0.5), [0.5, 0.5, 0.5]),
        ([1, 0, 3], [1, 0, 3]),
        ((1, 0, 3), [1, 0, 3]),
        (np.array([1, 0, 3], np.int8), [1, 0, 3]),
        (np.array([1, 0, 3], object), [1, 0, 3]),
        (pd.Series([1.0, 0.0, 3.0], index=[5, 6, 7]), [1, 0, 3]),
    ],
)
def test_weights_of_sequences(weight, want, per_step):
    got = check_weights(weight, len(X), X.lengths if per_step else None)
    assert got.dtype == np.float64
    expected = [w for w, x in zip(want, X) for _ in x] if per_step else want
    assert got.tolist() == expected


@pytest.mark.parametrize(
    "weight",
    [
        STEPS,
        [np.array(s) for s in STEPS],
        [np.array(s)[:, None] for s in STEPS],
        pd.Series(STEPS),
        Sequences.from_list(STEPS),
    ],
)
def test_weights_of_steps(weight):
    got = check_weights(weight, len(X), X.lengths)
    assert got.dtype == np.float64
    assert got.tolist() == [w for s in STEPS for w in s]


def test_weights_of_steps_in_an_array():
    square = Sequences.from_padded(np.zeros((2, 3)))
    weight = np.arange(6.0).reshape(2, 3, 1)
    assert check_weights(weight, len(square), square.lengths).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("per_step", [False, True])
def test_the_callers_weights_are_never_shared(per_step):
    flat = np.array([1.0, 2.0, 3.0])
    steps = Sequences.from_list(STEPS)
    for weight, values in [(flat, flat), *([(steps, steps.values)] if per_step else [])]:
        values.flags.writeable = False
        got = check_weights(weight, len(X), X.lengths if per_step else None)
        assert not np.shares_memory(got, values)
        got *= 2.0


@pytest.mark.parametrize("per_step", [False, True])
@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (np.ones((3, 2, 1, 1)), "Sample weights must be 1D array or scalar: shape (3,). Got (3, 2, 1, 1)."),
        (np.array(2.0), "Sample weights must be 1D array or scalar: shape (3,). Got ()."),
        ([1, 2], "Found input variables with inconsistent numbers of samples: [3, 2]"),
        ([1, np.nan, 1], "sample_weight must be finite. Got NaN or infinity."),
        ([1, np.inf, 1], "sample_weight must be finite. Got NaN or infinity."),
        (np.nan, "sample_weight must be finite. Got NaN or infinity."),
        ([1, -0.5, 1], "sample_weight must not be negative. Got -0.5."),
        (-1, "sample_weight must not be negative. Got -1."),
        ([0, 0, 0], "Sample weights must contain at least one non-zero number. Got zeros only."),
        (0, "Sample weights must contain at least one non-zero number. Got zeros only."),
    ],
)
def test_wrong_weights(weight, sentence, per_step):
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_weights(weight, len(X), X.lengths if per_step else None)


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([[1.0, 1.0], [1.0], [1.0]], "sample_weight[2] must have the 3 steps of X[2]. Got 1."),
        (STEPS[:2], "Found input variables with inconsistent numbers of samples: [3, 2]"),
        (
            [[1.0, 1.0], [np.nan], [1.0, 1.0, 1.0]],
            "sample_weight[1] must not contain NaN. Got one at step 0, feature 0: Input sample_weight contains NaN.",
        ),
        ([[1.0, 1.0], [-2.0], [1.0, 1.0, 1.0]], "sample_weight must not be negative. Got -2."),
        (
            [[0.0, 0.0], [0.0], [0.0, 0.0, 0.0]],
            "Sample weights must contain at least one non-zero number. Got zeros only.",
        ),
        (
            [np.ones((2, 2)), np.ones((1, 2)), np.ones((3, 2))],
            "sample_weight[0] must have shape (time, 1). Got (2, 2): sample_weight has 2 features, "
            "but this is expecting 1 features as input.",
        ),
    ],
)
def test_wrong_weights_of_steps(weight, sentence):
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_weights(weight, len(X), X.lengths)


def test_weights_of_steps_need_targets_of_steps():
    sentence = "sample_weight must have shape (3,): y has one target a sequence. Got weights per step."
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_weights(STEPS, len(X))
