"""The part of the training data that early stopping watches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
)

from skrnn.sequences.sklearn_private import safe_indexing
from skrnn.training import Outcome


def split_validation(
    n: int, fraction: float, classes: NDArray | None, groups: NDArray | None, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows into training and validation.

    Parameters
    ----------
    n : int
        Sequences.
    fraction : float
        Share held out.
    classes : ndarray of shape (n,) or None
        Stratify by these.
    groups : ndarray of shape (n,) or None
        Keep sequences of a group on one side.
    seed : int
        Of the shuffle.

    Returns
    -------
    training, validation : ndarray of int

    Raises
    ------
    ValueError
        If there are too few sequences, groups, or sequences of a class.
    """
    if groups is not None and len(np.unique(groups)) < 2:
        raise ValueError("early_stopping needs at least 2 groups, to hold one out. Got 1.")
    if n < 2:
        raise ValueError(f"early_stopping needs at least 2 sequences, to hold one out. Got n_samples = {n}.")
    if classes is not None:
        found, counts = np.unique(classes, return_counts=True)
        if counts.min() < 2:
            rare = found.tolist()[counts.argmin()]
            raise ValueError(f"early_stopping needs at least 2 sequences of each class. Got 1 of {rare!r}.")
    units, what = (n, "sequences") if groups is None else (len(np.unique(groups)), "groups")
    held_out = int(np.ceil(fraction * units))
    wanted = len(np.unique(classes)) if classes is not None and groups is None else 1
    if min(held_out, units - held_out) < wanted and (classes is None or groups is None):
        part = f"{held_out} of {units} {what}"
        need = " and leaves none to train on"
        if wanted > 1:
            need = f" and needs {wanted}, one of each class, on both sides"
        raise ValueError(
            f"early_stopping holds out {part} (validation_fraction={fraction:g}){need}. Change validation_fraction, "
            "or set early_stopping=False."
        )
    rows = np.arange(n)
    splitter: Any
    if groups is None:
        kind = ShuffleSplit if classes is None else StratifiedShuffleSplit
        splitter = kind(n_splits=1, test_size=fraction, random_state=seed)
    elif classes is None:
        splitter = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=seed)
    else:
        folds = min(max(2, round(1 / fraction)), len(np.unique(groups)))
        splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    training, validation = next(iter(splitter.split(rows, classes, groups)))
    if classes is not None and len(np.unique(classes[training])) < len(np.unique(classes)):
        raise ValueError("early_stopping must leave each class in the training part. Got a class in one group only.")
    return training, validation


def validation_scorer(
    estimator: Any, as_fitted: Callable[[Outcome], dict[str, Any]], X: Any, y: Any, rows: NDArray[np.int64]
) -> Callable[[Callable[[], Outcome]], float]:
    """A score of what is held out, for a `Trainer`.

    Parameters
    ----------
    estimator : SequenceEstimator
        Being fitted, with a parameter `scoring`.
    as_fitted : callable
        From an `Outcome` to the attributes of a fitted estimator.
    X, y : as in `fit`
    rows : ndarray of int
        What is held out.
    """
    scorer = check_scoring(estimator, estimator.scoring)
    parts = [safe_indexing(part, rows) for part in (X, y) if part is not None]

    def score(reached: Callable[[], Outcome]) -> float:
        fitted = copy.copy(estimator)
        vars(fitted).update(as_fitted(reached()))
        return float(scorer(fitted, *parts))

    return score
