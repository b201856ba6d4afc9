"""Transformers of sequences, for the front of a Pipeline; readers of all forms of X; pretrained word vectors."""

from skrnn.preprocessing.audio import MFCC, LogMelSpectrogram
from skrnn.preprocessing.augmentation import SequenceAugmentation
from skrnn.preprocessing.columns_reader import ColumnsReader
from skrnn.preprocessing.deltas import Deltas
from skrnn.preprocessing.differences import Differences
from skrnn.preprocessing.feature_dicts import FeatureReader
from skrnn.preprocessing.form_readers import default_reader
from skrnn.preprocessing.integer_tokens import TokenReader
from skrnn.preprocessing.lengths import Resample, Truncate
from skrnn.preprocessing.per_sequence import PerSequence
from skrnn.preprocessing.per_step import PerStep
from skrnn.preprocessing.reader import ArrayReader, Reader, ReaderSpec
from skrnn.preprocessing.tokenizers import SubwordTokenizer, Tokenizer
from skrnn.preprocessing.vectors import Coverage, WordVectors
from skrnn.preprocessing.vocabulary_reader import VocabularyReader
from skrnn.preprocessing.words import WordReader

__all__ = [
    "ArrayReader",
    "ColumnsReader",
    "Coverage",
    "Deltas",
    "Differences",
    "FeatureReader",
    "LogMelSpectrogram",
    "MFCC",
    "PerSequence",
    "PerStep",
    "Reader",
    "ReaderSpec",
    "Resample",
    "SequenceAugmentation",
    "SubwordTokenizer",
    "TokenReader",
    "Tokenizer",
    "Truncate",
    "VocabularyReader",
    "WordReader",
    "WordVectors",
    "default_reader",
]
