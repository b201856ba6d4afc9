"""The network of Jordan, whose output comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer


@keras.saving.register_keras_serializable(package="skrnn")
class JordanCell(Cell):
    """Simple recurrent network whose output, and not its hidden layer, comes back [1]_.

    Parameters
    ----------
    units : int
        H, the width of the output y, which is the state.
    hidden : int, default=None
        Width of the hidden layer; None is H.
    activation : Keras activation, default="tanh"
        Of the hidden layer.
    output_activation : Keras activation, default="tanh"
        Of the output. Without bounds ("linear") the state may grow without bounds.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``h' = tanh(x W + y U + b)``, ``y' = tanh(h' V + c)``, with W (``kernel``), U (``recurrent_kernel``), b (``bias``),
    V (``output_kernel``) and c (``output_bias``). Jordan's context units also feed back to themselves;
    here they do not.

    References
    ----------
    .. [1] M. I. Jordan (1986), Serial order: a parallel distributed processing approach, ICS Report 8604, University
       of California, San Diego.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import JordanCell
    >>> from skrnn.layers import RNN
    >>> RNN(JordanCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("y",)

    def __init__(
        self,
        units: int,
        *,
        hidden: int | None = None,
        activation: Any = "tanh",
        output_activation: Any = "tanh",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.hidden = None if hidden is None else check_integer("hidden", hidden)
        self.activation = keras.activations.get(activation)
        self.output_activation = keras.activations.get(output_activation)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        hidden = self.hidden or self.units
        self.add_matrix("kernel", (input_shape[-1], hidden))
        self.add_matrix("recurrent_kernel", (self.units, hidden), recurrent=True)
        self.add_matrix("output_kernel", (hidden, self.units))
        self.add_vector("bias", hidden)
        self.add_vector("output_bias", self.units)

    def recurrent_weights(self) -> list[Any]:
        """U, V and c."""
        return [self.matrix("recurrent_kernel"), self.matrix("output_kernel"), self.vector("output_bias")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, v, c = weights
        y = self.output_activation(ops.matmul(self.activation(z + ops.matmul(h_dropped, u)), v) + c)
        return y, [y]
