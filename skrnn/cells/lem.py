"""LEM, the long expressive memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_number


@keras.saving.register_keras_serializable(package="skrnn")
class LEMCell(Cell):
    """Long expressive memory [1]_: two states, each of whose units learns the time step at which it moves.

    For long sequences with several time scales.

    Parameters
    ----------
    units : int
        H.
    dt : float in (0, 1], default=1.0
        The longest time step.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``p = dt sigmoid(x W_p + h U_p + b_p)``, ``q = dt sigmoid(x W_q + h U_q + b_q)``,
    ``z' = (1 - p) z + p tanh(x W_z + h U_z + b_z)``, ``h' = (1 - q) h + q tanh(x W_h + z' V + b_h)``.
    The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order p, q, z, h, with no U_h;
    V is ``memory_kernel``. In the paper the output h is y, p is Delta t and q is Delta t with a bar.

    References
    ----------
    .. [1] T. K. Rusch, S. Mishra, N. B. Erichson, M. W. Mahoney (2022), Long expressive memory for sequence modeling,
       ICLR, arXiv:2110.04744.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LEMCell
    >>> from skrnn.layers import RNN
    >>> RNN(LEMCell(3))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("h", "z")

    def __init__(self, units: int, *, dt: float = 1.0, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.dt = check_number("dt", dt, 0.0, 1.0, open_low=True)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 4 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 3 * self.units), recurrent=True)
        self.add_matrix("memory_kernel", (self.units, self.units), recurrent=True)
        self.add_vector("bias", 4 * self.units)

    def recurrent_weights(self) -> list[Any]:
        """U (H, 3 H), V (H, H)."""
        return [self.matrix("recurrent_kernel"), self.matrix("memory_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, memory = states
        n = 3 * self.units
        p, q, candidate = ops.split(z[:, :n] + ops.matmul(h_dropped, weights[0]), 3, axis=-1)  # (B, H) each
        memory = memory + self.dt * ops.sigmoid(p) * (ops.tanh(candidate) - memory)
        h = h + self.dt * ops.sigmoid(q) * (ops.tanh(z[:, n:] + ops.matmul(memory, weights[1])) - h)
        return h, [h, memory]
