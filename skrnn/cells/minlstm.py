"""Minimal LSTM: gates that look at the input alone, so that all steps can be taken at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.initializers import Parts
from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class MinLSTMCell(LinearCell):
    """Minimal LSTM of Feng et al. [1]_, a linear recurrence.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``f, i = sigmoid(x W + b)``, ``g = x W + b``, ``h' = f / (f + i) h + i / (f + i) g``. The columns of W (``kernel``)
    and b (``bias``) are in the order f, i, g; the bias of f begins with 1. With units that do not see each other,
    stack two layers or more. In the authors' code g is made positive first, see `MinGRUCell`.

    References
    ----------
    .. [1] L. Feng, F. Tung, M. O. Ahmed, Y. Bengio, H. Hajimirsadeghi (2024), Were RNNs all we needed?,
       arXiv:2410.01201; code: github.com/BorealisAI/minRNNs.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MinLSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(MinLSTMCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 3 * self.units))
        self.add_vector("bias", 3 * self.units, Parts(["ones", self.bias_initializer, self.bias_initializer]))

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 3 H) -> shares of the old and of the new times g, each (..., H)."""
        f, i, g = ops.split(z, 3, axis=-1)
        odds = ops.softplus(-i) - ops.softplus(-f)  # log(f / i) of the two sigmoids
        return ops.sigmoid(odds), ops.sigmoid(-odds) * g
