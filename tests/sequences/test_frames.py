"""Data frames of pandas and polars: what is missing is NaN, what is no number is named by its column."""

import re
import warnings
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNClassifier, RNNRegressor
from skrnn.sequences.check import check_sequences

GAPS = np.array([[1.0, 1.0, 1.0], [np.nan, 2.0, 0.0], [3.0, np.nan, np.nan]])


def nullable():
    return {
        "mixed": pd.DataFrame(
            {
                "a": pd.array([1.0, None, 3.0], "Float64"),
                "b": pd.array([1, 2, None], "Int64"),
                "c": pd.array([True, False, None], "boolean"),
            }
        ),
        "one type": pd.DataFrame(GAPS, columns=list("abc")).astype("Float64"),
        "small types": pd.DataFrame(GAPS, columns=list("abc")).astype("Float32"),
        "objects": pd.DataFrame(GAPS, columns=list("abc")).astype(object).where(~np.isnan(GAPS), None),
        "NA in objects": pd.DataFrame(GAPS, columns=list("abc")).astype(object).where(~np.isnan(GAPS), pd.NA),
        "with a plain one": pd.DataFrame(
            {"a": pd.array([1.0, None, 3.0], "Float64"), "b": GAPS[:, 1], "c": GAPS[:, 2]}
        ),
    }


@pytest.mark.parametrize("name", sorted(nullable()))
def test_missing_values_are_nan(name):
    frame = nullable()[name]
    got = check_sequences([frame] * 2, allow_nan=True)
    assert_array_equal(got.values, np.concatenate([GAPS, GAPS]))
    assert got.feature_names == ("a", "b", "c")
    with pytest.raises(ValueError, match=r"X\[0\] must not contain NaN. Got one at step 1, feature 0"):
        check_sequences([frame])
    wide = check_sequences(frame, allow_nan=True)  # three sequences of three steps
    assert_array_equal(wide.values, GAPS.reshape(-1, 1))
    model = RNNClassifier("grud", units=2, epochs=1, random_state=0).fit([frame] * 4, [0, 1, 0, 1])
    plain = RNNClassifier("grud", units=2, epochs=1, random_state=0).fit([GAPS] * 4, [0, 1, 0, 1])
    assert_array_equal(model.predict_proba([frame]), plain.predict_proba([GAPS]))


def test_series_and_lists_with_na():
    for x in (
        pd.Series([1.0, None, 3.0], dtype="Float64"),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1.0, None, 3.0], dtype=object),
        [1.0, pd.NA, 3.0],
        [1.0, None, 3.0],
        np.array([1.0, pd.NA, 3.0], object),
    ):
        assert_array_equal(check_sequences([x, [1.0]], allow_nan=True).values[:, 0], [1.0, np.nan, 3.0, 1.0])
    y = [pd.Series([1.0, None, 3.0], dtype="Float64")] * 4
    X = [GAPS[:, :1] * 0 + 1] * 4
    X[0] = np.ones((3, 1))
    assert RNNRegressor("gru", units=2, epochs=1).fit([np.ones((3, 1))] * 4, y).n_iter_ == 1


