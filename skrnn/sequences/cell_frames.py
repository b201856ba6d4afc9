"""Data frames whose cells hold sequences, beside columns of numbers and categories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.check import as_sequences
from skrnn.sequences.frames import is_absent, is_frame, series_values
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import Sequences


def holds_cells(X: Any) -> bool:
    """Whether X is a data frame with a column whose cells are sequences."""
    if not is_frame(X):
        return False
    names = list(X.columns)
    if len(set(names)) < len(names):  # as a table may have them
        return False
    data: Any = nw.from_native(X, eager_only=True, pass_through=True)  # other objects may look like frames
    if not isinstance(data, nw.DataFrame):
        return False
    columns: Any = data.iter_columns()
    return any(is_cell_column(column) for column in columns)


def is_cell_column(column: nw.Series) -> bool:
    """Whether the cells of a column are sequences, as the first one that is there tells."""
    if isinstance(column.dtype, (nw.List, nw.Array)):
        return True
    if column.dtype != nw.Object:  # which pandas has for strings, too
        return False
    return _is_cell(next((cell for cell in column if not is_absent_cell(cell)), None))


def is_absent_cell(cell: Any) -> bool:
    """Whether a cell is None, NaN, or pandas' NA or NaT."""
    return not _is_cell(cell) and is_absent(cell)


def _is_cell(cell: Any) -> bool:
    return hasattr(cell, "__len__") and not isinstance(cell, (str, bytes, dict, set))


class CellFrame(NamedTuple):
    """A data frame, taken apart.

    Attributes
    ----------
    names : tuple of str
        Of all columns, in order.
    sequences : dict of str to list
        For each column of sequences its cells.
    static : dict of str to narwhals.Series
        The other columns.
    """

    names: tuple[str, ...]
    sequences: dict[str, list[Any]]
    static: dict[str, nw.Series]

    @classmethod
    def of(cls, frame: Any, names: Iterable[str] | None = None) -> CellFrame:
        """Take a data frame apart.

        Parameters
        ----------
        frame : pandas or polars data frame
        names : iterable of str, optional
            Columns of sequences that are known to be some; by default the cells tell.

        Raises
        ------
        ValueError
            If names of columns are no strings, there is no row, or a cell of a column of sequences is none.
        """
        data = nw.from_native(_with_names(frame), eager_only=True)
        if not len(data):
            raise ValueError("Found array with 0 sample(s): X must hold at least one row, a minimum of 1 is required.")
        columns = {column.name: column for column in data.iter_columns()}
        wanted = None if names is None else set(names)
        cells, static = {}, {}
        for name, column in columns.items():
            if name in wanted if wanted is not None else is_cell_column(column):
                cells[name] = _cells(column)
            else:
                static[name] = column
        return cls(tuple(columns), cells, static)


def _with_names(frame: Any) -> Any:
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"X must have column names that are strings. Got {shown(name)}.")
    return frame


def _cells(column: nw.Series) -> list[Any]:
    cells = column.to_list() if column.dtype == nw.Object else [_nested(c) for c in column.to_numpy()]
    for row, cell in enumerate(cells):
        if not _is_cell(cell):
            raise ValueError(
                f"column {column.name!r} of X must hold a sequence in each row. Got {shown(cell)} at {row}."
            )
        if not len(cell):
            raise ValueError(f"column {column.name!r} of X must have at least one step in each row. Got none at {row}.")
    return cells


def _nested(cell: Any) -> Any:
    """A cell of polars: an array, of arrays where it has features; strings as a list."""
    if not isinstance(cell, np.ndarray) or cell.dtype != object or not len(cell):
        return cell
    if isinstance(cell[0], np.ndarray) and cell[0].dtype != object:
        return np.array([row if row is not None else np.nan for row in cell])
    return cell.tolist()


def cell_sequences(cells: Sequence[Any], name: str) -> Sequences:
    """Cells of numbers as `Sequences`."""
    return as_sequences([_as_array(cell, row, name) for row, cell in enumerate(cells)], name=f"column {name!r} of X")


