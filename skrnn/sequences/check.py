"""The one gate: every form of X and y becomes `Sequences` or arrays here, or one clear sentence."""

from __future__ import annotations

import sys
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_array

from skrnn.sequences.frames import frame_values, is_absent, is_frame, is_series, series_values
from skrnn.sequences.messages import shown
from skrnn.sequences.on_disk import pieces, read_as, steps_at_once
from skrnn.sequences.ragged import Sequences


def check_sequences(
    X: Any,
    *,
    n_features: int | None = None,
    tokens: bool = False,
    allow_nan: bool = False,
    nan_hint: str = "",
    dtype: Any = np.float32,
    name: str = "X",
    owner: str = "this",
) -> Sequences:
    """Turn any form of X into `Sequences`.

    Parameters
    ----------
    X : array of shape (N, T, D) or (N, T), list of arrays (T_i, D) or (T_i,), or Sequences
        A 2-D array is N sequences of T steps with one feature each. Data frames are read as arrays. Memory-mapped
        values are looked at piece by piece and not copied; another type is given to them when they are read.
    n_features : int, optional
        D that X must have.
    tokens : bool, default=False
        X holds one non-negative integer a step; the result is int32.
    allow_nan : bool, default=False
        Let NaN through (never infinity).
    nan_hint : str, default=""
        What to do about NaN, for the message.
    dtype : dtype, default=float32
        Type of the values.
    name : str, default="X"
        What messages call it.
    owner : str, default="this"
        Who expects `n_features`, in messages.

    Returns
    -------
    Sequences

    Raises
    ------
    ValueError
        If X is not a set of non-empty, finite sequences with the same features.
    TypeError
        If X is sparse.
    """
    sequences = as_sequences(X, n_features, name, owner)

    def check(part: Sequences, first: int = 0) -> NDArray:
        if tokens:
            return _check_tokens(part, name, first)
        return _check_values(part, dtype, allow_nan, name, first, nan_hint)

    if not sequences.on_disk:
        return sequences.with_values(check(sequences), sequences.feature_names)
    for begin, end in pieces(sequences.lengths, steps_at_once(sequences)):
        read = check(sequences[begin:end], begin).dtype
    return read_as(sequences, read)


def as_sequences(
    X: Any, n_features: int | None = None, name: str = "X", owner: str = "this", numbers: bool = True
) -> Sequences:
    """Any form of X as non-empty sequences of the same features; only in data frames values are looked at."""
    _refuse_sparse(X, name)
    check_no_mask(X, name)
    X = unboxed(X)
    if isinstance(X, Sequences):
        if len(X.step_shape) > 1:
            raise ValueError(f"{name}[0] must have shape (time, features). Got steps of shape {X.step_shape}.")
        sequences = X if X.step_shape else X.with_values(X.values[:, None], X.feature_names)
    elif is_list_of_arrays(X):
        sequences = _from_list(X, name, numbers)
    else:
        sequences = _from_array(X, name, numbers)
    if len(sequences) == 0:
        raise no_sequences(name)
    empty = np.flatnonzero(sequences.lengths == 0)
    if len(empty):
        raise ValueError(f"{name}[{empty[0]}] must have at least one step. Got an empty sequence.")
    if sequences.n_features == 0:
        raise ValueError(f"Found array with 0 feature(s) in {name} while a minimum of 1 is required.")
    if n_features is not None and sequences.n_features != n_features:
        raise ValueError(
            f"{name}[0] must have shape (time, {n_features}). Got {sequences[0].shape}: {name} has "
            f"{sequences.n_features} features, but {owner} is expecting {n_features} features as input."
            + (f" One sequence is {name}[None]." if isinstance(X, np.ndarray) and X.shape[1:] == (n_features,) else "")
        )
    return sequences


def check_no_mask(x: Any, name: str) -> None:
    """Raise a TypeError for a masked array, whose mask would be lost."""
    if isinstance(x, np.ma.MaskedArray):
        hint = " Use Sequences.from_padded(data, mask=real_steps)." if name == "X" else ""
        raise TypeError(f"{name} must not be a masked array.{hint}")


