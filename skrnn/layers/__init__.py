"""Many steps of time: recurrences over a sequence, and pooling."""

from skrnn.layers.embedding import TokenEmbedding
from skrnn.layers.fused import GRU, LSTM, SimpleRNN, runs_fused
from skrnn.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling
from skrnn.layers.recurrence import RecurrenceSpec

POOLINGS = {
    "attention": AttentionPooling,
    "last": LastPooling,
    "max": MaxPooling,
    "mean": MeanPooling,
}

__all__ = [
    "GRU",
    "LSTM",
    "POOLINGS",
    "AttentionPooling",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
    "RecurrenceSpec",
    "SimpleRNN",
    "TokenEmbedding",
    "runs_fused",
]
