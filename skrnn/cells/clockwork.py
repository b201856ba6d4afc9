"""The clockwork network, whose modules move at their own rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer


@keras.saving.register_keras_serializable(package="skrnn")
class ClockworkCell(Cell):
    """Clockwork network [1]_: modules of units, each of which moves only once in its period.

    For signals that have known, different rates.

    Parameters
    ----------
    units : int
        H.
    periods : list of int, default=None
        Steps between two moves of a module, the fastest first. There must be a unit for each; units are divided as
        evenly as possible, fast modules get what is left over. None is 1, 2, 4, ..., at most 128 and at most one for
        each unit.
    activation : Keras activation, default="tanh"
        Of the state.
    **kwargs
        As of `Cell`; no weight normalization.

    Notes
    -----
    A unit of period T moves at the steps t = 0, T, 2 T, ... of a sequence: ``h' = tanh(x W + h (U M) + b)``; at the
    others ``h' = h``. ``M``, a mask of U (``recurrent_kernel``), leaves the connections within a module and from slow
    ones to faster ones. W is ``kernel``, b is ``bias``. The state ``clock`` holds for each module the steps since its
    last move, 0 when it is due; bfloat16 counts to 256, float16 to 2048. Masked steps stop the clock.

    References
    ----------
    .. [1] J. Koutnik, K. Greff, F. Gomez, J. Schmidhuber (2014), A clockwork RNN, ICML, PMLR 32(2), 1863-1871,
       arXiv:1402.3511.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import ClockworkCell
    >>> from skrnn.layers import RNN
    >>> RNN(ClockworkCell(6, periods=[1, 4, 16]))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 6])
    """

    state_names = ("h", "clock")
    takes = ("recurrent_dropout", "zoneout")
    n_zoned = 1

    def __init__(
        self, units: int, *, periods: Sequence[int] | None = None, activation: Any = "tanh", **kwargs: Any
    ) -> None:
        super().__init__(units, **kwargs)
        self.periods = None if periods is None else self._check_periods(periods)
        self.activation = keras.activations.get(activation)
        self.module_periods = self.periods or tuple(2**k for k in range(min(self.units, 8)))
        sizes = [len(part) for part in np.array_split(np.arange(self.units), len(self.module_periods))]
        self.module_of = np.repeat(np.arange(len(sizes), dtype="int32"), sizes)  # (H,)

    def _check_periods(self, periods: Any) -> tuple[int, ...]:
        if not isinstance(periods, (list, tuple)) or not 0 < len(periods) <= self.units:
            raise ValueError(f"periods must be a list of 1 to {self.units} integers, one a module. Got {periods!r}.")
        periods = tuple(check_integer(f"periods[{k}]", period) for k, period in enumerate(periods))
        if any(slow <= fast for fast, slow in zip(periods, periods[1:])):
            raise ValueError(f"periods must grow from module to module. Got {list(periods)!r}.")
        return periods

    @property
    def state_size(self) -> list[int]:
        """Units, modules."""
        return [self.units, len(self.module_periods)]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        self.add_matrix("recurrent_kernel", (self.units, self.units), recurrent=True)
        self.add_vector("bias", self.units)

    def recurrent_weights(self) -> list[Any]:
        """U without the connections from fast to slow, (H, H)."""
        mask = self.module_of[:, None] >= self.module_of[None, :]  # from, to
        return [self.matrix("recurrent_kernel") * ops.convert_to_tensor(mask, dtype=self.compute_dtype)]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h, clock = states
        moved = self.activation(z + ops.matmul(h_dropped, weights[0]))
        h = ops.where(ops.take(clock, self.module_of, axis=-1) < 1, moved, h)
        periods = ops.convert_to_tensor(self.module_periods, dtype=clock.dtype)
        clock = ops.where(clock + 1 < periods, clock + 1, clock + 1 - periods)
        return h, [h, clock]
