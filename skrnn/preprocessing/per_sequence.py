"""`PerSequence`: any scikit-learn transformer, fitted to each sequence alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.sequence_transformer import StepKeeping
from skrnn.preprocessing.step_tables import Features, StepTable


class PerSequence(StepKeeping):
    """Fit a transformer to each sequence alone, and transform it.

    Scaling each recording by itself takes away what differs between recorders, patients or machines.

    Parameters
    ----------
    transformer : estimator
        Any scikit-learn transformer that keeps the steps and needs no y, such as ``StandardScaler()``. A clone is
        fitted to each sequence, in `fit` and in `transform`. Its parameters are reached as ``transformer__*``.
    features : list of str or int, str, int or None, default=None
        Names or numbers of the features that it gets; the others stay as they are. None is all.

    Attributes
    ----------
    transformer_ : estimator
        Fitted to the first sequence of the fit; it names the features that come out.
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the features, where X came with some.

    Notes
    -----
    The form of X is kept, as by `PerStep`. There is no `inverse_transform`, as the scale of a sequence is not kept.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skrnn.preprocessing import PerSequence
    >>> X = [np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0])]
    >>> PerSequence(MinMaxScaler()).fit_transform(X)[1].ravel()
    array([0., 1.])
    """

    def __init__(self, transformer: Any, features: Features = None) -> None:
        self.transformer = transformer
        self.features = features

    def _learn(self, X: Any) -> None:
        super()._learn(X)
        steps = StepTable.of(X[:1], self.features)
        self.transformer_ = clone(self.transformer).fit(steps.table)

    def _function(self) -> Callable[[Any], Any]:
        transformer = clone(self.transformer)  # one for all sequences, as each fit begins anew

        def changed(rows: Any) -> Any:
            found = transformer.fit_transform(rows)
            if found.shape[0] != len(rows):
                got = f"{found.shape[0]} rows of {len(rows)}"
                raise ValueError(f"PerSequence needs a transformer that keeps the steps. Got {got}.")
            return found.toarray() if hasattr(found, "toarray") else found

        return changed

    def _new_names(self) -> list[str] | None:
        return self._transformed_names(self.transformer_)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Names of the features, as the transformer gives them; those that it does not get stay.

        Parameters
        ----------
        input_features : array-like of str, shape (D,), optional
            Names of the features that go in; `feature_names_in_` by default, where there are any.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "transformer_")
        return self._names_out(self.transformer_, input_features)
