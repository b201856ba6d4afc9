"""The end of a network: its output layers, losses and decoding."""

from skrnn.heads.crf import CRFHead
from skrnn.heads.decoder import DecoderHead
from skrnn.heads.dense import DenseHead
from skrnn.heads.head import Head, Request, make_head
from skrnn.heads.language import LanguageHead
from skrnn.heads.search import Search

__all__ = ["CRFHead", "DecoderHead", "DenseHead", "Head", "LanguageHead", "Request", "Search", "make_head"]
