"""coRNN, a network of coupled oscillators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_number


@keras.saving.register_keras_serializable(package="skrnn")
class CoRNNCell(Cell):
    """Coupled oscillatory network [1]_: units are driven, damped oscillators; for long sequences.

    Parameters
    ----------
    units : int
        H.
    dt : float in (0, 1], default=0.042
        Time between two steps. Shorter for longer sequences.
    gamma : float of at least 0, default=2.7
        How strongly the oscillators are drawn back; the square of their frequency.
    epsilon : float of at least 0, default=4.7
        How strongly they are damped.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``z' = z + dt (tanh(x W + h U + z V + b) - gamma h - epsilon z)``, ``h' = h + dt z'``.
    W is ``kernel``; ``recurrent_kernel`` holds the rows of U and then those of V; b is ``bias``. In the paper the
    output h is y. This is what the authors' code runs, with the damping of the step before. The defaults are those of
    the authors for digits of 784 pixels; all three numbers are to be searched.

    References
    ----------
    .. [1] T. K. Rusch, S. Mishra (2021), Coupled oscillatory recurrent neural network (coRNN): an accurate and
       (gradient) stable architecture for learning long time dependencies, ICLR, arXiv:2010.00951.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import CoRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(CoRNNCell(3))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    state_names = ("h", "z")

    def __init__(
        self, units: int, *, dt: float = 0.042, gamma: float = 2.7, epsilon: float = 4.7, **kwargs: Any
    ) -> None:
        super().__init__(units, **kwargs)
        self.dt = check_number("dt", dt, 0.0, 1.0, open_low=True)
        self.gamma = check_number("gamma", gamma, 0.0)
        self.epsilon = check_number("epsilon", epsilon, 0.0)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        self.add_matrix("recurrent_kernel", (2 * self.units, self.units), recurrent=True)
        self.add_vector("bias", self.units)

    def recurrent_weights(self) -> list[Any]:
        """U above V, (2 H, H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, speed = states
        force = ops.tanh(z + ops.matmul(ops.concatenate([h_dropped, speed], axis=-1), weights[0]))
        speed = speed + self.dt * (force - self.gamma * h - self.epsilon * speed)
        h = h + self.dt * speed
        return h, [h, speed]
