"""Numbers for each sequence, or for each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.ragged import Sequences, split_rows
from skrnn.sequences.target_shapes import check_step_targets, check_targets, has_rows, has_time_axis
from skrnn.sequences.weights import check_weights
from skrnn.targets.target import Checked, Target, TargetSpec


class NumberSpec(TargetSpec):
    """K numbers per example, or per step."""

    @property
    def loss(self) -> str | None:
        """The mean squared error."""
        return "mean_squared_error"


class NumberTarget(Target):
    """Numbers (N,), (N, K), or with a time axis, standardized for training; NaN is no target.

    Parameters
    ----------
    y : any form of numbers
        Tells whether there is a time axis: a list of rows has one, an array (N, K) has K outputs a sequence.
    normalize : bool, default=True
        Subtract the mean and divide by the standard deviation of the y of the fit.
    """

    kind = "regression"

    def __init__(self, y: Any, normalize: bool = True) -> None:
        super().__init__()
        is_list = isinstance(y, (list, tuple)) and has_rows(y)
        self.axis = "time" if y is not None and (is_list or has_time_axis(y)) else None
        self.normalize = normalize
        self.mean: Any = None  # (K,)
        self.scale: Any = None

    @property
    def spec(self) -> TargetSpec:
        """K numbers."""
        return NumberSpec(self.attributes["n_outputs_"], self.axis)

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check numbers against X: (N, K), or (total steps, K)."""
        values, flat = self._values(y, examples)
        if self.mean is None:
            self._flat = flat
        elif values is None or values.shape[1] != len(self.mean):
            raise ValueError(f"y must have the form of the first fit, {len(self.mean)} outputs. Got another.")
        return Checked(values)

    def _values(self, y: Any, examples: Examples) -> tuple[NDArray | None, bool]:
        """Numbers, or None where y has another form than that of the fit; and whether one stands without an axis."""
        has_steps = y is not None and has_time_axis(y)
        if self.axis is None:
            if has_steps:
                return None, False
            y = check_targets(examples, y, allow_nan=True)
            return (y[:, None] if y.ndim == 1 else y), y.ndim == 1
        if not has_steps and not (y is not None and has_rows(y)):
            return None, False
        lengths = examples.lengths(self.axis)
        y = y.to_numpy() if hasattr(y, "to_numpy") else y
        if not has_steps and len(y) == len(lengths) and (lengths != len(y[0])).any():
            i, k = np.flatnonzero(lengths != len(y[0]))[0], len(y[0])
            raise ValueError(
                f"y[{i}] must have the {lengths[i]} steps of X[{i}]. Got {k}: a list of rows holds numbers of steps, "
                f"an array of shape ({len(y)}, {k}) at the first fit holds {k} outputs a sequence."
            )
        return check_step_targets(lengths, y, allow_nan=True).values, np.ndim(next(iter(y))) == 1

    def fit(self, values: NDArray, weights: NDArray[np.float64], classes: Any) -> None:
        """Note the mean and the standard deviation."""
        n = values.shape[1]
        self.mean, self.scale = np.zeros(n), np.ones(n)
        known = ~np.isnan(values)
        unknown = np.flatnonzero(~(known & (weights > 0)[:, None]).any(axis=0))
        if len(unknown):
            where = f" in output {unknown[0]}" if n > 1 else ""
            raise ValueError(f"y must hold a number of positive weight in each output. Got NaN only{where}.")
        if self.normalize:
            if not known.all():
                values, weights = np.where(known, values, 0.0), weights[:, None] * known
            peak = np.abs(values).max(axis=0)
            peak[peak == 0] = 1.0
            shares = values.astype(np.float64) / peak  # squares of large or small numbers leave float64
            mean = np.average(shares, axis=0, weights=weights)
            self.scale = np.sqrt(np.average((shares - mean) ** 2, axis=0, weights=weights)) * peak
            self.mean = mean * peak
            self.scale[self.scale <= 1e-12 * np.abs(self.mean)] = 1.0  # a constant stays as it is
        self.attributes = {"n_outputs_": n}

    def columns(self, values: NDArray, examples: Examples) -> dict[str, Column]:
        """Standardized numbers."""
        return {"y": Column(((values - self.mean) / self.scale).astype(np.float32), self.axis)}

    def weigh(self, examples: Examples, class_weight: Any) -> Examples:
        """What is NaN in all outputs weighs nothing. Of one output NaN becomes 0, of several the head sees it."""
        y, axis = examples.columns["y"]
        unknown = np.isnan(y).all(axis=1)
        if not unknown.any():
            return examples
        weights = examples.columns["weight"].values
        if axis is None:
            _refuse(unknown & (weights > 0))
        y = np.where(unknown[:, None], np.float32(0), y)
        weights = np.where(unknown, 0.0, weights)
        if not weights.any():
            raise ValueError("y must hold numbers of positive weight. Got NaN only.")
        return examples.with_columns({"y": Column(y, axis), "weight": Column(weights, axis)})

    def present(self, decoded: Examples) -> NDArray:
        """Numbers in the form of the y of the fit: (N,) or (N, K), or an object array of one array per sequence."""
        values = decoded.columns["y"].values.astype(np.float64) * self.scale + self.mean
        if self._flat:
            values = values[:, 0]
        return values if self.axis is None else split_rows(values, decoded.offsets[self.axis])

    def score(self, metric: Callable[..., float], y: Any, predicted: NDArray, sample_weight: Any) -> float:
        """Score predictions, of all steps where there are steps, against what is known of y."""
        if self.axis is not None:
            steps = Sequences.from_list(predicted)
            true = check_step_targets(steps.lengths, y, allow_nan=True).values
            weights = None if sample_weight is None else check_weights(sample_weight, len(steps), steps.lengths)
            return score_known(metric, true, steps.values, weights)
        true = check_targets(predicted, y, allow_nan=True)
        weights = None if sample_weight is None else check_weights(sample_weight, len(true))
        unknown = np.asarray(np.isnan(true).reshape(len(true), -1).all(axis=1))
        _refuse(unknown if weights is None else unknown & (weights > 0))
        if true.shape != predicted.shape and true.size == predicted.size:
            true = true.reshape(predicted.shape)
        return score_known(metric, true, predicted, weights)


def _refuse(unknown: NDArray[np.bool_]) -> None:
    """Raise for the first sequence that counts and has no target."""
    if unknown.any():
        row = np.flatnonzero(unknown)[0]
        raise ValueError(
            f"y[{row}] must not be NaN: Input y contains NaN. Drop the sequence, or give it a sample_weight of 0."
        )


def score_known(
    metric: Callable[..., float], true: NDArray, predicted: NDArray, weights: NDArray[np.float64] | None
) -> float:
    """A metric of scikit-learn over numbers that are not NaN in y; of several outputs with NaN, the mean over outputs.

    Parameters
    ----------
    metric : callable
        ``metric(true, predicted, sample_weight=weights)``.
    true, predicted : ndarray of shape (n,) or (n, K)
    weights : ndarray of shape (n,), or None

    Raises
    ------
    ValueError
        If no number is known.
    """
    known = ~np.isnan(true)
    if known.all():
        return float(metric(true, predicted, sample_weight=weights))
    if not known.any():
        raise ValueError("y must hold numbers. Got NaN only.")
    columns = zip(true.reshape(len(true), -1).T, predicted.reshape(len(true), -1).T)
    return float(
        np.mean(
            [
                metric(t[k], p[k], sample_weight=None if weights is None else weights[k])
                for t, p in columns
                if (k := ~np.isnan(t)).any()
            ]
        )
    )
