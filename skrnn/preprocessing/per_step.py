"""`PerStep`: any scikit-learn transformer, applied to every time step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted, has_fit_parameter

from skrnn.preprocessing.containers import OutputContainer
from skrnn.preprocessing.step_tables import ChosenFeatures, Features, StepTable
from skrnn.sequences.cell_frames import holds_cells
from skrnn.sequences.check import unboxed
from skrnn.sequences.frames import is_absent
from skrnn.sequences.labels import as_labels, check_one_type
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.target_shapes import check_step_targets, check_targets, has_rows, has_time_axis
from skrnn.sequences.weights import check_weights


def _inner_has(name: str) -> Any:
    def check(self: PerStep) -> bool:
        return hasattr(getattr(self, "transformer_", self.transformer), name)

    return check


class PerStep(ChosenFeatures, OutputContainer, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Apply a transformer to every time step of ragged, 3-D or 2-D sequences.

    Scaling, imputation, projection and selection of features are defined on tables: rows and columns.
    `PerStep` lays all steps of all sequences under each other, (total steps, D), fits the transformer on that
    table, and gives the sequences their steps back.

    Parameters
    ----------
    transformer : estimator
        Any scikit-learn transformer, such as ``StandardScaler()``, ``PCA(3)``, ``SimpleImputer()`` or a
        ``ColumnTransformer``. It is cloned before fitting. Its parameters are reached as ``transformer__*``.
    features : list of str or int, str, int or None, default=None
        Names or numbers of the features that the transformer gets; the others stay as they are. None is all; of a data
        frame with sequences in cells, all columns of sequences of numbers.

    Attributes
    ----------
    transformer_ : estimator
        The fitted transformer.
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Column names, where X is a list of data frames with string columns.

    Raises
    ------
    ValueError
        If sequences are empty, differ in D, or differ in D from those of the fit.

    Notes
    -----
    What comes out has the form of what goes in: a 3-D array gives a 3-D array (N, T, D'), a 2-D array, one
    feature a step, gives (N, T) if the transformer keeps one feature and (N, T, D') otherwise, anything else
    gives `Sequences`. A data frame with sequences in cells gives such a frame. Transformed features keep their places
    where they are as many as the chosen ones, and stand behind the others where not. With
    ``set_output(transform="pandas")`` or ``"polars"`` the result is a list of data frames, one a sequence, whose
    columns carry the transformer's feature names.

    A target with one value a sequence is repeated for each of its steps, and so is `sample_weight`, so that
    supervised transformers work. Those that need y do not see the steps whose target is None or NaN; those that can do
    without it get none where some are missing.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skrnn.preprocessing import PerStep
    >>> X = [np.array([[0.0, 10.0], [2.0, 30.0]]), np.array([[4.0, 50.0]])]
    >>> scaled = PerStep(StandardScaler()).fit_transform(X)
    >>> scaled
    Sequences(2 sequences of 1 to 2 steps, 2 features, float64)
    >>> scaled[1].round(2)
    array([[1.22, 1.22]])
    """

    def __init__(self, transformer: Any, features: Features = None) -> None:
        self.transformer = transformer
        self.features = features

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> PerStep:
        """Fit the transformer on all steps.

        Parameters
        ----------
        X : sequences in any form
            See `RNNClassifier.fit`; NaN is left to the transformer.
        y : array-like of shape (N,) or (N, K), or one value for each step, optional
            Handed to the transformer, repeated over the steps where it is given per sequence. Rows, in a list or an
            array (N, T), are steps where they have those of X, and outputs of the sequences otherwise. A transformer
            that needs no y does not see rows of other lengths, such as translations.
        sample_weight : array-like of shape (N,), or one weight for each step, optional
            Handed to the transformer, repeated over the steps where it is given per sequence.

        Returns
        -------
        self
        """
        steps = StepTable.of(X, self.features)
        table, sequences = steps.table, steps.sequences
        transformer = clone(self.transformer)
        if hasattr(self, "_output"):
            transformer.set_output(transform=self._output)
        params = {}
        if sample_weight is not None:
            if not has_fit_parameter(transformer, "sample_weight"):
                raise TypeError(f"{type(transformer).__name__} takes no sample_weight.")
            params["sample_weight"] = check_weights(sample_weight, len(sequences), sequences.lengths)
        alone = _fitted_alone(transformer, table, params) if _has_own_lengths(sequences, y) else None
        targets = _step_targets(sequences, y) if alone is None else None
        if alone is not None:
            self.transformer_ = alone
        elif targets is None or (known := _known(targets)).all():
            self.transformer_ = transformer.fit(table, targets, **params)
        else:
            self.transformer_ = _fit_with_gaps(transformer, table, targets, known, params)
        self._remember(steps)
        return self

    def transform(self, X: Any) -> Any:
        """Transform every step.

        Parameters
        ----------
        X : sequences in any form
            With the D of the fit.

        Returns
        -------
        ndarray, Sequences or list of data frames
            In the form of X; see Notes.
        """
        return self._apply("transform", X, self.__dict__.get("n_features_in_"))

    @available_if(_inner_has("inverse_transform"))
    def inverse_transform(self, X: Any) -> Any:
        """Undo `transform` on every step, where the transformer can.

        Parameters
        ----------
        X : sequences in any form
            As `transform` gives them.

        Returns
        -------
        ndarray, Sequences or list of data frames
            In the form of X.
        """
        return self._apply("inverse_transform", X, None)

    def _apply(self, method: str, X: Any, n_features: int | None) -> Any:
        check_is_fitted(self, "transformer_")
        if self.features is not None and holds_cells(X) != self._of_cells:
            raise ValueError("X must be a data frame with sequences in its cells, or not, as in fit.")
        steps = StepTable.of(X, self.features, n_features)
        back = method == "inverse_transform"
        if steps.chosen is not None and back and self._width_out() != self._width:
            raise ValueError(
                f"inverse_transform needs a transformer that keeps the {self._width} features. Got others."
            )
        result = getattr(self.transformer_, method)(steps.table)
        names = self._table_names() if back else self._transformed_names(self.transformer_)
        return steps.back(result, names if steps.chosen is not None or not back else None)

    def _width_out(self) -> int:
        """Features that the transformer gives, where it tells; as many as it gets, otherwise."""
        try:
            return len(self.transformer_.get_feature_names_out())
        except (AttributeError, ValueError):
            return self._width

    @available_if(_inner_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Names of the features, as the transformer gives them; those that it does not get stay.

        Parameters
        ----------
        input_features : array-like of str, shape (D,), optional
            Names of the features that go in; `feature_names_in_` by default, where there are any.

        Returns
        -------
        ndarray of str, shape (D',)
        """
        check_is_fitted(self, "transformer_")
        return self._names_out(self.transformer_, input_features)

    def set_output(self, *, transform: str | None = None) -> PerStep:
        """Choose the container of `transform`, and of the transformer's own; as of `OutputContainer`."""
        super().set_output(transform=transform)
        if transform is not None and hasattr(self, "transformer_"):
            self.transformer_.set_output(transform=transform)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = getattr(self.transformer, "__sklearn_tags__", None)
        if inner is not None:
            inner_tags = inner()
            tags.input_tags.allow_nan = inner_tags.input_tags.allow_nan
            tags.target_tags.required = inner_tags.target_tags.required
        tags.input_tags.three_d_array = True
        return tags


def _fit_with_gaps(transformer: Any, table: Any, targets: NDArray, known: NDArray[np.bool_], params: Any) -> Any:
    """Fit to all steps without y if the transformer can do without it, or else to those whose target is known."""
    alone = _fitted_alone(transformer, table, params)
    if alone is not None:
        return alone
    if not known.any():
        raise ValueError("y must hold a target. Got None or NaN for all steps.")
    params = {name: weights[known] for name, weights in params.items()}
    return transformer.fit(_rows_of(table, known), np.array(targets[known].tolist()), **params)


def _fitted_alone(transformer: Any, table: Any, params: Any) -> Any:
    """The transformer fitted without y, or None where it needs one."""
    if get_tags(transformer).target_tags.required:
        return None
    try:  # not every transformer that needs y says so
        return clone(transformer).fit(table, None, **params)
    except (TypeError, ValueError):
        return None


def _has_own_lengths(sequences: Sequences, y: Any) -> bool:
    """Whether y holds a list for each sequence, with other lengths than those of X: outputs of a translator."""
    y = unboxed(y)
    if not isinstance(y, (list, tuple, np.ndarray)) or (isinstance(y, np.ndarray) and y.ndim != 1):
        return False
    if len(y) != len(sequences) or not all(isinstance(row, (list, tuple, np.ndarray)) for row in y):
        return False
    lengths = [len(row) for row in y]  # equal ones are outputs of the sequences
    return len(set(lengths)) > 1 and lengths != sequences.lengths.tolist()


def _rows_of(table: Any, rows: NDArray[np.bool_]) -> Any:
    """Rows of an array or a data frame."""
    return table[rows] if isinstance(table, np.ndarray) or hasattr(table, "iloc") else table.filter(rows)


def _known(targets: NDArray) -> NDArray[np.bool_]:
    """Which steps have targets, none of which is None or NaN."""
    if targets.dtype.kind == "f":
        known = ~np.isnan(targets)
    elif targets.dtype == object:
        known = np.array([not is_absent(v) for v in targets.reshape(-1)]).reshape(targets.shape)
    else:
        return np.ones(len(targets), bool)
    return known.reshape(len(targets), -1).all(axis=1)


def _step_targets(sequences: Sequences, y: Any) -> NDArray | None:
    """One target, or K, for each step of all sequences; None where there is no y."""
    if y is None:
        return None
    y = unboxed(y)
    y = y.to_numpy() if hasattr(y, "to_numpy") and len(y.shape) == 2 else y
    check_consistent_length(sequences, y)
    if has_time_axis(y) or (has_rows(y) and (sequences.lengths == len(y[0])).all()):
        if isinstance(y, (list, tuple)):
            y = [_row(row) for row in y]
        values = _of_one_type(check_step_targets(sequences.lengths, y, numbers=False).values)
        return values[:, 0] if values.shape[1] == 1 else values
    try:
        array = np.asarray(y)
    except OverflowError:
        raise ValueError("y must not contain a value too large for float64.") from None
    y = as_labels(y) if isinstance(y, (list, tuple)) and array.dtype.kind in "US" else _of_one_type(array)
    if y.dtype.kind in "fiub":
        check_targets(sequences, y)
    return np.repeat(y, sequences.lengths, axis=0)


def _of_one_type(y: NDArray) -> NDArray:
    """Targets in an array of their own type, or of objects where some are None."""
    if y.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: y must hold labels or numbers. Got {y.dtype}.")
    if y.dtype != object:
        return y
    if any(is_absent(label) for label in y.reshape(-1)):
        check_one_type([label for label in y.reshape(-1) if not is_absent(label)])
        return y
    return as_labels(y)


def _row(row: Any) -> Any:
    """Labels of a list in an array of their own type; None among numbers is NaN, among others stays."""
    if not isinstance(row, (list, tuple)):
        return row
    labels = np.array(row, dtype=object)
    return labels if any(label is None for label in labels.reshape(-1)) else np.asarray(row)
