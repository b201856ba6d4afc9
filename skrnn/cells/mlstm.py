"""The matrix LSTM of xLSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_divisor
from skrnn.cells.slstm import LOWEST

# The smallest m whose exp(-m) is a number in float16.
LOWEST_EXPONENT = -11.0


@keras.saving.register_keras_serializable(package="skrnn")
class ForgetLast(keras.initializers.Initializer):
    """Zeros, and for the last numbers, the forget gates, uniform between 3 and 6.

    Parameters
    ----------
    heads : int
        How many they are.
    seed : int, default=None
        Of the draw.
    """

    def __init__(self, heads: int, seed: int | None = None) -> None:
        self.heads = heads
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw biases, of a shape (n,)."""
        drawn = keras.random.uniform((self.heads,), 3.0, 6.0, dtype=dtype, seed=self.seed)
        return ops.concatenate([ops.zeros((shape[0] - self.heads,), drawn.dtype), drawn])

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"heads": self.heads, "seed": self.seed}


@keras.saving.register_keras_serializable(package="skrnn")
class MLSTMCell(Cell):
    """mLSTM [1]_: an LSTM whose memory is a matrix, written with keys and values and read with queries.

    Parameters
    ----------
    units : int
        H.
    heads : int, default=1
        Matrices of (H / heads, H / heads); must divide H. One matrix of many units is slow.
    **kwargs
        As of `Cell`; no recurrent dropout and no zoneout.

    Notes
    -----
    For each head, ``q, v = x W + b``, ``k = (x W + b) / sqrt(H / heads)``, ``o = sigmoid(x W + b)``; with numbers
    ``i, f = x W + b``, ``l = log(sigmoid(f))``: ``m' = max(l + m, i)``, ``C' = exp(l + m - m') C + exp(i - m') v k^T``,
    ``n' = exp(l + m - m') n + exp(i - m') k``, ``h' = o C' q / max(|n' q|, exp(-m'))``. The columns of W (``kernel``)
    and b (``bias``) are in the order q, k, v, o (H each), i, f (heads each). The bias of f begins between 3 and 6,
    drawn; in the authors' code in equal steps. The gates look at the input alone; there are no recurrent weights. As in
    that code, the bias of k is divided too; it also normalizes ``C' q`` by heads, which is left to a layer after this.

    References
    ----------
    .. [1] M. Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS, arXiv:2405.04517, equations 15 to
       17 and 19 to 27, and code: github.com/NX-AI/xlstm.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MLSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(MLSTMCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("C", "n", "m")
    takes = ("weight_norm",)
    output_is_state = False

    def __init__(self, units: int, *, heads: int = 1, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.heads = check_divisor("heads", heads, self.units)

    @property
    def state_size(self) -> list[int]:
        """Width of each state."""
        return [self.units * self.units // self.heads, self.units, self.heads]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros, and for m a number below all."""
        *zeros, m = super().get_initial_state(batch_size)
        return [*zeros, m + LOWEST]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], 4 * self.units + 2 * self.heads))
        self.add_vector("bias", 4 * self.units + 2 * self.heads, ForgetLast(self.heads))

    def step(self, z: Any, seen: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        size = self.units // self.heads
        vectors = ops.reshape(z[:, : 3 * self.units], (-1, 3, self.heads, size))
        q, k, v = vectors[:, 0], vectors[:, 1] * size**-0.5, vectors[:, 2]  # (B, heads, H / heads)
        i, f = ops.split(z[:, 4 * self.units :], 2, axis=-1)  # (B, heads)
        kept = states[2] - ops.softplus(-f)
        m = ops.maximum(kept, i)
        old, new = ops.exp(kept - m)[:, :, None], ops.exp(i - m)[:, :, None]
        c = old[..., None] * ops.reshape(states[0], (-1, self.heads, size, size))
        c = c + (new * v)[..., None] * k[:, :, None]  # (B, heads, H / heads, H / heads)
        n = old * ops.reshape(states[1], (-1, self.heads, size)) + new * k
        # exp(-m) alone may overflow; beside a sum that is as large it would not matter.
        least = ops.exp(ops.minimum(-m, -LOWEST_EXPONENT))
        weight = ops.maximum(ops.abs(ops.sum(n * q, axis=-1)), least)  # (B, heads)
        read = ops.sum(c * q[:, :, None], axis=-1) / weight[..., None]
        h = ops.sigmoid(z[:, 3 * self.units : 4 * self.units]) * ops.reshape(read, (-1, self.units))
        return h, [ops.reshape(c, (-1, self.units * size)), ops.reshape(n, (-1, self.units)), m]
