"""Batches of sequences of like length, and their padded form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.ragged import Sequences

# Sequences are sorted by length within pools of this many batches: wide enough for little padding,
# narrow enough that every epoch mixes its batches anew.
POOL_BATCHES = 32

# Elementwise kernels run eight or sixteen floats at a time and treat the rest apart, which differs in
# the last bit. Batches of a multiple of 16 rows have no rest, so a sequence predicted alone and in a
# batch gives the same bits.
ROW_MULTIPLE = 16

# Steps in one batch of a prediction, padding included: bounds memory, and is large enough to be quick.
# Longer sequences go `ROW_MULTIPLE` at a time, as fewer would be filled up to as many rows.
PREDICTION_STEPS = 32_768
PREDICTION_ROWS = 1024


def training_batches(
    lengths: NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shuffle sequences into batches of like length.

    Parameters
    ----------
    lengths : ndarray of shape (N,)
        Steps of each sequence.
    batch_size : int
        Sequences in a batch; the smallest batch holds the rest.
    rng : numpy.random.Generator
        Source of the order.

    Returns
    -------
    order : ndarray of shape (N,)
        The rows, batch after batch.
    starts : ndarray of shape (number of batches + 1,)
        Batch ``b`` is ``order[starts[b]:starts[b + 1]]``.
    """
    order = rng.permutation(len(lengths))
    pool = POOL_BATCHES * batch_size
    for start in range(0, len(order), pool):
        rows = order[start : start + pool]
        order[start : start + pool] = rows[np.argsort(lengths[rows], kind="stable")]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    batches = [batches[b] for b in rng.permutation(len(batches))]
    starts = np.concatenate([[0], np.cumsum([len(b) for b in batches])]).astype(np.int64)
    return np.concatenate(batches), starts


def prediction_batches(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut rows, sorted by length, into batches of bounded size."""
    order = np.argsort(lengths, kind="stable")
    batches, start = [], 0
    for stop in range(1, len(order) + 1):
        rows = stop + 1 - start
        full = rows > PREDICTION_ROWS or (
            rows > ROW_MULTIPLE and stop < len(order) and rows_up(rows) * lengths[order[stop]] > PREDICTION_STEPS
        )
        if stop == len(order) or full:
            batches.append(order[start:stop])
            start = stop
    return batches


def batch_boundaries(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`prediction_batches` in the form of `training_batches`: order (N,) and starts."""
    batches = prediction_batches(lengths)
    starts = np.concatenate([[0], np.cumsum([len(b) for b in batches])]).astype(np.int64)
    return np.concatenate(batches), starts


def padded_batch(
    X: Sequences, rows: NDArray[np.int64], length: int | None = None, n_rows: int | None = None
) -> tuple[NDArray, NDArray[np.bool_]]:
    """Pad some rows into one array.

    Parameters
    ----------
    X : Sequences
        Where the rows come from.
    rows : ndarray of shape (B,)
        Which rows.
    length : int, optional
        Steps T of the batch; the longest row by default.
    n_rows : int, optional
        Rows of the batch, at least B; filled up with sequences of a single zero step.

    Returns
    -------
    padded : ndarray of shape (n_rows, T, D)
    mask : ndarray of bool, shape (n_rows, T)
    """
    lengths = X.lengths[rows]
    length = int(lengths.max()) if length is None else length
    n_rows = len(rows) if n_rows is None else n_rows
    padded = np.zeros((n_rows, length, X.n_features), X.values.dtype)
    mask = np.zeros((n_rows, length), bool)
    mask[: len(rows)] = np.arange(length) < lengths[:, None]
    padded[mask] = X.values[X.step_positions(rows)]
    mask[len(rows) :, 0] = True
    return padded, mask


def rows_up(n: int) -> int:
    """Round up to a multiple of `ROW_MULTIPLE`."""
    return -(-n // ROW_MULTIPLE) * ROW_MULTIPLE
