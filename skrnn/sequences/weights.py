"""Weights of sequences and steps: `sample_weight` becomes one array here."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from skrnn.sequences.check import check_no_mask, check_sequences
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.target_shapes import check_same_lengths, has_rows, has_time_axis


def check_weights(
    sample_weight: Any, n: int, lengths: NDArray[np.int64] | None = None, owner: str = "X"
) -> NDArray[np.float64]:
    """Check `sample_weight` against the examples.

    Parameters
    ----------
    sample_weight : None, number, array-like of shape (N,), or one weight per step
        Weights per step are allowed where the targets have steps.
    n : int
        N, the number of examples.
    lengths : ndarray of shape (N,), optional
        Steps of the targets, where they have steps.
    owner : {"X", "y"}, default="X"
        Whose steps those are, for messages.

    Returns
    -------
    ndarray of shape (N,), or (total steps,) where the targets have steps
        A new array, never the caller's.

    Raises
    ------
    ValueError
        If weights are negative, not finite, all zero, or of the wrong shape.
    """
    check_no_mask(sample_weight, "sample_weight")
    if has_time_axis(sample_weight) or (lengths is not None and has_rows(sample_weight)):
        return _check_step_weights(sample_weight, n, lengths, owner)
    if sample_weight is None or isinstance(sample_weight, Real):
        weights = np.full(n, 1.0 if sample_weight is None else float(sample_weight))
    else:
        given = np.asarray(sample_weight)
        if given.dtype.kind not in "iufbO":
            raise TypeError(f"sample_weight must hold numbers. Got {given.dtype}.")
        weights = np.array(given, dtype=np.float64)
        if weights.ndim != 1:
            raise ValueError(f"Sample weights must be 1D array or scalar: shape ({n},). Got {weights.shape}.")
        check_consistent_length(np.empty(n), weights)
    return _check_values(weights if lengths is None else np.repeat(weights, lengths))


def _check_step_weights(
    sample_weight: Any, n: int, lengths: NDArray[np.int64] | None, owner: str
) -> NDArray[np.float64]:
    if lengths is None:
        raise ValueError(f"sample_weight must have shape ({n},): y has one target a sequence. Got weights per step.")
    check_consistent_length(lengths, sample_weight)
    weights = check_sequences(sample_weight, n_features=1, dtype=np.float64, name="sample_weight")
    check_same_lengths(weights.lengths, lengths, "sample_weight", owner)
    return _check_values(weights.values[:, 0].copy())


def _check_values(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.all(np.isfinite(weights)):
        raise ValueError("sample_weight must be finite. Got NaN or infinity.")
    if np.any(weights < 0):
        raise ValueError(f"sample_weight must not be negative. Got {weights.min():g}.")
    if not np.any(weights > 0):
        raise ValueError("Sample weights must contain at least one non-zero number. Got zeros only.")
    return weights


def drop_weightless(examples: Examples, axis: str | None) -> tuple[Examples, NDArray[np.int64]]:
    """Drop the examples that count for nothing, and tell which rows are left."""
    weights = examples.columns["weight"].values
    if axis is not None:
        weights = np.add.reduceat(weights, examples.offsets[axis][:-1])
    kept = np.flatnonzero(weights > 0)
    return (examples if len(kept) == len(examples) else examples.take(kept)), kept


def with_mean_weight_one(examples: Examples) -> Examples:
    """Scale the weights to a mean of 1, in float32."""
    weights, axis = examples.columns["weight"]
    return examples.with_columns({"weight": Column((weights / weights.mean()).astype(np.float32), axis)})
