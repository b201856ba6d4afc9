"""Minimal GRU: gates that look at the input alone, so that all steps can be taken at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class MinGRUCell(LinearCell):
    """Minimal GRU of Feng et al. [1]_, a linear recurrence.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``z = sigmoid(x W_z + b_z)``, ``g = x W_g + b_g``, ``h' = (1 - z) h + z g``.
    The columns of W (``kernel``) and b (``bias``) are in the order z, g. In the authors' code g is made positive first,
    ``g + 1 / 2`` above 0 and ``sigmoid(g)`` below, so that a scan of logarithms can run it; here it may have any sign,
    as in the paper's own definition.

    References
    ----------
    .. [1] L. Feng, F. Tung, M. O. Ahmed, Y. Bengio, H. Hajimirsadeghi (2024), Were RNNs all we needed?,
       arXiv:2410.01201; code: github.com/BorealisAI/minRNNs.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MinGRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(MinGRUCell(3))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 2 * self.units))
        self.add_vector("bias", 2 * self.units)

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 2 H) -> ``1 - z``, ``z g``, each (..., H)."""
        gate, g = ops.split(z, 2, axis=-1)
        return ops.sigmoid(-gate), ops.sigmoid(gate) * g
