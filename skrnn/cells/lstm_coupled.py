"""LSTM with one gate for input and forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class LSTMCoupledCell(GatedCell):
    """LSTM that forgets what it makes room for: its input gate is 1 - f (CIFG) [1]_.

    Three quarters of the weights of an LSTM, and mostly as good.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``f, o = sigmoid(x W + h U + b)``, ``g = tanh(x W + h U + b)``, ``c' = f c + (1 - f) g``, ``h' = o tanh(c')``.
    The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order f, g, o; the bias of f
    begins with 1. The paper's variant has peepholes, too.

    References
    ----------
    .. [1] K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink, J. Schmidhuber (2017), LSTM: a search space
       odyssey, IEEE Transactions on Neural Networks and Learning Systems 28(10), 2222-2232 (variant
       CIFG).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LSTMCoupledCell
    >>> from skrnn.layers import RNN
    >>> RNN(LSTMCoupledCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c")
    n_gates = 3
    forget_gate = 0

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        f, g, o = ops.split(z + ops.matmul(h_dropped, weights[0]), 3, axis=-1)  # (B, H) each
        f, g = ops.sigmoid(f), ops.tanh(g)
        c = g + f * (states[1] - g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]
