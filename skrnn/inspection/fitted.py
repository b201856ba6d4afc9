"""The estimator to look at, inside pipelines and searches; matplotlib, if it is there."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def split_off_last(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers ahead of the last estimator, and that estimator, inside pipelines and searches."""
    ahead: list[Any] = []
    while True:
        if isinstance(estimator, Pipeline):
            ahead += [step for _, step in estimator.steps[:-1] if step not in (None, "passthrough")]
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return ahead, estimator


def find_with(estimator: Any, attribute: str, what: str) -> Any:
    """Return the last estimator if it has an attribute.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is not fitted, or a search was told not to refit.
    TypeError
        If it is fitted and has no such attribute; `what` says what it must have.
    """
    _, last = split_off_last(estimator)
    if hasattr(last, attribute):
        return last
    name = type(last).__name__
    if hasattr(last, "cv_results_"):
        raise NotFittedError(f"This {name} has no best_estimator_: fit it with refit=True.")
    check_is_fitted(last)
    raise TypeError(f"estimator must {what}, or end in one that does. Got {name}.")


def import_pyplot(owner: str) -> Any:
    """Import matplotlib.pyplot, or say what to install."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(f"{owner} needs matplotlib, which is not installed: pip install skrnn[plots]") from error
    return plt
