"""`sequences_from_long`: from a long table, one row for each step, to one row for each sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.cell_frames import pandas_cells, polars_cells
from skrnn.sequences.frames import is_absent, is_frame, series_values
from skrnn.sequences.messages import listed, nearest, shown
from skrnn.sequences.ragged import offsets_of

# What a second is in a unit of time.
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "D": 86400.0}


def sequences_from_long(
    frame: Any,
    *,
    id: str,
    time: str | None = None,
    static: Sequence[str] = (),
    keep_time: bool = False,
    unit: str = "s",
) -> tuple[Any, NDArray]:
    """Make one row for each sequence of a long table with one row for each step.

    Parameters
    ----------
    frame : pandas or polars data frame
        The long table, with rows in any order.
    id : str
        Column that tells to which sequence a row belongs.
    time : str, optional
        Column of time stamps, numbers or dates, by which the steps of a sequence are sorted. None keeps their order.
    static : sequence of str, default=()
        Columns with one value for each sequence, in all of its rows or in some and missing in the others.
    keep_time : bool, default=False
        Keep the time stamps as the first column of sequences, as cells that read time need them (`cell__time_feature`).
        Dates become the time since the first step of the sequence.
    unit : {"s", "min", "h", "D"}, default="s"
        Unit of that time.

    Returns
    -------
    X : data frame of the same library
        N rows, in the order in which the sequences first appear: for each static column a value, for each other one an
        array of T_i values. pandas has the ids as index.
    ids : ndarray of shape (N,)
        Id of each row.

    Raises
    ------
    ValueError
        If a column does not exist, an id or a time is missing, a sequence has two rows at one time, or several values
        in a static column.
    TypeError
        If frame is no data frame.

    Notes
    -----
    `fit` takes X as it is. Scale steps by `skrnn.preprocessing.PerStep` and static columns by scikit-learn's
    `ColumnTransformer`. A label for each step is another column: ``y = X.pop("label")``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn import sequences_from_long
    >>> long = pd.DataFrame({"stay": [7, 7, 9], "hour": [1, 0, 0], "pulse": [81.0, 80.0, 95.0], "age": [60, 60, 41]})
    >>> X, ids = sequences_from_long(long, id="stay", time="hour", static=["age"])
    >>> X
          age         pulse
    stay
    7      60  [80.0, 81.0]
    9      41        [95.0]
    """
    if not is_frame(frame):
        raise TypeError(f"frame must be a pandas or polars data frame. Got {shown(frame, 60)}.")
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {listed(list(UNITS))}. Got {shown(unit)}.")
    if isinstance(static, str):
        static = [static]
    data = nw.from_native(frame, eager_only=True)
    names = list(data.columns)
    for name in (id, *([] if time is None else [time]), *static):
        if name not in names:
            raise ValueError(f"frame must have a column {name!r}{nearest(str(name), names)}. Got {listed(names)}.")
    if len(data) == 0:
        raise ValueError("frame must have at least one row. Got none.")
    ids = data[id].to_numpy()
    _check_present(data[id], id)
    first, group = _groups(ids)
    n = len(first)
    stamps = None if time is None else _stamps(data[time], time, UNITS[unit])
    order = np.argsort(group, kind="stable") if stamps is None else np.lexsort((stamps, group))
    offsets = offsets_of(np.bincount(group, minlength=n))
    if stamps is not None and time is not None:
        _check_distinct(stamps[order], group[order], ids[first], data[time].to_numpy()[order], time)
    of_steps = [name for name in names if name not in (id, time, *static)]
    if not of_steps and not keep_time:
        raise ValueError(f"frame must have a column beside {listed([id, *([time] if time else []), *static])}.")
    columns: dict[str, Any] = {name: _static(data[name], name, order, offsets, ids[first]) for name in static}
    cells: dict[str, list[Any]] = {}
    if keep_time and stamps is not None and time is not None:
        dated = not data[time].dtype.is_numeric()
        begin = np.repeat(stamps[order][offsets[:-1]], np.diff(offsets)) if dated else 0
        cells[time] = _split(stamps[order] - begin, offsets)
    for name in of_steps:
        cells[name] = _split(_values(data[name], name)[order], offsets)
    return _built(frame, data[id], first, columns, cells), ids[first]


def _groups(ids: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The row where each id first appears, in order, and for each row the number of its id."""
    numbers: dict[Any, int] = {}
    group = np.array([numbers.setdefault(i, len(numbers)) for i in ids.tolist()], np.int64)
    return np.unique(group, return_index=True)[1], group


