"""Sequence data: the ragged container, the gate that checks X and y, weights, batches."""

from skrnn.sequences.ragged import Sequences

__all__ = ["Sequences"]
