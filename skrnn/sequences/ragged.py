"""`Sequences`: many sequences of unequal length in two flat arrays."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Sequences:
    """Ragged sequences as flat `values` and `offsets`.

    Sequence ``i`` is ``values[offsets[i]:offsets[i + 1]]``. Nothing is padded, slices share memory, and
    scikit-learn's splitters and searches take it as it is. A memory-mapped `values` stays on disk, also where rows are
    chosen in any order: they are read when they are asked for.

    Parameters
    ----------
    values : ndarray of shape (total steps, D), or any (total steps, ...)
        The steps of all sequences, one after the other.
    offsets : array-like of shape (N + 1,)
        Where each sequence starts, and at the end the total number of steps.
    feature_names : sequence of str, optional
        The D names of the features.

    Attributes
    ----------
    lengths : ndarray of shape (N,)
        Steps in each sequence.
    shape : tuple of int
        ``(N,)``: one axis, as the others are ragged.
    n_features : int
        D; 1 where a step is a single number.
    on_disk : bool
        Whether `values` is memory-mapped.

    Raises
    ------
    ValueError
        If the offsets do not start at 0, decrease, or do not end at the number of steps.

    Examples
    --------
    >>> from skrnn import Sequences
    >>> X = Sequences.from_list([[[1.0], [2.0]], [[3.0]], [[4.0], [5.0], [6.0]]])
    >>> X
    Sequences(3 sequences of 1 to 3 steps, 1 feature, float64)
    >>> X[2]
    array([[4.],
           [5.],
           [6.]])
    >>> X[[2, 0]].lengths
    array([3, 2])
    """

    def __init__(self, values: NDArray, offsets: ArrayLike, feature_names: Iterable[str] | None = None) -> None:
        values = values if isinstance(values, np.ndarray) else np.asarray(values)
        offsets = np.asarray(offsets)
        if values.ndim < 1:
            raise ValueError(f"values must have shape (total steps, ...). Got {values.shape}.")
        if offsets.ndim != 1 or len(offsets) == 0 or offsets.dtype.kind not in "iu":
            raise ValueError(
                f"offsets must be integers of shape (N + 1,). Got {offsets.dtype} of shape {offsets.shape}."
            )
        offsets = offsets.astype(np.int64, copy=False)
        if offsets[0] != 0 or offsets[-1] != len(values) or np.any(np.diff(offsets) < 0):
            raise ValueError(
                f"offsets must rise from 0 to the {len(values)} steps of values. Got {offsets[0]} to {offsets[-1]}."
            )
        self.values = values
        self.offsets = offsets
        self.feature_names = None if feature_names is None else tuple(feature_names)
        if self.feature_names is not None and len(self.feature_names) != self.n_features:
            raise ValueError(f"feature_names must have {self.n_features} names. Got {len(self.feature_names)}.")

    @classmethod
    def from_list(cls, sequences: Iterable[ArrayLike], feature_names: Iterable[str] | None = None) -> Sequences:
        """Join arrays of shape (T_i, D) or (T_i,), read as one feature a step.

        Parameters
        ----------
        sequences : iterable of array-like
            At least one sequence; all with the same D.
        feature_names : sequence of str, optional
            The D names of the features.

        Returns
        -------
        Sequences
        """
        arrays = [_as_array(s, i) for i, s in enumerate(sequences)]
        if not arrays:
            raise ValueError("from_list needs at least one sequence. Got none.")
        arrays = [a[:, None] if a.ndim == 1 else a for a in arrays]  # (T_i, D)
        for i, array in enumerate(arrays):
            if array.ndim != 2 or array.shape[1] != arrays[0].shape[1]:
                width = arrays[0].shape[1] if arrays[0].ndim == 2 else "features"
                raise ValueError(f"sequence {i} must have shape (time, {width}). Got {array.shape}.")
        offsets = np.concatenate([[0], np.cumsum([len(a) for a in arrays])])
        return cls(np.concatenate(arrays), offsets, feature_names)

    @classmethod
    def from_padded(
        cls, padded: ArrayLike, lengths: ArrayLike | None = None, mask: ArrayLike | None = None
    ) -> Sequences:
        """Take the real steps out of a padded array.

        Parameters
        ----------
        padded : array-like of shape (N, T, D) or (N, T)
            Sequences filled up to T steps.
        lengths : array-like of int, shape (N,), optional
            Real steps at the front of each row.
        mask : array-like of bool, shape (N, T), optional
            True where a step is real. Give either `lengths` or `mask`; with neither, all steps are real.

        Returns
        -------
        Sequences
        """
        padded = np.asarray(padded)
        if padded.ndim == 2:
            padded = padded[:, :, None]
        if padded.ndim != 3:
            raise ValueError(f"padded must have shape (N, T, D) or (N, T). Got {padded.shape}.")
        if lengths is not None and mask is not None:
            raise ValueError("from_padded takes lengths or mask. Got both.")
        n, steps = padded.shape[:2]
        if lengths is not None:
            lengths = np.asarray(lengths)
            whole = lengths.shape == (n,) and lengths.dtype.kind in "iu"
            if not whole or np.any(lengths < 0) or np.any(lengths > steps):
                raise ValueError(f"lengths must be {n} integers from 0 to {steps}. Got {lengths!r}.")
            mask = np.arange(steps) < lengths[:, None]
        real = np.ones((n, steps), bool) if mask is None else np.asarray(mask, dtype=bool)
        if real.shape != (n, steps):
            raise ValueError(f"mask must have shape {(n, steps)}. Got {real.shape}.")
        return cls(padded[real], np.concatenate([[0], np.cumsum(real.sum(axis=1))]))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps in each sequence, shape (N,)."""
        return np.diff(self.offsets)

    @property
    def shape(self) -> tuple[int]:
        """``(N,)``."""
        return (len(self),)

    @property
    def n_features(self) -> int:
        """D, the number of features of a step; 1 where a step is a single number."""
        return int(np.prod(self.step_shape))

    @property
    def step_shape(self) -> tuple[int, ...]:
        """Shape of a step: (D,), or () for a single number."""
        return self.values.shape[1:]

    @property
    def step_dtype(self) -> np.dtype:
        """Type of the values."""
        return self.values.dtype

    @property
    def on_disk(self) -> bool:
        """Whether `values` is memory-mapped, so that it may be larger than memory."""
        return _is_mapped(self.values)

    def read(self, rows: NDArray[np.int64]) -> NDArray:
        """Steps of some rows, one row after the other, in memory."""
        return self.values[self.step_positions(rows)]

    def largest(self) -> Any:
        """The largest of all values."""
        return self.values.max()

    def to_padded(self, length: int | None = None, fill_value: float = 0.0) -> tuple[NDArray, NDArray[np.bool_]]:
        """Fill every sequence up to the same length.

        Parameters
        ----------
        length : int, optional
            Steps of the result; the longest sequence by default.
        fill_value : float, default=0.0
            What stands in the steps that are not real.

        Returns
        -------
        padded : ndarray of shape (N, T, ...)
        mask : ndarray of bool, shape (N, T)
            True where a step is real.
        """
        longest = int(self.lengths.max(initial=0))
        length = longest if length is None else length
        if length < longest:
            raise ValueError(f"length must be at least {longest}, the longest sequence. Got {length}.")
        if self.step_dtype.kind in "biu" and fill_value != int(np.nan_to_num(fill_value)):
            raise ValueError(f"fill_value must be an integer, as the values are. Got {fill_value}.")
        mask = np.arange(length) < self.lengths[:, None]  # (N, T)
        padded = np.full((len(self), length, *self.step_shape), fill_value, self.step_dtype)
        padded[mask] = self.values
        return padded, mask

    def with_values(self, values: NDArray, feature_names: Iterable[str] | None = None) -> Sequences:
        """Return the same sequences with other features, `values` of shape (total steps, ...)."""
        return Sequences(values, self.offsets, feature_names)

    def squeezed(self) -> Sequences:
        """Return the same sequences with a single number, and no axis, for the one feature of a step."""
        return self.with_values(self.values.reshape(-1))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[NDArray]:
        return (self.values[a:b] for a, b in zip(self.offsets[:-1], self.offsets[1:]))

    def __getitem__(self, key: Any) -> Any:
        key = one_axis(key)
        if isinstance(key, slice) and key.step in (None, 1):
            start, stop, _ = key.indices(len(self))
            offsets = self.offsets[start : max(start, stop) + 1]
            return Sequences(self.values[offsets[0] : offsets[-1]], offsets - offsets[0], self.feature_names)
        rows = self._rows(key)
        if isinstance(rows, int):
            return self.values[self.offsets[rows] : self.offsets[rows + 1]]
        if self.on_disk:
            from skrnn.sequences.on_disk import RowsOnDisk  # which is made of this class

            return RowsOnDisk(self.values, self.offsets[rows], self.lengths[rows], feature_names=self.feature_names)
        return Sequences(self.read(rows), offsets_of(self.lengths[rows]), self.feature_names)

    def _rows(self, key: Any) -> Any:
        """Any index along the one axis: an int for one row, an array for several."""
        if isinstance(key, (int, np.integer)):
            return range(len(self))[int(key)]
        rows = np.arange(len(self))[_as_index(key)]
        if rows.ndim > 1:
            raise IndexError(f"Sequences have one axis. Got an index of shape {np.shape(key)}.")
        return rows if rows.ndim else int(rows)

    def step_positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in `values` of all steps of these rows."""
        return positions_of(self.offsets, rows)

    def __repr__(self) -> str:
        lengths = self.lengths
        span = "no steps" if not len(self) else f"{lengths.min()} to {lengths.max()} steps"
        features = "1 feature" if self.n_features == 1 else f"{self.n_features} features"
        return f"Sequences({len(self)} sequences of {span}, {features}, {self.step_dtype})"


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where sequences of these lengths start when they are joined, and the total number of steps."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def split_rows(values: NDArray, offsets: NDArray[np.int64]) -> NDArray:
    """One array for each sequence, in an array of objects (N,), as scikit-learn's tools can join them."""
    rows = np.empty(len(offsets) - 1, dtype=object)
    for i, (begin, end) in enumerate(zip(offsets[:-1], offsets[1:])):
        rows[i] = values[begin:end]
    return rows


