"""The hierarchically gated recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from skrnn.cells.checks import check_share
from skrnn.cells.layer_norm import layer_norm
from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class FallingAngles(keras.initializers.Initializer):
    """Angles ``10000 ** (-k / H)`` of units k = 0 to H - 1, in radians."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Give the angles, of a shape (H,)."""
        return ops.cast(10000.0 ** (-np.arange(shape[0]) / shape[0]), dtype or keras.config.floatx())


@keras.saving.register_keras_serializable(package="skrnn")
class HGRNCell(LinearCell):
    """Hierarchically gated recurrent network [1]_: a forget gate with a lower bound, and numbers that turn.

    Parameters
    ----------
    units : int
        H, complex numbers in the state, and real ones in the output.
    lower_bound : float in [0, 1), default=0.0
        Share of the state that no input can forget. In the paper it is learned and grows with the layer, so that upper
        layers remember for longer.
    gate_activation : Keras activation, default="silu"
        Of the output gate.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``l = lower_bound + (1 - lower_bound) sigmoid(x W + b)``, ``c = silu(x W + b) + i silu(x W + b)``,
    ``h' = l exp(i theta) h + (1 - l) c``, ``g = silu(x W + b)``, ``y = N(g [Re h', Im h']) V + d``. The columns of W
    (``kernel``) and b (``bias``) are in the order l, Re c, Im c, g (2 H); theta is ``phase``, V ``output_kernel`` and d
    ``output_bias``; N is layer normalization with ``output_scale`` and ``output_shift``. theta begins with angles from
    1 down to 1 / 10000, where the authors' code goes on to 1e-8; it also takes N before the gate, where their equations
    have it behind. Stack two layers or more.

    References
    ----------
    .. [1] Z. Qin, S. Yang, Y. Zhong (2023), Hierarchically gated recurrent neural network for sequence modeling,
       NeurIPS, arXiv:2311.04823; equations: github.com/OpenNLPLab/HGRN; code:
       github.com/Doraemonzzz/hgru-pytorch.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import HGRNCell
    >>> from skrnn.layers import RNN
    >>> RNN(HGRNCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    is_complex = True
    output_is_state = False

    def __init__(self, units: int, *, lower_bound: float = 0.0, gate_activation: Any = "silu", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.lower_bound = check_share("lower_bound", lower_bound)
        self.gate_activation = keras.activations.get(gate_activation)

    @property
    def state_size(self) -> list[int]:
        """Width of the state, 2 H."""
        return [2 * self.units]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 5 * self.units))
        self.add_matrix("output_kernel", (2 * self.units, self.units))
        self.add_vector("bias", 5 * self.units)
        self.add_vector("output_bias", self.units)
        self.add_vector("output_scale", 2 * self.units, "ones")
        self.add_vector("output_shift", 2 * self.units)
        self.add_vector("phase", self.units, FallingAngles())

    def recurrent_weights(self) -> list[Any]:
        """``exp(i theta)`` (2 H,), scale and shift of N (2 H,), V (2 H, H) and d (H,)."""
        phase = self.vector("phase")
        turn = ops.concatenate([ops.cos(phase), ops.sin(phase)])
        norm = self.vector("output_scale"), self.vector("output_shift")
        return [turn, *norm, self.matrix("output_kernel"), self.vector("output_bias")]

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 5 H) -> ``l exp(i theta)``, ``(1 - l) c``, each (..., 2 H)."""
        kept, c, _ = ops.split(z, [self.units, 3 * self.units], axis=-1)
        kept = self.lower_bound + (1.0 - self.lower_bound) * ops.sigmoid(kept)
        kept = ops.concatenate([kept, kept], axis=-1)
        return kept * weights[0], (1.0 - kept) * ops.silu(c)

    def readout(self, h: Any, z: Any, weights: Sequence[Any]) -> Any:
        """``N(g h) V + d``."""
        _, scale, shift, v, d = weights
        _, gate = ops.split(z, [3 * self.units], axis=-1)
        return ops.matmul(layer_norm(self.gate_activation(gate) * h, scale, shift), v) + d
