"""`Target`: the base of all forms of y."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.weights import check_weights


@dataclass(frozen=True)
class TargetSpec:
    """What a head has to know of y: frozen, and part of a program's key.

    Attributes
    ----------
    n : int
        K: classes, labels or outputs.
    axis : str or None
        Where the losses and weights are: one per example, or one per step of an axis.
    """

    n: int
    axis: str | None = None

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Columns of y, as `Target.encode` makes them."""
        return (ColumnSpec("y", (self.n,), "float32", self.axis),)

    @property
    def loss(self) -> str | None:
        """Name of the Keras loss by default; None where the head has its own."""
        return None


class Checked(NamedTuple):
    """A y that was checked against X.

    Attributes
    ----------
    values : object
        In the form that the target's other methods take.
    offsets : dict of str to ndarray
        Of the axes that y brings, such as "target".
    """

    values: Any
    offsets: dict[str, NDArray[np.int64]] = {}


class Target(ABC):
    """From y to columns, and from decoded columns to what `predict` returns. Fitted, and pickled with estimators.

    A subclass says how y is checked, what is learned from it, its columns, and how predictions look. `encode` is the
    only method that changes a target, and only when it fits.

    Attributes
    ----------
    axis : str or None
        Where the losses and weights are.
    kind : str
        scikit-learn's word for it: "binary", "multiclass", "multilabel", "regression"; or another.
    attributes : dict
        Fitted attributes of the estimator that come from y, such as ``classes_``.
    """

    axis: str | None = None
    kind: str

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}

    def encode(
        self, y: Any, examples: Examples, sample_weight: Any = None, *, fit: bool = True, classes: Any = None
    ) -> Examples:
        """Check y and weights, and add them to the examples.

        Parameters
        ----------
        y : any form that the target takes
        examples : Examples
            X.
        sample_weight : None, number, (N,), or one weight per step of the axis
        fit : bool, default=True
            Learn from y what it is, such as its classes; otherwise y must be as in the first fit.
        classes : array-like, optional
            All classes, where y may lack some.

        Returns
        -------
        encoded : Examples
            With the columns of `spec`, and "weight" in float64.

        Raises
        ------
        ValueError
            If y or weights do not fit X, or y cannot be learned from.
        """
        checked = self.check(y, examples)
        examples = examples.with_columns({}, checked.offsets)
        steps = None if self.axis is None else examples.lengths(self.axis)
        weights = check_weights(sample_weight, len(examples), steps, "y" if self.axis in checked.offsets else "X")
        if fit:
            self.fit(checked.values, weights, classes)
        columns = self.columns(checked.values, examples)
        return examples.with_columns({**columns, "weight": Column(weights, self.axis)})

    @abstractmethod
    def check(self, y: Any, examples: Examples) -> Checked:
        """Check y against X; once fitted, against the y of the fit."""

    @abstractmethod
    def fit(self, values: Any, weights: NDArray[np.float64], classes: Any) -> None:
        """Learn from a checked y."""

    @abstractmethod
    def columns(self, values: Any, examples: Examples) -> dict[str, Column]:
        """Columns of a checked y."""

    @property
    @abstractmethod
    def spec(self) -> TargetSpec:
        """What the head has to know."""

    def weigh(self, examples: Examples, class_weight: Any) -> Examples:
        """Multiply the weights by those of classes."""
        return examples

    def strata(self, examples: Examples) -> NDArray | None:
        """Class of each example, to stratify by; None where there are none."""
        return None

    def given(self, examples: Examples) -> NDArray:
        """What a read-out learns of each example or step: labels as the user gave them, or numbers."""
        return examples.columns["y"].values

    @abstractmethod
    def present(self, decoded: Examples) -> NDArray:
        """What `predict` returns, from what the head decoded."""
