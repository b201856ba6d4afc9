"""Several steps of a sequence as one: fewer and wider steps."""

from __future__ import annotations

import numpy as np

from skrnn.sequences.ragged import Sequences, offsets_of


def joined_steps(sequences: Sequences, n: int, fill: float) -> Sequences:
    """Lay n steps beside each other, (T, D) to (ceil(T / n), n D); what lacks at the end is filled.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing.frames_per_step import joined_steps
    >>> from skrnn.sequences import Sequences
    >>> joined_steps(Sequences(np.arange(5.0)[:, None], np.array([0, 2, 5])), 2, fill=0.0).values
    array([[0., 1.],
           [2., 3.],
           [4., 0.]])
    """
    lengths = sequences.lengths
    offsets = offsets_of(-(-lengths // n))
    values = np.full((n * int(offsets[-1]), sequences.n_features), fill, sequences.values.dtype)
    places = np.arange(len(sequences.values)) + np.repeat(n * offsets[:-1] - sequences.offsets[:-1], lengths)
    values[places] = sequences.values
    return Sequences(values.reshape(-1, n * sequences.n_features), offsets)


def parted_steps(sequences: Sequences, n: int) -> Sequences:
    """Undo `joined_steps`, with what was filled."""
    values = sequences.values.reshape(-1, sequences.n_features // n)
    return Sequences(values, n * sequences.offsets)
