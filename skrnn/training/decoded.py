"""What heads decode of batches, joined to examples again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.ragged import offsets_of, positions_of


class Decoded(NamedTuple):
    """What a head decoded of a batch.

    Attributes
    ----------
    columns : dict of str to Column
    masks : dict of str to (B, S)
        Of the axes that the head made.
    """

    columns: dict[str, Column]
    masks: dict[str, Any]


class Joined:
    """Decoded batches, joined to examples: fixed columns are scattered, ragged ones get their lengths from masks.

    Parameters
    ----------
    examples : Examples
        X.
    """

    def __init__(self, examples: Examples) -> None:
        self._n, self._offsets = len(examples), examples.offsets
        self.lengths = {axis: examples.lengths(axis) for axis in examples.offsets}
        self._values: dict[str, NDArray] = {}
        self._axes: dict[str, str | None] = {}
        self._rows: dict[str, dict[int, NDArray]] = {}  # along axes of the head: example -> values

    def add(self, rows: NDArray[np.int64], decoded: Decoded) -> None:
        """Take the first of a batch's rows, which are these of the examples."""
        for name, (values, axis) in decoded.columns.items():
            values = values.astype(np.result_type(values, np.float32), copy=False) if _is_float(values) else values
            self._axes[name] = axis
            if self._n == 1 and axis is None:
                self._values[name] = values[:1]
            elif axis is None:
                self._array(name, self._n, values.shape[1:], values.dtype)[rows] = values[: len(rows)]
            elif axis in self._offsets:
                self._add_steps(name, axis, rows, values)
            else:
                mask = decoded.masks[axis]
                self._rows.setdefault(name, {}).update({int(r): values[i][mask[i]] for i, r in enumerate(rows)})

    def _add_steps(self, name: str, axis: str, rows: NDArray[np.int64], values: NDArray) -> None:
        offsets, lengths = self._offsets[axis], self.lengths[axis][rows]
        flat = self._array(name, int(offsets[-1]), values.shape[2:], values.dtype)
        real = np.arange(values.shape[1]) < lengths[:, None]
        flat[positions_of(offsets, rows)] = values[: len(rows)][real]

    def _array(self, name: str, n: int, shape: tuple[int, ...], dtype: Any) -> NDArray:
        if name not in self._values:
            self._values[name] = np.empty((n, *shape), dtype)
        return self._values[name]

    def examples(self) -> Examples:
        """All columns that were decoded, with their axes."""
        columns = {name: Column(values, self._axes[name]) for name, values in self._values.items()}
        offsets = {axis: self._offsets[axis] for axis in self._axes.values() if axis in self._offsets}
        for name, by_row in self._rows.items():
            ordered = [by_row[i] for i in range(self._n)]
            columns[name] = Column(np.concatenate(ordered), self._axes[name])
            offsets[str(self._axes[name])] = offsets_of(np.array([len(values) for values in ordered]))
        return Examples(columns, offsets)


def _is_float(values: NDArray) -> bool:
    return values.dtype.kind == "f" or values.dtype.name == "bfloat16"
