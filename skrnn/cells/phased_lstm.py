"""Phased LSTM, whose units open at times of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer, check_number
from skrnn.cells.initializers import Parts


def openness(time: Any, leak: float, rate: Any, shift: Any, ratio: Any) -> Any:
    """How far units are open at a time, in [0, 1].

    Parameters
    ----------
    time : tensor (..., 1)
    leak : float
        Share of the phase by which a unit is open in the rest of its period.
    rate : tensor (H,)
        1 / period.
    shift : tensor (H,)
        When a period begins, in periods.
    ratio : tensor (H,)
        Share of a period in which a unit is open.

    Returns
    -------
    k : tensor (..., H)
    """
    turns = time * rate - shift
    phase = turns - ops.stop_gradient(ops.floor(turns))  # (..., H) in [0, 1)
    rising = 2.0 * phase / ratio
    return ops.where(phase < ratio, ops.minimum(rising, 2.0 - rising), leak * phase)


@keras.saving.register_keras_serializable(package="skrnn")
class PhasedLSTMCell(Cell):
    """Phased LSTM [1]_: an LSTM each of whose units is open in a short part of a period that it learns.

    For long sequences, and for events at irregular times.

    Parameters
    ----------
    units : int
        H.
    time_feature : int, default=None
        Which feature of x holds the time of the step, counted from 0 at the start of the sequence. It moves the gate
        alone and is not among the inputs of the LSTM, as in the paper, nor hidden by dropout. None is the number of the
        step; the first is at time 1.
    period_range : (float, float), default=(2.7, 148.0)
        Periods begin with logarithms that are uniform between those of these two.
    ratio : float in (0, 1), default=0.05
        What the open share of the period begins with.
    leak : float in [0, 1], default=0.001
        How much closed units let through.
    peepholes : bool, default=True
        Gates see the memory c.
    unit_forget_bias : bool, default=True
        Begin with 1 in the bias of the forget gate.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``phi = t / T - s - floor(t / T - s)``; ``k = 2 phi / r`` where ``phi < r / 2``, ``2 - 2 phi / r`` where
    ``r / 2 <= phi < r``, else ``leak phi``. ``i, f = sigmoid(x W + h U + p c + b)``, ``g = tanh(x W + h U + b)``,
    ``c~ = f c + i g``, ``o = sigmoid(x W + h U + p c~ + b)``, ``c' = k c~ + (1 - k) c``,
    ``h' = k o tanh(c~) + (1 - k) h``. The columns of W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are in
    the order i, f, g, o; p (``peephole``) is in the order i, f, o. The period is ``T = exp(log_period)``, its share of
    the paper's shift in time is s (``shift``), and ``r = sigmoid(ratio_logit)``, so that all stay within their bounds.
    Periods, ratio and leak are those of the authors' code [2]_, which begins the forget gate with 2, counts steps from
    0, and leaks in training only; here predictions leak too. The state ``clock`` is the number of the last step, where
    there is no `time_feature`; float16 counts to 2048, bfloat16 to 256.

    References
    ----------
    .. [1] D. Neil, M. Pfeiffer, S.-C. Liu (2016), Phased LSTM: accelerating recurrent network training for long or
       event-based sequences, NeurIPS, 3882-3890.
    .. [2] D. Neil (2016), Phased LSTM, https://github.com/dannyneil/public_plstm.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import PhasedLSTMCell
    >>> from skrnn.layers import RNN
    >>> RNN(PhasedLSTMCell(3, time_feature=0))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("h", "c", "clock")
    n_zoned = 2

    def __init__(
        self,
        units: int,
        *,
        time_feature: int | None = None,
        period_range: Sequence[float] = (2.7, 148.0),
        ratio: float = 0.05,
        leak: float = 0.001,
        peepholes: bool = True,
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.time_feature = None if time_feature is None else check_integer("time_feature", time_feature, 0)
        if not isinstance(period_range, (list, tuple)) or len(period_range) != 2:
            raise ValueError(f"period_range must be two numbers. Got {period_range!r}.")
        shortest = check_number("period_range[0]", period_range[0], 0.0, open_low=True)
        self.period_range = (shortest, check_number("period_range[1]", period_range[1], shortest))
        self.ratio = check_number("ratio", ratio, 0.0, 1.0, open_low=True)
        if self.ratio == 1.0:
            raise ValueError(f"ratio must be a number below 1. Got {ratio!r}.")
        self.leak = check_number("leak", leak, 0.0, 1.0)
        self.peepholes = bool(peepholes)
        self.unit_forget_bias = bool(unit_forget_bias)

    @property
    def state_size(self) -> list[int]:
        """Units, units, and 1 for the clock, where there is one."""
        return [self.units, self.units, *([1] if self.time_feature is None else [])]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        n_features = input_shape[-1]
        if self.time_feature is not None:
            if self.time_feature >= n_features or n_features < 2:
                raise ValueError(
                    f"time_feature must be the index of one of at least two features. "
                    f"Got {self.time_feature} of {n_features}."
                )
            n_features -= 1
        self.add_matrix("kernel", (n_features, 4 * self.units))
        self.add_matrix("recurrent_kernel", (self.units, 4 * self.units), recurrent=True)
        usual = self.bias_initializer
        forget = "ones" if self.unit_forget_bias else usual
        self.add_vector("bias", 4 * self.units, Parts([usual, forget, usual, usual]))
        if self.peepholes:
            self.add_vector("peephole", 3 * self.units, keras.initializers.RandomNormal(stddev=0.1), recurrent=True)
        logs = [math.log(period) for period in self.period_range]
        self.add_vector("log_period", self.units, keras.initializers.RandomUniform(*logs))
        self.add_vector("shift", self.units, keras.initializers.RandomUniform(0.0, 1.0))
        logit = math.log(self.ratio / (1.0 - self.ratio))
        self.add_vector("ratio_logit", self.units, keras.initializers.Constant(logit))

    def get_dropout_mask(self, step_input: Any) -> Any:
        """Mask of the input, (B, D), which lets the time through."""
        mask = super().get_dropout_mask(step_input)
        if self.time_feature is None or mask is None:
            return mask
        is_time = ops.arange(step_input.shape[-1]) == self.time_feature
        return ops.where(is_time, ops.ones_like(mask), mask)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., 4 H), or (..., 5 H) with k where x holds the time."""
        if self.time_feature is None:
            return super().project(x)
        n = self.time_feature
        rest = ops.concatenate([x[..., :n], x[..., n + 1 :]], axis=-1)
        z = super().project(rest)
        return ops.concatenate([z, openness(x[..., n : n + 1], self.leak, *self._gate_weights())], axis=-1)

    def _gate_weights(self) -> list[Any]:
        rate, ratio = ops.exp(-self.vector("log_period")), ops.sigmoid(self.vector("ratio_logit"))
        return [rate, self.vector("shift"), ratio]

    def recurrent_weights(self) -> list[Any]:
        """U (H, 4 H), p (3 H,) where there is one, and without `time_feature` rates, shifts and open ratios (H,)."""
        peephole = [self.vector("peephole")] if self.peepholes else []
        gate = self._gate_weights() if self.time_feature is None else []
        return [self.matrix("recurrent_kernel"), *peephole, *gate]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, c, *clock = states
        if self.time_feature is None:
            clock = [clock[0] + 1.0]
            k = openness(clock[0], self.leak, *weights[-3:])
        else:
            z, k = z[:, : 4 * self.units], z[:, 4 * self.units :]
        i, f, g, o = ops.split(z + ops.matmul(h_dropped, weights[0]), 4, axis=-1)
        to_i, to_f, to_o = ops.split(weights[1], 3) if self.peepholes else (0.0, 0.0, 0.0)
        proposed = ops.sigmoid(f + to_f * c) * c + ops.sigmoid(i + to_i * c) * ops.tanh(g)
        c = c + k * (proposed - c)
        h = h + k * (ops.sigmoid(o + to_o * proposed) * ops.tanh(proposed) - h)
        return h, [h, c, *clock]
