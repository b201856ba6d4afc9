"""Numbers and weights that stand beside sequences: one for each, several, or one for each step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import assert_all_finite, check_array, check_consistent_length

from skrnn.sequences.check import as_sequences, check_no_mask, check_sequences, is_list_of_arrays, unboxed
from skrnn.sequences.ragged import Sequences


def has_time_axis(y: Any) -> bool:
    """Tell whether y holds values for each step: Sequences, a 3-D array, or a list of arrays."""
    y = unboxed(y)
    if isinstance(y, Sequences):
        return True
    if isinstance(y, np.ndarray) and y.ndim != 1:
        return y.ndim == 3
    if is_list_of_arrays(y):
        return all(_axes(v) in (1, 2) for v in y)
    return isinstance(y, (list, tuple)) and _axes(y) == 3


def has_rows(y: Any) -> bool:
    """Tell whether y is an array with two axes, or a list of lists: one row for each sequence."""
    y = unboxed(y)
    if isinstance(y, (list, tuple)):
        return len(y) > 0 and all(isinstance(row, (list, tuple)) for row in y)
    return len(getattr(y, "shape", ())) == 2


def _axes(x: Any) -> int:
    """Axes of an array, or of nested lists as their first elements tell."""
    if isinstance(x, (list, tuple)):
        return 1 + (_axes(x[0]) if len(x) else 0)
    return np.ndim(x)


def check_step_targets(
    lengths: NDArray[np.int64], y: Any, *, numbers: bool = True, allow_nan: bool = False, name: str = "y"
) -> Sequences:
    """Check targets with a time axis against X; the result has the steps of X.

    Parameters
    ----------
    lengths : ndarray of shape (N,)
        Steps of each sequence of X.
    y : targets in any form with a time axis
        One value, or several, a step.
    numbers : bool, default=True
        Give finite float64; if False, the values as they are, which may be strings.
    allow_nan : bool, default=False
        Let NaN through; and None among numbers, as NaN.
    name : str, default="y"
        What messages call it.

    Raises
    ------
    ValueError
        If y has another number of sequences, or a sequence another number of steps, than X.
    """
    check_consistent_length(lengths, y)
    if numbers:
        targets = check_sequences(y, dtype=np.float64, allow_nan=allow_nan, name=name)
    else:
        targets = as_sequences(y, name=name, numbers=False)
    check_same_lengths(targets.lengths, lengths, name)
    return targets


def check_same_lengths(lengths: NDArray[np.int64], wanted: NDArray[np.int64], name: str, owner: str = "X") -> None:
    """Raise where sequences have other numbers of steps than those of X."""
    wrong = np.flatnonzero(lengths != wanted)
    if len(wrong):
        i = wrong[0]
        raise ValueError(f"{name}[{i}] must have the {wanted[i]} steps of {owner}[{i}]. Got {lengths[i]}.")


def _is_no_number(value: Any) -> bool:
    return isinstance(value, (timedelta, date, np.timedelta64, np.datetime64, complex))


def check_targets(X: Any, y: Any, allow_nan: bool = False) -> NDArray[np.float64]:
    """Check one number, or K numbers, a sequence: shape (N,) or (N, K), float64."""
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    check_no_mask(y, "y")
    given = np.asarray(y)
    objects = given.reshape(-1).tolist() if given.dtype == object else []
    strange = next((type(v).__name__ for v in objects if _is_no_number(v)), None)
    if given.dtype.kind in "mMcV" or strange:
        kind = "Complex data not supported: y" if given.dtype.kind == "c" else "y"
        raise ValueError(f"{kind} must hold numbers. Got {strange or given.dtype}.")
    try:
        y = check_array(
            y, ensure_2d=False, dtype=np.float64, ensure_all_finite=False, input_name="y", ensure_min_samples=0
        )
    except OverflowError:
        raise ValueError("y must not contain a value too large for float64.") from None
    if y.ndim not in (1, 2):
        raise ValueError(f"y must have shape (N,) or (N, K), or a time axis. Got {y.shape}.")
    assert_all_finite(y, allow_nan=allow_nan, input_name="y")
    check_consistent_length(X, y)
    return y
