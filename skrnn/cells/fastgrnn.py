"""FastGRNN, a gated recurrent network whose gate shares the matrices of the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer, check_number


@keras.saving.register_keras_serializable(package="skrnn")
class FastGRNNCell(Cell):
    """FastGRNN [1]_: gate and candidate share their matrices, which may be of low rank; for very small models.

    Parameters
    ----------
    units : int
        H.
    kernel_rank : int, default=None
        Rank of W, a product of two matrices. None is full rank.
    recurrent_rank : int, default=None
        Rank of U, likewise.
    zeta_init : float, default=1.0
        What zeta begins with.
    nu_init : float, default=-4.0
        What nu begins with.
    **kwargs
        As of `Cell`; biases begin with 1.

    Notes
    -----
    ``z = sigmoid(x W + h U + b_z)``, ``g = tanh(x W + h U + b_g)``,
    ``h' = (sigmoid(zeta) (1 - z) + sigmoid(nu)) g + z h``, with numbers ``zeta`` and ``nu``.
    W is ``kernel``, U is ``recurrent_kernel``; with a rank they are the products ``kernel_left kernel_right`` and
    ``recurrent_left recurrent_right``. b (``bias``) is in the order z, g. Sparse and quantized matrices, the other
    means of the paper to small models, are not here.

    References
    ----------
    .. [1] A. Kusupati, M. Singh, K. Bhatia, A. Kumar, P. Jain, M. Varma (2018), FastGRNN: a fast, accurate, stable and
       tiny kilobyte sized gated recurrent neural network, NeurIPS, arXiv:1901.02358.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import FastGRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(FastGRNNCell(8, recurrent_rank=2))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 8])
    """

    def __init__(
        self,
        units: int,
        *,
        kernel_rank: int | None = None,
        recurrent_rank: int | None = None,
        zeta_init: float = 1.0,
        nu_init: float = -4.0,
        bias_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, bias_initializer=bias_initializer, **kwargs)
        self.kernel_rank = None if kernel_rank is None else check_integer("kernel_rank", kernel_rank)
        self.recurrent_rank = None if recurrent_rank is None else check_integer("recurrent_rank", recurrent_rank)
        self.zeta_init = check_number("zeta_init", zeta_init)
        self.nu_init = check_number("nu_init", nu_init)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self._add_ranked("kernel", input_shape[-1], self.kernel_rank, False)
        self._add_ranked("recurrent", self.units, self.recurrent_rank, True)
        self.add_vector("bias", 2 * self.units)
        self.add_vector("zeta", 1, keras.initializers.Constant(self.zeta_init))
        self.add_vector("nu", 1, keras.initializers.Constant(self.nu_init))

    def _add_ranked(self, name: str, size: int, rank: int | None, recurrent: bool) -> None:
        if rank is None:
            self.add_matrix("recurrent_kernel" if recurrent else "kernel", (size, self.units), recurrent=recurrent)
        else:
            self.add_matrix(f"{name}_left", (size, rank), recurrent=recurrent)
            self.add_matrix(f"{name}_right", (rank, self.units), recurrent=recurrent)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., H)."""
        if self.kernel_rank is None:
            return ops.matmul(x, self.matrix("kernel"))
        return ops.matmul(ops.matmul(x, self.matrix("kernel_left")), self.matrix("kernel_right"))

    def recurrent_weights(self) -> list[Any]:
        """U (H, H), b_z, b_g (H,), sigmoid(zeta), sigmoid(nu) (1,)."""
        if self.recurrent_rank is None:
            u = self.matrix("recurrent_kernel")
        else:
            u = ops.matmul(self.matrix("recurrent_left"), self.matrix("recurrent_right"))
        numbers = [ops.sigmoid(self.vector(name)) for name in ("zeta", "nu")]
        return [u, *ops.split(self.vector("bias"), 2), *numbers]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, b_z, b_g, zeta, nu = weights
        total = z + ops.matmul(h_dropped, u)  # (B, H)
        gate = ops.sigmoid(total + b_z)
        h = (zeta * (1.0 - gate) + nu) * ops.tanh(total + b_g) + gate * states[0]
        return h, [h]
