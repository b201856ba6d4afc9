"""The quasi-recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import States
from skrnn.cells.checks import check_choice, check_integer
from skrnn.cells.linear_cell import LinearCell

# Gates of each pooling, with the input.
GATES = {"f": 2, "fo": 3, "ifo": 4}


@keras.saving.register_keras_serializable(package="skrnn")
class QRNNCell(LinearCell):
    """Quasi-recurrent network [1]_: gates that see a few steps of the input, and a linear recurrence.

    Parameters
    ----------
    units : int
        H.
    window : int, default=2
        Steps of the input that a gate sees, this one and those before it.
    pooling : {"fo", "f", "ifo"}, default="fo"
        Which gates there are, besides the input: forget, output, input.
    **kwargs
        As of `Cell`; no recurrent dropout.

    Notes
    -----
    With X the last `window` inputs: ``z = tanh(X W + b)``, ``f, o, i = sigmoid(X W + b)``;
    "f": ``c' = f c + (1 - f) z``, ``h' = c'``; "fo": the same c', ``h' = o c'``; "ifo": ``c' = f c + i z``,
    ``h' = o c'``. ``kernel`` (D, window G H) holds a block of columns for each step of the window, this one first,
    each in the order z, f, o, i; b is ``bias``. Earlier inputs are kept as what they add to later gates. With units
    that do not see each other, stack two layers or more.

    References
    ----------
    .. [1] J. Bradbury, S. Merity, C. Xiong, R. Socher (2017), Quasi-recurrent neural networks, ICLR,
       arXiv:1611.01576.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import QRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(QRNNCell(4))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    output_is_state = False

    def __init__(self, units: int, *, window: int = 2, pooling: str = "fo", **kwargs: Any) -> None:
        self.window = check_integer("window", window)
        self.pooling = check_choice("pooling", pooling, tuple(GATES))
        super().__init__(units, **kwargs)

    @property
    def state_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The cell, and with a window what inputs before add to the gates."""
        return ("c",) if self.window == 1 else ("c", "past")

    @property
    def state_size(self) -> list[int]:
        """Width of each state."""
        past = (self.window - 1) * self._width
        return [self.units, past] if past else [self.units]

    @property
    def _width(self) -> int:
        return GATES[self.pooling] * self.units

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.window * self._width))
        self.add_vector("bias", self._width)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., window G H): for the gates of this step and of those after it."""
        z = ops.matmul(x, self.matrix("kernel"))
        this, later = ops.split(z, [self._width], axis=-1)
        return ops.concatenate([this + self.vector("bias"), later], axis=-1)

    def extend(self, z: Any, past: States) -> tuple[Any, list[Any]]:
        """(T, B, window G H) -> gates (T, B, G H), and what is left for later ones."""
        if self.window == 1:
            return z, []
        this, *later = ops.split(z, self.window, axis=-1)
        before = ops.split(past[0], self.window - 1, axis=-1)
        left: list[Any] = []  # from the farthest step on: what is added there by all inputs so far
        arriving = None
        for added, start in zip(reversed(later), reversed(before)):
            total = added if arriving is None else added + arriving
            left.insert(0, total)
            arriving = one_later(start, total)
        return this + arriving, [ops.concatenate(left, axis=-1)]

    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., G H) -> coefficients of c and what is added, each (..., H)."""
        new, f, *rest = ops.split(z, GATES[self.pooling], axis=-1)
        f = ops.sigmoid(f)
        return f, (ops.sigmoid(rest[1]) if self.pooling == "ifo" else 1.0 - f) * ops.tanh(new)

    def readout(self, h: Any, z: Any, weights: Sequence[Any]) -> Any:
        """``o c'``, or ``c'``."""
        return h if self.pooling == "f" else ops.sigmoid(ops.split(z, GATES[self.pooling], axis=-1)[2]) * h


def one_later(first: Any, x: Any) -> Any:
    """(B, S), (T, B, S) -> (T, B, S): x a step later, behind the first.

    The gradient of a slice by index would be slow in TensorFlow, and an empty one ends XLA's process.
    """
    return ops.slice(ops.concatenate([first[None], x]), [0, 0, 0], ops.shape(x))
