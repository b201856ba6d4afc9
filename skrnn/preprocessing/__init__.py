"""Transformers of sequences, for the front of a Pipeline."""

from skrnn.preprocessing.per_step import PerStep

__all__ = ["PerStep"]
