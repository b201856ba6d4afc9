"""The linear recurrent unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.checks import check_number
from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class RingDecay(keras.initializers.Initializer):
    """Weights nu with ``exp(-exp(nu))`` from the ring between two sizes, every area of it alike.

    Parameters
    ----------
    r_min, r_max : float
        The two sizes.
    seed : int, default=None
        Of the draw.
    """

    def __init__(self, r_min: float, r_max: float, seed: int | None = None) -> None:
        self.r_min = r_min
        self.r_max = r_max
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape."""
        low, high = max(self.r_min**2, SMALL), min(self.r_max**2, 1.0 - SMALL)
        squares = keras.random.uniform(shape, low, high, dtype=dtype, seed=self.seed)
        return ops.log(-0.5 * ops.log(squares))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"r_min": self.r_min, "r_max": self.r_max, "seed": self.seed}


@keras.saving.register_keras_serializable(package="skrnn")
class RingPhase(keras.initializers.Initializer):
    """Weights theta with ``exp(theta)`` uniform up to an angle.

    Parameters
    ----------
    max_phase : float
        The angle, in radians.
    seed : int, default=None
        Of the draw.
    """

    def __init__(self, max_phase: float, seed: int | None = None) -> None:
        self.max_phase = max_phase
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape."""
        return ops.log(self.max_phase * keras.random.uniform(shape, SMALL, 1.0, dtype=dtype, seed=self.seed))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"max_phase": self.max_phase, "seed": self.seed}


# Where a logarithm of 0 would be.
SMALL = 1e-6


@keras.saving.register_keras_serializable(package="skrnn")
class LRUCell(LinearCell):
    """Linear recurrent unit [1]_: complex numbers that turn and fade at learned rates, for long sequences.

    Parameters
    ----------
    units : int
        H, complex numbers in the state, and real ones in the output.
    r_min, r_max : float, default=0.0, 1.0
        The ring that the eigenvalues are drawn from: the least and the greatest size. For long memories a ring near 1,
        such as 0.9 and 0.999.
    max_phase : float, default=2 pi
        The greatest angle by which a number turns in a step at the beginning, in radians.
    activation : Keras activation, default="gelu"
        Of the output; without one a stack of layers is one linear map.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``l = exp(-exp(nu) + i exp(theta))``, ``h' = l h + sqrt(1 - |l|^2) (x B)``, ``y = gelu(Re(h' C) + x D + b)``.
    nu is ``log_decay``, theta ``log_phase``; B (``kernel``, real parts and then imaginary ones), C
    (``output_kernel``, for real parts and, with their sign, imaginary ones), D (``skip_kernel``), b (``bias``). In the
    paper the factor of the input begins so and is then learned by itself; here it follows l, as in RG-LRU. There D has
    one number for each unit, there is no b, and gelu belongs to the layers around it. The state holds real parts and
    then imaginary ones. Stack two layers or more.

    References
    ----------
    .. [1] A. Orvieto et al. (2023), Resurrecting recurrent neural networks for long sequences, ICML,
       arXiv:2303.06349, section 3 and appendix A.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(LRUCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    is_complex = True
    output_is_state = False

    def __init__(
        self,
        units: int,
        *,
        r_min: float = 0.0,
        r_max: float = 1.0,
        max_phase: float = 2.0 * math.pi,
        activation: Any = "gelu",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.r_min = check_number("r_min", r_min, 0.0, 1.0)
        self.r_max = check_number("r_max", r_max, self.r_min, 1.0, open_low=True)
        self.max_phase = check_number("max_phase", max_phase, 0.0, 2.0 * math.pi, open_low=True)
        self.activation = keras.activations.get(activation)

    @property
    def state_size(self) -> list[int]:
        """Width of the state, 2 H."""
        return [2 * self.units]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 2 * self.units))
        self.add_matrix("output_kernel", (2 * self.units, self.units))
        self.add_matrix("skip_kernel", (input_shape[-1], self.units))
        self.add_vector("bias", self.units)
        self.add_vector("log_decay", self.units, RingDecay(self.r_min, self.r_max))
        self.add_vector("log_phase", self.units, RingPhase(self.max_phase))

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 3 H)."""
        skip = ops.matmul(x, self.matrix("skip_kernel")) + self.vector("bias")
        return ops.concatenate([ops.matmul(x, self.matrix("kernel")), skip], axis=-1)

    def recurrent_weights(self) -> list[Any]:
        """Eigenvalues (2 H,), factors of the input (2 H,), and C (2 H, H)."""
        decay, phase = ops.exp(self.vector("log_decay")), ops.exp(self.vector("log_phase"))
        size = ops.exp(-decay)
        eigenvalues = ops.concatenate([size * ops.cos(phase), size * ops.sin(phase)])
        factor = ops.sqrt(ops.maximum(-ops.expm1(-2.0 * decay), keras.config.epsilon()))
        return [eigenvalues, ops.concatenate([factor, factor]), self.matrix("output_kernel")]

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 3 H) -> l and what is added, each (..., 2 H)."""
        added = ops.split(z, [2 * self.units], axis=-1)[0] * weights[1]
        return ops.broadcast_to(weights[0], ops.shape(added)), added

    def readout(self, h: Any, z: Any, weights: Sequence[Any]) -> Any:
        """``gelu(Re(h C) + x D + b)``."""
        return self.activation(ops.matmul(h, weights[2]) + ops.split(z, [2 * self.units], axis=-1)[1])
