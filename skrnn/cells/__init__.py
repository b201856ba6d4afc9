"""One step of time: `CELLS` maps names to Keras cell classes."""

import keras

from skrnn.cells.recipe import Recipe, fingerprint

CELLS = {
    "elman": keras.layers.SimpleRNNCell,
    "gru": keras.layers.GRUCell,
    "lstm": keras.layers.LSTMCell,
}

__all__ = ["CELLS", "Recipe", "fingerprint"]
