"""Ragged labels: every form of a y with one label per step becomes rows of labels here, or one clear sentence."""

from __future__ import annotations

import sys
import warnings
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from skrnn.sequences.check import check_no_mask, unboxed
from skrnn.sequences.frames import is_absent
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.target_shapes import check_same_lengths

# The number of a step without a label.
NO_LABEL = -1


def as_labels(y: Any, name: str = "y") -> NDArray:
    """Turn any container of class labels into an array of their own type.

    Parameters
    ----------
    y : array-like of shape (N,) or (N, K)
        Lists, arrays, Series and data frames.
    name : str, default="y"
        What messages call it.

    Returns
    -------
    ndarray of shape (N,) or (N, K)

    Raises
    ------
    ValueError
        If a label is missing, labels are of several types, or rows have unequal lengths.
    """
    check_no_mask(y, name)
    if isinstance(y, np.ndarray) and y.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold labels. Got {y.dtype}.")
    if isinstance(y, np.ndarray) and y.dtype.kind in "iubfUSmM":
        return y
    y = y.to_numpy() if hasattr(y, "to_numpy") else y
    rows = np.array(list(y) if isinstance(y, np.ndarray) and y.ndim == 1 else y, dtype=object)
    labels = [_as_label(label) for label in rows.reshape(-1)]
    if any(is_absent(label) for label in labels):
        raise ValueError(f"{name} must not contain missing labels. Got one: Input {name} contains NaN or None.")
    if any(isinstance(label, (list, tuple, dict, set, np.ndarray)) for label in labels):
        raise ValueError(f"{name} must hold one label each. Got {shown(rows.reshape(-1)[0])}.")
    if any(isinstance(label, (complex, np.complexfloating)) for label in labels):
        raise ValueError(f"Complex data not supported: {name} must hold labels. Got complex numbers.")
    check_one_type(labels, name)
    if any(isinstance(label, int) and abs(label) > sys.float_info.max for label in labels):
        raise ValueError(f"{name} must not contain a value too large for float64.")
    return np.array(labels).reshape(rows.shape) if labels else rows


def check_one_type(labels: list[Any], name: str = "y") -> None:
    """Raise a ValueError for labels of several types: strings, bytes, booleans, numbers, or any other."""
    if len({type(label) for label in labels}) > 1:
        kinds: dict[Any, Any] = {}
        for label in labels:
            kinds.setdefault(_kind_of(label), label)
        if len(kinds) > 1:
            first, other = list(kinds.values())[:2]
            raise ValueError(
                f"{name} must hold labels of one type, that can be sorted. Got {shown(first)} and {shown(other)}."
            )


def _kind_of(label: Any) -> Any:
    if isinstance(label, (np.timedelta64, np.datetime64)):  # which NumPy counts among the integers
        return type(label)
    kinds: dict[Any, Any] = {"string": str, "bytes": bytes, "boolean": (bool, np.bool_), "number": Real}
    return next((kind for kind, types in kinds.items() if isinstance(label, types)), type(label))


def label_rows(y: Any, name: str = "y") -> list[NDArray]:
    """Turn any form of y into one array of labels for each sequence.

    Parameters
    ----------
    y : list, tuple or object array of rows, array of shape (N, T) or (N, T, 1), or Sequences with one feature
        A row is a list, tuple, array or pandas Series of labels.
    name : str, default="y"
        What messages call it.

    Returns
    -------
    rows : list of N arrays of shape (T_i,)
        Arrays keep their type; what was a list is an array of objects, so that 1 and "1" stay apart.

    Raises
    ------
    ValueError
        If y is not a set of rows.
    """
    y = unboxed(y)
    if isinstance(y, Sequences):
        if y.n_features != 1:
            raise ValueError(f"{name} must hold one label per step. Got {y.n_features} features per step.")
        return [row[:, 0] for row in y]
    if isinstance(y, np.ndarray) and y.ndim == 3 and y.shape[2] == 1:
        y = y[:, :, 0]
    if isinstance(y, np.ndarray) and (y.ndim > 2 or (y.ndim == 1 and y.dtype != object)):
        raise ValueError(f"{name} must have shape (N, T), or be ragged rows of labels. Got shape {y.shape}.")
    if not isinstance(y, (list, tuple, np.ndarray)):
        raise ValueError(f"{name} must be a list of rows of labels. Got {type(y).__name__}.")
    return [_as_row(row, f"{name}[{i}]") for i, row in enumerate(y)]


