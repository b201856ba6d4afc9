"""Continuous-time GRU: memories that decay at many rates, and gates that choose among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_integer, check_number
from skrnn.cells.elapsed_time import TimedCell
from skrnn.cells.initializers import Parts


@keras.saving.register_keras_serializable(package="skrnn")
class CTGRUCell(TimedCell):
    """Continuous-time gated recurrent unit [1]_: between steps all memory decays, each part at its own rate.

    Use it for events with time stamps over a wide range of scales. Its state is `n_scales` times as large as a GRU's.

    Parameters
    ----------
    units : int
        H.
    n_scales : int, default=8
        M, the number of time scales, at least 2.
    shortest_scale : float, default=1
        tau_1, in units of time; each scale is sqrt(10) times the one before.
    time_feature : int, default=None
        Column of x that holds time stamps, counted from 0 at the origin of each sequence. None: each step takes one
        unit of time.
    **kwargs
        As of `Cell`; no zoneout.

    Notes
    -----
    With the traces H_i of each scale tau_i, i = 1 ... M, and the elapsed time e::

        H_i = H_i exp(-e / tau_i),  h = sum_i H_i
        r, s = x W + h U + b,  r_i, s_i = softmax_i(-(r - ln tau_i)^2), softmax_i(-(s - ln tau_i)^2)
        q = tanh(x W + (sum_i r_i H_i) U + b)
        H_i' = (1 - s_i) H_i + s_i q,  h' = sum_i H_i'

    r and s, the scales from which is read and to which is written, are one number a unit, as logarithms. The paper
    decays after a step, by the time until the next one, and gives the sum of what is left; here it is before a step, by
    the time since the last one: the same memory, given out before it decays. The columns of W (``kernel``), U
    (``recurrent_kernel``) and b (``bias``) are in the order r, s, q; the biases of r and s begin anywhere between the
    scales. The state holds H_1, ..., H_M one after the other.

    References
    ----------
    .. [1] M. C. Mozer, D. Kazakov, R. V. Lindsey (2017), Discrete event, continuous time RNNs, arXiv:1710.04110.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import CTGRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(CTGRUCell(3, time_feature=0))(np.ones((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("traces",)
    takes: ClassVar[tuple[str, ...]] = ("recurrent_dropout", "weight_norm")
    output_is_state = False

    def __init__(
        self,
        units: int,
        *,
        n_scales: int = 8,
        shortest_scale: float = 1.0,
        time_feature: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, time_feature=time_feature, **kwargs)
        self.n_scales = check_integer("n_scales", n_scales, 2)
        self.shortest_scale = check_number("shortest_scale", shortest_scale, 0, open_low=True)

    @property
    def own_state_size(self) -> list[int]:
        """M H."""
        return [self.n_scales * self.units]

    @property
    def log_scales(self) -> list[float]:
        """Logarithms of tau_1, ..., tau_M."""
        return [math.log(self.shortest_scale) + i * math.log(10.0) / 2 for i in range(self.n_scales)]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (self.input_width(input_shape), 3 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 3 * self.units), recurrent=True)
        low, *_, high = self.log_scales
        spread = [keras.initializers.RandomUniform(low, high) for _ in range(2)]
        self.add_vector("bias", 3 * self.units, Parts([*spread, self.bias_initializer]))

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 3 H), and time."""
        x, time = self.split(x)
        return self.with_time(super().project(x), time)

    def recurrent_weights(self) -> list[Any]:
        """U (H, 3 H), ln tau and 1 / tau (M, 1)."""
        scales = ops.convert_to_tensor([[s] for s in self.log_scales], dtype=self.compute_dtype)
        return [self.matrix("recurrent_kernel"), scales, ops.exp(-scales)]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, scales, rates = weights
        n = self.units
        passed, time = self.elapsed(z, states)
        passed = passed if self.time_feature is None else passed[:, None]  # (B, 1, 1)
        decay = ops.exp(-passed * rates)  # (M, 1) or (B, M, 1)
        traces, h_dropped = (ops.reshape(s, (-1, self.n_scales, n)) * decay for s in (states[0], h_dropped))
        chosen = z[:, : 2 * n] + ops.matmul(ops.sum(h_dropped, axis=1), u[:, : 2 * n])
        read, write = ops.split(ops.softmax(-ops.square(chosen[:, None] - scales), axis=1), 2, axis=-1)  # (B, M, H)
        q = ops.tanh(z[:, 2 * n : 3 * n] + ops.matmul(ops.sum(read * h_dropped, axis=1), u[:, 2 * n :]))
        traces = traces + write * (q[:, None] - traces)
        return ops.sum(traces, axis=1), [ops.reshape(traces, (-1, self.n_scales * n)), *time]
