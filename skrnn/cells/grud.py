"""GRU-D: a GRU that reads missing values, and forgets by the time that has passed since it saw one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_integer
from skrnn.cells.elapsed_time import TimedCell

# Rates of decay per unit of time at the beginning. At 0, where the first implementation begins, max(0, .) has no slope.
DECAY = 0.1


@keras.saving.register_keras_serializable(package="skrnn")
class GRUDCell(TimedCell):
    """Gated recurrent unit with decay [1]_: NaN in x is a value that is missing.

    Use it for measurements that come at different times, where what is measured, and when, tells something by itself.

    Parameters
    ----------
    units : int
        H.
    time_feature : int, default=None
        Column of x that holds time stamps, counted from 0 at the origin of each sequence; never NaN. None: each step
        takes one unit of time.
    n_features : int, default=None
        D, the columns of x, for Keras' own layers around a cell that return states; others read it from x.
    **kwargs
        As of `Cell`.

    Notes
    -----
    With m = 1 where a value is seen and 0 where it is missing, x' the last value seen, and d the time since it was
    seen, which grows by the time between steps::

        gamma_x = exp(-max(0, w d + v)),  gamma_h = exp(-max(0, d W_d + b_d))
        x^ = m x + (1 - m) gamma_x x',  h^ = gamma_h h
        z, r = sigmoid(x^ W + h^ U + m V + b),  a = tanh(x^ W + (r h^) U + m V + b)
        h' = (1 - z) h^ + z a

    A missing value falls towards 0, which is the mean of the feature where `StandardScaler` has been: the paper's mean
    of the training data is a scaling before the cell here. (Before any value was seen, x' is 0.)
    The time of the first step counts as time in which nothing was seen, where the paper's d begins with 0.
    The columns of W (``kernel``), U (``recurrent_kernel``), V (``mask_kernel``) and b (``bias``) are in the order z, r,
    a; w and v are ``input_decay`` and ``input_decay_bias``, W_d and b_d ``hidden_decay`` and ``hidden_decay_bias``.
    Rates of decay begin with small positive numbers, so choose a unit of time in which sequences are some tens long.
    States: h, x', d, and with `time_feature` the time of the step before.

    References
    ----------
    .. [1] Z. Che, S. Purushotham, K. Cho, D. Sontag, Y. Liu (2018), Recurrent neural networks for multivariate time
       series with missing values, Scientific Reports 8, arXiv:1606.01865; first code:
       github.com/PeterChe1990/GRU-D, which mixes the state before its decay into h'.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import GRUDCell
    >>> from skrnn.layers import RNN
    >>> x = np.where(np.arange(40).reshape(2, 5, 4) % 3, 1.0, np.nan)
    >>> bool(np.isfinite(RNN(GRUDCell(3))(x)).all())
    True
    """

    state_names = ("h", "last_seen", "time_since")
    reads_missing = True

    def __init__(
        self, units: int, *, time_feature: int | None = None, n_features: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(units, time_feature=time_feature, **kwargs)
        self.n_features = None if n_features is None else check_integer("n_features", n_features)
        self._width = None if n_features is None else self.input_width((None, n_features))

    @property
    def own_state_size(self) -> list[int | None]:
        """H, and twice the features; None where they are not known yet."""
        return [self.units, self._width, self._width]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        if self.n_features not in (None, input_shape[-1]):
            raise ValueError(f"x must have {self.n_features} columns, as n_features says. Got {input_shape[-1]}.")
        self._width = width = self.input_width(input_shape)
        self.add_matrix("kernel", (width, 3 * self.units))
        self.add_matrix("mask_kernel", (width, 3 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 3 * self.units), recurrent=True)
        self.add_vector("bias", 3 * self.units)
        self.add_vector("input_decay", width, keras.initializers.RandomUniform(0.0, DECAY))
        self.add_vector("input_decay_bias", width, "zeros")
        self.add_vector("hidden_decay", (width, self.units), keras.initializers.RandomUniform(0.0, DECAY / width))
        self.add_vector("hidden_decay_bias", self.units, "zeros")

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 3 H + 2 D): sums of the gates, what is seen (0 where nothing is), the mask; and time."""
        x, time = self.split(x)
        missing = ops.isnan(x)
        mask = ops.cast(ops.logical_not(missing), self.compute_dtype)
        x = ops.where(missing, ops.zeros_like(mask), x)
        sums = ops.matmul(x, self.matrix("kernel")) + ops.matmul(mask, self.matrix("mask_kernel"))
        return self.with_time(ops.concatenate([sums + self.vector("bias"), x, mask], axis=-1), time)

    def recurrent_weights(self) -> list[Any]:
        """W (D, 3 H), U (H, 3 H), and the decays: w, v (D,), W_d (D, H), b_d (H,)."""
        decays = ("input_decay", "input_decay_bias", "hidden_decay", "hidden_decay_bias")
        return [self.matrix("kernel"), self.matrix("recurrent_kernel"), *map(self.vector, decays)]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        kernel, u, *decays = weights
        n, width = self.units, decays[0].shape[0]
        x, mask = z[:, 3 * n : 3 * n + width], z[:, 3 * n + width : 3 * n + 2 * width]
        passed, time = self.elapsed(z, states)
        since = states[2] + passed  # (B, D)
        hidden_decay = _decay(ops.matmul(since, decays[2]) + decays[3])  # (B, H)
        filled = (1.0 - mask) * _decay(since * decays[0] + decays[1]) * states[1]
        h_dropped = hidden_decay * h_dropped
        sums = z[:, : 3 * n] + ops.matmul(filled, kernel)  # (B, 3 H)
        update, reset = ops.split(ops.sigmoid(sums[:, : 2 * n] + ops.matmul(h_dropped, u[:, : 2 * n])), 2, axis=-1)
        candidate = ops.tanh(sums[:, 2 * n :] + ops.matmul(reset * h_dropped, u[:, 2 * n :]))
        h = (1.0 - update) * hidden_decay * states[0] + update * candidate
        return h, [h, x + (1.0 - mask) * states[1], (1.0 - mask) * since, *time]


def _decay(rate: Any) -> Any:
    """What is left of 1: exp(-max(0, rate))."""
    return ops.exp(-ops.relu(rate))
