"""Scores of numbers per step, counted over all steps of all sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    r2_score,
    root_mean_squared_error,
)

from skrnn.sequences.ragged import Sequences
from skrnn.sequences.target_shapes import check_same_lengths, check_step_targets, has_time_axis
from skrnn.sequences.weights import check_weights
from skrnn.targets.numbers import score_known


def flat_mean_absolute_error(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean absolute error over all steps, in the unit of y.

    Parameters
    ----------
    y_true, y_pred : list or object array of arrays (T_i,) or (T_i, K), array (N, T, K), or Sequences
        Numbers per step; NaN in y_true does not count.
    sample_weight : array-like of shape (N,), or one weight per step, default=None
        Of sequences, all of whose steps get it, or of steps.

    Returns
    -------
    float
        From 0; less is better. The mean of the outputs where a step has several.

    Raises
    ------
    ValueError
        If the two have other lengths, or hold what is no finite number.

    Examples
    --------
    >>> from skrnn.metrics import flat_mean_absolute_error
    >>> flat_mean_absolute_error([[1.0, 2.0], [3.0]], [[1.0, 4.0], [2.0]])
    1.0
    """
    return _score(mean_absolute_error, y_true, y_pred, sample_weight)


def flat_root_mean_squared_error(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Root of the mean squared error over all steps, in the unit of y.

    Parameters, result and errors are those of `flat_mean_absolute_error`.

    Examples
    --------
    >>> from skrnn.metrics import flat_root_mean_squared_error
    >>> flat_root_mean_squared_error([[1.0, 2.0], [3.0], [4.0]], [[1.0, 2.0], [7.0], [4.0]])
    2.0
    """
    return _score(root_mean_squared_error, y_true, y_pred, sample_weight)


def flat_mean_absolute_percentage_error(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Mean over all steps of the absolute error as a share of the true number (0.1 is 10 %).

    Parameters, result and errors are those of `flat_mean_absolute_error`. A true number of 0 gives a very large share.

    Examples
    --------
    >>> from skrnn.metrics import flat_mean_absolute_percentage_error
    >>> flat_mean_absolute_percentage_error([[1.0, 2.0], [4.0]], [[1.0, 3.0], [2.0]])
    0.333...
    """
    return _score(mean_absolute_percentage_error, y_true, y_pred, sample_weight)


def flat_r2_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """R², the share of the variance over all steps that is explained; 1 is best.

    Parameters and errors are those of `flat_mean_absolute_error`.

    Examples
    --------
    >>> from skrnn.metrics import flat_r2_score
    >>> flat_r2_score([[1.0, 2.0], [3.0]], [[1.0, 2.0], [2.0]])
    0.5
    """
    return _score(r2_score, y_true, y_pred, sample_weight)


def _score(metric: Any, y_true: Any, y_pred: Any, sample_weight: Any) -> float:
    true, predicted = _steps(y_true, "y_true", allow_nan=True), _steps(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"y_pred must have the {len(true)} sequences of y_true. Got {len(predicted)}.")
    check_same_lengths(predicted.lengths, true.lengths, "y_pred", "y_true")
    if predicted.n_features != true.n_features:
        raise ValueError(f"y_pred must have the {true.n_features} outputs of y_true. Got {predicted.n_features}.")
    weights = None if sample_weight is None else check_weights(sample_weight, len(true), true.lengths, "y_true")
    return score_known(metric, true.values, predicted.values, weights)


def _steps(y: Any, name: str, allow_nan: bool = False) -> Sequences:
    if not has_time_axis(y):
        y = [np.asarray(row) for row in y]  # nested lists, or (N, T), of equal length
        if any(row.ndim == 0 for row in y):
            raise ValueError(f"{name} must hold numbers per step. Got one number a sequence.")
    return check_step_targets(np.array([len(row) for row in y]), y, allow_nan=allow_nan, name=name)