def _refuse_sparse(X: Any, name: str) -> None:
    if sparse.issparse(X):
        raise TypeError(f"Sparse data are not sequences: {name} must be dense. Use {name}.toarray().")


def no_sequences(name: str) -> ValueError:
    """The error for an X without sequences."""
    return ValueError(
        f"Found array with 0 sample(s): {name} must hold at least one sequence, a minimum of 1 is required."
    )


def unboxed(X: Any) -> Any:
    """Take an object array out of a data frame's column, whose cells are sequences; also where it is the only one."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if isinstance(X, np.ndarray):
        return X[:, 0] if X.dtype == object and _is_column(X) else X
    if not hasattr(X, "to_numpy"):
        return X
    if len(shape) == 1:
        return X.to_numpy()
    if len(shape) == 2 and shape[1] == 1 and _is_column(cells := X.to_numpy()):
        return cells[:, 0]
    return X


def _is_column(X: NDArray) -> bool:
    return X.ndim == 2 and X.shape[1] == 1 and len(X) > 0 and _is_sequence(X[0, 0])


def is_list_of_arrays(X: Any) -> bool:
    """Tell whether X is a list, tuple or object array of sequences (and not one array of numbers)."""
    if isinstance(X, np.ndarray):
        return X.dtype == object and X.ndim == 1 and any(_is_sequence(x) for x in X)
    if not isinstance(X, (list, tuple)) or not len(X):
        return False
    if any(hasattr(x, "shape") and np.ndim(x) for x in X):
        return True
    if not all(_is_sequence(x) for x in X):
        return False
    # Nested lists: of equal length they are an array; of unequal length they can only be sequences.
    return len({len(x) for x in X}) > 1


def _is_sequence(x: Any) -> bool:
    return isinstance(x, (list, tuple)) or (hasattr(x, "__len__") and not isinstance(x, (str, bytes, dict)))


def _as_array(x: Any, place: str, numbers: bool) -> NDArray:
    """An array; of numbers also where a data frame holds columns of several types."""
    if numbers and is_frame(x):
        return frame_values(x, place)
    return series_values(x, place) if numbers and is_series(x) else np.asarray(x)


def _from_list(X: Any, name: str, numbers: bool) -> Sequences:
    names = frame_columns(X[0])
    arrays: list[NDArray] = []
    kinds = set()
    for i, x in enumerate(X):
        # Of plain arrays, of which there may be many, there is nothing to ask.
        array = (
            x if type(x) is np.ndarray and x.ndim and names is None else _row(x, f"{name}[{i}]", name, names, numbers)
        )
        kinds.add(array.dtype.kind)
        if numbers and array.dtype.kind in "mMV":
            raise ValueError(f"{name}[{i}] must hold numbers. Got {array.dtype}.")
        if array.ndim == 1:
            array = array[:, None]
        width = arrays[0].shape[1] if arrays else "features"
        if array.ndim != 2 or (arrays and array.shape[1] != width and len(array)):
            turned = array.ndim == 2 and arrays and len({len(a) for a in [*arrays, array]}) == 1
            hint = f" If features are rows, transpose: [x.T for x in {name}]." if turned else ""
            raise ValueError(f"{name}[{i}] must have shape (time, {width}). Got {np.shape(x)}.{hint}")
        if len(array) == 0:
            raise ValueError(f"{name}[{i}] must have at least one step. Got an empty sequence.")
        arrays.append(array)
    if len({kind in "fiub" for kind in kinds}) > 1 or kinds & set("mMV"):
        arrays = [array.astype(object) for array in arrays]  # of no common type
    return Sequences.from_list(arrays, names)


def _row(x: Any, place: str, name: str, names: tuple[str, ...] | None, numbers: bool) -> NDArray:
    """One sequence as an array."""
    _refuse_sparse(x, place)
    check_no_mask(x, place)
    if not _is_sequence(x):
        raise ValueError(f"{place} must have shape (time, features). Got {shown(x)}.")
    if frame_columns(x) != names:
        raise ValueError(
            f"{place} must have the columns of {name}[0], {_names(names)}. Got {_names(frame_columns(x))}."
        )
    try:
        return _as_array(x, place, numbers)
    except ValueError as error:
        if is_frame(x) or is_series(x):
            raise
        raise ValueError(f"{place} must have shape (time, features). Got rows of unequal length.") from error


def _from_array(X: Any, name: str, numbers: bool) -> Sequences:
    if is_frame(X):
        X = _as_array(X, name, numbers)
    if isinstance(X, (list, tuple)):
        try:
            X = np.asarray(X)
        except ValueError:
            return _from_list(X, name, numbers)  # which knows the one that is ragged
    if getattr(X, "shape", None) == (0,):
        raise no_sequences(name)
    if not _is_plain(X):
        array = np.asarray(X)
        if array.dtype.kind == "V":
            raise ValueError(f"{name} must hold numbers. Got {array.dtype}.")
        if array.ndim < 2:
            raise ValueError(
                f"Expected 2D array, got {'1D' if array.ndim else 'scalar'} array instead: {name} must have shape "
                f"(N, T, D) or (N, T), or be a list. Got {array.shape}. Reshape your data: {name}[None] is a sequence."
            )
        if array.dtype.kind == "c":
            raise _complex(name, array)
        X = check_array(X, dtype=None, allow_nd=True, ensure_all_finite=False, ensure_min_features=0, input_name=name)
    if X.ndim > 3:
        raise ValueError(f"{name} must have shape (N, T, D) or (N, T), dim <= 3. Got {X.shape}.")
    if X.dtype == object and X.size and _is_sequence(X.flat[0]):
        raise ValueError(
            f"{name} must hold numbers, or be one column of sequences. Got sequences in {X.ndim} dimensions; several "
            "columns are a data frame."
        )
    if X.ndim == 2 and X.shape[1] == 0:
        raise ValueError(
            f"0 feature(s) (shape={X.shape}) while a minimum of 1 is required: {name} must have at least one step."
        )
    n, steps = X.shape[:2]
    return Sequences(X.reshape(n * steps, *(X.shape[2:] or (1,))), np.arange(n + 1) * steps)


def _check_values(
    sequences: Sequences, dtype: Any, allow_nan: bool, name: str, first: int = 0, nan_hint: str = ""
) -> NDArray:
    """Values that are numbers, in a type; `first` is the number of the first sequence, in messages."""
    values = sequences.values
    if values.dtype == object and any(type(v).__name__ == "NAType" for v in values.reshape(-1)):
        values = np.array([np.nan if is_absent(v) else v for v in values.reshape(-1)], object).reshape(values.shape)
    if values.dtype.kind in "mM":
        raise ValueError(f"{name} must hold numbers. Got {values.dtype}.")
    if values.dtype.kind == "c":
        raise _complex(name, values)
    if values.dtype == object:
        _check_objects(sequences, values, name, first)
    with np.errstate(over="ignore"):  # too large a number is told below
        if _is_plain(values):
            values = values.astype(_numeric(values, dtype), copy=False)
        else:  # check_array brings scikit-learn's sentences on strings, objects and complex numbers.
            values = check_array(values, dtype=_numeric(values, dtype), ensure_all_finite=False, input_name=name)
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if bad.any():
        position, feature = np.argwhere(bad)[0]
        row, step = _place(sequences, position)
        is_nan = np.isnan(values[position, feature])
        what = "NaN" if is_nan else f"infinity or a value too large for {values.dtype}"
        hint = f" {nan_hint}" if is_nan and nan_hint else ""
        padded = len(sequences) > 1 and bool((sequences.lengths == sequences.lengths[0]).all())
        if is_nan and step and padded and np.isnan(values[position : sequences.offsets[row + 1]]).all():
            hint += f" If the sequence ends there, Sequences.from_padded({name}, lengths=...) takes the rest away."
        raise ValueError(
            f"{name}[{first + row}] must not contain {what}. Got one at step {step}, "
            f"feature {feature}: Input {name} contains {what}.{hint}"
        )
    return values


def _complex(name: str, values: NDArray) -> ValueError:
    return ValueError(f"Complex data not supported: {name} must hold real numbers. Got {values.dtype}.")


def _check_objects(sequences: Sequences, values: NDArray, name: str, first: int) -> None:
    """Raise for the first object that is no number; strings are left to scikit-learn, which reads digits."""
    for place, value in enumerate(values.reshape(-1)):
        is_time = isinstance(value, (np.timedelta64, np.datetime64))
        if isinstance(value, (complex, np.complexfloating)):
            raise _complex(name, np.asarray(value))
        if is_time or not (isinstance(value, (Real, Decimal, np.bool_, str, bytes)) or is_absent(value)):
            row, step = _place(sequences, place // values.shape[1])
            raise TypeError(
                f"{name}[{first + row}] must hold numbers. Got {type(value).__name__} at step {step}: an argument must "
                "be a string or a number."
            )
        if isinstance(value, int) and abs(value) > sys.float_info.max:
            row, step = _place(sequences, place // values.shape[1])
            raise ValueError(
                f"{name}[{first + row}] must not contain a value too large for float64. Got one at step {step}."
            )


def check_time_stamps(sequences: Sequences, column: int, name: str = "X") -> None:
    """Check the time stamps in a column of checked sequences.

    Parameters
    ----------
    sequences : Sequences
    column : int
    name : str, default="X"
        What messages call them.

    Raises
    ------
    ValueError
        If there is NaN, a time before 0, or one that is less than the one before it.
    """
    parts = pieces(sequences.lengths, steps_at_once(sequences)) if sequences.on_disk else [(0, len(sequences))]
    for begin, end in parts:
        part = sequences[begin:end]
        stamps = np.asarray(part.values[:, column])
        before = np.concatenate([stamps[:1], stamps[:-1]])
        before[part.offsets[:-1]] = 0
        wrong = ~(stamps >= before)  # also where there is NaN
        if wrong.any():
            position = int(np.flatnonzero(wrong)[0])
            row, step = _place(part, position)
            after = f" after {before[position]:g}" if step else ""
            raise ValueError(
                f"{name}[{begin + row}] must hold time stamps in column {column} that begin at 0 or later and never "
                f"fall. Got {stamps[position]:g} at step {step}{after}."
            )


def _is_plain(X: Any) -> bool:
    """Tell whether X is an array of numbers of which `check_array` has nothing to say; asking it takes 30 us."""
    return type(X) is np.ndarray and X.ndim in (2, 3) and X.dtype.kind in "fiub" and X.size > 0


def _numeric(values: NDArray, dtype: Any) -> Any:
    return values.dtype if dtype is None and values.dtype.kind in "fiub" else (dtype or np.float64)


def _place(sequences: Sequences, position: int) -> tuple[int, int]:
    """From a position in the values to a sequence and a step."""
    row = int(np.searchsorted(sequences.offsets, position, side="right")) - 1
    return row, int(position - sequences.offsets[row])


def _check_tokens(sequences: Sequences, name: str, first: int = 0) -> NDArray[np.int32]:
    if sequences.n_features != 1:
        raise ValueError(
            f"{name} must hold one token a step where it is embedded. Got {sequences.n_features} features a step."
        )
    values = _check_values(sequences, np.float64, False, name, first)
    wrong = (values < 0) | (values != np.floor(values)) | (values > np.iinfo(np.int32).max)
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        row, step = _place(sequences, position)
        raise ValueError(
            f"{name}[{first + row}] must hold tokens, integers from 0. Got {values[position, 0]:g} at step {step}."
        )
    return values.astype(np.int32)


def frame_columns(x: Any) -> tuple[str, ...] | None:
    """Column names of a data frame whose names are all strings; None for anything else."""
    columns = getattr(x, "columns", None)
    if columns is None or not hasattr(x, "shape"):
        return None
    names = tuple(columns)
    return names if names and all(isinstance(n, str) for n in names) else None


def _names(names: tuple[str, ...] | None) -> str:
    return "none" if names is None else ", ".join(names)
