"""Sequences of a memory-mapped file that are read when they are asked for, and pieces to read it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skrnn.sequences.ragged import Sequences, offsets_of, one_axis

# Data on disk are checked, and trained on, this much at a time (more where a single batch is larger). Training on so
# much takes a hundred times as long as the call it costs, and the three copies on the way to a tensor are still small.
PIECE_BYTES = 32 * 2**20


class RowsOnDisk(Sequences):
    """Some sequences of a memory-mapped array, in any order and as any type.

    They are read when they are asked for: `read` gives the steps of some rows; `values` reads all. Choosing rows gives
    rows on disk again. A pickle holds what was read.

    Parameters
    ----------
    source : ndarray of shape (steps, ...)
        The memory-mapped array.
    begins, lengths : ndarray of shape (N,)
        Where in source each sequence starts, and its number of steps.
    dtype : dtype, optional
        Type that the steps are read as; that of source by default.
    feature_names : sequence of str, optional
        The D names of the features.
    """

    def __init__(
        self,
        source: NDArray,
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        dtype: DTypeLike | None = None,
        feature_names: Iterable[str] | None = None,
    ) -> None:
        self._source = source.view(np.ndarray)  # slices of a plain view cost less than those of np.memmap
        self._begins = begins
        self._dtype = source.dtype if dtype is None else np.dtype(dtype)
        self.offsets = offsets_of(lengths)
        self.feature_names = None if feature_names is None else tuple(feature_names)

    @property
    def values(self) -> NDArray:  # type: ignore[override]
        """All steps, (total steps, D), read into memory."""
        return self.read(np.arange(len(self)))

    @property
    def n_features(self) -> int:
        """D, the number of features of a step; 1 where a step is a single number."""
        return int(np.prod(self.step_shape))

    @property
    def step_shape(self) -> tuple[int, ...]:
        """Shape of a step."""
        return self._source.shape[1:]

    @property
    def step_dtype(self) -> np.dtype:
        """Type that the steps are read as."""
        return self._dtype

    @property
    def on_disk(self) -> bool:
        """True."""
        return True

    def read(self, rows: NDArray[np.int64]) -> NDArray:
        """Steps of some rows, one row after the other, in memory."""
        begins, lengths = self._begins[rows], self.lengths[rows]
        offsets = offsets_of(lengths)
        steps = np.empty((int(offsets[-1]), *self.step_shape), self._dtype)
        for i in np.argsort(begins, kind="stable").tolist():  # a disk likes one direction
            steps[offsets[i] : offsets[i + 1]] = self._source[begins[i] : begins[i] + lengths[i]]
        return steps

    def largest(self) -> Any:
        """The largest of all values."""
        return max(self[a:b].values.max() for a, b in pieces(self.lengths, steps_at_once(self)))

    def squeezed(self) -> Sequences:
        """Return the same sequences with a single number, and no axis, for the one feature of a step."""
        return RowsOnDisk(self._source[:, 0], self._begins, self.lengths, self._dtype)

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        rows = self._rows(one_axis(key))
        if isinstance(rows, int):
            return self.read(np.array([rows]))
        return RowsOnDisk(self._source, self._begins[rows], self.lengths[rows], self._dtype, self.feature_names)

    def __reduce__(self) -> Any:
        return Sequences, (self.values, self.offsets, self.feature_names)


def read_as(sequences: Sequences, dtype: DTypeLike) -> Sequences:
    """Sequences on disk that are read as another type."""
    if sequences.step_dtype == dtype:
        return sequences
    rows = sequences[np.arange(len(sequences))]
    return RowsOnDisk(rows._source, rows._begins, rows.lengths, dtype, rows.feature_names)


def steps_at_once(sequences: Sequences) -> int:
    """How many steps `PIECE_BYTES` hold."""
    return max(1, PIECE_BYTES // (sequences.n_features * sequences.step_dtype.itemsize))


def pieces(lengths: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """Cut lengths into runs ``begin:end`` whose sum is at most `most`, or which are a single one."""
    ends = np.cumsum(lengths)
    begin = 0
    while begin < len(lengths):
        before = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield begin, end
        begin = end
