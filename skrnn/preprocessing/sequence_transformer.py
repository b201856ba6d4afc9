"""Bases of transformers that act on each sequence by itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.forms import form_of
from skrnn.preprocessing.step_tables import ChosenFeatures, Features, StepTable, in_form_of
from skrnn.sequences.cell_frames import CellFrame, cell_sequences, frame_of, holds_cells, with_cells
from skrnn.sequences.check import check_sequences, unboxed
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import copy_settings, validate_params


class SequenceTransformer(TransformerMixin, BaseEstimator):
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

    def set_output(self, *, transform: str | None = None) -> Any:
        """Choose the container of `transform`: "default", "pandas" or "polars".

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            With a data frame library, `transform` gives a list of frames, one a sequence.

        Returns
        -------
        self
        """
        if transform is not None:
            self._output = transform
        return self

    def __sklearn_clone__(self) -> Any:
        params = {k: clone(v, safe=False) for k, v in self.get_params(deep=False).items()}
        copy = type(self)(**params)
        copy_settings(self, copy)
        return copy.set_output(transform=vars(self).get("_output"))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def _contained(self, values: NDArray) -> Any:
        """Values of steps, in a data frame where one is asked for."""
        output = vars(self).get("_output", "default")
        if output == "default":
            return values
        names = [str(name) for name in self.get_feature_names_out()]
        if len(names) != values.shape[1]:
            names = [f"x{k}" for k in range(values.shape[1])]
        return frame_of(output, {name: values[:, k] for k, name in enumerate(names)})


class StepKeeping(ChosenFeatures, SequenceTransformer):
    """Base of those that keep the steps, and may act on some features."""

    features: Features

    def _learn(self, X: Any) -> None:
        steps = StepTable.of(X, self.features, owner=type(self).__name__)
        self._remember(X, steps)
        self._try(steps)

    def _try(self, steps: StepTable) -> None:
        """What there is to learn."""

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
        return self._each(X, self._changed)

    @abstractmethod
    def _changed(self, rows: Any) -> Any:
        """(T, d) -> (T, d')."""

    def _each(self, X: Any, function: Any) -> Any:
        check_is_fitted(self, "n_features_in_")
        of_cells = holds_cells(X)
        steps = StepTable.of(X, self.features, None if of_cells else self.n_features_in_, type(self).__name__)
        bounds = steps.sequences.offsets
        parts = [np.asarray(function(rows_of(steps.table, a, b))) for a, b in zip(bounds[:-1], bounds[1:])]
        values = np.concatenate([part.reshape(len(part), -1) for part in parts])
        names = self._new_names()
        output = vars(self).get("_output", "default")
        if of_cells or output == "default":
            return steps.back(values, names, type(self).__name__)
        names = names or [f"x{k}" for k in range(values.shape[1])]
        return steps.back(frame_of(output, {n: values[:, k] for k, n in enumerate(names)}), names, type(self).__name__)

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
            self._remember(len(X.columns), tuple(X.columns))
        elif form_of(X) == "numbers":
            sequences = self._sequences(unboxed(X))
            self._remember(sequences.n_features, sequences.feature_names)
        else:
            self._remember(1, None)

    def _remember(self, n: int, names: Any) -> None:
        self.n_features_in_ = n
        if names is not None:
            self.feature_names_in_ = np.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

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
        return in_form_of(X, changed, self._contained(changed.values), changed.feature_names)

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
