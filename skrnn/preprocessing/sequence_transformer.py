"""Bases of transformers that act on each sequence by itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.containers import OutputContainer, remember_features
from skrnn.preprocessing.forms import form_of
from skrnn.preprocessing.step_tables import ChosenFeatures, Features, StepTable, in_form_of
from skrnn.sequences.cell_frames import CellFrame, cell_sequences, frame_of, holds_cells, with_cells
from skrnn.sequences.check import check_sequences, unboxed
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import validate_params


class SequenceTransformer(OutputContainer, TransformerMixin, BaseEstimator):
    """Base: forms of X in and out, names, and containers of the output."""

    _parameter_constraints: dict[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the features of X.

        Parameters
        ----------
        X : sequences in any form
        y : None
            Ignored.

        Returns
        -------
        self
        """
        validate_params(self)
        self._learn(X)
        return self

    @abstractmethod
    def _learn(self, X: Any) -> None: ...

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Names of the features that come out.

        Parameters
        ----------
        input_features : array-like of str, shape (D,), optional
            Names of the features that go in; `feature_names_in_` by default, where there are any.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "n_features_in_")
        names = vars(self).get("feature_names_in_") if input_features is None else input_features
        return np.array([f"x{k}" for k in range(self.n_features_in_)] if names is None else names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def _contained(self, values: NDArray, names: Any) -> Any:
        """Values of steps, in a data frame where one is asked for."""
        if self._library == "default":
            return values
        names = [f"x{k}" for k in range(values.shape[1])] if names is None else names
        return frame_of(self._library, {str(name): values[:, k] for k, name in enumerate(names)})


class StepKeeping(ChosenFeatures, SequenceTransformer):
    """Base of those that keep the steps, and may act on some features."""

    features: Features

    def _learn(self, X: Any) -> None:
        steps = StepTable.of(X, self.features, owner=type(self).__name__)
        self._remember(steps)

    def transform(self, X: Any) -> Any:
        """Transform each sequence by itself.

        Parameters
        ----------
        X : sequences in any form
            With the D of the fit.

        Returns
        -------
        ndarray, Sequences or data frames
            In the form of X.
        """
        check_is_fitted(self, "n_features_in_")
        return self._each(X, self._function())

    @abstractmethod
    def _function(self) -> Callable[[Any], Any]:
        """From the steps of a sequence, (T, d), to others, (T, d')."""

    def _each(self, X: Any, function: Callable[[Any], Any]) -> Any:
        steps = StepTable.of(X, self.features, None if self._of_cells else self.n_features_in_, type(self).__name__)
        bounds = steps.sequences.offsets
        parts = [np.asarray(function(rows_of(steps.table, a, b))) for a, b in zip(bounds[:-1], bounds[1:])]
        values = np.concatenate([part.reshape(len(part), -1) for part in parts])
        names = self._new_names()
        return steps.back(values if steps.of_cells else self._contained(values, names), names, type(self).__name__)

    def _new_names(self) -> list[str] | None:
        """Names of the transformed features."""
        return self._table_names()


def rows_of(table: Any, a: int, b: int) -> Any:
    """Rows of an array or a data frame."""
    return table.iloc[a:b] if hasattr(table, "iloc") else table[a:b]


class LengthChanging(SequenceTransformer):
    """Base of those that change the number of steps, of all features alike."""

    def _learn(self, X: Any) -> None:
        if holds_cells(X):
            remember_features(self, len(X.columns), tuple(X.columns))
        elif form_of(X) == "numbers":
            sequences = self._sequences(unboxed(X))
            remember_features(self, sequences.n_features, sequences.feature_names)
        else:
            remember_features(self, 1, None)

    def transform(self, X: Any) -> Any:
        """Change the number of steps of each sequence.

        Parameters
        ----------
        X : sequences in any form
            With the D of the fit.

        Returns
        -------
        ndarray, Sequences or data frames
            In the form of X.
        """
        check_is_fitted(self, "n_features_in_")
        if holds_cells(X):
            return with_cells(X, {name: self._cells(c, name) for name, c in CellFrame.of(X).sequences.items()})
        X = unboxed(X)
        if form_of(X) != "numbers":
            return self._tokens(X)
        changed = self._changed(self._sequences(X, self.n_features_in_))
        return in_form_of(X, changed, self._contained(changed.values, changed.feature_names), changed.feature_names)

    def _sequences(self, X: Any, n_features: int | None = None) -> Sequences:
        return check_sequences(X, n_features=n_features, allow_nan=True, dtype=None, owner=type(self).__name__)

    @abstractmethod
    def _changed(self, sequences: Sequences) -> Sequences:
        """Sequences with other steps."""

    def _tokens(self, X: Any) -> Any:
        raise ValueError(f"X must hold numbers for {type(self).__name__}. Got strings or dictionaries.")

    def _cells(self, cells: list[Any], name: str) -> list[Any]:
        changed = self._changed(cell_sequences(cells, name))
        flat = changed.n_features == 1 and np.ndim(cells[0]) == 1
        return [row[:, 0] if flat else row for row in changed]


def as_floats(rows: Any) -> NDArray:
    """A copy of steps as numbers; integers, and bools, become float64."""
    values = np.array(rows)
    return values if values.dtype.kind == "f" else values.astype(np.float64)