def no_numbers():
    two = [1.0, 2.0]
    return {
        "datetimes": (pd.to_datetime(["2026-01-01", "2026-01-02"]), "datetime64.*hours since the first"),
        "time zone": (pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC"), "datetime64.*hours since"),
        "timedeltas": (pd.to_timedelta([1, 2], "h"), "timedelta64.*hours since the first"),
        "dates": ([date(2026, 1, 1), date(2026, 1, 2)], "object"),
        "python datetimes": ([datetime(2026, 1, 1)] * 2, "datetime64.*hours since"),
        "words": (["a", "b"], "PerStep"),
        "digits": (["1", "2"], "PerStep"),
        "category": (pd.Categorical(["a", "b"]), "category.*PerStep"),
        "lists": ([[1], [2]], "unless X is one column of sequences. Got list in a cell"),
        "complex": (np.array([1j, 2j]), "[Cc]omplex"),
        "mixed": ([1.0, "b"], "object|PerStep"),
    }, two


@pytest.mark.parametrize("name", sorted(no_numbers()[0]))
def test_what_is_no_number_is_named_by_its_column(name):
    values, sentence = no_numbers()[0][name]
    frame = pd.DataFrame({"a": [1.0, 2.0], "when": values})
    for X in ([frame] * 4, frame)[: 1 if name == "lists" else 2]:  # one frame with lists in its cells holds sequences
        with pytest.raises((ValueError, TypeError), match=f"(?s){sentence}") as error:
            RNNClassifier("gru", units=2, epochs=1).fit(X, [0, 1, 0, 1][: len(X)])
        assert len(str(error.value)) < 400
        if name != "complex":
            assert "column 'when' of X" in str(error.value)


def test_numbers_of_python():
    frame = pd.DataFrame({"a": [Decimal("1.5"), None], "b": [1, 2]})
    assert_array_equal(check_sequences([frame], allow_nan=True).values, [[1.5, 1.0], [np.nan, 2.0]])


def test_doubled_names():
    frame = pd.DataFrame([[1.0, pd.NA], [2.0, 3.0]], columns=["a", "a"])
    assert_array_equal(check_sequences([frame], allow_nan=True).values, [[1.0, np.nan], [2.0, 3.0]])


def test_types_of_plain_frames_stay():
    for dtype in ("float32", "int64", "bool", "float64"):
        assert check_sequences([pd.DataFrame(np.ones((2, 2)), dtype=dtype)], dtype=None).values.dtype == dtype


def test_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1.0, None, 3.0], "b": [1, 2, None], "c": [True, False, None]})
    got = check_sequences([frame] * 2, allow_nan=True)
    assert_array_equal(got.values, np.concatenate([GAPS, GAPS]))
    assert_array_equal(check_sequences([pl.Series([1, None, 3])], allow_nan=True).values[:, 0], [1.0, np.nan, 3.0])
    for values, kind in (
        ([date(2026, 1, 1)] * 2, "Date"),
        ([datetime(2026, 1, 1)] * 2, "Datetime"),
        ([timedelta(hours=1)] * 2, "Duration"),
        (["a", "b"], "String"),
    ):
        frame = pl.DataFrame({"a": [1.0, 2.0], "when": values})
        with pytest.raises(ValueError, match=f"column 'when' of X.* must hold numbers. Got {kind}"):
            check_sequences([frame])
        with pytest.raises(ValueError, match=f"column 'when' of X must hold numbers. Got {kind}"):
            check_sequences(frame)


# -- wide frames ---------------------------------------------------------------------------------------------


def wide(n, steps, first=0):
    return pd.DataFrame(
        np.random.default_rng(0).normal(size=(n, steps)), columns=[f"t{first + k}" for k in range(steps)]
    )


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_the_columns_of_a_wide_frame_are_steps(steps):
    model = RNNClassifier("gru", units=2, epochs=1, random_state=0).fit(wide(4, 5), [0, 1, 0, 1])
    assert model.n_features_in_ == 1
    assert not hasattr(model, "feature_names_in_")
    X = wide(3, steps, first=9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(model.predict_proba(X), model.predict_proba(X.to_numpy()[:, :, None]))


def test_names_that_fit_the_features_stay():
    frames = [pd.DataFrame(np.ones((n, 2)), columns=["speed", "gear"]) for n in (2, 3, 1, 4)]
    model = RNNClassifier("gru", units=2, epochs=1, random_state=0).fit(frames, [0, 1, 0, 1])
    assert model.feature_names_in_.tolist() == ["speed", "gear"]
    assert len(model.feature_names_in_) == model.n_features_in_
    with pytest.raises(ValueError, match=re.escape("The feature names should match")):
        model.predict([frame[["gear", "speed"]] for frame in frames])
