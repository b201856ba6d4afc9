"""The scalar LSTM of xLSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_choice, check_divisor
from skrnn.cells.initializers import Parts

# Below all numbers that gates take, and in the range of float16.
LOWEST = -1e4


@keras.saving.register_keras_serializable(package="skrnn")
class SLSTMCell(Cell):
    """sLSTM [1]_: an LSTM with an exponential input gate, a normalizer, and a state that keeps numbers in range.

    Parameters
    ----------
    units : int
        H.
    heads : int, default=1
        Groups of units that do not see each other; must divide H.
    forget : {"sigmoid", "exp"}, default="sigmoid"
        Activation of the forget gate.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``i, f, g, o = x W + h U + b``, with ``l = log(sigmoid(f))`` or ``l = f``:
    ``m' = max(l + m, i)``, ``c' = exp(l + m - m') c + exp(i - m') tanh(g)``, ``n' = exp(l + m - m') n + exp(i - m')``,
    ``h' = sigmoid(o) c' / n'``. m cancels out of ``c' / n'``. The columns of W (``kernel``) and b (``bias``) are in the
    order i, f, g, o; U (``recurrent_kernel``) is (H, 4 H / heads), a block of rows for each head, with the gates of its
    units. The bias of f begins between 3 and 6, drawn; in an option of the authors' code in equal steps.

    References
    ----------
    .. [1] M. Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS, arXiv:2405.04517, equations 8 to 17
       and 34 to 40, and code: github.com/NX-AI/xlstm.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import SLSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(SLSTMCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    state_names = ("h", "c", "n", "m")
    given_states = ("h",)  # c is divided by n
    takes = ("recurrent_dropout", "weight_norm")

    def __init__(self, units: int, *, heads: int = 1, forget: str = "sigmoid", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.heads = check_divisor("heads", heads, self.units)
        self.forget = check_choice("forget", forget, ("sigmoid", "exp"))

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros, and for m a number below all."""
        *zeros, m = super().get_initial_state(batch_size)
        return [*zeros, m + LOWEST]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        usual = self.bias_initializer
        self.add_matrix("kernel", (input_shape[-1], 4 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 4 * self.units // self.heads), recurrent=True)
        biases = Parts([usual, keras.initializers.RandomUniform(3.0, 6.0), usual, usual])
        self.add_vector("bias", 4 * self.units, biases)

    def recurrent_weights(self) -> list[Any]:
        """U, (heads, H / heads, 4 H / heads)."""
        size = self.units // self.heads
        return [ops.reshape(self.matrix("recurrent_kernel"), (self.heads, size, 4 * size))]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        _, c, n, m = states
        i, f, g, o = ops.split(z + self._product(h_dropped, weights[0]), 4, axis=-1)  # (B, H) each
        kept = m + (f if self.forget == "exp" else -ops.softplus(-f))
        m = ops.maximum(kept, i)
        old, new = ops.exp(kept - m), ops.exp(i - m)
        c, n = old * c + new * ops.tanh(g), old * n + new
        h = ops.sigmoid(o) * c / ops.maximum(n, keras.config.epsilon())
        return h, [h, c, n, m]

    def _product(self, h: Any, u: Any) -> Any:
        """(B, H), (heads, H / heads, 4 H / heads) -> (B, 4 H), gate by gate."""
        if self.heads == 1:
            return ops.matmul(h, u[0])
        size = self.units // self.heads
        by_heads = ops.einsum("bhi,hio->bho", ops.reshape(h, (-1, self.heads, size)), u)
        gates = ops.transpose(ops.reshape(by_heads, (-1, self.heads, 4, size)), (0, 2, 1, 3))
        return ops.reshape(gates, (-1, 4 * self.units))
