"""Data frames with sequences in cells, and those made of long tables, against the rows that they were made of."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skrnn import RNNClassifier, sequences_from_long
from skrnn.sequences.cell_frames import CellFrame, holds_cells

LENGTHS = [3, 1, 2]
PULSE = [np.array([80.0, 81.0, 79.0]), np.array([95.0]), np.array([60.0, 61.0])]


def long_table(seed=0):
    rows = [
        {
            "stay": f"s{i}",
            "hour": float(t),
            "pulse": PULSE[i][t],
            "word": "ab"[t % 2],
            "age": 40 + i,
            "sex": "mf"[i % 2],
        }
        for i, n in enumerate(LENGTHS)
        for t in range(n)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed).reset_index(drop=True)


OF_LIBRARY = {
    "pandas": lambda frame: frame,
    "polars": lambda frame: pl.DataFrame({k: list(v) for k, v in frame.items()}),
}


@pytest.mark.parametrize("library", sorted(OF_LIBRARY))
def test_a_long_table_becomes_a_row_for_each_id(library):
    long = long_table()
    X, ids = sequences_from_long(OF_LIBRARY[library](long), id="stay", time="hour", static=["age", "sex"])
    assert isinstance(X, pd.DataFrame if library == "pandas" else pl.DataFrame)
    assert list(ids) == list(dict.fromkeys(long["stay"]))
    assert list(X.columns) == ["age", "sex", "pulse", "word"]
    if library == "pandas":
        assert list(X.index) == list(ids)
    for row, name in enumerate(ids):
        i = int(name[1:])
        np.testing.assert_array_equal(X["pulse"].to_list()[row], PULSE[i])
        assert list(X["word"].to_list()[row]) == ["ab"[t % 2] for t in range(LENGTHS[i])]
        assert X["age"].to_list()[row] == 40 + i
        assert X["sex"].to_list()[row] == "mf"[i % 2]


def test_time_is_kept_where_it_is_asked_for():
    long = long_table()
    X, ids = sequences_from_long(long, id="stay", time="hour", static=["age", "sex"], keep_time=True)
    assert list(X.columns) == ["age", "sex", "hour", "pulse", "word"]
    np.testing.assert_array_equal(X.loc["s0", "hour"], [0.0, 1.0, 2.0])
    long["hour"] = pd.Timestamp("2026-01-05 12:00") + pd.to_timedelta(90 * long["hour"], unit="min")
    for table in (long, OF_LIBRARY["polars"](long.assign(hour=long["hour"].dt.to_pydatetime()))):
        dated, _ = sequences_from_long(table, id="stay", time="hour", keep_time=True, unit="h")
        hours = dict(zip(ids, dated["hour"].to_list()))
        np.testing.assert_allclose(hours["s0"], [0.0, 1.5, 3.0])


def test_steps_keep_their_order_without_time():
    long = pd.DataFrame({"id": [1, 2, 1, 2], "x": [1.0, 2.0, 3.0, 4.0]})
    X, _ = sequences_from_long(long, id="id")
    np.testing.assert_array_equal(X.loc[1, "x"], [1.0, 3.0])


def test_static_values_may_be_missing_in_some_rows():
    long = pd.DataFrame({"id": [1, 1, 2], "x": [1.0, 2.0, 3.0], "age": [np.nan, 50.0, np.nan]})
    X, _ = sequences_from_long(long, id="id", static="age")
    assert X["age"].iloc[0] == 50.0
    assert np.isnan(X["age"].iloc[1])


WRONG = {
    "no such column": ({"id": "stai"}, "frame must have a column 'stai'; did you mean 'stay'"),
    "a doubled stamp": ({}, "frame must have one row for each id and hour. Got two of id s0 at 1.0."),
    "another unit": ({"unit": "week"}, "unit must be one of 's', 'min', 'h', 'D'. Got 'week'."),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_wrong_tables(what):
    options, sentence = WRONG[what]
    long = long_table()
    long = pd.concat([long, long[(long["stay"] == "s0") & (long["hour"] == 1)]], ignore_index=True)
    with pytest.raises(ValueError, match=sentence):
        sequences_from_long(long, **{"id": "stay", "time": "hour", "static": ["age"], **options})


def test_more_wrong_tables():
    long = long_table()
    with pytest.raises(TypeError, match="frame must be a pandas or polars data frame. Got \\[1, 2\\]."):
        sequences_from_long([1, 2], id="stay")
    with pytest.raises(ValueError, match="frame must have at least one row. Got none."):
        sequences_from_long(long[:0], id="stay")
    changed = long.copy()
    changed.loc[changed["stay"] == "s0", "age"] = [40, 41, 40]
    with pytest.raises(
        ValueError, match="static column 'age' must have one value for each id. Got 40 and 41 of id s0."
    ):
        sequences_from_long(changed, id="stay", time="hour", static=["age"])
    with pytest.raises(ValueError, match="column 'stay' must not contain missing values. Got one in row 0."):
        sequences_from_long(long.assign(stay=[None, *long["stay"][1:]]), id="stay")
    with pytest.raises(ValueError, match="column 'hour' must not contain missing values. Got one in row 0."):
        sequences_from_long(long.assign(hour=[np.nan, *long["hour"][1:]]), id="stay", time="hour")
    dates = pd.to_datetime(long["hour"], unit="h")
    with pytest.raises(ValueError, match="column 'when' must hold numbers or strings. Got Datetime"):
        sequences_from_long(long.assign(when=dates), id="stay", time="hour")
    with pytest.raises(ValueError, match="frame must have a column beside 'stay', 'hour'."):
        sequences_from_long(long[["stay", "hour"]], id="stay", time="hour")


def test_a_long_table_where_sequences_are_meant_is_warned_of():
    long = long_table()[["hour", "pulse", "age"]]
    with pytest.warns(UserWarning, match="sequences_from_long"):
        RNNClassifier("gru", units=2, epochs=1).fit(long, [0, 1] * 3)


def test_frames_of_cells_are_told_from_tables():
    assert holds_cells(pd.DataFrame({"x": [[1, 2], [3]], "age": [1, 2]}))
    assert holds_cells(pd.DataFrame({"x": [None, [3]]}))
    assert holds_cells(pl.DataFrame({"x": [[1, 2], [3]]}))
    for table in (
        pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
        pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]),
        pl.DataFrame({"x": [1]}),
        np.zeros((2, 2)),
        [[1], [2]],
    ):
        assert not holds_cells(table)


def test_what_looks_like_a_frame_is_none():
    class Table:
        columns, shape = ["a"], (1, 1)

        def to_numpy(self):
            return np.ones((1, 1))

    assert not holds_cells(Table())
    doubled = pd.DataFrame([[[1], 1.0]], columns=["a", "a"])
    assert not holds_cells(doubled)
    with pytest.raises(ValueError, match="column 'a' of X must hold numbers"):
        RNNClassifier(units=2).fit(doubled, [0])


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame({"x": [[1.0], None]}), "column 'x' of X must hold a sequence in each row. Got None at 1."),
        (pd.DataFrame({"x": [[1.0], []]}), "column 'x' of X must have at least one step in each row. Got none at 1."),
        (pd.DataFrame({0: [[1.0], [2.0]]}), "X must have column names that are strings. Got 0."),
        (pd.DataFrame({"x": [[1.0]]})[:0], "Found array with 0 sample"),
    ],
)
def test_wrong_cells(frame, sentence):
    with pytest.raises(ValueError, match=sentence):
        CellFrame.of(frame)
