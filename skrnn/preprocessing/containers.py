"""Containers of what transformers give, and the features that they remember."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from skrnn.sequences.sklearn_private import copy_settings


class OutputContainer:
    """`set_output` of transformers whose output is no table, which scikit-learn's own cannot wrap."""

    def set_output(self, *, transform: str | None = None) -> Any:
        """Choose the container of `transform`: "default", "pandas" or "polars".

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            With a data frame library, `transform` gives a list of data frames, one for each sequence; of tokens one
            data frame with a column of lists, as a `ColumnTransformer` joins them. None changes nothing.

        Returns
        -------
        self
        """
        if transform is not None:
            self._output = transform
        return self

    @property
    def _library(self) -> str:
        """The container that is asked for."""
        return vars(self).get("_output", "default")

    def __sklearn_clone__(self) -> Any:
        params = self.get_params(deep=False)  # type: ignore[attr-defined]
        copy: Any = type(self)(**{k: clone(v, safe=False) for k, v in params.items()})
        copy_settings(self, copy)
        return copy.set_output(transform=vars(self).get("_output"))


def remember_features(estimator: Any, n_features: int, names: Any) -> None:
    """Set `n_features_in_` and, where there are names, `feature_names_in_`; those of an earlier fit go."""
    estimator.n_features_in_ = n_features
    if names is not None:
        estimator.feature_names_in_ = np.asarray(names, dtype=object)
    elif "feature_names_in_" in vars(estimator):
        del estimator.feature_names_in_
