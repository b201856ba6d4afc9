"""The simple recurrent network of Elman."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States


@keras.saving.register_keras_serializable(package="skrnn")
class ElmanCell(Cell):
    """Simple recurrent network: the state is a hidden layer that sees itself one step before [1]_.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="tanh"
        Of the state.
    use_bias : bool, default=True
        Whether there is b.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``h' = tanh(x W + h U + b)``, with W (``kernel``), U (``recurrent_kernel``) and b (``bias``). The output
    ``y = V h'`` of the network is the layer after it. Without zoneout and weight normalization estimators run it in a
    fused loop.

    References
    ----------
    .. [1] J. L. Elman (1990), Finding structure in time, Cognitive Science 14(2), 179-211.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import ElmanCell
    >>> from skrnn.layers import RNN
    >>> RNN(ElmanCell(3, weight_norm=True))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    keras_class = keras.layers.SimpleRNNCell

    def __init__(self, units: int, *, activation: Any = "tanh", use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        if self.use_bias:
            self.add_vector("bias", self.units)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., H)."""
        z = ops.matmul(x, self.matrix("kernel"))
        return z + self.vector("bias") if self.use_bias else z

    def recurrent_weights(self) -> list[Any]:
        """U, (H, H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, seen: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = self.activation(z + ops.matmul(seen, weights[0]))
        return h, [h]
