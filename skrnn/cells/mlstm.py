"""The matrix LSTM of xLSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_divisor
from skrnn.cells.chunked_cell import ChunkedCell
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
class MLSTMCell(ChunkedCell):
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

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        outputs, states = self.chunk(z[:, None], states, weights)
        return outputs[:, 0], states

    def chunk(self, z: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take L steps: each reads the state before them and, as in attention, the keys and values up to its own."""
        units, heads, size = self.units, self.heads, self.units // self.heads
        q, k, v, o, gates = ops.split(z, [units, 2 * units, 3 * units, 4 * units], axis=-1)
        q, k, v = (self._by_heads(x) for x in (q, k * size**-0.5, v))  # (B, heads, L, H / heads)
        i, f = ops.split(ops.transpose(gates, (0, 2, 1)), 2, axis=1)  # (B, heads, L)
        c, n = ops.reshape(states[0], (-1, heads, size, size)), ops.reshape(states[1], (-1, heads, size))
        old, new, m = shares(i, f, states[2])
        scores = ops.einsum("bhtd,bhsd->bhts", q, k) * new
        read = ops.einsum("bhts,bhsd->bhtd", scores, v) + old[..., None] * ops.einsum("bhtd,bhed->bhte", q, c)
        weight = ops.abs(ops.sum(scores, axis=-1) + old * ops.einsum("bhtd,bhd->bht", q, n))
        # exp(-m) alone may overflow, beside a sum that is as large, where it would not matter, or be zero like the sum.
        least = ops.maximum(ops.exp(ops.minimum(-m, -LOWEST_EXPONENT)), keras.config.epsilon())
        h = ops.sigmoid(o) * self._by_units(read / ops.maximum(weight, least)[..., None])
        old, new = old[..., -1:], new[..., -1, :, None]
        c = old[..., None] * c + ops.einsum("bhsd,bhse->bhde", new * v, k)
        n = old * n + ops.sum(new * k, axis=2)
        return h, [ops.reshape(c, (-1, units * size)), ops.reshape(n, (-1, units)), m[..., -1]]

    def neutral_projection(self) -> Any:
        """Gates that forget nothing and let nothing in, (P,)."""
        zeros = np.zeros(4 * self.units)
        return np.concatenate([zeros, np.full(self.heads, LOWEST), np.full(self.heads, -LOWEST)])

    def _by_heads(self, x: Any) -> Any:
        """(B, L, H) -> (B, heads, L, H / heads)."""
        shape = (-1, x.shape[1], self.heads, self.units // self.heads)
        return x[:, None] if self.heads == 1 else ops.transpose(ops.reshape(x, shape), (0, 2, 1, 3))

    def _by_units(self, x: Any) -> Any:
        """(B, heads, L, H / heads) -> (B, L, H)."""
        return x[:, 0] if self.heads == 1 else ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, x.shape[2], self.units))


def shares(i: Any, f: Any, m: Any) -> tuple[Any, Any, Any]:
    """What is left of states at each of L steps, as shares of ``exp(m)``.

    Parameters
    ----------
    i, f : tensors (B, heads, L)
        Gates, before they are squashed.
    m : tensor (B, heads)
        Before the first step.

    Returns
    -------
    old : tensor (B, heads, L)
        Of the state before the first step.
    new : tensor (B, heads, L, L)
        Of what each step (last axis) added.
    m : tensor (B, heads, L)
    """
    up_to = np.tri(f.shape[-1], dtype=bool)
    forgot = -ops.softplus(-f)
    left = ops.cumsum(forgot, axis=-1) + m[..., None]
    since = ops.cumsum(ops.where(np.tri(f.shape[-1], k=-1, dtype=bool), forgot[..., None], 0.0), axis=-2)
    added = since + i[..., None, :]
    m = ops.maximum(left, ops.max(ops.where(up_to, added, left[..., None]), axis=-1))
    # Later steps are not there yet; their exponential might be infinite.
    new = ops.where(up_to, ops.exp(ops.minimum(added - m[..., None], 0.0)), 0.0)
    return ops.exp(left - m), new, m
