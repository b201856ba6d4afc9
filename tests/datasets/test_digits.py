"""Digits as sequences, against a plain reading of scikit-learn's pictures."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from skrnn.datasets import load_digit_rows
from skrnn.datasets.digits import _trim_blank_steps


@pytest.mark.parametrize("axis", ["rows", "columns"])
def test_sequences_are_the_pictures_without_blank_ends(axis):
    X, y = load_digit_rows(axis=axis)
    digits = load_digits()
    assert len(X) == 1797
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, digits.target)
    for x, image in zip(X, digits.images, strict=True):
        steps = list(image if axis == "rows" else image.T)
        while not any(steps[0]):
            steps.pop(0)
        while not any(steps[-1]):
            steps.pop()
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, steps)


def test_rows_have_one_length_and_columns_many():
    rows, _ = load_digit_rows()
    columns, _ = load_digit_rows(axis="columns")
    assert {len(x) for x in rows} == {8}
    assert {len(x) for x in columns} == {2, 3, 4, 5, 6, 7, 8}


def test_bunch_holds_the_same():
    X, y = load_digit_rows(axis="columns")
    bunch = load_digit_rows(axis="columns", return_X_y=False)
    assert isinstance(bunch, Bunch)
    assert all(np.array_equal(a, b) for a, b in zip(X, bunch.data, strict=True))
    np.testing.assert_array_equal(bunch.target, y)
    assert bunch.target_names.tolist() == list(range(10))
    assert bunch.feature_names == [f"row_{i}" for i in range(8)]
    assert load_digit_rows(return_X_y=False).feature_names[0] == "column_0"


def test_blank_steps_inside_and_blank_pictures_stay():
    inner = np.array([[0, 0], [1, 0], [0, 0], [0, 2], [0, 0]], dtype=np.float32)
    np.testing.assert_array_equal(_trim_blank_steps(inner), inner[1:4])
    blank = np.zeros((8, 8), dtype=np.float32)
    assert _trim_blank_steps(blank).shape == (8, 8)


def test_unknown_axis_is_an_error():
    with pytest.raises(ValueError, match=r"axis must be 'rows' or 'columns'\. Got 'diagonal'\."):
        load_digit_rows(axis="diagonal")
