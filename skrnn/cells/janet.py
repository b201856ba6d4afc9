"""JANET: just another network, with a forget gate alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_integer, check_number
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.initializers import Chrono


@keras.saving.register_keras_serializable(package="skrnn")
class JANETCell(GatedCell):
    """LSTM with a forget gate alone [1]_.

    Half of the weights of an LSTM. For long memories set `longest`.

    Parameters
    ----------
    units : int
        H.
    beta : float, default=1.0
        How much more is let in than is forgotten.
    longest : int, default=None
        T of the chrono initialization [2]_: the bias of the gate is log(u), u uniform from 1 to T - 1, so that units
        remember from two to T steps. None begins with 1.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``s = x W + h U + b``, ``g = tanh(x W + h U + b)``, ``h' = sigmoid(s) h + (1 - sigmoid(s - beta)) g``. The columns
    of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order s, g.

    References
    ----------
    .. [1] J. van der Westhuizen, J. Lasenby (2018), The unreasonable effectiveness of the forget gate,
       arXiv:1804.04849.
    .. [2] C. Tallec, Y. Ollivier (2018), Can recurrent neural networks warp time?, ICLR, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import JANETCell
    >>> from skrnn.layers import RNN
    >>> RNN(JANETCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    n_gates = 2

    def __init__(self, units: int, *, beta: float = 1.0, longest: int | None = None, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.beta = check_number("beta", beta)
        self.longest = None if longest is None else check_integer("longest", longest, 3)

    def initial_biases(self) -> list[Any]:
        """Of s and g."""
        return ["ones" if self.longest is None else Chrono(self.longest), self.bias_initializer]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        s, g = ops.split(z + ops.matmul(h_dropped, weights[0]), 2, axis=-1)  # (B, H) each
        h = ops.sigmoid(s) * states[0] + ops.sigmoid(self.beta - s) * ops.tanh(g)
        return h, [h]
