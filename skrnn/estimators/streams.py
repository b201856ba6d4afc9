"""A long text in streams that are learned side by side, piece after piece."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.ragged import positions_of

# Pieces that are held out are so much longer than those of training, as each begins anew.
HELD_OUT_LONGER = 10


def check_stream(examples: Examples, batch_size: int, share: float) -> None:
    """Raise where a text is too short.

    Raises
    ------
    ValueError
        If a stream would have no token, or there is no number of streams.
    """
    n = int(examples.offsets["time"][-1])
    if batch_size == -1:
        raise ValueError("batch_size must be the number of streams with sequence_length. Got -1.")
    if n - int(np.ceil(share * n)) < batch_size:
        raise ValueError(f"X must have at least batch_size={batch_size} tokens to train on. Got {n}.")


def streams_of(examples: Examples, n: int, rows: int, length: int) -> Examples:
    """Cut the first n steps of all examples, joined, into streams, and those into pieces.

    Parameters
    ----------
    examples : Examples
    n : int
    rows : int
        Streams.
    length : int
        Steps of a piece at most; pieces of a stream differ by one at most.

    Returns
    -------
    pieces : Examples
        The first pieces of all streams, then the second ones, and so on.
    """
    per_stream = -(-n // rows)
    n_pieces = -(-per_stream // length)
    n_pieces = min(n_pieces, n // rows)  # each has a step
    bounds = np.linspace(0, n, rows * n_pieces + 1).astype(np.int64)
    order = np.arange(rows * n_pieces).reshape(rows, n_pieces).T.ravel()
    return _cut(examples, bounds, order)


def pieces_of(examples: Examples, start: int, length: int) -> Examples:
    """Cut the steps from start on into pieces."""
    n = int(examples.offsets["time"][-1])
    n_pieces = max(1, (n - start) // (HELD_OUT_LONGER * length))
    bounds = np.linspace(start, n, n_pieces + 1).astype(np.int64)
    return _cut(examples, bounds, np.arange(n_pieces))


def _cut(examples: Examples, bounds: NDArray[np.int64], order: NDArray[np.int64]) -> Examples:
    """Examples of the steps between bounds, in an order."""
    places = positions_of(bounds, order)
    columns = {
        name: Column(values[places] if axis is not None else np.repeat(values[:1], len(order), axis=0), axis)
        for name, (values, axis) in examples.columns.items()
    }
    offsets = np.concatenate([[0], np.cumsum(np.diff(bounds)[order])])
    return Examples(columns, {"time": offsets})
