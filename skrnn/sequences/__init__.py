"""Sequence data: the ragged container, the gate that checks X and y, weights, batches."""

from skrnn.sequences.long_frames import sequences_from_long
from skrnn.sequences.ragged import Sequences

__all__ = ["Sequences", "sequences_from_long"]
