"""One step of time: `CELLS` maps names to Keras cell classes."""

from skrnn.cells.cell import Cell
from skrnn.cells.elman import ElmanCell
from skrnn.cells.esn import ESNCell
from skrnn.cells.gru import GRUCell
from skrnn.cells.linear_cell import LinearCell
from skrnn.cells.lstm import LSTMCell
from skrnn.cells.mingru import MinGRUCell
from skrnn.cells.recipe import Recipe, fingerprint

CELLS = {
    "elman": ElmanCell,
    "esn": ESNCell,
    "gru": GRUCell,
    "lstm": LSTMCell,
    "mingru": MinGRUCell,
}

__all__ = [
    "CELLS",
    "Cell",
    "ESNCell",
    "ElmanCell",
    "GRUCell",
    "LSTMCell",
    "LinearCell",
    "MinGRUCell",
    "Recipe",
    "fingerprint",
]
