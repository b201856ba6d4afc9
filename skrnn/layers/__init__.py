"""Many steps of time: recurrences over a sequence, pooling, labels that follow on each other."""

from skrnn.layers.attention import ATTENTIONS, Attention
from skrnn.layers.carried import Carried
from skrnn.layers.crf_output import CRF
from skrnn.layers.decoder import Decoder
from skrnn.layers.embedding import TokenEmbedding
from skrnn.layers.gradient_gate import GradientGate
from skrnn.layers.joining import Beside, OneHot
from skrnn.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling
from skrnn.layers.recurrence import RecurrenceSpec, knows_time, reads_missing, time_feature_of
from skrnn.layers.rnn import FUSED, GRU, LSTM, RNN, SimpleRNN, runs_fused
from skrnn.layers.token_scores import TokenScores
from skrnn.layers.word_features import FeatureBag, WordFeatures
from skrnn.sequences.label_schemes import forbidden_pairs

POOLINGS = {
    "attention": AttentionPooling,
    "last": LastPooling,
    "max": MaxPooling,
    "mean": MeanPooling,
}

__all__ = [
    "ATTENTIONS",
    "CRF",
    "FUSED",
    "FeatureBag",
    "GRU",
    "LSTM",
    "POOLINGS",
    "RNN",
    "Attention",
    "AttentionPooling",
    "Beside",
    "Carried",
    "Decoder",
    "GradientGate",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
    "OneHot",
    "RecurrenceSpec",
    "SimpleRNN",
    "TokenEmbedding",
    "TokenScores",
    "WordFeatures",
    "forbidden_pairs",
    "knows_time",
    "reads_missing",
    "runs_fused",
    "time_feature_of",
]