def _as_row(row: Any, place: str) -> NDArray:
    if isinstance(row, (str, bytes, dict)) or not hasattr(row, "__len__"):
        raise ValueError(f"{place} must be a row with one label per step. Got {shown(row)}.")
    if isinstance(row, (list, tuple)):
        array = np.empty(len(row), dtype=object)
        array[:] = [_as_label(label) for label in row]
        return array
    check_no_mask(row, place)
    array = np.asarray(row)
    if array.ndim != 1:
        raise ValueError(f"{place} must have shape (time,). Got {array.shape}.")
    return array


def _as_label(label: Any) -> Any:
    """Take a label out of an array without axes; a label with an axis is left for the check to find."""
    return label.item() if isinstance(label, np.ndarray) and label.ndim == 0 else label


def is_missing(row: NDArray) -> NDArray[np.bool_]:
    """Tell which steps have no label: None, or the number `NO_LABEL`."""
    if row.dtype.kind in "iuf":
        return row == NO_LABEL
    if row.dtype != object:
        return np.zeros(len(row), bool)
    return np.fromiter((v is None or (not isinstance(v, str) and _is(v, NO_LABEL)) for v in row), bool, len(row))


def _is(value: Any, number: int) -> bool:
    return isinstance(value, Real) and bool(value == number)


def check_step_labels(y: Any, lengths: NDArray[np.int64]) -> tuple[NDArray, NDArray[np.bool_]]:
    """Check labels against the steps of X.

    Parameters
    ----------
    y : labels in any form of `label_rows`
        None is no label, and so is -1 where the labels are integers.
    lengths : ndarray of shape (N,)
        Steps of each sequence of X.

    Returns
    -------
    labels : ndarray of shape (total steps,)
        What stands where there is no label is any of the others.
    known : ndarray of bool, shape (total steps,)
        Where there is a label.

    Raises
    ------
    ValueError
        If y is missing, has other steps than X, or holds what is no label.
    """
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    rows = label_rows(y)
    check_consistent_length(lengths, rows)
    check_same_lengths(np.array([len(row) for row in rows]), lengths, "y")
    flat = _joined(rows)
    known = np.ones(len(flat), bool) if flat.dtype.kind in "iubUS" else np.array([v is not None for v in flat])
    if not known.any():
        raise ValueError("y must hold labels. Got None for all steps.")
    labels = flat if known.all() and flat.dtype != object else _typed(flat, known)
    if labels.dtype.kind == "i":
        known &= labels != NO_LABEL
        if not known.any():
            raise ValueError("y must hold labels. Got none but -1, which is no label.")
        _warn_of_negative(labels[known])
    if labels.dtype.kind == "f":
        _check_whole(labels[known])
    return labels, known


def _warn_of_negative(labels: NDArray) -> None:
    """Warn of a negative number beside labels 0, 1, ...: with aligned word pieces, -100 stands for no label."""
    lowest = labels.min()
    others = labels[labels != lowest]
    if lowest < 0 and len(others) and others.min() == 0:
        warnings.warn(
            f"y holds the label {lowest} beside labels from 0, and it is learned as a class. A step without a label "
            f"is told by None or {NO_LABEL}: np.where(y == {lowest}, {NO_LABEL}, y).",
            UserWarning,
            stacklevel=2,
        )


def _check_whole(labels: NDArray) -> None:
    """Raise where numbers of a floating type are no labels."""
    if not np.isfinite(labels).all():
        raise ValueError("y must hold labels: use None for a step without one. Got NaN or infinity.")
    broken = labels[labels != np.floor(labels)]
    if len(broken):
        raise ValueError(f"y must hold labels and not numbers on a scale. Got {broken[0]:g}.")


def _joined(rows: list[NDArray]) -> NDArray:
    """All rows in one array: of their own type where all are of one, of objects otherwise."""
    if len({row.dtype.kind for row in rows}) == 1 and rows[0].dtype.kind in "iubfU":
        return np.concatenate(rows)
    flat = np.empty(sum(len(row) for row in rows), dtype=object)
    flat[:] = [label for row in rows for label in row]
    return flat


def _typed(flat: NDArray, known: NDArray[np.bool_]) -> NDArray:
    """Labels of objects as an array of their own type, gaps filled with the first label."""
    first = flat[np.argmax(known)]
    given = [v if is_known else first for v, is_known in zip(flat.tolist(), known)]
    if any(is_absent(v) for v in given):
        raise ValueError("y must not contain missing labels: use None for a step without one. Got NaN or NA.")
    if any(isinstance(v, (list, tuple, dict, set, np.ndarray)) for v in given):
        raise ValueError(f"y must hold one label per step. Got {shown(first)}.")
    check_one_type(given)
    return np.array(given)
