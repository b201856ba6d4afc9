"""The end of a network: its output layers, losses and decoding."""

from skrnn.heads.crf import CRFHead
from skrnn.heads.dense import DenseHead
from skrnn.heads.head import Head, Request, make_head

__all__ = ["CRFHead", "DenseHead", "Head", "Request", "make_head"]
