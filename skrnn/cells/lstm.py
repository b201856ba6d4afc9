"""LSTM, the long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.initializers import Parts


def lstm_step(
    z: Any, h: Any, c: Any, recurrent_kernel: Any, activation: Any = ops.tanh, recurrent_activation: Any = ops.sigmoid
) -> tuple[Any, Any]:
    """(B, 4 H), (B, H), (B, H) -> h', c'; gates in the order i, f, g, o."""
    i, f, g, o = ops.split(z + ops.matmul(h, recurrent_kernel), 4, axis=-1)  # (B, H) each
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
    return recurrent_activation(o) * activation(c), c


@keras.saving.register_keras_serializable(package="skrnn")
class LSTMCell(Cell):
    """Long short-term memory [1]_ with a forget gate [2]_.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="tanh"
        Of the input g and of the output.
    recurrent_activation : Keras activation, default="sigmoid"
        Of the gates.
    use_bias : bool, default=True
        Whether there is b.
    unit_forget_bias : bool, default=True
        Begin with 1 in the bias of the forget gate.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``i, f, o = sigmoid(x W + h U + b)``, ``g = tanh(x W + h U + b)``, ``c' = f c + i g``, ``h' = o tanh(c')``.
    The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order i, f, g, o.
    Without zoneout and weight normalization estimators run it in a fused loop.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber (1997), Long short-term memory, Neural Computation 9(8), 1735-1780.
    .. [2] F. A. Gers, J. Schmidhuber, F. Cummins (2000), Learning to forget: continual prediction with LSTM, Neural
       Computation 12(10), 2451-2471.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(LSTMCell(3, zoneout=0.1))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("h", "c")
    keras_class = keras.layers.LSTMCell

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias = bool(use_bias)
        self.unit_forget_bias = bool(unit_forget_bias)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 4 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 4 * self.units), recurrent=True)
        if self.use_bias:
            usual = self.bias_initializer
            self.add_vector(
                "bias", 4 * self.units, Parts([usual, "ones" if self.unit_forget_bias else usual, usual, usual])
            )

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 4 H)."""
        z = ops.matmul(x, self.matrix("kernel"))
        return z + self.vector("bias") if self.use_bias else z

    def recurrent_weights(self) -> list[Any]:
        """U, (H, 4 H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, seen: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, c = lstm_step(z, seen, states[1], weights[0], self.activation, self.recurrent_activation)
        return h, [h, c]
