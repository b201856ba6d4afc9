"""One step of time: `CELLS` maps names to Keras cell classes."""

from skrnn.cells.antisymmetric import AntisymmetricCell
from skrnn.cells.cell import Cell
from skrnn.cells.cfc import CfCCell
from skrnn.cells.chunked_cell import ChunkedCell
from skrnn.cells.clockwork import ClockworkCell
from skrnn.cells.cornn import CoRNNCell
from skrnn.cells.ctgru import CTGRUCell
from skrnn.cells.elapsed_time import TimedCell
from skrnn.cells.elman import ElmanCell
from skrnn.cells.esn import ESNCell
from skrnn.cells.fastgrnn import FastGRNNCell
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.gru import GRUCell
from skrnn.cells.gru_layernorm import GRULayerNormCell
from skrnn.cells.grud import GRUDCell
from skrnn.cells.hgrn import HGRNCell
from skrnn.cells.indrnn import IndRNNCell
from skrnn.cells.irnn import IRNNCell
from skrnn.cells.janet import JANETCell
from skrnn.cells.jordan import JordanCell
from skrnn.cells.lem import LEMCell
from skrnn.cells.linear_cell import LinearCell
from skrnn.cells.lmu import LMUCell
from skrnn.cells.lru import LRUCell
from skrnn.cells.lstm import LSTMCell
from skrnn.cells.lstm_coupled import LSTMCoupledCell
from skrnn.cells.lstm_layernorm import LSTMLayerNormCell
from skrnn.cells.lstm_peephole import LSTMPeepholeCell
from skrnn.cells.ltc import LTCCell
from skrnn.cells.mgu import MGUCell
from skrnn.cells.mingru import MinGRUCell
from skrnn.cells.minimal_rnn import MinimalRNNCell
from skrnn.cells.minlstm import MinLSTMCell
from skrnn.cells.mlstm import MLSTMCell
from skrnn.cells.multiplicative_lstm import MultiplicativeLSTMCell
from skrnn.cells.nas import NASCell
from skrnn.cells.phased_lstm import PhasedLSTMCell
from skrnn.cells.qrnn import QRNNCell
from skrnn.cells.rglru import RGLRUCell
from skrnn.cells.rhn import RHNCell
from skrnn.cells.slstm import SLSTMCell
from skrnn.cells.sru import SRUCell
from skrnn.cells.star import STARCell
from skrnn.cells.ugrnn import UGRNNCell

CELLS = {
    "antisymmetric": AntisymmetricCell,
    "cfc": CfCCell,
    "clockwork": ClockworkCell,
    "cornn": CoRNNCell,
    "ctgru": CTGRUCell,
    "elman": ElmanCell,
    "esn": ESNCell,
    "fastgrnn": FastGRNNCell,
    "gru": GRUCell,
    "gru_layernorm": GRULayerNormCell,
    "grud": GRUDCell,
    "hgrn": HGRNCell,
    "indrnn": IndRNNCell,
    "irnn": IRNNCell,
    "janet": JANETCell,
    "jordan": JordanCell,
    "lem": LEMCell,
    "lmu": LMUCell,
    "lru": LRUCell,
    "lstm": LSTMCell,
    "lstm_coupled": LSTMCoupledCell,
    "lstm_layernorm": LSTMLayerNormCell,
    "lstm_peephole": LSTMPeepholeCell,
    "ltc": LTCCell,
    "mgu": MGUCell,
    "mingru": MinGRUCell,
    "minimal_rnn": MinimalRNNCell,
    "minlstm": MinLSTMCell,
    "mlstm": MLSTMCell,
    "multiplicative_lstm": MultiplicativeLSTMCell,
    "nas": NASCell,
    "phased_lstm": PhasedLSTMCell,
    "qrnn": QRNNCell,
    "rglru": RGLRUCell,
    "rhn": RHNCell,
    "slstm": SLSTMCell,
    "sru": SRUCell,
    "star": STARCell,
    "ugrnn": UGRNNCell,
}

__all__ = [
    "AntisymmetricCell",
    "CELLS",
    "CTGRUCell",
    "Cell",
    "CfCCell",
    "ChunkedCell",
    "ClockworkCell",
    "CoRNNCell",
    "ESNCell",
    "ElmanCell",
    "FastGRNNCell",
    "GRUCell",
    "GRUDCell",
    "GRULayerNormCell",
    "GatedCell",
    "HGRNCell",
    "IRNNCell",
    "IndRNNCell",
    "JANETCell",
    "JordanCell",
    "LEMCell",
    "LMUCell",
    "LRUCell",
    "LSTMCell",
    "LSTMCoupledCell",
    "LSTMLayerNormCell",
    "LSTMPeepholeCell",
    "LTCCell",
    "LinearCell",
    "MGUCell",
    "MLSTMCell",
    "MinGRUCell",
    "MinLSTMCell",
    "MinimalRNNCell",
    "MultiplicativeLSTMCell",
    "NASCell",
    "PhasedLSTMCell",
    "QRNNCell",
    "RGLRUCell",
    "RHNCell",
    "SLSTMCell",
    "SRUCell",
    "STARCell",
    "TimedCell",
    "UGRNNCell",
]
