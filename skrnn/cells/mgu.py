"""The minimal gated unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class MGUCell(GatedCell):
    """Minimal gated unit: a GRU whose two gates are one [1]_.

    Two thirds of the weights of a GRU.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``f = sigmoid(x W + h U + b)``, ``a = tanh(x W + (f h) U + b)``, ``h' = (1 - f) h + f a``. The columns of W
    (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order f, a.

    References
    ----------
    .. [1] G.-B. Zhou, J. Wu, C.-L. Zhang, Z.-H. Zhou (2016), Minimal gated unit for recurrent neural networks,
       International Journal of Automation and Computing 13(3), 226-234, arXiv:1603.09420.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MGUCell
    >>> from skrnn.layers import RNN
    >>> RNN(MGUCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    n_gates = 2

    def recurrent_weights(self) -> list[Any]:
        """U of f and of a, (H, H) each."""
        return list(ops.split(self.matrix("recurrent_kernel"), 2, axis=-1))

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u_f, u_a = weights
        z_f, z_a = ops.split(z, 2, axis=-1)
        f = ops.sigmoid(z_f + ops.matmul(h_dropped, u_f))
        a = ops.tanh(z_a + ops.matmul(f * h_dropped, u_a))
        h = states[0] + f * (a - states[0])
        return h, [h]
