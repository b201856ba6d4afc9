"""Liquid time-constant network: an equation of leaks and gates, solved between the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_integer
from skrnn.cells.elapsed_time import TimedCell

# softplus of it is 1: time constants of 1 at the beginning.
ONE = 0.5413248546129181


@keras.saving.register_keras_serializable(package="skrnn")
class LTCCell(TimedCell):
    """Liquid time-constant recurrence [1]_: how fast a unit follows depends on the input and the state.

    Use it for small, smooth systems that are sampled at any times. It takes `unfolds` products a step.

    Parameters
    ----------
    units : int
        H.
    unfolds : int, default=6
        Steps of the solver in each step of the sequence.
    time_feature : int, default=None
        Column of x that holds time stamps, counted from 0 at the origin of each sequence. None: each step takes one
        unit of time.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    ``dh/dt = -(1 / tau + f) h + f A`` with ``f = sigmoid(x W + h U + b)``, solved by the paper's fused solver, half
    implicit and half explicit, over the time since the step before: `unfolds` times with dt = elapsed / unfolds
    ``h' = (h + dt f A) / (1 + dt (1 / tau + f))``. The input of a step acts in the time before it. A (``target``)
    begins between -1 and 1; ``1 / tau = softplus(leak)``, so that it stays positive, begins with 1. A state is gone
    after a few tau, so choose a unit of time in which memory is to last about 1; with one unit a step it is short.
    Here f is one layer, as in equations 1 to 3 and algorithm 1 of the paper; the library of its authors has a sigmoid
    for each synapse, H times as many. Weights: ``kernel``, ``recurrent_kernel``, ``bias``, ``target``, ``leak``.

    References
    ----------
    .. [1] R. Hasani, M. Lechner, A. Amini, D. Rus, R. Grosu (2021), Liquid time-constant networks, AAAI 35(9),
       7657-7666, arXiv:2006.04439.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import LTCCell
    >>> from skrnn.layers import RNN
    >>> RNN(LTCCell(3, time_feature=0))(np.ones((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    takes: ClassVar[tuple[str, ...]] = ("zoneout", "weight_norm")

    def __init__(self, units: int, *, unfolds: int = 6, time_feature: int | None = None, **kwargs: Any) -> None:
        super().__init__(units, time_feature=time_feature, **kwargs)
        self.unfolds = check_integer("unfolds", unfolds)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (self.input_width(input_shape), self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_vector("bias", self.units)
        self.add_vector("target", self.units, keras.initializers.RandomUniform(-1.0, 1.0))
        self.add_vector("leak", self.units, keras.initializers.Constant(ONE))

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., H), and time."""
        x, time = self.split(x)
        return self.with_time(super().project(x), time)

    def recurrent_weights(self) -> list[Any]:
        """U (H, H), A and 1 / tau (H,)."""
        return [self.matrix("recurrent_kernel"), self.vector("target"), ops.softplus(self.vector("leak"))]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u, target, leak = weights
        passed, time = self.elapsed(z, states)
        dt, z, h = passed / self.unfolds, z[:, : self.units], states[0]
        for _ in range(self.unfolds):
            f = ops.sigmoid(z + ops.matmul(h, u))  # (B, H)
            h = (h + dt * f * target) / (1.0 + dt * (leak + f))
        return h, [h, *time]