def positions_of(offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of all steps of these rows, where row ``i`` has those from ``offsets[i]`` to ``offsets[i + 1]``."""
    begin = offsets[rows]
    lengths = offsets[rows + 1] - begin
    joined = offsets_of(lengths)
    return np.arange(joined[-1]) + np.repeat(begin - joined[:-1], lengths)


def _as_array(sequence: ArrayLike, i: int) -> NDArray:
    try:
        return np.asarray(sequence)
    except ValueError:
        raise ValueError(f"sequence {i} must have shape (time, features). Got rows of unequal length.") from None


def one_axis(key: Any) -> Any:
    """Take the rows out of an index that may name a second axis."""
    if not isinstance(key, tuple):
        return key
    if len(key) != 2 or key[1] is not Ellipsis:  # scikit-learn indexes with (rows, ...)
        raise IndexError("Sequences have one axis. Index them with rows alone.")
    return key[0]


def _is_mapped(values: Any) -> bool:
    """Tell whether an array, or the one it is a view of, lies in a memory-mapped file."""
    while isinstance(values, np.ndarray):
        values = values.base
    return isinstance(values, mmap.mmap)


def _as_index(key: Any) -> Any:
    if isinstance(key, slice):
        return key
    key = np.asarray(key)
    return key.astype(np.int64) if key.size == 0 else key
