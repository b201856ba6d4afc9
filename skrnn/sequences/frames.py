"""Columns of data frames as numbers. pandas and polars are imported only where a frame of theirs came in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_absent(value: Any) -> bool:
    """Tell whether a value is None, NaN, or pandas' NA or NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(value != value)


def is_frame(x: Any) -> bool:
    """Tell whether x is a data frame."""
    return hasattr(x, "columns") and hasattr(x, "to_numpy") and len(getattr(x, "shape", ())) == 2


def is_series(x: Any) -> bool:
    """Tell whether x is a column of a data frame."""
    return hasattr(x, "to_numpy") and hasattr(x, "dtype") and len(getattr(x, "shape", ())) == 1


def joined(parts: list[Any]) -> Any:
    """Data frames, or columns of them, under each other."""
    if hasattr(parts[0], "iloc"):
        import pandas

        return pandas.concat(parts, ignore_index=True)
    import polars

    return polars.concat(parts)


def frame_values(frame: Any, place: str) -> NDArray:
    """Values of a data frame, in a type that holds all columns; a value that is missing is NaN.

    Parameters
    ----------
    frame : pandas or polars data frame
    place : str
        What messages call it, such as "X[0]".

    Returns
    -------
    ndarray of shape (rows, columns)

    Raises
    ------
    ValueError
        If a column holds dates, durations, words, or anything else that is no number; it is named.
    """
    if hasattr(frame, "iloc"):
        values = frame.to_numpy()
        if values.dtype.kind in "fiubc":
            return values
    names = list(frame.columns)
    get = (lambda k: frame.iloc[:, k]) if hasattr(frame, "iloc") else (lambda k: frame[:, k])
    columns = [series_values(get(k), f"column {names[k]!r} of {place}") for k in range(len(names))]
    return np.column_stack(columns) if columns else np.zeros(frame.shape)


def series_values(series: Any, place: str) -> NDArray:
    """Values of one column; parameters and errors as of `frame_values`."""
    values = series.to_numpy()
    if values.dtype == object:
        known = [np.nan if is_absent(v) else v for v in values]
        nested = next((v for v in known if hasattr(v, "__len__") and not isinstance(v, (str, bytes))), None)
        if nested is not None:
            got = f"{type(nested).__name__} in a cell"
            raise ValueError(f"{place} must hold numbers, unless X is one column of sequences. Got {got}.")
        # A string of digits is a word: nobody wrote a number.
        if not any(isinstance(v, (str, bytes)) for v in known):
            try:
                return np.array(known, dtype=np.float64)
            except (OverflowError, TypeError, ValueError):
                pass
    elif values.dtype.kind in "fiubc":
        return values
    kind = str(series.dtype)
    if values.dtype.kind in "mM" or "date" in kind.lower() or "duration" in kind.lower():
        hint = "Turn it into numbers, such as hours since the first."
    else:
        hint = "PerStep(ColumnTransformer(...)) turns words into numbers."
    raise ValueError(f"{place} must hold numbers. Got {kind}. {hint}")
