"""LMU, the Legendre memory unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.linalg import expm

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer, check_number


def legendre_memory(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of a memory whose state holds the last `theta` steps of a number, as Legendre polynomials.

    The differential equation ``theta m' = A m + B u`` of the paper, discretized in steps of 1 by zero-order hold.

    Parameters
    ----------
    order : int
        d, the number of polynomials.
    theta : float
        Length of the window.

    Returns
    -------
    A : array (d, d)
    B : array (d,)
        Of ``m' = A m + B u``.
    """
    i, j = np.indices((order, order))
    scale = 2.0 * np.arange(order) + 1.0
    system = np.zeros((order + 1, order + 1))
    system[:order, :order] = np.where(i < j, -1.0, (-1.0) ** (i - j + 1)) * scale[:, None]
    system[:order, order] = (-1.0) ** np.arange(order) * scale
    step = expm(system / theta)  # of [[A, B], [0, 0]], whose last column is that of an input which is held
    return step[:order, :order], step[:order, order]


@keras.saving.register_keras_serializable(package="skrnn")
class LMUCell(Cell):
    """Legendre memory unit [1]_: a linear memory of a sliding window, and a state that reads and writes it.

    For very long sequences: the memory is given, not learned, and `order` numbers hold a window of `theta` steps.

    Parameters
    ----------
    units : int
        H.
    order : int, default=16
        d, the size of the memory. More hold faster changes.
    theta : float above 0, default=100.0
        Length of the window in steps; what must be remembered lies within it.
    activation : Keras activation, default="tanh"
        Of the state.
    kernel_initializer, recurrent_initializer : Keras initializers, default="glorot_normal"
        Of the matrices W.
    **kwargs
        As of `Cell`; no weight normalization.

    Notes
    -----
    ``u = x e_x + h e_h + m e_m``, ``m' = A m + B u``, ``h' = tanh(x W_x + h W_h + m' W_m)``, where u is one number,
    and A, B are those of `legendre_memory`, which training leaves alone. W_x is ``kernel``, W_h ``recurrent_kernel``,
    W_m ``memory_kernel``; e_x is ``input_encoder``, e_h ``hidden_encoder`` (both begin LeCun uniform) and e_m
    ``memory_encoder`` (begins with zeros).

    References
    ----------
    .. [1] A. R. Voelker, I. Kajic, C. Eliasmith (2019), Legendre memory units: continuous-time representation in
       recurrent neural networks, NeurIPS, 15544-15553.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LMUCell
    >>> from skrnn.layers import RNN
    >>> RNN(LMUCell(3, order=8, theta=50))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("h", "m")
    takes = ("recurrent_dropout", "zoneout")
    n_zoned = 1

    def __init__(
        self,
        units: int,
        *,
        order: int = 16,
        theta: float = 100.0,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_normal",
        recurrent_initializer: Any = "glorot_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units, kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer, **kwargs
        )
        self.order = check_integer("order", order)
        self.theta = check_number("theta", theta, 0.0, open_low=True)
        self.activation = keras.activations.get(activation)
        self.memory = legendre_memory(self.order, self.theta)

    @property
    def state_size(self) -> list[int]:
        """Units, order."""
        return [self.units, self.order]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_matrix("memory_kernel", (self.order, self.units), recurrent=True)
        self.add_matrix("input_encoder", (input_shape[-1], 1), "lecun_uniform")
        self.add_matrix("hidden_encoder", (self.units, 1), "lecun_uniform", recurrent=True)
        self.add_matrix("memory_encoder", (self.order, 1), "zeros", recurrent=True)

    def _matrices(self) -> tuple[Any, Any]:
        """A (d, d) and B (1, d), as products from the right take them."""
        a, b = self.memory
        dtype = self.compute_dtype
        return ops.convert_to_tensor(a.T, dtype=dtype), ops.convert_to_tensor(b[None], dtype=dtype)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., d + H): what the input gives to the memory and to the state."""
        _, b = self._matrices()
        written = ops.matmul(ops.matmul(x, self.matrix("input_encoder")), b)
        return ops.concatenate([written, ops.matmul(x, self.matrix("kernel"))], axis=-1)

    def recurrent_weights(self) -> list[Any]:
        """From h to memory and state (H, d + H), from the memory to itself (d, d) and to the state (d, H)."""
        a, b = self._matrices()
        from_state = ops.concatenate(
            [ops.matmul(self.matrix("hidden_encoder"), b), self.matrix("recurrent_kernel")], axis=-1
        )
        return [from_state, a + ops.matmul(self.matrix("memory_encoder"), b), self.matrix("memory_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        from_state, transition, readout = weights
        total = z + ops.matmul(h_dropped, from_state)  # (B, d + H)
        m = total[:, : self.order] + ops.matmul(states[1], transition)
        h = self.activation(total[:, self.order :] + ops.matmul(m, readout))
        return h, [h, m]
