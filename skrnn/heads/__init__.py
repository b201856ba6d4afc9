"""The end of a network: its output layers, losses and decoding."""

from skrnn.heads.crf import CRFHead
from skrnn.heads.ctc import CTCHead
from skrnn.heads.decoder import DecoderHead
from skrnn.heads.dense import DenseHead
from skrnn.heads.head import Head, Request, make_head
from skrnn.heads.language import LanguageHead
from skrnn.heads.prefix_search import LabelModel, PrefixSearch
from skrnn.heads.search import Search

__all__ = [
    "CRFHead",
    "CTCHead",
    "DecoderHead",
    "DenseHead",
    "Head",
    "LabelModel",
    "LanguageHead",
    "PrefixSearch",
    "Request",
    "Search",
    "make_head",
]
