"""`Examples`: named columns on axes, which is what the engine trains on and predicts from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.batches import Batch, NumpyArrays, gather
from skrnn.sequences.on_disk import PIECE_BYTES, pieces
from skrnn.sequences.ragged import Sequences, offsets_of, positions_of


class Column(NamedTuple):
    """Values on an axis.

    Attributes
    ----------
    values : ndarray of shape (N, ...), or (total steps, ...) along an axis; or Sequences on disk
        Integers stay integers. Sequences whose values are memory-mapped are read when a batch needs them.
    axis : str or None
        None where there is one value per example; else the name of an axis: "time" for the steps of X, "target" for
        those of a y with lengths of its own, or any other name.
    """

    values: Any
    axis: str | None = None

    @property
    def on_disk(self) -> bool:
        """Whether the values lie on disk, and are read when they are asked for."""
        return isinstance(self.values, Sequences)


class ColumnSpec(NamedTuple):
    """What a graph has to know of a column.

    Attributes
    ----------
    name : str
    shape : tuple of int or None
        Shape of one value: () for a number, (D,) for a vector, (h, w, C) for an image. None may change.
    dtype : str
    axis : str or None
        As of `Column`.
    """

    name: str
    shape: tuple[int | None, ...] = ()
    dtype: str = "float32"
    axis: str | None = None


@dataclass(frozen=True)
class Examples:
    """N examples: X alone, or with y and weights.

    Attributes
    ----------
    columns : dict of str to Column
        All columns of an axis have the same steps.
    offsets : dict of str to ndarray of shape (N + 1,)
        For each axis, where the steps of an example begin, and at the end the number of all.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.sequences.examples import Column, Examples
    >>> words = Column(np.array([5, 3, 8]), "time")
    >>> examples = Examples({"words": words, "age": Column(np.array([40.0, 31.0]))}, {"time": np.array([0, 2, 3])})
    >>> len(examples)
    2
    >>> batch = examples.batch(np.array([1, 0]))
    >>> batch.columns["words"]
    array([[8, 0],
           [5, 3]])
    >>> batch.masks["time"]
    array([[ True, False],
           [ True,  True]])
    """

    columns: dict[str, Column]
    offsets: dict[str, NDArray[np.int64]]

    def __len__(self) -> int:
        for offsets in self.offsets.values():
            return len(offsets) - 1
        return next(len(column.values) for column in self.columns.values())

    def lengths(self, axis: str | None) -> NDArray[np.int64]:
        """Steps of each example along an axis, (N,); ones for None."""
        return np.ones(len(self), np.int64) if axis is None else np.diff(self.offsets[axis])

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Steps of each example along all axes together, (N,), by which batches of like length are made."""
        if not self.offsets:
            return self.lengths(None)
        return np.diff(sum(self.offsets.values()))  # type: ignore[arg-type]

    @cached_property
    def width(self) -> int:
        """Numbers in a step, over all columns."""
        return sum(self._width(column) for column in self.columns.values())

    def width_of(self, specs: Sequence[ColumnSpec]) -> int:
        """Numbers in a step, over some columns."""
        return sum(self._width(self.columns[spec.name]) for spec in specs)

    def with_columns(self, columns: dict[str, Column], offsets: dict[str, NDArray] | None = None) -> Examples:
        """Return the same examples with more columns, or with others in their place."""
        return Examples({**self.columns, **columns}, {**self.offsets, **(offsets or {})})

    def sequences(self, name: str) -> Sequences:
        """A column along an axis as `Sequences`."""
        values, axis = self.columns[name]
        return values if isinstance(values, Sequences) else Sequences(values, self.offsets[str(axis)])

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """Some of the examples; of what is on disk nothing is read."""
        places = {axis: positions_of(offsets, rows) for axis, offsets in self.offsets.items()}
        columns = {
            name: Column(values[rows] if axis is None or isinstance(values, Sequences) else values[places[axis]], axis)
            for name, (values, axis) in self.columns.items()
        }
        return Examples(columns, {axis: offsets_of(self.lengths(axis)[rows]) for axis in self.offsets})

    def in_memory(self) -> Examples:
        """Read what is on disk."""
        read = {n: Column(c.values.values, c.axis) for n, c in self.columns.items() if c.on_disk}
        return self.with_columns(read) if read else self

    def batch(self, rows: NDArray[np.int64], sizes: dict[str, int] | None = None) -> Batch:
        """Pad some examples into one batch.

        Parameters
        ----------
        rows : ndarray of shape (B,)
            Which examples.
        sizes : dict of str to int, optional
            Steps of the batch along each axis; the longest of the rows by default.

        Returns
        -------
        Batch
            Of NumPy arrays; zeros stand where there is no step.
        """
        if len(rows) == len(self) == 1 and sizes is None:  # an answer to a single question should be quick
            read = {n: (c.values.values if c.on_disk else c.values, c.axis) for n, c in self.columns.items()}
            columns = {n: values if axis is None else values[None] for n, (values, axis) in read.items()}
            return Batch(columns, {axis: np.ones((1, offsets[1]), bool) for axis, offsets in self.offsets.items()})
        if any(column.on_disk for column in self.columns.values()):
            return self.take(rows).in_memory().batch(np.arange(len(rows)), sizes)
        return gather(self.columns, self.offsets, rows, NumpyArrays, sizes)

    @property
    def exceed_a_piece(self) -> bool:
        """Whether there are columns on disk, and more in them than is read at a time."""
        on_disk = [c.axis for c in self.columns.values() if c.on_disk]
        return any(self.offsets[axis][-1] > self._steps_at_once for axis in on_disk if axis is not None)

    def in_pieces(
        self, order: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> Iterator[tuple[Examples, NDArray[np.int64], NDArray[np.int64]]]:
        """Batch after batch, as many at a time as are read at once: the examples in them, and order and starts there.

        Parameters
        ----------
        order, starts : ndarray of int
            Batch ``b`` is ``order[starts[b]:starts[b + 1]]``.
        """
        steps = np.add.reduceat(self.sizes[order], starts[:-1])  # of each batch
        for begin, end in pieces(steps, self._steps_at_once):
            rows = order[starts[begin] : starts[end]]
            yield self.take(rows).in_memory(), np.arange(len(rows)), starts[begin : end + 1] - starts[begin]

    @cached_property
    def _steps_at_once(self) -> int:
        """How many steps of what is on disk `PIECE_BYTES` hold."""
        on_disk = [c.values for c in self.columns.values() if c.on_disk]
        return max(1, PIECE_BYTES // max(1, sum(s.n_features * s.step_dtype.itemsize for s in on_disk)))

    def _width(self, column: Column) -> int:
        return math.prod(column.values.step_shape if column.on_disk else column.values.shape[1:])
