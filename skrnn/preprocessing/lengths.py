"""`Resample` and `Truncate`: other numbers of steps."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.sequence_transformer import LengthChanging, as_floats
from skrnn.preprocessing.tokenizers import as_objects
from skrnn.sequences.ragged import Sequences, offsets_of
from skrnn.sequences.sklearn_private import Interval, StrOptions


class Resample(LengthChanging):
    """Give sequences another number of steps, by linear interpolation between their steps.

    Parameters
    ----------
    length : int or float
        Steps of every sequence (int), or a multiple of the steps that it has (float), rounded, and at least one.

    Attributes
    ----------
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the features, where X came with some.

    Notes
    -----
    The first and the last step stay. A y with a value per step is not changed with X.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import Resample
    >>> Resample(5).fit_transform([np.array([0.0, 4.0]), np.array([1.0, 2.0, 3.0])])[1].ravel()
    array([1. , 1.5, 2. , 2.5, 3. ])
    """

    _parameter_constraints: dict[str, Any] = {
        "length": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, None, closed="neither")]
    }

    def __init__(self, length: int | float) -> None:
        self.length = length

    def _changed(self, sequences: Sequences) -> Sequences:
        values, lengths = as_floats(sequences.values), sequences.lengths
        if isinstance(self.length, Integral):
            wanted = np.full(len(lengths), int(self.length))
        else:
            wanted = np.maximum(1, np.rint(lengths * self.length)).astype(np.int64)
        changed, offsets = resampled(values, sequences.offsets, wanted)
        return Sequences(changed, offsets, sequences.feature_names)


def resampled(values: NDArray, offsets: NDArray, wanted: NDArray) -> tuple[NDArray, NDArray]:
    """Values (total steps, D), and offsets, of sequences with other lengths (N,), by linear interpolation."""
    changed_offsets = offsets_of(wanted)
    step = np.arange(changed_offsets[-1]) - np.repeat(changed_offsets[:-1], wanted)
    last = np.repeat(np.diff(offsets) - 1, wanted)
    place = step * last / np.maximum(1, np.repeat(wanted - 1, wanted))  # the last one is a whole number so
    below = np.minimum(place.astype(np.int64), last)
    share = (place - below).astype(values.dtype)[:, None]
    first = np.repeat(offsets[:-1], wanted)
    low, changed = values[first + below], values[first + np.minimum(below + 1, last)]
    changed -= low
    changed *= share
    changed += low
    np.copyto(changed, low, where=share == 0)  # where the other one may be missing
    return changed, changed_offsets


class Truncate(LengthChanging):
    """Cut sequences to a number of steps at most: of numbers, tokens, or both in the cells of a data frame.

    Parameters
    ----------
    max_length : int
        Steps that are kept of each sequence.
    keep : {"first", "last"}, default="first"
        Which of them.

    Attributes
    ----------
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the features, where X came with some.

    Examples
    --------
    >>> from skrnn.preprocessing import Truncate
    >>> Truncate(2, keep="last").fit_transform([["to", "be", "or"], ["not"]])[0]
    ['be', 'or']
    """

    _parameter_constraints: dict[str, Any] = {
        "max_length": [Interval(Integral, 1, None, closed="left")],
        "keep": [StrOptions({"first", "last"})],
    }

    def __init__(self, max_length: int, keep: str = "first") -> None:
        self.max_length = max_length
        self.keep = keep

    def _changed(self, sequences: Sequences) -> Sequences:
        kept = np.minimum(sequences.lengths, self.max_length)
        begin = sequences.offsets[:-1] if self.keep == "first" else sequences.offsets[1:] - kept
        offsets = offsets_of(kept)
        places = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], kept)
        return Sequences(sequences.values[places], offsets, sequences.feature_names)

    def _tokens(self, X: Any) -> NDArray:
        return as_objects([self._cut(list(row)) for row in X])

    def _cells(self, cells: list[Any], name: str) -> list[Any]:
        return [self._cut(cell) for cell in cells]

    def _cut(self, row: Any) -> Any:
        return row[: self.max_length] if self.keep == "first" else row[max(0, len(row) - self.max_length) :]
