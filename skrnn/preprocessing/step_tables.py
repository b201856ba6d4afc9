"""All steps of sequences under each other, as a table, and a table's steps back in the form that X had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skrnn.preprocessing.containers import remember_features
from skrnn.preprocessing.forms import form_of
from skrnn.sequences.cell_frames import CellFrame, cell_sequences, frame_like, holds_cells, with_cells
from skrnn.sequences.check import check_sequences, frame_columns, is_list_of_arrays, unboxed
from skrnn.sequences.frames import joined
from skrnn.sequences.messages import listed, nearest, shown
from skrnn.sequences.ragged import Sequences

Features = Sequence[Any] | str | int | None


class StepTable(NamedTuple):
    """The steps of all sequences, or some features of them, under each other.

    Attributes
    ----------
    X : any form
        As it came.
    table : ndarray of shape (total steps, d) or data frame
        The chosen features.
    sequences : Sequences
        Where the sequences begin, and the names of all D features.
    chosen : ndarray of int, or None
        Which features are in the table; None where all are.
    of_cells : bool
        Whether X is a data frame with sequences in cells.
    """

    X: Any
    table: Any
    sequences: Sequences
    chosen: NDArray[np.int64] | None = None
    of_cells: bool = False

    @classmethod
    def of(cls, X: Any, features: Features = None, n_features: int | None = None, owner: str = "PerStep") -> StepTable:
        """Make a table of X.

        Parameters
        ----------
        X : sequences in any form, or a data frame with sequences in cells
        features : names or numbers of features, optional
            All by default; of a data frame with sequences in cells those that are numbers.
        n_features : int, optional
            D that X must have.
        owner : str
            Who asks, in messages.
        """
        if holds_cells(X):
            return _of_cells(cls, X, features)
        X = unboxed(X)
        if is_list_of_arrays(X) and frame_columns(X[0]) is not None:
            table, sequences = _under_each_other(list(X), n_features, owner)
        else:
            sequences = check_sequences(X, n_features=n_features, allow_nan=True, dtype=None, owner=owner)
            table = sequences.values
        if features is None:
            return cls(X, table, sequences)
        chosen = positions(features, sequences.feature_names, sequences.n_features)
        return cls(X, _taken(table, chosen), sequences, chosen)

    @property
    def width(self) -> int:
        """Features in the table."""
        return int(self.table.shape[1])

    def back(self, result: Any, names: Sequence[str] | None, owner: str = "PerStep") -> Any:
        """Steps of a transformed table, in the form of X.

        Parameters
        ----------
        result : array or data frame of shape (total steps, d')
        names : names of the d' features, or None
        owner : str
            Who asks, in messages.
        """
        if sparse.issparse(result):
            raise TypeError(
                f"{owner} needs a transformer with dense output. Got a sparse matrix; set sparse_output=False."
            )
        if not hasattr(result, "columns"):
            result = np.asarray(result)
        rows = result.shape[0] if result.shape else "no"
        if rows != len(self.sequences.values):
            n = len(self.sequences.values)
            raise ValueError(f"{owner} needs a transformer that keeps the {n} steps. Got {rows} rows.")
        if not hasattr(result, "columns"):
            result = result.reshape(len(result), -1)
        elif names is None:
            names = list(result.columns)
        if self.of_cells:
            return _into_cells(self, result, names)
        if self.chosen is not None:
            result, names = self._beside_the_rest(result, names)
        return in_form_of(self.X, self.sequences, result, names)

    def _beside_the_rest(self, result: Any, names: Sequence[str] | None) -> tuple[Any, list[str] | None]:
        """All features, with the transformed ones in the place of the chosen, or behind the others."""
        assert self.chosen is not None
        whole, before = StepTable.of(self.X).table, self.sequences.feature_names
        numbers = beside_the_rest(
            range(self.sequences.n_features), self.chosen.tolist(), [-1 - j for j in range(result.shape[1])]
        )
        columns = [_column(result, -1 - k) if k < 0 else _column(whole, k) for k in numbers]
        out = None
        if before is not None and names is None and result.shape[1] == len(self.chosen):
            out = list(before)
        elif before is not None and names is not None:
            out = [names[-1 - k] if k < 0 else before[k] for k in numbers]
        if not hasattr(result, "columns"):
            return np.column_stack(columns), out
        return frame_like(result, dict(zip(out or map(str, range(len(columns))), columns))), out


def beside_the_rest(before: Sequence[Any], chosen: Sequence[Any], transformed: Sequence[Any]) -> list[Any]:
    """Features after a transformation of the chosen ones: in their places if they are as many, or behind the others.

    Examples
    --------
    >>> from skrnn.preprocessing.step_tables import beside_the_rest
    >>> beside_the_rest(["a", "b", "c"], ["b"], ["B"])
    ['a', 'B', 'c']
    >>> beside_the_rest(["a", "b", "c"], ["a", "b"], ["pca"])
    ['c', 'pca']
    """
    if len(chosen) == len(transformed):
        places = dict(zip(chosen, transformed))
        return [places.get(feature, feature) for feature in before]
    return [*(feature for feature in before if feature not in set(chosen)), *transformed]


class ChosenFeatures:
    """What a transformer remembers of the features of X, those that it gets, and their names."""

    n_features_in_: int

    def _remember(self, steps: StepTable) -> None:
        names = tuple(steps.X.columns) if steps.of_cells else steps.sequences.feature_names
        remember_features(self, steps.sequences.n_features if names is None else len(names), names)
        self._chosen, self._width, self._of_cells = steps.chosen, steps.width, steps.of_cells

    def _table_names(self) -> list[str] | None:
        """Names of the features that the transformer gets."""
        names = vars(self).get("feature_names_in_")
        if names is None or self._chosen is None:
            return None if names is None else list(names)
        return [names[k] for k in self._chosen] if self._width == len(self._chosen) else None

    def _transformed_names(self, transformer: Any) -> list[str] | None:
        """Names of the features that the fitted transformer gives."""
        names = self._table_names()
        try:
            return None if names is None else list(transformer.get_feature_names_out(np.array(names, dtype=object)))
        except (AttributeError, ValueError):
            return None

    def _names_out(self, transformer: Any, input_features: Any) -> NDArray:
        """Names of all features that come out."""
        before = vars(self).get("feature_names_in_") if input_features is None else np.asarray(input_features)
        if self._chosen is None:  # the transformer saw an array where the names came with `Sequences`
            return transformer.get_feature_names_out(before)
        names = [f"x{k}" for k in range(self.n_features_in_)] if before is None else before.tolist()
        chosen = [names[k] for k in self._chosen]
        if self._width != len(chosen):  # a column of vectors stays one
            return np.array(names, dtype=object)
        given = list(transformer.get_feature_names_out(np.array(chosen, dtype=object)))
        return np.array(beside_the_rest(names, chosen, given), dtype=object)


def positions(features: Features, names: Sequence[str] | None, n: int) -> NDArray[np.int64]:
    """Numbers of features that are named or numbered.

    Raises
    ------
    ValueError
        If one does not exist, or is there twice.
    """
    asked = [features] if isinstance(features, (str, int, np.integer)) else list(features or ())
    if not asked:
        raise ValueError("features must name at least one feature. Got none.")
    found = []
    for feature in asked:
        if isinstance(feature, str):
            if names is None:
                raise ValueError(f"features must be numbers, where X has no column names. Got {feature!r}.")
            if feature not in names:
                hint = nearest(feature, names)
                raise ValueError(f"features must be columns of X: {listed(list(names))}. Got {feature!r}{hint}.")
            found.append(list(names).index(feature))
        elif isinstance(feature, (int, np.integer)) and not isinstance(feature, bool) and -n <= feature < n:
            found.append(int(feature) % n)
        else:
            raise ValueError(f"features must be names, or numbers below {n}. Got {shown(feature)}.")
    twice = next((f for f, k in zip(asked, found) if found.count(k) > 1), None)
    if twice is not None:
        raise ValueError(f"features must be different. Got {twice!r} twice.")
    return np.array(found, np.int64)


def _taken(table: Any, chosen: NDArray[np.int64]) -> Any:
    if hasattr(table, "iloc"):
        return table.iloc[:, chosen]
    return table[:, chosen] if isinstance(table, np.ndarray) else table[:, chosen.tolist()]


def _column(table: Any, k: int) -> Any:
    if isinstance(table, np.ndarray):
        return table[:, k]
    return (table.iloc[:, k] if hasattr(table, "iloc") else table[:, k]).to_numpy()


def _under_each_other(frames: list[Any], n_features: int | None, owner: str) -> tuple[Any, Sequences]:
    # Positions stand in for the values, so that columns of words keep their type.
    names = frame_columns(frames[0])
    for i, frame in enumerate(frames):
        if frame_columns(frame) != names:
            got = ", ".join(frame_columns(frame) or ("none",))
            raise ValueError(f"X[{i}] must have the columns of X[0], {', '.join(names or ())}. Got {got}.")
    markers = [np.zeros((len(f), len(names or ()))) for f in frames]
    sequences = check_sequences(markers, n_features=n_features, owner=owner)
    return joined(frames), sequences.with_values(sequences.values, names)


def _of_cells(cls: type[StepTable], X: Any, features: Features) -> StepTable:
    """The chosen columns of a data frame with sequences in cells, which have as many steps in each row."""
    frame = CellFrame.of(X)
    if features is None:
        names = [name for name, cells in frame.sequences.items() if form_of(cells[:1]) == "numbers"]
        if not names:
            raise ValueError("X must have a column of sequences of numbers. Got none.")
    else:
        names = [frame.names[k] for k in positions(features, frame.names, len(frame.names))]
        static = [name for name in names if name not in frame.sequences]
        if static:
            raise ValueError(f"features must be columns of sequences. Got {static[0]!r}, which has one value per row.")
    columns = [cell_sequences(frame.sequences[name], name) for name in names]
    for name, sequences in zip(names, columns):
        if (sequences.lengths != columns[0].lengths).any():
            raise ValueError(
                f"features must have as many steps in each row. Got other lengths in {name!r} than in {names[0]!r}."
            )
        if len(names) > 1 and sequences.n_features > 1:
            raise ValueError(
                f"features must be one column whose steps are vectors, or several of numbers. Got {name!r}."
            )
    values = np.concatenate([s.values for s in columns], axis=1)
    if values.shape[1] == len(names):
        of_steps: tuple[str, ...] | None = tuple(names)
    else:
        of_steps = columns[0].feature_names
    sequences = check_sequences(Sequences(values, columns[0].offsets, of_steps), allow_nan=True, dtype=None)
    table = sequences.values
    if of_steps is not None:
        table = frame_like(X, {name: table[:, k] for k, name in enumerate(of_steps)})
    return cls(X, table, sequences, np.array([frame.names.index(name) for name in names], np.int64), of_cells=True)


def _into_cells(steps: StepTable, result: Any, names: Sequence[str] | None) -> Any:
    """The data frame with other cells: in the column of vectors, or a column for each feature."""
    X, sequences, chosen = steps.X, steps.sequences, steps.chosen
    assert chosen is not None
    before = [list(X.columns)[k] for k in chosen]
    values = (
        result
        if isinstance(result, np.ndarray)
        else np.column_stack([_column(result, k) for k in range(result.shape[1])])
    )
    bounds = sequences.offsets[1:-1]
    if len(before) == 1 and sequences.n_features > 1:
        return with_cells(X, {before[0]: np.split(values, bounds)})
    if names is None or len(names) != values.shape[1]:
        names = before if values.shape[1] == len(before) else [f"{before[0]}{k}" for k in range(values.shape[1])]
    taken = [name for name in names if name in X.columns and name not in before]
    if taken:
        raise ValueError(f"the transformer must give new columns names that X does not have. Got {taken[0]!r}.")
    cells: dict[str, Sequence[Any]] = {name: np.split(values[:, k], bounds) for k, name in enumerate(names)}
    order = beside_the_rest(list(X.columns), before, list(names))
    kept = X.drop(columns=before) if hasattr(X, "iloc") else X.drop(before)
    return with_cells(kept, cells)[order]


def in_form_of(X: Any, sequences: Sequences, result: Any, names: Sequence[str] | None) -> Any:
    """Steps (total steps, D') in the form of X."""
    if hasattr(result, "columns"):
        return _frames(result, sequences, names)
    if is_list_of_arrays(X) or isinstance(X, Sequences):
        return sequences.with_values(result, names)
    n, steps = len(sequences), int(sequences.lengths[0])
    if np.asarray(X).ndim == 2 and result.shape[1] == 1:
        return result.reshape(n, steps)
    return result.reshape(n, steps, -1)


def _frames(result: Any, sequences: Sequences, names: Sequence[str] | None) -> list[Any]:
    bounds = zip(sequences.offsets[:-1].tolist(), sequences.offsets[1:].tolist())
    if names is not None and list(result.columns) != list(names):
        # These names came with `Sequences`, so the transformer does not know them.
        result = result[:]
        result.columns = list(names)
    if hasattr(result, "iloc"):
        return [result.iloc[a:b].reset_index(drop=True) for a, b in bounds]
    return [result[a:b] for a, b in bounds]
