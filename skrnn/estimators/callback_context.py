"""A fit as scikit-learn's own callbacks see it: a context with a subcontext for each epoch.

The only module that knows `sklearn.callback`, which came with scikit-learn 1.9; before, nothing calls back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sklearn

from skrnn.sequences.sklearn_private import begin_callbacks, has_callbacks
from skrnn.training import Outcome

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for that of scikit-learn."""

        def set_callbacks(self, *callbacks: Any) -> Any:
            """Needs scikit-learn 1.9.

            Raises
            ------
            ImportError
                Always.
            """
            raise ImportError(f"set_callbacks needs scikit-learn 1.9 or newer. Got {sklearn.__version__}.")

    def with_callbacks(method: Any) -> Any:
        """Leave a method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "CallbackContext", "with_callbacks"]


class CallbackContext:
    """One fit, reported to the callbacks of an estimator epoch by epoch; an observer of a `Trainer`.

    Use it inside a method decorated with `with_callbacks`, which sees to the end of the callbacks however the fit ends.
    """

    def __init__(self, fit: Any, given: dict[str, Any], fitted: Callable[[Outcome], dict[str, Any]]) -> None:
        self._fit, self._given, self._fitted = fit, given, fitted

    @classmethod
    def begin(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        epochs: int,
        fitted: Callable[[Outcome], dict[str, Any]],
    ) -> CallbackContext | None:
        """Begin the task of a fit; None if nobody would hear of it.

        Parameters
        ----------
        estimator : SequenceEstimator
            Being fitted.
        X, y, sample_weight : as in `fit`
            Handed to the callbacks as they are; what early stopping holds out is in them.
        epochs : int
            How many there are at most.
        fitted : callable
            From an `Outcome` to the attributes of an estimator whose fit ended with it. Called only if a callback
            asks.
        """
        if not epochs or not has_callbacks(estimator):
            return None
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        fit = begin_callbacks(estimator, epochs)
        fit.call_on_fit_task_begin(**given)
        return cls(fit, given, fitted)

    def epoch_begin(self, reached: Callable[[], Outcome]) -> None:
        """Tell that an epoch begins."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given, reconstruction_attributes=lambda: self._fitted(reached()))

    def epoch_end(self, reached: Callable[[], Outcome]) -> bool:
        """Tell that an epoch ended; True if a callback wants no more."""
        return self._epoch.call_on_fit_task_end(
            **self._given, reconstruction_attributes=lambda: self._fitted(reached())
        )

    def end(self) -> None:
        """Tell that the estimator is fitted."""
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes={})
