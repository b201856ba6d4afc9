"""The recurrent network of rectified linear units that begins as the identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_number
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class IRNNCell(GatedCell):
    """Simple recurrent network of rectified linear units whose recurrent matrix begins as the identity [1]_.

    Parameters
    ----------
    units : int
        H.
    scale : float, default=1.0
        What the identity is multiplied with; below 1 for short memories, as the paper proposes.
    recurrent_initializer : Keras initializer, default=None
        None is that identity.
    kernel_initializer : Keras initializer, default=None
        None is the paper's, normal with standard deviation 0.001.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``h' = relu(x W + h U + b)``, with W (``kernel``), U (``recurrent_kernel``) and b (``bias``). The state has no
    bounds: clip gradients, as the estimators do, and keep learning rates low.

    References
    ----------
    .. [1] Q. V. Le, N. Jaitly, G. E. Hinton (2015), A simple way to initialize recurrent networks of rectified linear
       units, arXiv:1504.00941.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import IRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(IRNNCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def __init__(
        self,
        units: int,
        *,
        scale: float = 1.0,
        kernel_initializer: Any = None,
        recurrent_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        self.scale = check_number("scale", scale, 0.0, open_low=True)
        if kernel_initializer is None:
            kernel_initializer = keras.initializers.RandomNormal(stddev=0.001)
        if recurrent_initializer is None:
            recurrent_initializer = keras.initializers.Identity(gain=self.scale)
        super().__init__(
            units, kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer, **kwargs
        )

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = ops.relu(z + ops.matmul(h_dropped, weights[0]))
        return h, [h]
