"""LSTM, the long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


def lstm_step(
    z: Any, h: Any, c: Any, recurrent_kernel: Any, activation: Any = ops.tanh, recurrent_activation: Any = ops.sigmoid
) -> tuple[Any, Any]:
    """(B, 4 H), (B, H), (B, H) -> h', c'; gates in the order i, f, g, o."""
    i, f, g, o = ops.split(z + ops.matmul(h, recurrent_kernel), 4, axis=-1)  # (B, H) each
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
    return recurrent_activation(o) * activation(c), c


@keras.saving.register_keras_serializable(package="skrnn")
class LSTMCell(GatedCell):
    """Long short-term memory [1]_ with a forget gate [2]_.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="tanh"
        Of the input g and of the output.
    recurrent_activation : Keras activation, default="sigmoid"
        Of the gates.
    unit_forget_bias : bool, default=True
        Begin with 1 in the bias of the forget gate.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``i, f, o = sigmoid(x W + h U + b)``, ``g = tanh(x W + h U + b)``, ``c' = f c + i g``, ``h' = o tanh(c')``.
    The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in the order i, f, g, o.
    Without zoneout and weight normalization estimators run it in a fused loop. In the first paper g and the output are
    squashed to (-2, 2) and (-1, 1) by scaled sigmoids; tanh is usual since.

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
    n_gates = 4
    keras_class = keras.layers.LSTMCell

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.unit_forget_bias = bool(unit_forget_bias)

    def initial_biases(self) -> list[Any]:
        """Of i, f, g and o."""
        usual = self.bias_initializer
        return [usual, "ones" if self.unit_forget_bias else usual, usual, usual]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, c = lstm_step(z, h_dropped, states[1], weights[0], self.activation, self.recurrent_activation)
        return h, [h, c]