def _check_present(column: nw.Series, name: str) -> None:
    for row, value in enumerate(column.to_list()):
        if is_absent(value):
            raise ValueError(f"column {name!r} must not contain missing values. Got one in row {row}.")


def _stamps(column: nw.Series, name: str, unit: float) -> NDArray[np.float64]:
    _check_present(column, name)
    if isinstance(column.dtype, (nw.Datetime, nw.Date)):
        return column.to_numpy().astype("datetime64[ns]").astype(np.int64) / (1e9 * unit)
    if isinstance(column.dtype, nw.Duration):
        return column.to_numpy().astype("timedelta64[ns]").astype(np.int64) / (1e9 * unit)
    return series_values(column.to_native(), f"column {name!r}").astype(np.float64)


def _check_distinct(stamps: NDArray, group: NDArray, ids: NDArray, shown_as: NDArray, name: str) -> None:
    again = np.flatnonzero((stamps[1:] == stamps[:-1]) & (group[1:] == group[:-1]))
    if len(again):
        k = again[0] + 1
        raise ValueError(
            f"frame must have one row for each id and {name}. Got two of id {ids[group[k]]!s} at {shown_as[k]!s}."
        )


def _values(column: nw.Series, name: str) -> NDArray:
    """Values of a column of steps: numbers, NaN where one is missing, or strings."""
    if column.dtype.is_numeric() or isinstance(column.dtype, nw.Boolean):
        return series_values(column.to_native(), f"column {name!r}")
    if isinstance(column.dtype, (nw.Datetime, nw.Date, nw.Duration)):
        raise ValueError(
            f"column {name!r} must hold numbers or strings. Got {column.dtype}; leave it out, or set time."
        )
    values = np.array(column.to_list(), dtype=object)
    if all(isinstance(value, str) for value in values):
        return values
    return series_values(column.to_native(), f"column {name!r}")


def _static(column: nw.Series, name: str, order: NDArray, offsets: NDArray, ids: NDArray) -> list[Any]:
    """One value for each sequence."""
    values = column.to_list()
    found = []
    for k in range(len(ids)):
        present = [v for v in (values[row] for row in order[offsets[k] : offsets[k + 1]]) if not is_absent(v)]
        different = list(dict.fromkeys(present))
        if len(different) > 1:
            raise ValueError(
                f"static column {name!r} must have one value for each id. Got {different[0]!r} and {different[1]!r} "
                f"of id {ids[k]!s}."
            )
        found.append(different[0] if different else None)
    return found


def _split(values: NDArray, offsets: NDArray) -> list[Any]:
    parts = np.split(values, offsets[1:-1])
    return [part.tolist() for part in parts] if values.dtype == object else parts


def _built(frame: Any, id: nw.Series, first: NDArray, static: dict[str, Any], cells: dict[str, list[Any]]) -> Any:
    if not hasattr(frame, "iloc"):
        import polars

        series = [*(polars.Series(k, v) for k, v in static.items()), *(polars_cells(k, v) for k, v in cells.items())]
        return polars.DataFrame(series)
    import pandas

    index = pandas.Index(id.to_numpy()[first], name=id.name)
    columns = {k: pandas.Series(v, index=index) for k, v in static.items()}
    return pandas.DataFrame(columns | {k: pandas_cells(v, index) for k, v in cells.items()}, index=index)
