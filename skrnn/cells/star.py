"""STAR, the stackable recurrent cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States


@keras.saving.register_keras_serializable(package="skrnn")
class STARCell(Cell):
    """Stackable recurrent cell [1]_: one gate, and few weights; for deep stacks.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``z = tanh(x W_z + b_z)``, ``k = sigmoid(x W_k + h U + b_k)``, ``h' = tanh((1 - k) h + k z)``.
    The columns of W (``kernel``) and b (``bias``) are in the order z, k; U is ``recurrent_kernel``. These are the
    equations of the paper; the code of its authors shifts one of the two gates by 1,
    ``tanh(sigmoid(f) h + (1 - sigmoid(f - 1)) z)``, and begins f with log(u), u uniform from 1 to T.

    References
    ----------
    .. [1] M. O. Turkoglu, S. D'Aronco, J. D. Wegner, K. Schindler (2021), Gating revisited: deep multi-layer RNNs that
       can be trained, IEEE Transactions on Pattern Analysis and Machine Intelligence, arXiv:1911.11033.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import STARCell
    >>> from skrnn.layers import RNN
    >>> RNN(STARCell(3))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 2 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_vector("bias", 2 * self.units)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 2 H): z, and of k what the input gives."""
        z, k = ops.split(super().project(x), 2, axis=-1)
        return ops.concatenate([ops.tanh(z), k], axis=-1)

    def recurrent_weights(self) -> list[Any]:
        """U, (H, H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        candidate, k = ops.split(z, 2, axis=-1)
        k = ops.sigmoid(k + ops.matmul(h_dropped, weights[0]))
        h = ops.tanh(states[0] + k * (candidate - states[0]))
        return h, [h]
