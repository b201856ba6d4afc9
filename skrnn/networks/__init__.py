"""A spec in, an uncompiled `keras.Model` out: no data, no training."""

from skrnn.networks.function import FunctionNetwork
from skrnn.networks.recurrent import RecurrentNetwork
from skrnn.networks.tagger import TaggerNetwork

__all__ = ["FunctionNetwork", "RecurrentNetwork", "TaggerNetwork"]
