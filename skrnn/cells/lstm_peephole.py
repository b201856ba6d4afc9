"""LSTM whose gates see the cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class LSTMPeepholeCell(GatedCell):
    """LSTM whose gates see the cell, for precise timing [1]_.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``i = sigmoid(x W + h U + p c + b)``, ``f`` likewise, ``g = tanh(x W + h U + b)``, ``c' = f c + i g``,
    ``o = sigmoid(x W + h U + p c' + b)``, ``h' = o tanh(c')``. The columns of W (``kernel``), U (``recurrent_kernel``)
    and b (``bias``) are in the order i, f, g, o; ``peephole`` holds p of i, f and o. The bias of f begins with 1.
    In the paper neither g nor the output is squashed, ``g = x W + h U + b`` and ``h' = o c'``, gradients end at the
    peepholes, and the biases of i, f and o begin with 0, -2 and 2; tanh, full gradients and 1 are usual since.

    References
    ----------
    .. [1] F. A. Gers, N. N. Schraudolph, J. Schmidhuber (2002), Learning precise timing with LSTM recurrent networks,
       Journal of Machine Learning Research 3, 115-143.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LSTMPeepholeCell
    >>> from skrnn.layers import RNN
    >>> RNN(LSTMPeepholeCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c")
    n_gates = 4
    forget_gate = 1

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        super().build(input_shape)
        self.add_vector("peephole", 3 * self.units, keras.initializers.RandomUniform(-0.1, 0.1))

    def recurrent_weights(self) -> list[Any]:
        """U (H, 4 H), and p of i and f (2 H,) and of o (H,)."""
        p = self.vector("peephole")
        return [self.matrix("recurrent_kernel"), p[: 2 * self.units], p[2 * self.units :]]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, p_if, p_o = weights
        c, units = states[1], self.units
        z = z + ops.matmul(h_dropped, u)
        i, f = ops.split(ops.sigmoid(z[:, : 2 * units] + p_if * ops.concatenate([c, c], axis=-1)), 2, axis=-1)
        c = f * c + i * ops.tanh(z[:, 2 * units : 3 * units])
        h = ops.sigmoid(z[:, 3 * units :] + p_o * c) * ops.tanh(c)
        return h, [h, c]
