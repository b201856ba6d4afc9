"""The simple recurrent unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class SRUCell(LinearCell):
    """Simple recurrent unit [1]_, a linear recurrence with a highway past it.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``f, r = sigmoid(x W + b)``, ``g = x W``, ``c' = f c + (1 - f) g``, ``h' = r tanh(c') + (1 - r) x``, where the last
    x is ``x W_s`` with ``skip_kernel`` W_s where D is not H. The columns of W (``kernel``) are in the order f, r, g;
    ``bias`` is of f and r. This is the first version of the paper, without the products of gates and c, which would
    make the recurrence nonlinear. With units that do not see each other, stack two layers or more.

    References
    ----------
    .. [1] T. Lei, Y. Zhang, S. I. Wang, H. Dai, Y. Artzi (2018), Simple recurrent units for highly parallelizable
       recurrence, EMNLP; first version: T. Lei, Y. Zhang (2017), Training RNNs as fast as CNNs, arXiv:1709.02755v1.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import SRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(SRUCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("c",)
    output_is_state = False

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 3 * self.units))
        self.add_vector("bias", 2 * self.units)
        self._skips = input_shape[-1] == self.units
        if not self._skips:
            self.add_matrix("skip_kernel", (input_shape[-1], self.units))

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 4 H)."""
        z = ops.matmul(x, self.matrix("kernel"))
        gates, g = ops.split(z, [2 * self.units], axis=-1)
        skip = x if self._skips else ops.matmul(x, self.matrix("skip_kernel"))
        return ops.concatenate([ops.sigmoid(gates + self.vector("bias")), g, skip], axis=-1)

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 4 H) -> ``f``, ``(1 - f) g``, each (..., H)."""
        f, _, g, _ = ops.split(z, 4, axis=-1)
        return f, (1.0 - f) * g

    def readout(self, h: Any, z: Any, weights: Sequence[Any]) -> Any:
        """``r tanh(c') + (1 - r) x``."""
        _, r, _, skip = ops.split(z, 4, axis=-1)
        return skip + r * (ops.tanh(h) - skip)
