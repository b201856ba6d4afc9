"""One step of time: `CELLS` maps names to Keras cell classes."""

from skrnn.cells.antisymmetric import AntisymmetricCell
from skrnn.cells.cell import Cell
from skrnn.cells.clockwork import ClockworkCell
from skrnn.cells.cornn import CoRNNCell
from skrnn.cells.elman import ElmanCell
from skrnn.cells.fastgrnn import FastGRNNCell
from skrnn.cells.gru import GRUCell
from skrnn.cells.indrnn import IndRNNCell
from skrnn.cells.lem import LEMCell
from skrnn.cells.linear_cell import LinearCell
from skrnn.cells.lmu import LMUCell
from skrnn.cells.lstm import LSTMCell
from skrnn.cells.mingru import MinGRUCell
from skrnn.cells.minimal_rnn import MinimalRNNCell
from skrnn.cells.phased_lstm import PhasedLSTMCell
from skrnn.cells.recipe import Recipe, fingerprint
from skrnn.cells.star import STARCell

CELLS = {
    "antisymmetric": AntisymmetricCell,
    "clockwork": ClockworkCell,
    "cornn": CoRNNCell,
    "elman": ElmanCell,
    "fastgrnn": FastGRNNCell,
    "gru": GRUCell,
    "indrnn": IndRNNCell,
    "lem": LEMCell,
    "lmu": LMUCell,
    "lstm": LSTMCell,
    "mingru": MinGRUCell,
    "minimal_rnn": MinimalRNNCell,
    "phased_lstm": PhasedLSTMCell,
    "star": STARCell,
}

__all__ = [
    "CELLS",
    "AntisymmetricCell",
    "Cell",
    "ClockworkCell",
    "CoRNNCell",
    "ElmanCell",
    "FastGRNNCell",
    "GRUCell",
    "IndRNNCell",
    "LEMCell",
    "LMUCell",
    "LSTMCell",
    "LinearCell",
    "MinGRUCell",
    "MinimalRNNCell",
    "PhasedLSTMCell",
    "Recipe",
    "STARCell",
    "fingerprint",
]
