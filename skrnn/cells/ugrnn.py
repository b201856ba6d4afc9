"""The update gate recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class UGRNNCell(GatedCell):
    """Simple recurrent network with a gate between keeping and updating [1]_.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``g = sigmoid(x W + h U + b)``, ``a = tanh(x W + h U + b)``, ``h' = g h + (1 - g) a``. The columns of W
    (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order g, a; the bias of g begins with 1.

    References
    ----------
    .. [1] J. Collins, J. Sohl-Dickstein, D. Sussillo (2017), Capacity and trainability in recurrent neural networks,
       ICLR, arXiv:1611.09913, section 1.4, equations 2 to 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import UGRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(UGRNNCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    n_gates = 2
    forget_gate = 0

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        g, a = ops.split(z + ops.matmul(h_dropped, weights[0]), 2, axis=-1)  # (B, H) each
        a = ops.tanh(a)
        h = a + ops.sigmoid(g) * (states[0] - a)
        return h, [h]
