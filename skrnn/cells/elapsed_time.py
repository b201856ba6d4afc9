"""The time between two steps: `TimedCell`, the base of the cells that reckon with it."""

from __future__ import annotations

from typing import Any, ClassVar

from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer


class TimedCell(Cell):
    """A recurrence that knows how much time has passed since the step before.

    A subclass calls `input_width` in `build` and `split` in `project`, whose result ends in what `with_time` adds;
    `step` then has the elapsed time from `elapsed`.

    Parameters
    ----------
    units : int
        H.
    time_feature : int, default=None
        Column of x that holds time stamps, in any unit, counted from 0 at the origin of each sequence. It is read as
        time alone, and is no feature. None: each step takes one unit of time.
    **kwargs
        As of `Cell`. `dropout` leaves the time stamps as they are.

    Notes
    -----
    The time of the step before is a state, the last one, and 0 before the first step: so the elapsed time of the first
    step is its time stamp. It is ``|t - t before|``, so that a sequence may be run backwards; there the first step has
    the last time stamp. Steps that are masked take no time.
    """

    n_zoned: ClassVar[int | None] = 1

    def __init__(self, units: int, *, time_feature: int | None = None, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.time_feature = None if time_feature is None else check_integer("time_feature", time_feature, 0)

    @property
    def state_size(self) -> list[Any]:
        """Widths of the states: those of the recurrence, and 1 of the time of the step before."""
        return [*self.own_state_size, *([] if self.time_feature is None else [1])]

    @property
    def own_state_size(self) -> list[Any]:
        """Widths of the states of the recurrence; H unless it says otherwise."""
        return [self.units] * len(self.state_names)

    def input_width(self, input_shape: Any) -> int:
        """Number of features beside the time stamps, for inputs (B, D).

        Raises
        ------
        ValueError
            If there is none, or no column of time stamps.
        """
        width = int(input_shape[-1])
        if self.time_feature is None:
            return width
        if self.time_feature >= width:
            raise ValueError(f"time_feature must be a column of x, below {width}. Got {self.time_feature}.")
        if width == 1:
            raise ValueError("x must have a feature beside the time stamps of time_feature. Got 1 column.")
        return width - 1

    def split(self, x: Any) -> tuple[Any, Any]:
        """(..., D) -> features (..., D - 1) and time stamps (..., 1), or x and None."""
        k = self.time_feature
        if k is None:
            return x, None
        sides = [x[..., :k], x[..., k + 1 :]]
        features = [side for side in sides if side.shape[-1] != 0]
        return features[0] if len(features) == 1 else ops.concatenate(features, axis=-1), x[..., k : k + 1]

    def with_time(self, z: Any, time: Any) -> Any:
        """Add the time stamps to a projection, as its last column."""
        return z if time is None else ops.concatenate([z, time], axis=-1)

    def elapsed(self, z: Any, states: States) -> tuple[Any, list[Any]]:
        """Elapsed time of a step, (B, 1) or 1, and the state to keep for the next one, (B, 1) or none."""
        if self.time_feature is None:
            return 1.0, []
        time = z[..., -1:]
        return ops.abs(time - states[-1]), [time]

    def get_dropout_mask(self, step_input: Any) -> Any:
        """What dropout multiplies an input (B, D) with; 1 for the time stamps."""
        mask = super().get_dropout_mask(step_input)
        if mask is None or self.time_feature is None:
            return mask
        is_time = ops.arange(step_input.shape[-1]) == self.time_feature
        return ops.where(is_time, ops.ones_like(mask), mask)