def _as_array(cell: Any, row: int, name: str) -> Any:
    """Nested lists as an array, so that cells of equal lengths are sequences, too."""
    if hasattr(cell, "shape"):
        return cell
    try:
        return np.asarray(cell)
    except ValueError as error:
        raise ValueError(f"column {name!r} of X must hold steps of one length. Got others at {row}.") from error


def static_numbers(column: nw.Series) -> NDArray[np.float32] | None:
    """Numbers of a column, or None where it holds words.

    Raises
    ------
    ValueError
        If a value is missing, infinite, a sequence, a date, or a word among numbers.
    """
    place = f"column {column.name!r} of X"
    numeric = column.dtype.is_numeric()  # of such there is nothing to ask, one by one
    if not numeric:
        _check_cells(column, place)
    if column.dtype == nw.Object or isinstance(column.dtype, (nw.String, nw.Categorical, nw.Enum)):
        kinds = {isinstance(cell, str) for cell in column.to_list()}
        if kinds == {True}:
            return None
        if len(kinds) > 1:
            raise ValueError(f"{place} must hold numbers, or strings. Got both.")
    values = series_values(column.to_native(), place).astype(np.float64)
    if numeric and np.isnan(values).any():
        raise _missing(place, int(np.isnan(values).argmax()))
    wrong = np.flatnonzero(~np.isfinite(values.astype(np.float32)))
    if len(wrong):
        raise ValueError(f"{place} must hold finite numbers of float32. Got {values[wrong[0]]} at {wrong[0]}.")
    return values.astype(np.float32)


def static_words(column: nw.Series) -> list[str]:
    """Words of a column of categories.

    Raises
    ------
    ValueError
        If a value is missing, or no string.
    """
    place = f"column {column.name!r} of X"
    _check_cells(column, place)
    words = column.to_list()
    for row, word in enumerate(words):
        if not isinstance(word, str):
            raise ValueError(f"{place} must hold strings, as in fit. Got {shown(word)} at {row}.")
    return words


def _check_cells(column: nw.Series, place: str) -> None:
    for row, cell in enumerate(column.to_list()):
        if _is_cell(cell):
            raise ValueError(f"{place} must hold one value in each row. Got {shown(cell, 60)} at {row}.")
        if is_absent(cell):
            raise _missing(place, row)


def _missing(place: str, row: int) -> ValueError:
    hint = "SimpleImputer in a ColumnTransformer fills them in."
    return ValueError(f"{place} must not contain missing values. Got one at {row}; {hint}")


def with_cells(frame: Any, cells: dict[str, Sequence[Any]]) -> Any:
    """The same data frame with other cells in some columns.

    Parameters
    ----------
    frame : pandas or polars data frame
    cells : dict of str to N cells
    """
    if not hasattr(frame, "iloc"):
        return frame.with_columns(*(polars_cells(name, rows) for name, rows in cells.items()))
    changed = frame.copy(deep=False)
    for name, rows in cells.items():
        changed[name] = pandas_cells(rows, frame.index)
    return changed


def pandas_cells(rows: Sequence[Any], index: Any) -> Any:
    """A column of pandas."""
    import pandas

    boxed = np.empty(len(rows), dtype=object)
    for k, row in enumerate(rows):  # in one go NumPy would look into rows of equal length
        boxed[k] = row
    return pandas.Series(boxed, index=index, dtype=object)


def polars_cells(name: str, rows: Sequence[Any]) -> Any:
    """A column of polars: nested lists, and objects where a step has several features."""
    import polars

    plain = all(not isinstance(row, np.ndarray) or row.ndim == 1 for row in rows)
    return polars.Series(name, list(rows)) if plain else polars.Series(name, list(rows), dtype=polars.Object)


def frame_like(frame: Any, columns: dict[str, NDArray]) -> Any:
    """A new data frame of the library of another one."""
    return frame_of("pandas" if hasattr(frame, "iloc") else "polars", columns)


def frame_of(library: str, columns: dict[str, Any]) -> Any:
    """A data frame of "pandas" or "polars".

    Raises
    ------
    ValueError
        For another library.
    """
    if library not in ("pandas", "polars"):
        raise ValueError(f"output must be 'default', 'pandas' or 'polars'. Got {shown(library)}.")
    if library == "polars":
        import polars

        return polars.DataFrame(columns)
    import pandas

    return pandas.DataFrame(columns)
