"""The recurrent highway network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer, check_number
from skrnn.cells.initializers import Parts


@keras.saving.register_keras_serializable(package="skrnn")
class RHNCell(Cell):
    """Recurrent highway network: several highway layers within each step [1]_.

    Parameters
    ----------
    units : int
        H.
    depth : int, default=3
        L, highway layers in a step.
    transform_bias : float, default=-2.0
        What the biases of the gates t begin with; below zero a step begins by carrying its state on.
    **kwargs
        As of `Cell`.

    Notes
    -----
    From ``s = h``, L times: ``a = tanh(x W + s R + b)``, ``t = sigmoid(x W + s R + b)``, ``s = t a + (1 - t) s``, where
    ``x W`` is in the first layer alone; then ``h' = s``. The columns of W (``kernel``), the R (``recurrent_kernel_1``,
    ...) and b (``bias_1``, ...) are in the order a, t. Carry and transform gates are coupled, as in the paper's
    experiments. Recurrent dropout hides the state from the first layer, in the authors' code from all of them.

    References
    ----------
    .. [1] J. G. Zilly, R. K. Srivastava, J. Koutnik, J. Schmidhuber (2017), Recurrent highway networks, ICML,
       arXiv:1607.03474, equations 6 to 9.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import RHNCell
    >>> from skrnn.layers import RNN
    >>> RNN(RHNCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def __init__(self, units: int, *, depth: int = 3, transform_bias: float = -2.0, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.depth = check_integer("depth", depth)
        self.transform_bias = check_number("transform_bias", transform_bias)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 2 * self.units))
        for layer in range(1, self.depth + 1):
            self.add_matrix(f"recurrent_kernel_{layer}", (self.units, 2 * self.units), recurrent=True)
            biases = Parts([self.bias_initializer, keras.initializers.Constant(self.transform_bias)])
            self.add_vector(f"bias_{layer}", 2 * self.units, biases)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 2 H)."""
        return ops.matmul(x, self.matrix("kernel")) + self.vector("bias_1")

    def recurrent_weights(self) -> list[Any]:
        """R of each layer (H, 2 H), and b of each but the first (2 H,)."""
        layers = range(1, self.depth + 1)
        return [self.matrix(f"recurrent_kernel_{k}") for k in layers] + [self.vector(f"bias_{k}") for k in layers[1:]]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = states[0]
        for layer in range(self.depth):
            added = z if layer == 0 else weights[self.depth + layer - 1]
            a, t = ops.split(added + ops.matmul(h_dropped if layer == 0 else h, weights[layer]), 2, axis=-1)
            h = h + ops.sigmoid(t) * (ops.tanh(a) - h)
        return h, [h]
