"""Weights of classes, as scikit-learn has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from skrnn.sequences.labels import NO_LABEL


def weights_of_classes(class_weight: Any, classes: NDArray, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each class, (K,).

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Classes that a dict does not name weigh 1. "balanced" is N / (number of classes in y * count of the class).
    classes : ndarray of shape (K,)
        All classes.
    codes : ndarray of int
        Numbers of the classes of y, `NO_LABEL` for none.

    Raises
    ------
    ValueError
        If it names a class that y does not hold.
    """
    weights = np.ones(len(classes))
    if isinstance(class_weight, dict):
        known = classes.tolist()
        unknown = [label for label in class_weight if label not in set(known)]
        if unknown:
            raise ValueError(f"class_weight must name classes in y. Got {unknown[0]!r}, which y does not hold.")
        return np.array([float(class_weight.get(label, 1.0)) for label in known])
    if class_weight == "balanced":
        present = np.unique(codes[codes != NO_LABEL])
        weights[present] = compute_class_weight("balanced", classes=present, y=codes[codes != NO_LABEL])
    return weights
