"""Weights of classes, as scikit-learn has them."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from skrnn.sequences.labels import NO_LABEL
from skrnn.sequences.messages import listed


def weights_of_classes(class_weight: Any, classes: NDArray, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each class, (K,).

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Classes that a dict does not name weigh 1; it may name classes that are absent, as in a fold. "balanced" is
        N / (number of classes in y * count of the class).
    classes : ndarray of shape (K,)
        All classes.
    codes : ndarray of int
        Numbers of the classes of y, `NO_LABEL` for none.

    Raises
    ------
    ValueError
        If it names none of the classes, a weight is no finite number from 0, or all that y holds weigh 0.
    """
    weights = np.ones(len(classes))
    if isinstance(class_weight, dict):
        check_class_weight(class_weight)
        known = classes.tolist()
        if class_weight and not set(class_weight) & set(known):
            raise ValueError(
                f"class_weight must name classes in y, {listed(classes)}. Got {next(iter(class_weight))!r}."
            )
        weights = np.array([float(class_weight.get(label, 1.0)) for label in known])
        if not weights[codes[codes != NO_LABEL]].any():
            raise ValueError("class_weight must not be 0 for all classes in y.")
        return weights
    if class_weight == "balanced":
        present = np.unique(codes[codes != NO_LABEL])
        weights[present] = compute_class_weight("balanced", classes=present, y=codes[codes != NO_LABEL])
    return weights


def check_class_weight(class_weight: dict[Any, Any]) -> None:
    """Raise a ValueError where a weight is no finite number from 0."""
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < float("inf"):
            raise ValueError(f"class_weight must hold finite numbers from 0. Got {weight!r} for {label!r}.")
