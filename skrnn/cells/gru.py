"""GRU, the gated recurrent unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States


@keras.saving.register_keras_serializable(package="skrnn")
class GRUCell(Cell):
    """Gated recurrent unit [1]_.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="tanh"
        Of the candidate a.
    recurrent_activation : Keras activation, default="sigmoid"
        Of the gates.
    use_bias : bool, default=True
        Whether there are b and d.
    reset_after : bool, default=True
        Reset the product with the state, as Keras, cuDNN and the first version of the paper [2]_ do, rather than the
        state, as in the published one [1]_.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``z, r = sigmoid(x W + b + h U + d)``, ``a = tanh(x W + b + r (h U + d))``, ``h' = z h + (1 - z) a``; without
    `reset_after` ``a = tanh(x W + b + (r h) U)`` and no d. The columns of W (``kernel``) and U (``recurrent_kernel``)
    are in the order z, r, a; ``bias`` holds b and d in its two rows, or b. Without zoneout and weight normalization
    estimators run it in a fused loop.

    References
    ----------
    .. [1] K. Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
       translation, EMNLP.
    .. [2] The same, arXiv:1406.1078v1.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import GRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(GRUCell(3, zoneout=0.1))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    keras_class = keras.layers.GRUCell

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias = bool(use_bias)
        self.reset_after = bool(reset_after)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 3 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 3 * self.units), recurrent=True)
        if self.use_bias:
            shape = (2, 3 * self.units) if self.reset_after else (3 * self.units,)
            self.add_vector("bias", shape)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 3 H)."""
        z = ops.matmul(x, self.matrix("kernel"))
        if not self.use_bias:
            return z
        return z + (self.vector("bias")[0] if self.reset_after else self.vector("bias"))

    def recurrent_weights(self) -> list[Any]:
        """U (H, 3 H), and d (3 H,) where there is one."""
        two = self.use_bias and self.reset_after
        return [self.matrix("recurrent_kernel"), *([self.vector("bias")[1]] if two else [])]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, *d = weights
        if self.reset_after:
            product = ops.matmul(h_dropped, u) + d[0] if d else ops.matmul(h_dropped, u)  # (B, 3 H)
            update, reset = self._gates(z, product[:, : 2 * self.units])
            candidate = z[:, 2 * self.units :] + reset * product[:, 2 * self.units :]
        else:
            update, reset = self._gates(z, ops.matmul(h_dropped, u[:, : 2 * self.units]))
            candidate = z[:, 2 * self.units :] + ops.matmul(reset * h_dropped, u[:, 2 * self.units :])
        h = update * states[0] + (1.0 - update) * self.activation(candidate)
        return h, [h]

    def _gates(self, z: Any, product: Any) -> Any:
        return ops.split(self.recurrent_activation(z[:, : 2 * self.units] + product), 2, axis=-1)
