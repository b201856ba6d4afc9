"""LSTM whose transition depends on the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.lstm import lstm_step


@keras.saving.register_keras_serializable(package="skrnn")
class MultiplicativeLSTMCell(GatedCell):
    """LSTM whose recurrent product is another one for each input [1]_.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``m = (x W_m) (h U_m)``, ``i, f, o = sigmoid(x W + m U + b)``, ``g = tanh(x W + m U + b)``, ``c' = f c + i g``,
    ``h' = o tanh(c')``. The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order
    i, f, g, o; W_m is ``factor_kernel`` (D, H) and U_m ``factor_recurrent_kernel`` (H, H). The bias of f begins
    with 1. This is the authors' second code; in their first one, and by those who quote it in the paper, g is linear
    and ``h' = tanh(o c')``, in that code with a bias of its own.

    References
    ----------
    .. [1] B. Krause, L. Lu, I. Murray, S. Renals (2017), Multiplicative LSTM for sequence modelling, ICLR
       workshop track, arXiv:1609.07959; code: github.com/benkrause/mLSTM.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MultiplicativeLSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(MultiplicativeLSTMCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c")
    n_gates = 4
    forget_gate = 1

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        super().build(input_shape)
        self.add_matrix("factor_kernel", (input_shape[-1], self.units))
        self.add_matrix("factor_recurrent_kernel", (self.units, self.units), recurrent=True)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 5 H)."""
        return ops.concatenate([super().project(x), ops.matmul(x, self.matrix("factor_kernel"))], axis=-1)

    def recurrent_weights(self) -> list[Any]:
        """U (H, 4 H) and U_m (H, H)."""
        return [*super().recurrent_weights(), self.matrix("factor_recurrent_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, u_m = weights
        m = z[:, 4 * self.units :] * ops.matmul(h_dropped, u_m)
        h, c = lstm_step(z[:, : 4 * self.units], m, states[1], u)
        return h, [h, c]
