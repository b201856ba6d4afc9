"""Labels of steps: from what users give as y to numbers of classes, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_consistent_length

from skrnn.sequences.check import unboxed
from skrnn.sequences.messages import listed
from skrnn.sequences.ragged import Sequences

# The number of a step without a label.
NO_LABEL = -1


def check_step_labels(X: Sequences, y: Any) -> tuple[NDArray, NDArray[np.bool_]]:
    """Check labels against the steps of X.

    Parameters
    ----------
    X : Sequences
        The N checked sequences.
    y : list of N sequences of labels, array of shape (N, T), or Sequences of one feature
        None is no label, and so is -1 where the labels are integers.

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
    rows = _rows(y)
    check_consistent_length(X, rows)
    for i, (row, length) in enumerate(zip(rows, X.lengths)):
        if not isinstance(row, (list, tuple)) and np.ndim(row) != 1:
            raise ValueError(f"y[{i}] must be a list of labels, one for each step of X[{i}]. Got {row!r:.60}.")
        if len(row) != length:
            raise ValueError(f"y[{i}] must have the {length} steps of X[{i}]. Got {len(row)}.")
    flat = _joined(rows)
    known = np.ones(len(flat), bool) if flat.dtype.kind in "iubUS" else np.array([v is not None for v in flat])
    if not known.any():
        raise ValueError("y must hold labels. Got None for all steps.")
    labels = flat if known.all() and flat.dtype != object else _typed(flat, known)
    if labels.dtype.kind == "i":
        known &= labels != NO_LABEL
        if not known.any():
            raise ValueError("y must hold labels. Got none but -1, which is no label.")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels[known]).all():
            raise ValueError("y must hold labels: use None for a step without one. Got NaN or infinity.")
        if (labels[known] != np.floor(labels[known])).any():
            bad = labels[known][labels[known] != np.floor(labels[known])][0]
            raise ValueError(f"y must hold labels and not numbers on a scale. Got {bad:g}.")
    return labels, known


def _rows(y: Any) -> Sequence[Any]:
    y = unboxed(y)
    if isinstance(y, Sequences):
        if y.n_features != 1:
            raise ValueError(f"y must hold one label a step. Got {y.n_features} features a step.")
        return [row[:, 0] for row in y]
    if isinstance(y, np.ndarray) and y.ndim == 3 and y.shape[2] == 1:
        return list(y[:, :, 0])
    if isinstance(y, np.ndarray) and y.ndim != 2 and y.dtype != object:
        raise ValueError(f"y must have shape (N, T), or be a list of lists of labels. Got shape {y.shape}.")
    return list(y)


def _joined(rows: Sequence[Any]) -> NDArray:
    """All rows in one array: of their own type where all are arrays of one, of objects otherwise."""
    kinds = {row.dtype.kind if isinstance(row, np.ndarray) else "O" for row in rows}
    if len(kinds) == 1 and kinds <= set("iubfU"):
        return np.concatenate(list(rows))
    flat = np.empty(sum(len(row) for row in rows), dtype=object)
    flat[:] = [label for row in rows for label in row]
    return flat


def _typed(flat: NDArray, known: NDArray[np.bool_]) -> NDArray:
    """Labels of objects as an array of their own type, gaps filled with the first label."""
    first = flat[np.argmax(known)]
    given = [v if is_known else first for v, is_known in zip(flat.tolist(), known)]
    types = {type(v) for v in given}
    if any(issubclass(t, (list, tuple, dict, set, np.ndarray)) for t in types):
        raise ValueError(f"y must hold one label a step. Got {first!r:.60}.")
    if any(issubclass(t, str) for t in types) and not all(issubclass(t, str) for t in types):
        other = next(v for v in given if isinstance(v, str) != isinstance(first, str))
        raise ValueError(f"y must hold labels of one type, that can be sorted. Got {first!r} and {other!r}.")
    return np.array(given)


def encode(labels: NDArray, known: NDArray[np.bool_], classes: NDArray) -> NDArray[np.int64]:
    """Numbers of labels in the sorted classes, `NO_LABEL` without one.

    Raises
    ------
    ValueError
        If a label is not in classes.
    """
    codes = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    strange = known & (classes[codes] != labels)
    if strange.any():
        got = labels[strange].tolist()[0]
        raise ValueError(f"y must hold the labels of the first fit, {listed(classes)}. Got {got!r}.")
    return np.where(known, codes, NO_LABEL)


def weights_of_classes(class_weight: Any, classes: NDArray, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each class, (K,), from `class_weight` as scikit-learn has it.

    Raises
    ------
    ValueError
        If it names a class that y does not hold.
    """
    if isinstance(class_weight, dict):
        unknown = [label for label in class_weight if label not in set(classes.tolist())]
        if unknown:
            raise ValueError(f"class_weight must name classes in y. Got {unknown[0]!r}, which y does not hold.")
        return np.array([float(class_weight.get(label, 1.0)) for label in classes.tolist()])
    present, counts = np.unique(codes[codes != NO_LABEL], return_counts=True)
    weights = np.ones(len(classes))
    if class_weight == "balanced":
        repeated = np.repeat(present, counts)
        weights[present] = compute_class_weight("balanced", classes=present, y=repeated)
    return weights


def check_ways(codes: NDArray[np.int64], X: Sequences, classes: NDArray, forbidden: Any) -> None:
    """Raise where labels stand in a row that must not.

    Parameters
    ----------
    codes : ndarray of shape (total steps,)
        Numbers of classes, `NO_LABEL` without a label.
    X : Sequences
        Whose steps they are.
    classes : ndarray of shape (K,)
        The labels.
    forbidden : sequence of pairs of int
        From, to; -1 is the outside of a sequence.
    """
    if not len(forbidden):
        return
    k = len(classes)
    table = np.zeros((k + 1, k + 1), bool)  # a border beside the labels: its row is the start, its column the end
    table[tuple(np.array(forbidden).T)] = True
    starts, ends = X.offsets[:-1], X.offsets[1:] - 1
    before = np.concatenate([[k], codes[:-1]])
    before[starts] = k
    known = (codes != NO_LABEL) & (before != NO_LABEL)
    bad = known & table[before, codes]
    last = np.zeros(len(codes), bool)
    last[ends] = True
    at_end = last & (codes != NO_LABEL) & table[codes, k]
    if not (bad | at_end).any():
        return
    place = int(np.flatnonzero(bad | at_end)[0])
    row = int(np.searchsorted(X.offsets, place, side="right")) - 1
    step = place - int(X.offsets[row])
    label = classes.tolist()[codes[place]]
    if not bad[place]:
        what = f"{label!r} at the end"
    else:
        what = f"{label!r} at the start" if step == 0 else f"{label!r} after {classes.tolist()[before[place]]!r}"
    raise ValueError(f"y[{row}] must keep to the constraints. Got {what}, at step {step}.")
