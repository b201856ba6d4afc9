"""AntisymmetricRNN, a stable differential equation in small steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_number


@keras.saving.register_keras_serializable(package="skrnn")
class AntisymmetricCell(Cell):
    """AntisymmetricRNN [1]_: a differential equation that neither forgets nor explodes, in steps of length epsilon.

    Parameters
    ----------
    units : int
        H.
    epsilon : float above 0, default=0.01
        Length of a step. Longer for shorter sequences.
    gamma : float of at least 0, default=0.01
        Diffusion, which makes up for the error of the steps.
    gated : bool, default=False
        Whether there is the gate z.
    **kwargs
        As of `Cell`; no weight normalization.

    Notes
    -----
    ``h' = h + epsilon tanh(x W + h A + b)`` with ``A = U - transpose(U) - gamma I``. The eigenvalues of ``A`` have the
    real part ``-gamma``. Gated, ``z = sigmoid(x W_z + h A + b_z)`` and ``h' = h + epsilon z tanh(x W_h + h A + b_h)``,
    with the same A. U is ``recurrent_kernel``; the columns of W (``kernel``) and b (``bias``) are in the order h, z.

    References
    ----------
    .. [1] B. Chang, M. Chen, E. Haber, E. H. Chi (2019), AntisymmetricRNN: a dynamical system view on recurrent neural
       networks, ICLR, arXiv:1902.09689.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import AntisymmetricCell
    >>> from skrnn.layers import RNN
    >>> RNN(AntisymmetricCell(3, gated=True))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    takes = ("recurrent_dropout", "zoneout")

    def __init__(
        self, units: int, *, epsilon: float = 0.01, gamma: float = 0.01, gated: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(units, **kwargs)
        self.epsilon = check_number("epsilon", epsilon, 0.0, open_low=True)
        self.gamma = check_number("gamma", gamma, 0.0)
        self.gated = bool(gated)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        parts = 2 if self.gated else 1
        self.add_matrix("kernel", (input_shape[-1], parts * self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_vector("bias", parts * self.units)

    def recurrent_weights(self) -> list[Any]:
        """The matrix of the equation, as products from the right take it, (H, H)."""
        u = self.matrix("recurrent_kernel")
        return [u - ops.transpose(u) - self.gamma * ops.eye(self.units, dtype=self.compute_dtype)]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        product = ops.matmul(h_dropped, weights[0])
        if self.gated:
            z, gate = ops.split(z, 2, axis=-1)
            change = ops.sigmoid(gate + product) * ops.tanh(z + product)
        else:
            change = ops.tanh(z + product)
        h = states[0] + self.epsilon * change
        return h, [h]
