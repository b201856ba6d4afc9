"""GRU with layer normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell
from skrnn.cells.layer_norm import layer_norm


@keras.saving.register_keras_serializable(package="skrnn")
class GRULayerNormCell(GatedCell):
    """Gated recurrent unit whose sums of inputs and of states are normalized [1]_.

    Not for a single feature: all that the normalization leaves of it is its sign.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``z, r = sigmoid(N(x W) + N(h U) + b)``, ``a = tanh(N(x W) + r N(h U) + b)``, ``h' = (1 - z) h + z a``. N takes the
    two gates z and r together, and a apart, to mean 0 and variance 1, and then times a gain, ``kernel_scale`` and
    ``recurrent_scale`` (3 H,), in the order z, r, a of the columns of W (``kernel``), U (``recurrent_kernel``) and b
    (``bias``). As in the paper z is the share of the new, where Keras' z is that of the old. The paper
    also shifts N(h U) of a, inside the product with r.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros, G. E. Hinton (2016), Layer normalization, arXiv:1607.06450, equations 26 to 28 of
       the supplementary material.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import GRULayerNormCell
    >>> from skrnn.layers import RNN
    >>> RNN(GRULayerNormCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    takes = ("recurrent_dropout", "zoneout")
    n_gates = 3

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        super().build(input_shape)
        self.add_vector("kernel_scale", 3 * self.units, "ones")
        self.add_vector("recurrent_scale", 3 * self.units, "ones")

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 3 H)."""
        z = self._normalized(ops.matmul(x, self.matrix("kernel")), self.vector("kernel_scale"))
        return z + self.vector("bias") if self.use_bias else z

    def recurrent_weights(self) -> list[Any]:
        """U (H, 3 H) and its gain (3 H,)."""
        return [self.matrix("recurrent_kernel"), self.vector("recurrent_scale")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, gain = weights
        z_z, z_r, z_a = ops.split(z, 3, axis=-1)
        u_z, u_r, u_a = ops.split(self._normalized(ops.matmul(h_dropped, u), gain), 3, axis=-1)
        update = ops.sigmoid(z_z + u_z)
        h = (1.0 - update) * states[0] + update * ops.tanh(z_a + ops.sigmoid(z_r + u_r) * u_a)
        return h, [h]

    def _normalized(self, x: Any, gain: Any) -> Any:
        gates = 2 * self.units
        parts = [layer_norm(x[..., :gates], gain[:gates]), layer_norm(x[..., gates:], gain[gates:])]
        return ops.concatenate(parts, axis=-1)
