"""Batches of sequences of like length, and their padded form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Every epoch sorts by lengths that are this much longer at most, each by a share of its own. Equal lengths so come in
# any order and like lengths in a new one, for about one more hundredth of padding.
LENGTH_JITTER = 0.05

# Elementwise kernels run eight or sixteen floats at a time and treat the rest apart, which differs in
# the last bit. Batches of a multiple of 16 rows have no rest, so a sequence predicted alone and in a
# batch gives the same bits.
ROW_MULTIPLE = 16

# Lengths to pad to where every shape is compiled: 8, 12, 16, 24, 32, 48, ..., few, and at most half as much again.
FEW_LENGTHS = np.array([8 * 2**k * half // 2 for k in range(24) for half in (2, 3)])

# Steps in one batch of a prediction, padding included: bounds memory, and is large enough to be quick.
# The same of features times steps, 16 MB of float32, and of numbers that a network makes of steps, 512 MB.
# Longer sequences go `ROW_MULTIPLE` at a time, as fewer would be filled up to as many rows; those of which so many
# make more numbers go one at a time, wherever they stand, and are not filled up.
PREDICTION_STEPS = 65_536
PREDICTION_VALUES = 2**22
PREDICTION_NUMBERS = 2**27
PREDICTION_ROWS = 1024

# Numbers that a network may make of the steps of a training batch of which more than half is padding: 1 GB, which
# gradients multiply.
TRAINING_NUMBERS = 2**28

# Share of a larger batch that may be padding, and rows of a batch that may be unlike.
PREDICTION_PADDING = 0.15
PREDICTION_ROWS_UNLIKE = 64


def training_batches(
    lengths: NDArray[np.int64], batch_size: int, rng: np.random.Generator, numbers: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shuffle sequences into batches of like length.

    All sequences are sorted by length, up to a random factor, cut into batches, and the batches shuffled.

    Parameters
    ----------
    lengths : ndarray of shape (N,)
        Steps of each sequence.
    batch_size : int
        Sequences in a batch; the smallest batch holds the rest.
    rng : numpy.random.Generator
        Source of the order.
    numbers : int, default=1
        That the network makes of a step. A batch of few long sequences among short ones, which would take more than
        `TRAINING_NUMBERS` and mostly padding, is divided by length.

    Returns
    -------
    order : ndarray of shape (N,)
        The rows, batch after batch.
    starts : ndarray of shape (number of batches + 1,)
        Batch ``b`` is ``order[starts[b]:starts[b + 1]]``.

    Notes
    -----
    Padded share of the steps in batches, in hundredths; in brackets, of batches of sequences in plain order of length:

    ==================================  ==========  ==========  ==========
    lengths                             batch of 8  32          128
    ==================================  ==========  ==========  ==========
    log-normal, sigma 0.5, N = 4,000    2.5 (1.9)   8.4 (7.9)   11 (11)
    log-normal, sigma 0.8, N = 4,000    1.9 (1.1)   5.8 (5.1)   12 (11)
    log-normal, sigma 1.0, N = 4,000    1.7 (0.8)   3.9 (3.0)   12 (11)
    log-normal, sigma 0.8, N = 300      11 (11)     30 (30)     61 (61)
    log-normal, sigma 0.8, N = 40,000   1.1 (0.1)   1.5 (0.4)   2.6 (1.6)
    uniform from 1 to 300, N = 4,000    1.8 (0.2)   2.5 (0.8)   4.7 (3.1)
    uniform from 1 to 300, N = 300      3.1 (2.2)   9.7 (9.1)   26 (26)
    geometric, mean 20, N = 4,000       1.4 (0.7)   3.9 (3.2)   9.5 (9.0)
    ==================================  ==========  ==========  ==========

    (Log-normal with median 20, cut off at 300, one of 300 among them.) What is in brackets lies in the few batches of
    the longest. JAX rounds lengths up to few shapes: 22 in place of 5.8. The portable program pads to the longest of
    the epoch on other backends than torch.
    """
    order = np.argsort(lengths * (1 + LENGTH_JITTER * rng.random(len(lengths))))
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    most = max(1, TRAINING_NUMBERS // numbers)
    if min(batch_size, len(order)) * lengths[order[-1]] > most / 2:  # the last one is nearly the longest
        batches = [part for batch in batches for part in _divided(batch, lengths, most)]
    batches = [batches[b] for b in rng.permutation(len(batches))]
    return np.concatenate(batches), boundaries(batches)


def _divided(batch: NDArray[np.int64], lengths: NDArray[np.int64], most: int) -> list[NDArray[np.int64]]:
    """Cut a batch until its parts have at most so many steps, or at least half of them are real."""
    ascending = np.sort(lengths[batch])
    n = len(batch)
    if n * ascending[-1] <= max(most, 2 * ascending.sum()):
        return [batch]
    cut = 1 + int(np.argmin(np.arange(1, n) * ascending[:-1] + np.arange(n - 1, 0, -1) * ascending[-1]))
    batch = batch[np.argsort(lengths[batch], kind="stable")]
    return [*_divided(batch[:cut], lengths, most), *_divided(batch[cut:], lengths, most)]


def boundaries(batches: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Where each batch starts when they are joined, and where the last one ends."""
    return np.cumsum([0, *(len(b) for b in batches)], dtype=np.int64)


def prediction_batches(lengths: NDArray[np.int64], n_features: int = 1, numbers: int = 1) -> list[NDArray[np.int64]]:
    """Cut rows, sorted by length, into batches of bounded size.

    Parameters
    ----------
    lengths : ndarray of shape (N,)
        Steps of each sequence.
    n_features : int, default=1
        Numbers in a step.
    numbers : int, default=1
        That the network makes of a step.
    """
    if len(lengths) == 1:  # soon told, as the answer to a single question should be
        return [np.zeros(1, np.int64)]
    most = min(PREDICTION_STEPS, PREDICTION_VALUES // n_features, PREDICTION_NUMBERS // numbers)
    order = np.argsort(lengths, kind="stable")
    in_company = int(np.searchsorted(lengths[order], longest_in_company(numbers), side="right"))
    batches, start, alone = [], 0, [order[k : k + 1] for k in range(in_company, len(order))]
    order = order[:in_company]
    while start < len(order):
        rows = PREDICTION_ROWS
        while rows > ROW_MULTIPLE:
            taken = lengths[order[start : start + rows]]
            alike = rows <= PREDICTION_ROWS_UNLIKE or taken.sum() >= (1 - PREDICTION_PADDING) * len(taken) * taken[-1]
            if alike and rows_up(len(taken)) * taken[-1] <= most:
                break
            rows //= 2  # powers of two are few shapes to compile
        batches.append(order[start : start + rows])
        start += rows
    return batches + alone


def longest_in_company(numbers: int) -> int:
    """Steps of the longest sequence that predictions fill up to `ROW_MULTIPLE`; longer ones go alone."""
    return max(1, PREDICTION_NUMBERS // (ROW_MULTIPLE * numbers))


def batch_boundaries(
    lengths: NDArray[np.int64], n_features: int = 1, numbers: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`prediction_batches` in the form of `training_batches`: order (N,) and starts."""
    batches = prediction_batches(lengths, n_features, numbers)
    return np.concatenate(batches), boundaries(batches)


class Batch(NamedTuple):
    """Some examples, padded: what every graph sees, on every backend.

    Attributes
    ----------
    columns : dict of str to tensor
        (B, ...), or (B, T, ...) along an axis, where what lies behind the last step of a row is zero.
    masks : dict of str to tensor
        For each axis, which steps are real: (B, T).
    """

    columns: dict[str, Any]
    masks: dict[str, Any]


class NumpyArrays:
    """What `gather` needs of NumPy. The TensorFlow program has the same for its graph."""

    arange = staticmethod(np.arange)

    @staticmethod
    def take(values: NDArray, rows: NDArray) -> NDArray:
        """Rows of an array."""
        return values[rows]

    @staticmethod
    def largest(values: NDArray) -> Any:
        """The largest number."""
        return values.max()

    @staticmethod
    def places(begin: NDArray, steps: NDArray, mask: NDArray, end: Any) -> NDArray:
        """Positions (B, T) of the steps; those that are not real may be any."""
        return begin[:, None] + steps

    @staticmethod
    def take_steps(values: NDArray, places: NDArray, mask: NDArray) -> NDArray:
        """Values at the places, (B, T, ...), zero where the mask is False."""
        padded = values.take(places, axis=0, mode="clip")
        padded[~mask] = 0
        return padded


def gather(
    columns: Mapping[str, tuple[Any, str | None]],
    offsets: Mapping[str, Any],
    rows: Any,
    arrays: Any,
    sizes: Mapping[str, Any] | None = None,
) -> Batch:
    """Gather rows of all columns and pad them: the one place where batches are made.

    Parameters
    ----------
    columns : dict of str to (values, axis)
        As of `Examples`.
    offsets : dict of str to (N + 1,)
        As of `Examples`.
    rows : array of shape (B,)
        Which examples.
    arrays : class
        `NumpyArrays`, or the same functions of another library.
    sizes : dict of str to int, optional
        Steps of the batch along each axis; the longest of the rows by default.

    Returns
    -------
    Batch
    """
    masks, places = {}, {}
    for axis, bounds in offsets.items():
        begin = arrays.take(bounds, rows)  # (B,)
        lengths = arrays.take(bounds, rows + 1) - begin
        steps = arrays.arange(arrays.largest(lengths) if sizes is None else sizes[axis])  # (T,)
        masks[axis] = steps[None, :] < lengths[:, None]  # (B, T)
        places[axis] = arrays.places(begin, steps, masks[axis], bounds[-1])
    gathered = {
        name: arrays.take(values, rows) if axis is None else arrays.take_steps(values, places[axis], masks[axis])
        for name, (values, axis) in columns.items()
    }
    return Batch(gathered, masks)


def rows_up(n: int) -> int:
    """Round up to a multiple of `ROW_MULTIPLE`."""
    return -(-n // ROW_MULTIPLE) * ROW_MULTIPLE


def filled(rows: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Repeat the first row until there are n."""
    return np.concatenate([rows, np.repeat(rows[:1], n - len(rows))])
