"""Numbers for each sequence, or for each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.check import check_step_targets, check_targets, has_time_axis
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.ragged import Sequences, split_rows
from skrnn.targets.target import Checked, Target, TargetSpec


class NumberSpec(TargetSpec):
    """K numbers per example, or per step."""

    @property
    def loss(self) -> str | None:
        """The mean squared error."""
        return "mean_squared_error"


class NumberTarget(Target):
    """Numbers (N,), (N, K), or with a time axis, standardized for training.

    Parameters
    ----------
    y : any form of numbers
        Tells whether there is a time axis.
    normalize : bool, default=True
        Subtract the mean and divide by the standard deviation of the y of the fit.
    """

    kind = "regression"

    def __init__(self, y: Any, normalize: bool = True) -> None:
        super().__init__()
        self.axis = "time" if y is not None and has_time_axis(y) else None
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
        per_step = y is not None and has_time_axis(y)
        if per_step != (self.axis is not None):
            return None, False
        if per_step:
            return check_step_targets(examples.lengths(self.axis), y).values, np.ndim(next(iter(y))) == 1
        y = check_targets(examples, y)
        return (y[:, None] if y.ndim == 1 else y), y.ndim == 1

    def fit(self, values: NDArray, weights: NDArray[np.float64], classes: Any) -> None:
        """Note the mean and the standard deviation."""
        n = values.shape[1]
        self.mean, self.scale = np.zeros(n), np.ones(n)
        if self.normalize:
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

    def present(self, decoded: Examples) -> NDArray:
        """Numbers in the form of the y of the fit: (N,) or (N, K), or an object array of one array per sequence."""
        values = decoded.columns["y"].values.astype(np.float64) * self.scale + self.mean
        if self._flat:
            values = values[:, 0]
        return values if self.axis is None else split_rows(values, decoded.offsets[self.axis])

    def steps(self, predicted: NDArray, y: Any) -> tuple[NDArray, NDArray, NDArray[np.int64]]:
        """True and predicted numbers of all steps, (total steps, K), and the steps of each sequence."""
        joined = Sequences.from_list(predicted)
        return check_step_targets(joined.lengths, y).values, joined.values, joined.lengths
