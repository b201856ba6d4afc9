"""Transformers of sequences, for the front of a Pipeline; pretrained word vectors."""

from skrnn.preprocessing.per_step import PerStep
from skrnn.preprocessing.vectors import Coverage, WordVectors

__all__ = ["Coverage", "PerStep", "WordVectors"]
