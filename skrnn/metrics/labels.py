"""True and predicted labels, checked against each other."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrnn.sequences.labels import is_missing, label_rows
from skrnn.sequences.messages import shown


def matched_rows(y_true: Any, y_pred: Any) -> tuple[list[NDArray], list[NDArray], list[NDArray[np.bool_]]]:
    """Check true and predicted labels against each other, and leave out the steps without a true label.

    Parameters
    ----------
    y_true, y_pred : labels in any form
        See `label_rows`.

    Returns
    -------
    true, pred : list of N arrays of shape (T_i',)
        The T_i' steps of each sequence that have a true label.
    counted : list of N arrays of bool, shape (T_i,)
        Which steps those are.

    Raises
    ------
    ValueError
        If numbers of sequences or steps differ, a prediction is missing, or there is no true label at all.
    """
    true, pred = label_rows(y_true, "y_true"), label_rows(y_pred, "y_pred")
    if len(true) != len(pred):
        raise ValueError(f"y_pred must have the {len(true)} sequences of y_true. Got {len(pred)}.")
    counted = []
    for i, (t, p) in enumerate(zip(true, pred)):
        if len(t) != len(p):
            raise ValueError(f"y_pred[{i}] must have the {len(t)} steps of y_true[{i}]. Got {len(p)}.")
        has_label = ~is_missing(t)
        missed = np.flatnonzero(is_missing(p) & has_label)
        if len(missed):
            raise ValueError(f"y_pred[{i}] must have a label where y_true[{i}] has one. Got none at step {missed[0]}.")
        counted.append(has_label)
    if not any(c.any() for c in counted):
        raise ValueError("y_true must have at least one step with a label. Got none.")
    return [t[c] for t, c in zip(true, counted)], [p[c] for p, c in zip(pred, counted)], counted


def join_rows(true: list[NDArray], pred: list[NDArray]) -> tuple[NDArray, NDArray]:
    """Join rows into arrays (total steps,) of strings or of numbers, as scikit-learn's functions ask for."""
    joined = _join(true, "y_true"), _join(pred, "y_pred")
    what = ["strings" if labels.dtype.kind == "U" else "numbers" for labels in joined]
    if what[0] != what[1]:
        raise ValueError(f"y_pred must hold {what[0]}, as y_true does. Got {what[1]}.")
    return joined


def _join(rows: list[NDArray], name: str) -> NDArray:
    kinds = {row.dtype.kind for row in rows if len(row)}
    if len(kinds) == 1 and kinds <= set("iubU"):
        return np.concatenate([row for row in rows if len(row)])
    labels = [label for row in rows for label in row.tolist()]
    texts = sum(isinstance(label, str) for label in labels)
    if 0 < texts < len(labels):
        raise ValueError(
            f"{name} must hold strings only, or numbers only. Got {texts} strings among {len(labels)} labels."
        )
    return np.array(labels) if texts else _as_numbers(labels, name)


def _as_numbers(labels: list[Any], name: str) -> NDArray:
    for label in labels:
        if not isinstance(label, Real) or not math.isfinite(label):
            raise ValueError(f"{name} must hold one string or one finite number a step. Got {shown(label)}.")
    return np.array(labels)


def step_weights(sample_weight: Any, counted: list[NDArray[np.bool_]]) -> NDArray[np.float64] | None:
    """Weights of the counted steps, from weights for each sequence (N,) or, ragged, for each step.

    Raises
    ------
    ValueError
        If there is not one weight a sequence, or one a step.
    """
    if sample_weight is None:
        return None
    if any(hasattr(row, "__len__") for row in sample_weight):
        rows = [np.asarray(row, dtype=np.float64) for row in label_rows(sample_weight, "sample_weight")]
        if len(rows) != len(counted):
            raise ValueError(f"sample_weight must have the {len(counted)} sequences of y_true. Got {len(rows)}.")
        for i, (row, count) in enumerate(zip(rows, counted)):
            if len(row) != len(count):
                raise ValueError(f"sample_weight[{i}] must have the {len(count)} steps of y_true[{i}]. Got {len(row)}.")
        return _check_weights(np.concatenate([row[c] for row, c in zip(rows, counted)]))
    return np.repeat(sequence_weights(sample_weight, len(counted)), [int(c.sum()) for c in counted])


def sequence_weights(sample_weight: ArrayLike, n: int) -> NDArray[np.float64]:
    """Weights (N,) of sequences, checked."""
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one a sequence. Got {weights.shape}.")
    return _check_weights(weights)


def _check_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError("sample_weight must be finite, at least 0, and not 0 throughout. Got other weights.")
    return weights
