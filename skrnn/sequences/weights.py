"""Weights of sequences and steps: `sample_weight` and `class_weight` become one array here."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_consistent_length

from skrnn.sequences.check import check_sequences, has_time_axis
from skrnn.sequences.ragged import Sequences


def check_weights(sample_weight: Any, X: Sequences, per_step: bool) -> NDArray[np.float64]:
    """Check `sample_weight` against X.

    Parameters
    ----------
    sample_weight : None, number, array-like of shape (N,), or weights with the steps of X
        Weights per step are allowed where the targets have a time axis.
    X : Sequences
        The N checked sequences.
    per_step : bool
        Whether the targets have a time axis.

    Returns
    -------
    ndarray of shape (N,), or (total steps,) if `per_step`
        A new array, never the caller's.

    Raises
    ------
    ValueError
        If weights are negative, not finite, all zero, or of the wrong shape.
    """
    if has_time_axis(sample_weight):
        return _check_step_weights(sample_weight, X, per_step)
    if sample_weight is None or isinstance(sample_weight, Real):
        weights = np.full(len(X), 1.0 if sample_weight is None else float(sample_weight))
    else:
        weights = np.array(sample_weight, dtype=np.float64)
        if weights.ndim != 1:
            raise ValueError(f"Sample weights must be 1D array or scalar: shape ({len(X)},). Got {weights.shape}.")
        check_consistent_length(X, weights)
    if per_step:
        weights = np.repeat(weights, X.lengths)
    return _check_values(weights)


def _check_step_weights(sample_weight: Any, X: Sequences, per_step: bool) -> NDArray[np.float64]:
    if not per_step:
        raise ValueError(
            f"sample_weight must have shape ({len(X)},): y has one target a sequence. Got weights per step."
        )
    check_consistent_length(X, sample_weight)
    weights = check_sequences(sample_weight, n_features=1, dtype=np.float64, name="sample_weight")
    wrong = np.flatnonzero(weights.lengths != X.lengths)
    if len(wrong):
        i = wrong[0]
        raise ValueError(f"sample_weight[{i}] must have the {X.lengths[i]} steps of X[{i}]. Got {weights.lengths[i]}.")
    return _check_values(weights.values[:, 0].copy())


def _check_values(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.all(np.isfinite(weights)):
        raise ValueError("sample_weight must be finite. Got NaN or infinity.")
    if np.any(weights < 0):
        raise ValueError(f"sample_weight must not be negative. Got {weights.min():g}.")
    if not np.any(weights > 0):
        raise ValueError("Sample weights must contain at least one non-zero number. Got zeros only.")
    return weights


def apply_class_weight(class_weight: Any, y: NDArray, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply weights (N,) by the weights of the classes in y, (N,) labels or (N, K) indicators."""
    if class_weight is None:
        return weights
    if isinstance(class_weight, dict) and y.ndim == 1:
        present = set(y.tolist())
        unknown = [label for label in class_weight if label not in present]
        if unknown:
            raise ValueError(f"class_weight must name classes in y. Got {unknown[0]!r}, which y does not hold.")
    return weights * compute_sample_weight(class_weight, y)
