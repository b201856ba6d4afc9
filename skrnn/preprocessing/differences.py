"""`Differences` of steps."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.sequence_transformer import StepKeeping, as_floats
from skrnn.preprocessing.step_tables import Features
from skrnn.sequences.sklearn_private import Interval, StrOptions


def _keeps_values(transformer: Differences) -> bool:
    return transformer.initial == "value"


class Differences(StepKeeping):
    """Subtract from each step the one `lag` steps before.

    Parameters
    ----------
    lag : int, default=1
        Steps between the two; the length of a season takes the season away.
    initial : {"zero", "value"}, default="zero"
        What the first `lag` steps become: zeros, or their own values, from which `inverse_transform` goes on.
    features : list of str or int, str, int or None, default=None
        Names or numbers of the features; the others stay as they are. None is all.

    Attributes
    ----------
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the features, where X came with some.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import Differences
    >>> X = [np.array([1.0, 4.0, 9.0])]
    >>> Differences().fit_transform(X)[0].ravel()
    array([0., 3., 5.])
    >>> kept = Differences(initial="value").fit(X)
    >>> kept.inverse_transform(kept.transform(X))[0].ravel()
    array([1., 4., 9.])
    """

    _parameter_constraints: dict[str, Any] = {
        "lag": [Interval(Integral, 1, None, closed="left")],
        "initial": [StrOptions({"zero", "value"})],
        "features": "no_validation",
    }

    def __init__(self, lag: int = 1, initial: str = "zero", features: Features = None) -> None:
        self.lag = lag
        self.initial = initial
        self.features = features

    def _function(self) -> Callable[[Any], NDArray]:
        return self._subtracted

    def _subtracted(self, rows: Any) -> NDArray:
        values = as_floats(rows)
        changed = values.copy() if self.initial == "value" else np.zeros_like(values)
        changed[self.lag :] = values[self.lag :] - values[: -self.lag]
        return changed

    @available_if(_keeps_values)
    def inverse_transform(self, X: Any) -> Any:
        """Sum differences up again.

        Parameters
        ----------
        X : sequences in any form
            As `transform` gives them with ``initial="value"``.

        Returns
        -------
        ndarray, Sequences or data frames
            In the form of X.
        """
        check_is_fitted(self, "n_features_in_")
        return self._each(X, self._summed)

    def _summed(self, rows: Any) -> NDArray:
        values = as_floats(rows)
        for first in range(min(self.lag, len(values))):
            values[first :: self.lag] = np.cumsum(values[first :: self.lag], axis=0)
        return values
