"""The simple recurrent network of Elman."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="skrnn")
class ElmanCell(GatedCell):
    """Simple recurrent network: the state is a hidden layer that sees itself one step before [1]_.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="tanh"
        Of the state.
    **kwargs
        As of `GatedCell`.

    Notes
    -----
    ``h' = tanh(x W + h U + b)``, with W (``kernel``), U (``recurrent_kernel``) and b (``bias``). The output
    ``y = V h'`` of the network is the layer after it. Without zoneout and weight normalization estimators run it in a
    fused loop. In the paper units have values between 0 and 1, and the first state is 0.5; tanh and 0 are usual since.

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

    def __init__(self, units: int, *, activation: Any = "tanh", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = self.activation(z + ops.matmul(h_dropped, weights[0]))
        return h, [h]
