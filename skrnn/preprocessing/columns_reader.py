"""`ColumnsReader`: data frames with sequences in the cells of some columns, and one value per row in others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from skrnn.preprocessing.feature_dicts import FeatureReader
from skrnn.preprocessing.forms import NAMES, form_of
from skrnn.preprocessing.reader import ArrayReader, Reader, ReaderSpec
from skrnn.preprocessing.words import WordReader
from skrnn.sequences.cell_frames import CellFrame, cell_sequences, static_numbers, static_words
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.messages import listed, shown
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import Interval, validate_params

MAIN = "time"

READERS: dict[str, type[Reader]] = {"words": WordReader, "columns": WordReader, "features": FeatureReader}


@dataclass(frozen=True)
class PartSpec:
    """Columns that are read together.

    Attributes
    ----------
    spec : ReaderSpec
        Of their reader.
    axis : str
        Where their steps are.
    prefix : str
        Stands before the names of their columns and layers.
    """

    spec: ReaderSpec
    axis: str
    prefix: str = ""

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Those of the reader, with the prefix, on this axis."""
        return tuple(column._replace(name=self.prefix + column.name, axis=self.axis) for column in self.spec.columns)


@dataclass(frozen=True)
class ColumnsSpec(ReaderSpec):
    """Parts along axes, and static columns.

    Attributes
    ----------
    parts : tuple of PartSpec
    n_static : int
        Static numbers.
    categories : tuple of int
        Categories of each static column of words.
    static_dim : int or None
        Features that are learned of static columns.
    """

    parts: tuple[PartSpec, ...]
    n_static: int = 0
    categories: tuple[int, ...] = ()
    static_dim: int | None = None

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Those of the parts, "static" and "categories"."""
        columns = [column for part in self.parts for column in part.columns]
        if self.n_static:
            columns.append(ColumnSpec("static", (self.n_static,)))
        if self.categories:
            columns.append(ColumnSpec("categories", (len(self.categories),), "int32"))
        return tuple(columns)


class _Part(NamedTuple):
    names: tuple[str, ...]
    reader: Reader
    axis: str
    prefix: str


class ColumnsReader(Reader):
    """Read data frames: sequences in the cells of some columns, numbers and categories in others.

    It is what estimators do by default with a data frame that has sequences in cells. Columns of sequences whose
    lengths agree in every row of the fit are features of the same steps. One with lengths of its own has recurrences
    of its own, whose last states are joined to the features of the first. Static columns join the features behind the
    recurrences and the pooling; with a target per step, they join them at each step.

    Parameters
    ----------
    readers : dict of str to Reader, default=None
        For columns of sequences that are not read by default: numbers as they are, strings and tuples of strings by
        `WordReader`, dictionaries by `FeatureReader`.
    static_dim : int, default=None
        Features that a layer with rectified linear units learns of the static columns, with `dropout` of the estimator.
        None joins static columns as they are.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        Names of the columns.
    n_features_in_ : int
        Number of columns.
    categories_ : dict of str to list of str
        For each static column of strings its categories. Others are none of them.
    axes_ : dict of str to str
        For each column of sequences the axis of its steps: "time" is that of the first, others are called after their
        first column.

    Raises
    ------
    ValueError
        If a column of the fit is missing or of another kind, cells of a column are of different kinds, lengths that
        agreed in the fit differ, or a static value is missing or infinite.

    Notes
    -----
    Static numbers are read as they are: scale them, with ``ColumnTransformer(..., remainder="passthrough")`` and
    ``set_output(transform="pandas")``, which leaves columns of sequences as they are. `PerStep` scales steps.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.preprocessing import ColumnsReader
    >>> X = pd.DataFrame({"pulse": [[80, 81], [95]], "age": [60.0, 41.0], "unit": ["a", "b"]})
    >>> reader = ColumnsReader().fit(X)
    >>> reader.categories_
    {'unit': ['a', 'b']}
    >>> sorted(reader.read(X).columns)
    ['categories', 'static', 'steps']
    """

    forms = ("cells",)

    _parameter_constraints: dict[str, Any] = {
        "readers": [dict, None],
        "static_dim": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, readers: dict[str, Reader] | None = None, static_dim: int | None = None) -> None:
        self.readers = readers
        self.static_dim = static_dim

    def fit_read(self, X: Any) -> Examples:
        """Fit to a data frame and read it."""
        validate_params(self)
        self._check_form(X)
        frame = CellFrame.of(X)
        self._check_readers(frame)
        self._forms = {
            name: _form_of_cells(cells, name)
            for name, cells in frame.sequences.items()
            if name not in (self.readers or {})
        }
        numbers, self.axes_ = self._lay_out(frame)
        self.feature_names_in_ = np.array(frame.names, dtype=object)
        self.n_features_in_ = len(frame.names)
        self._parts = list(self._new_parts(frame, numbers))
        static = {name: static_numbers(column) for name, column in frame.static.items()}
        self._numbers = [name for name, values in static.items() if values is not None]
        words = {name: static_words(frame.static[name]) for name, values in static.items() if values is None}
        self.categories_ = {name: sorted(set(column)) for name, column in words.items()}
        parts = [part.reader.fit_read(_form(frame, part, numbers)) for part in self._parts]
        return self._joined(parts, static, words)

    def read(self, X: Any) -> Examples:
        """Read a data frame with the columns of the fit, in any order."""
        form = form_of(X)
        if form != "cells":
            raise ValueError(f"X must be a data frame with {NAMES['cells']}, as in fit. Got {NAMES[form]}.")
        frame = CellFrame.of(X)
        self._check_columns(frame)
        for name, wanted in self._forms.items():
            got = _form_of_cells(frame.sequences[name], name)
            if got != wanted:
                raise ValueError(f"column {name!r} of X must hold {NAMES[wanted]}, as in fit. Got {NAMES[got]}.")
        numbers = {
            name: cell_sequences(frame.sequences[name], name) for name, form in self._forms.items() if form == "numbers"
        }
        self._check_lengths(frame)
        static = {name: static_numbers(frame.static[name]) for name in self._numbers}
        for name, values in static.items():
            if values is None:
                raise ValueError(f"column {name!r} of X must hold numbers, as in fit. Got strings.")
        words = {name: static_words(frame.static[name]) for name in self.categories_}
        parts = [part.reader.read(_form(frame, part, numbers)) for part in self._parts]
        return self._joined(parts, static, words)

    @property
    def of_numbers(self) -> ArrayReader | None:
        """The reader of the columns of numbers on the axis of the first column."""
        first = self._parts[0]
        return first.reader if isinstance(first.reader, ArrayReader) and first.axis == MAIN else None

    @property
    def spec(self) -> ColumnsSpec:
        """Those of the parts, and sizes."""
        parts = tuple(PartSpec(part.reader.spec, part.axis, part.prefix) for part in self._parts)
        sizes = tuple(len(known) for known in self.categories_.values())
        return ColumnsSpec(parts, len(self._numbers), sizes, self.static_dim)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.feature_names_in_)

    # -- parts of a fit ---------------------------------------------------------------------------------------------

    def _check_readers(self, frame: CellFrame) -> None:
        for name, reader in (self.readers or {}).items():
            if name not in frame.sequences:
                known = listed(list(frame.sequences))
                raise ValueError(f"readers must be for columns of sequences: {known}. Got {name!r}.")
            if not isinstance(reader, Reader):
                raise ValueError(f"readers[{name!r}] must be a Reader. Got {shown(reader, 60)}.")
            if isinstance(reader, ArrayReader) and (reader.augments or reader.frames_per_step > 1):
                raise ValueError(
                    f"readers[{name!r}] must leave the steps as they are: frames_per_step=1 and augmentation=None. "
                    f"Got {shown(reader, 60)}."
                )

    def _lay_out(self, frame: CellFrame) -> tuple[dict[str, Sequences], dict[str, str]]:
        """Columns of numbers as `Sequences`, and the axis of each column of sequences."""
        numbers, axes = {}, {}
        lengths: dict[str, NDArray] = {}
        self._labels = _labels(frame.sequences)
        for name, cells in frame.sequences.items():
            if self._forms.get(name) == "numbers":
                numbers[name] = cell_sequences(cells, name)
            own = np.array([len(cell) for cell in cells])
            same = next((axis for axis, known in lengths.items() if (known == own).all()), None)
            axis = same or (self._labels[name] if lengths else MAIN)
            lengths.setdefault(axis, own)
            axes[name] = axis
        return numbers, axes

    def _new_parts(self, frame: CellFrame, numbers: dict[str, Sequences]) -> Iterator[_Part]:
        """Numbers of an axis together, and each other column by itself; those of the first axis first."""
        axes = list(dict.fromkeys(self.axes_.values()))
        for axis in axes:
            of_axis = [name for name in self.axes_ if self.axes_[name] == axis]
            together = tuple(name for name in of_axis if name in numbers)
            if together:
                yield _Part(together, self._served(ArrayReader()), axis, "" if axis == MAIN else f"{axis}__")
            for name in of_axis:
                if name not in numbers:
                    given = (self.readers or {}).get(name)
                    reader = READERS[self._forms[name]]() if given is None else clone(given)
                    yield _Part((name,), self._served(reader), axis, f"{self._labels[name]}__")

    def _served(self, reader: Reader) -> Reader:
        return reader.serve(self._owner, self._allow_nan, self._nan_hint)

    # -- reading ----------------------------------------------------------------------------------------------------

    def _check_columns(self, frame: CellFrame) -> None:
        known = list(self.feature_names_in_)
        for name in known:
            if name not in frame.names:
                raise ValueError(f"X must have the columns of the fit, {listed(known)}. Got none that is {name!r}.")
        for name in frame.names:
            if name not in known:
                raise ValueError(f"X must have the columns of the fit, {listed(known)}. Got {name!r}, too.")
            if (name in self.axes_) != (name in frame.sequences):
                wanted, got = ("a sequence", "one value") if name in self.axes_ else ("one value", "a sequence")
                raise ValueError(f"column {name!r} of X must hold {wanted} in each row, as in fit. Got {got}.")

    def _check_lengths(self, frame: CellFrame) -> None:
        first: dict[str, str] = {}
        for name, axis in self.axes_.items():
            other = first.setdefault(axis, name)
            for row, (a, b) in enumerate(zip(frame.sequences[other], frame.sequences[name])):
                if len(a) != len(b):
                    raise ValueError(
                        f"columns {other!r} and {name!r} of X must have as many steps in each row, as in fit. "
                        f"Got {len(a)} and {len(b)} at {row}."
                    )

    def _joined(self, parts: list[Examples], static: dict[str, Any], words: dict[str, list[str]]) -> Examples:
        columns: dict[str, Column] = {}
        offsets: dict[str, NDArray] = {}
        for part, examples in zip(self._parts, parts):
            columns |= {part.prefix + k: Column(c.values, part.axis) for k, c in examples.columns.items()}
            offsets.setdefault(part.axis, examples.offsets[MAIN])
        if self._numbers:
            columns["static"] = Column(np.stack([static[name] for name in self._numbers], axis=1))
        if self.categories_:
            coded = [_codes(words[name], known) for name, known in self.categories_.items()]
            columns["categories"] = Column(np.stack(coded, axis=1))
        return Examples(columns, offsets)


def _labels(names: Iterable[str]) -> dict[str, str]:
    """For each column a name of axes, inputs and layers, in the letters that TensorFlow allows; no two are the same."""
    labels: dict[str, str] = {}
    taken = {MAIN, "target"}  # axes of X and of y
    for name in names:
        label = re.sub(r"[^A-Za-z0-9.]+", "_", name).strip("_") or "column"
        while label in taken:
            label += "_"
        taken.add(label)
        labels[name] = label
    return labels


def _codes(words: list[str], categories: list[str]) -> NDArray[np.int32]:
    """Numbers of categories; those of others are -1."""
    known = {category: k for k, category in enumerate(categories)}
    return np.array([known.get(word, -1) for word in words], np.int32)


def _form_of_cells(cells: list[Any], name: str) -> str:
    """Form of a column of sequences."""
    forms = {form_of([cell]) for cell in cells}
    if len(forms) > 1:
        kinds = " and ".join(NAMES[form] for form in sorted(forms))
        raise ValueError(f"column {name!r} of X must hold sequences of one kind. Got {kinds}.")
    return forms.pop()


def _form(frame: CellFrame, part: _Part, numbers: dict[str, Sequences]) -> Any:
    """What the reader of a part reads."""
    if part.names[0] not in numbers:
        return frame.sequences[part.names[0]]
    columns = [numbers[name] for name in part.names]
    names: list[str] = []
    for name, sequences in zip(part.names, columns):
        inner = sequences.feature_names or range(sequences.n_features)
        names += [name] if sequences.n_features == 1 else [f"{name}__{k}" for k in inner]
    types = {sequences.values.dtype == object for sequences in columns}
    values = np.concatenate([s.values.astype(object) if len(types) > 1 else s.values for s in columns], axis=1)
    return Sequences(values, columns[0].offsets, names)
