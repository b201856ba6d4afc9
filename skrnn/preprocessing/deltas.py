"""`Deltas`: slopes of features over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.sequence_transformer import StepKeeping, as_floats
from skrnn.preprocessing.step_tables import Features
from skrnn.sequences.sklearn_private import Interval, validate_params


class Deltas(StepKeeping):
    r"""Add the slopes of features over time: first differences, and differences of these.

    Parameters
    ----------
    order : int, default=2
        How many times differences are taken: 1 adds velocities, 2 accelerations, too.
    width : int, default=5
        Steps of the window of each slope, an odd number from 3.
    features : list of str or int, str, int or None, default=None
        Names or numbers of the features; the others stay as they are. None is all.

    Attributes
    ----------
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the features, where X came with some.

    Notes
    -----
    The slope at step t is that of the least-squares line through ``width`` steps [1]_,

    .. math:: d_t = \frac{\sum_{n=1}^{M} n (c_{t+n} - c_{t-n})}{2 \sum_{n=1}^{M} n^2},\quad M = (width - 1) / 2,

    where the first and the last step are repeated beyond the ends. Second differences are the slopes of the first. The
    result has ``(order + 1) * D`` features: those of X, then all first differences, then all second differences. The
    form of X is kept, as by `PerStep`.

    References
    ----------
    .. [1] S. Young et al. (2006), The HTK book, equation 5.16.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import Deltas
    >>> Deltas(order=1, width=3).fit_transform([np.array([0.0, 1.0, 4.0])])[0]
    array([[0. , 0.5],
           [1. , 2. ],
           [4. , 1.5]])
    """

    _parameter_constraints: dict[str, Any] = {
        "order": [Interval(Integral, 1, None, closed="left")],
        "width": [Interval(Integral, 3, None, closed="left")],
        "features": "no_validation",
    }

    def __init__(self, order: int = 2, width: int = 5, features: Features = None) -> None:
        self.order = order
        self.width = width
        self.features = features

    def _learn(self, X: Any) -> None:
        self._function()
        super()._learn(X)

    def _function(self) -> Callable[[Any], NDArray]:
        validate_params(self)
        if self.width % 2 == 0:
            raise ValueError(f"width must be odd. Got {self.width}.")
        return self._extended

    def _extended(self, rows: Any) -> NDArray:
        parts = [as_floats(rows)]
        for _ in range(self.order):
            parts.append(slopes(parts[-1], self.width))
        return np.concatenate(parts, axis=1)

    def _new_names(self) -> list[str] | None:
        names = self._table_names()
        if names is None and self._library != "default":
            names = [f"x{k}" for k in range(self._width)]
        return None if names is None else with_deltas(names, self.order)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Names of the features: those of X, and for each of them ``_delta1`` to ``_delta<order>``.

        Parameters
        ----------
        input_features : array-like of str, shape (D,), optional
            Names of the features that go in; `feature_names_in_` by default, where there are any.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "n_features_in_")
        return self._names_out(_Names(self.n_features_in_, self.order), input_features)


class _Names(NamedTuple):
    """Names as a scikit-learn transformer would give them for the chosen features."""

    n_features: int
    order: int

    def get_feature_names_out(self, names: Any) -> NDArray:
        """Names of the features, and of their differences."""
        names = [f"x{k}" for k in range(self.n_features)] if names is None else list(names)
        return np.array(with_deltas(names, self.order), dtype=object)


def with_deltas(names: Sequence[str], order: int) -> list[str]:
    """Names of features, of all first differences, and so on.

    Examples
    --------
    >>> from skrnn.preprocessing.deltas import with_deltas
    >>> with_deltas(["a", "b"], 1)
    ['a', 'b', 'a_delta1', 'b_delta1']
    """
    return [*names, *(f"{name}_delta{k}" for k in range(1, order + 1) for name in names)]


def slopes(x: NDArray, width: int) -> NDArray:
    """Slopes (T, D) of the least-squares lines through `width` steps of x, (T, D)."""
    half, n = width // 2, len(x)
    extended = np.concatenate([np.repeat(x[:1], half, axis=0), x, np.repeat(x[-1:], half, axis=0)])
    total = np.zeros_like(x)
    for k in range(1, half + 1):
        total += k * (extended[half + k : half + k + n] - extended[half - k : half - k + n])
    return total / (2 * sum(k * k for k in range(1, half + 1)))
