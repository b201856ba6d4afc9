"""LSTM with layer normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.layer_norm import layer_norm


@keras.saving.register_keras_serializable(package="skrnn")
class LSTMLayerNormCell(GatedCell):
    """LSTM whose sums of inputs, of states and whose cell are normalized [1]_.

    Not for a single feature: all that the normalization leaves of it is its sign.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``i, f, g, o = N(x W) + N(h U) + b``, ``c' = sigmoid(f) c + sigmoid(i) tanh(g)``,
    ``h' = sigmoid(o) tanh(N(c') + s)``. N takes a whole vector, all gates together, to mean 0 and variance 1, and then
    times a gain: ``kernel_scale`` and ``recurrent_scale`` (4 H,), ``cell_scale`` (H,). s is ``cell_shift``; the shifts
    of the first two are in b. Gates are in the order i, f, g, o; the bias of f begins with 1.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros, G. E. Hinton (2016), Layer normalization, arXiv:1607.06450, equations 20 to 22 of
       the supplementary material.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LSTMLayerNormCell
    >>> from skrnn.layers import RNN
    >>> RNN(LSTMLayerNormCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c")
    takes = ("recurrent_dropout", "zoneout")
    n_gates = 4
    forget_gate = 1

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        super().build(input_shape)
        self.add_vector("kernel_scale", 4 * self.units, "ones")
        self.add_vector("recurrent_scale", 4 * self.units, "ones")
        self.add_vector("cell_scale", self.units, "ones")
        self.add_vector("cell_shift", self.units)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 4 H)."""
        z = layer_norm(ops.matmul(x, self.matrix("kernel")), self.vector("kernel_scale"))
        return z + self.vector("bias") if self.use_bias else z

    def recurrent_weights(self) -> list[Any]:
        """U (H, 4 H), its gain (4 H,), and gain and shift of the cell (H,)."""
        return [self.matrix("recurrent_kernel"), *map(self.vector, ("recurrent_scale", "cell_scale", "cell_shift"))]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, gain, cell_gain, cell_shift = weights
        i, f, g, o = ops.split(z + layer_norm(ops.matmul(h_dropped, u), gain), 4, axis=-1)
        c = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(layer_norm(c, cell_gain, cell_shift))
        return h, [h, c]
