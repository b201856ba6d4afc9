"""From specs to an uncompiled `keras.Model`: inputs, body and head."""

from skrnn.networks.body import RecurrentBody
from skrnn.networks.function import FunctionBody
from skrnn.networks.inputs import build_inputs
from skrnn.networks.network import Network

__all__ = ["FunctionBody", "Network", "RecurrentBody", "build_inputs"]
