"""One step of time: `CELLS` maps names to Keras cell classes."""

from skrnn.cells.cell import Cell
from skrnn.cells.elman import ElmanCell
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.gru import GRUCell
from skrnn.cells.gru_layernorm import GRULayerNormCell
from skrnn.cells.irnn import IRNNCell
from skrnn.cells.janet import JANETCell
from skrnn.cells.jordan import JordanCell
from skrnn.cells.linear_cell import LinearCell
from skrnn.cells.lstm import LSTMCell
from skrnn.cells.lstm_coupled import LSTMCoupledCell
from skrnn.cells.lstm_layernorm import LSTMLayerNormCell
from skrnn.cells.lstm_peephole import LSTMPeepholeCell
from skrnn.cells.mgu import MGUCell
from skrnn.cells.mingru import MinGRUCell
from skrnn.cells.multiplicative_lstm import MultiplicativeLSTMCell
from skrnn.cells.nas import NASCell
from skrnn.cells.recipe import Recipe, fingerprint
from skrnn.cells.rhn import RHNCell
from skrnn.cells.ugrnn import UGRNNCell

CELLS = {
    "elman": ElmanCell,
    "gru": GRUCell,
    "gru_layernorm": GRULayerNormCell,
    "irnn": IRNNCell,
    "janet": JANETCell,
    "jordan": JordanCell,
    "lstm": LSTMCell,
    "lstm_coupled": LSTMCoupledCell,
    "lstm_layernorm": LSTMLayerNormCell,
    "lstm_peephole": LSTMPeepholeCell,
    "mgu": MGUCell,
    "mingru": MinGRUCell,
    "multiplicative_lstm": MultiplicativeLSTMCell,
    "nas": NASCell,
    "rhn": RHNCell,
    "ugrnn": UGRNNCell,
}

__all__ = [
    "CELLS",
    "Cell",
    "ElmanCell",
    "GRUCell",
    "GRULayerNormCell",
    "GatedCell",
    "IRNNCell",
    "JANETCell",
    "JordanCell",
    "LSTMCell",
    "LSTMCoupledCell",
    "LSTMLayerNormCell",
    "LSTMPeepholeCell",
    "LinearCell",
    "MGUCell",
    "MinGRUCell",
    "MultiplicativeLSTMCell",
    "NASCell",
    "RHNCell",
    "Recipe",
    "UGRNNCell",
    "fingerprint",
]
