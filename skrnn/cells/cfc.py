"""Closed-form continuous-time network: the state at any time later, without a solver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_choice, check_integer
from skrnn.cells.elapsed_time import TimedCell


@keras.saving.register_keras_serializable(package="skrnn")
def lecun_tanh(x: Any) -> Any:
    """``1.7159 tanh(0.666 x)``, by Y. LeCun et al. (1998), Efficient backprop."""
    return 1.7159 * ops.tanh(0.666 * x)


@keras.saving.register_keras_serializable(package="skrnn")
class CfCCell(TimedCell):
    """Closed-form continuous-time recurrence [1]_: two heads, and a gate between them that time moves.

    Use it for sequences sampled at any times; it needs no solver, and is as fast as a gated recurrence.

    Parameters
    ----------
    units : int
        H.
    mode : {"default", "pure", "no_gate"}, default="default"
        Both gates; the approximate solution of the liquid time-constant equation itself; or one head without its gate.
    backbone_units : int, default=128
        Width of the layers before the heads.
    backbone_layers : int, default=1
        Their number; 0 puts the heads on x and h themselves.
    backbone_activation : Keras activation or "lecun_tanh", default="lecun_tanh"
        Theirs; "lecun_tanh" is ``1.7159 tanh(0.666 x)``.
    time_feature : int, default=None
        Column of x that holds time stamps, counted from 0 at the origin of each sequence. None: each step takes one
        unit of time.
    **kwargs
        As of `Cell`.

    Notes
    -----
    From the backbone, ``B(x W + h U + b)``, come in one product the heads, and with the elapsed time e::

        default:  s = sigmoid(-(f e + c)),  h' = s tanh(g) + (1 - s) tanh(k)
        no_gate:  h' = tanh(g) + (1 - s) tanh(k)
        pure:     h' = A - A g exp(-e (|w| + |g|))

    The paper's time constant f e is ``f e + c``, and the heads have a tanh, as in the library of its authors (ncps),
    whose "pure" this is: the paper's own has one more factor and evaluates the head a second time, at -x and -h. The
    columns of ``head_kernel`` and ``head_bias`` are in the order g, k, f, c; of "pure" g alone, with ``time_constant``
    w and ``target`` A. ``kernel``, ``recurrent_kernel`` and ``bias`` are the first layer of the backbone (without one,
    the heads), ``backbone_kernel_1``, ``backbone_bias_1`` and so on the others.

    References
    ----------
    .. [1] R. Hasani, M. Lechner, A. Amini, L. Liebenwein, A. Ray, M. Tschaikowski, G. Teschl, D. Rus (2022),
       Closed-form continuous-time neural networks, Nature Machine Intelligence 4, 992-1003, arXiv:2106.13898.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import CfCCell
    >>> from skrnn.layers import RNN
    >>> RNN(CfCCell(3, time_feature=0))(np.ones((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def __init__(
        self,
        units: int,
        *,
        mode: str = "default",
        backbone_units: int = 128,
        backbone_layers: int = 1,
        backbone_activation: Any = "lecun_tanh",
        time_feature: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, time_feature=time_feature, **kwargs)
        self.mode = check_choice("mode", mode, ("default", "pure", "no_gate"))
        self.backbone_units = check_integer("backbone_units", backbone_units)
        self.backbone_layers = check_integer("backbone_layers", backbone_layers, 0)
        named = backbone_activation == "lecun_tanh"
        self.backbone_activation = lecun_tanh if named else keras.activations.get(backbone_activation)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        heads = self.units if self.mode == "pure" else 4 * self.units
        first = self.backbone_units if self.backbone_layers else heads
        self.add_matrix("kernel", (self.input_width(input_shape), first))
        self.add_matrix("recurrent_kernel", (self.units, first), recurrent=True)
        self.add_vector("bias", first)
        for k in range(1, self.backbone_layers):
            self.add_matrix(f"backbone_kernel_{k}", (first, first))
            self.add_vector(f"backbone_bias_{k}", first)
        if self.backbone_layers:
            self.add_matrix("head_kernel", (first, heads))
            self.add_vector("head_bias", heads)
        if self.mode == "pure":
            self.add_vector("time_constant", self.units, "zeros")
            self.add_vector("target", self.units, "ones")

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., first layer of the backbone), and time."""
        x, time = self.split(x)
        return self.with_time(super().project(x), time)

    def recurrent_weights(self) -> list[Any]:
        """U; kernel and bias of each further layer and of the heads; of "pure" w and A."""
        weights = [self.matrix("recurrent_kernel")]
        for k in range(1, self.backbone_layers):
            weights += [self.matrix(f"backbone_kernel_{k}"), self.vector(f"backbone_bias_{k}")]
        if self.backbone_layers:
            weights += [self.matrix("head_kernel"), self.vector("head_bias")]
        return [*weights, *([self.vector("time_constant"), self.vector("target")] if self.mode == "pure" else [])]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        u = weights[0]
        passed, time = self.elapsed(z, states)
        heads = z[:, : u.shape[1]] + ops.matmul(h_dropped, u)
        for k in range(self.backbone_layers):
            kernel, bias = weights[1 + 2 * k : 3 + 2 * k]
            heads = ops.matmul(self.backbone_activation(heads), kernel) + bias
        if self.mode == "pure":
            time_constant, target = weights[-2:]
            h = target - target * heads * ops.exp(-passed * (ops.abs(time_constant) + ops.abs(heads)))
            return h, [h, *time]
        g, k, f, c = ops.split(heads, 4, axis=-1)  # (B, H) each
        rest = ops.sigmoid(f * passed + c)  # 1 - s
        first = ops.tanh(g) if self.mode == "no_gate" else (1.0 - rest) * ops.tanh(g)
        h = first + rest * ops.tanh(k)
        return h, [h, *time]
