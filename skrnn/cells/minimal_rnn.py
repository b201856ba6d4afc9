"""MinimalRNN, a gated average of encoded inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States


@keras.saving.register_keras_serializable(package="skrnn")
class MinimalRNNCell(Cell):
    """MinimalRNN [1]_: the state is a gated average of encoded inputs, so each unit keeps its meaning over time.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``z = tanh(x W + b)``, ``u = sigmoid(h U + z V + d)``, ``h' = u h + (1 - u) z``, with W (``kernel``), b (``bias``),
    U (``recurrent_kernel``), V (``update_kernel``) and d (``update_bias``). The encoder of the input is any network in
    the paper; here it is the paper's example of one layer.

    References
    ----------
    .. [1] M. Chen (2017), MinimalRNN: toward more interpretable and trainable recurrent neural networks,
       arXiv:1711.06788.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MinimalRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(MinimalRNNCell(3))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_matrix("update_kernel", (self.units, self.units))
        self.add_vector("bias", self.units)
        self.add_vector("update_bias", self.units)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 2 H): z, and of u what z gives."""
        z = ops.tanh(super().project(x))
        u = ops.matmul(z, self.matrix("update_kernel")) + self.vector("update_bias")
        return ops.concatenate([z, u], axis=-1)

    def recurrent_weights(self) -> list[Any]:
        """U, (H, H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        encoded, u = ops.split(z, 2, axis=-1)
        u = ops.sigmoid(u + ops.matmul(h_dropped, weights[0]))
        h = encoded + u * (states[0] - encoded)
        return h, [h]
