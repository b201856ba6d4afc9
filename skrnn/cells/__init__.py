"""One step of time: `CELLS` maps names to Keras cell classes."""

from skrnn.cells.cell import Cell
from skrnn.cells.cfc import CfCCell
from skrnn.cells.ct_gru import CTGRUCell
from skrnn.cells.elapsed_time import TimedCell
from skrnn.cells.elman import ElmanCell
from skrnn.cells.gru import GRUCell
from skrnn.cells.grud import GRUDCell
from skrnn.cells.linear_cell import LinearCell
from skrnn.cells.lstm import LSTMCell
from skrnn.cells.ltc import LTCCell
from skrnn.cells.mingru import MinGRUCell
from skrnn.cells.recipe import Recipe, fingerprint

CELLS = {
    "cfc": CfCCell,
    "ct_gru": CTGRUCell,
    "elman": ElmanCell,
    "gru": GRUCell,
    "grud": GRUDCell,
    "lstm": LSTMCell,
    "ltc": LTCCell,
    "mingru": MinGRUCell,
}

__all__ = [
    "CELLS",
    "CTGRUCell",
    "Cell",
    "CfCCell",
    "ElmanCell",
    "GRUCell",
    "GRUDCell",
    "LSTMCell",
    "LTCCell",
    "LinearCell",
    "MinGRUCell",
    "Recipe",
    "TimedCell",
    "fingerprint",
]
