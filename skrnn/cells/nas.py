"""The cell that a search over architectures found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class NASCell(GatedCell):
    """The recurrence that a search by reinforcement learning found [1]_.

    Parameters
    ----------
    units : int
        H.
    use_bias : bool, default=False
        Whether there is b.
    **kwargs
        As of `Cell`.

    Notes
    -----
    With ``z = x W``, ``r = h U + b`` in eight parts:
    ``a = tanh(tanh(sigmoid(z0 + r0) relu(z1 + r1)) + c)``, ``q = tanh(sigmoid(z2 + r2) + relu(z3 r3))``, ``c' = a q``,
    ``d = tanh(tanh(z4 + r4) sigmoid(z5 + r5))``, ``e = sigmoid(tanh(z6 + r6) + sigmoid(z7 + r7))``,
    ``h' = tanh(c' tanh(d + e))``. W is ``kernel``, U ``recurrent_kernel`` and b ``bias``, their columns in that order.

    References
    ----------
    .. [1] B. Zoph, Q. V. Le (2017), Neural architecture search with reinforcement learning, ICLR, arXiv:1611.01578,
       as the cell of that name in TensorFlow 1 and Addons has it.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import NASCell
    >>> from skrnn.layers import RNN
    >>> RNN(NASCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c")
    n_gates = 8

    def __init__(self, units: int, *, use_bias: bool = False, **kwargs: Any) -> None:
        super().__init__(units, use_bias=use_bias, **kwargs)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 8 H)."""
        return ops.matmul(x, self.matrix("kernel"))

    def recurrent_weights(self) -> list[Any]:
        """U (H, 8 H), and b (8 H,) where there is one."""
        return [self.matrix("recurrent_kernel"), *([self.vector("bias")] if self.use_bias else [])]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, *bias = weights
        product = ops.matmul(h_dropped, u) + bias[0] if bias else ops.matmul(h_dropped, u)
        third = slice(3 * self.units, 4 * self.units)
        s0, s1, s2, _, s4, s5, s6, s7 = ops.split(z + product, 8, axis=-1)  # (B, H) each
        a = ops.tanh(ops.tanh(ops.sigmoid(s0) * ops.relu(s1)) + states[1])
        c = a * ops.tanh(ops.sigmoid(s2) + ops.relu(z[:, third] * product[:, third]))
        d = ops.tanh(ops.tanh(s4) * ops.sigmoid(s5))
        h = ops.tanh(c * ops.tanh(d + ops.sigmoid(ops.tanh(s6) + ops.sigmoid(s7))))
        return h, [h, c]
