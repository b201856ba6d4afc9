"""The real-gated linear recurrent unit of Griffin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.checks import check_number
from skrnn.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable(package="skrnn")
class SlowDecay(keras.initializers.Initializer):
    """Weights p with ``exp(-exponent softplus(p))`` uniform in [0.9, 0.999].

    Parameters
    ----------
    exponent : float
        c.
    seed : int, default=None
        Of the draw.
    """

    def __init__(self, exponent: float, seed: int | None = None) -> None:
        self.exponent = exponent
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape."""
        decay = keras.random.uniform(shape, 0.9, 0.999, dtype=dtype, seed=self.seed)
        return ops.log(ops.expm1(-ops.log(decay) / self.exponent))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"exponent": self.exponent, "seed": self.seed}


@keras.saving.register_keras_serializable(package="skrnn")
class RGLRUCell(LinearCell):
    """Real-gated linear recurrent unit [1]_, the recurrence of Griffin and Hawk.

    Parameters
    ----------
    units : int
        H.
    exponent : float, default=8.0
        c, how much faster than its slowest rate a unit may forget.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``r, i = sigmoid(x W + b)``, ``v = x W + b``, ``log a = -c softplus(p) r``, ``h' = a h + sqrt(1 - a^2) i v``. The
    columns of W (``kernel``) and b (``bias``) are in the order r, i, v; p is ``decay``. It begins so that
    ``exp(-c softplus(p))`` is uniform in [0.9, 0.999], as in the paper; in its authors' code ``exp(-softplus(p))``
    is in that range, its square uniform, so that units remember for less long. The gates see x, and v brings it to H
    features; in the paper D is H, v is x, and the matrices of the gates have blocks. With units that do not see each
    other, stack two layers or more.

    References
    ----------
    .. [1] S. De et al. (2024), Griffin: mixing gated linear recurrences with local attention for efficient language
       models, arXiv:2402.19427, equations 1 to 4 and 6.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import RGLRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(RGLRUCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    def __init__(self, units: int, *, exponent: float = 8.0, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.exponent = check_number("exponent", exponent, 0.0, open_low=True)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 3 * self.units))
        self.add_vector("bias", 3 * self.units)
        self.add_vector("decay", self.units, SlowDecay(self.exponent))

    def recurrent_weights(self) -> list[Any]:
        """``c softplus(p)``, (H,)."""
        return [self.exponent * ops.softplus(self.vector("decay"))]

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., 3 H) -> ``a``, ``sqrt(1 - a^2) i v``, each (..., H)."""
        r, i, v = ops.split(z, 3, axis=-1)
        log_a = -weights[0] * ops.sigmoid(r)
        rest = ops.sqrt(ops.maximum(-ops.expm1(2.0 * log_a), keras.config.epsilon()))
        return ops.exp(log_a), rest * ops.sigmoid(i) * v
