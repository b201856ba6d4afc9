"""Masks, direction and layout of the steps: real steps first and time first for a loop, and back after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


class StepOrder:
    """The order in which a loop takes the steps of each row: real ones first, in the direction of the layer.

    Parameters
    ----------
    mask : tensor (B, T) of bool, or None
        False where a step leaves the states alone.
    layer : recurrent layer
        With ``go_backwards``, ``right_padded`` and ``zero_output_for_mask``.

    Attributes
    ----------
    lengths : tensor (B,) of int, or None
        Number of real steps; None where all are real.
    """

    def __init__(self, mask: Any, layer: Any) -> None:
        self.backwards = layer.go_backwards
        self.right_padded = layer.right_padded
        self.fills_with_zero = layer.zero_output_for_mask
        self.mask: Any = None if mask is None else ops.cast(mask, "bool")
        self.lengths: Any = None if mask is None else ops.sum(ops.cast(mask, "int32"), axis=1)

    @property
    def keeps_order(self) -> bool:
        """Whether all steps are taken as they come."""
        return not self.backwards and (self.mask is None or self.right_padded)

    def real_first(self, x: Any) -> Any:
        """(B, T, D) -> (T, B, D); what follows the real steps is undefined."""
        if self.keeps_order:
            return swapped_axes(x)
        shape = ops.shape(x)
        return _moved(x, self._step_numbers(shape, self.backwards), lambda: self._run_numbers(shape, self.backwards))

    def last(self, outputs: Any) -> Any:
        """(T, B, H) -> (B, H): the last real output, or zero where Keras' last output of a row is zero."""
        if self.mask is None:
            return outputs[-1]
        exists = self.lengths > 0
        if self.fills_with_zero:
            exists = ops.logical_and(exists, self.mask[:, 0 if self.backwards else -1])
        last = steps_of_rows(outputs, ops.maximum(self.lengths - 1, 0)[None])[0]
        return ops.where(exists[:, None], last, ops.zeros_like(last))

    def at_their_steps(self, outputs: Any, last: Any, last_apart: bool) -> Any:
        """Outputs in Keras' order: a masked step repeats the output before it, or is zero.

        Parameters
        ----------
        outputs : tensor (T, B, H)
            In the order of the loop.
        last : tensor (B, H)
            The last real one.
        last_apart : bool
            The loop takes the gradient of `last` apart from that of `outputs`; then steps after the last real one
            repeat `last`, which takes no sum over gathered steps.

        Returns
        -------
        tensor (B, T, H)
        """
        if self.mask is None:
            return swapped_axes(outputs)

        def as_they_come() -> Any:
            filling = ops.zeros_like(last) if self.fills_with_zero else last
            return ops.where(self.mask[:, :, None], swapped_axes(outputs), filling[:, None])

        if self.keeps_order:
            return as_they_come()
        if self.right_padded or self.fills_with_zero:  # nothing is repeated
            n_steps, n_rows, width = ops.shape(outputs)
            shape = (n_rows, n_steps, width)
            shown = _moved(outputs, self._run_numbers(shape, False), lambda: self._step_numbers(shape, False))
            return ops.where(self._directed_mask()[:, :, None], shown, ops.zeros_like(shown))
        if last_apart and not self.backwards:
            padded_right = ops.all(self.mask == _real_first(self.lengths, ops.shape(self.mask)[1]))
            return ops.cond(padded_right, as_they_come, lambda: self._repeated(outputs))
        return self._repeated(outputs)

    def _repeated(self, outputs: Any) -> Any:
        _, n_rows, width = ops.shape(outputs)
        count = ops.cumsum(ops.cast(self._directed_mask(), "int32"), axis=1)  # (B, T)
        index = ops.maximum(count - 1, 0) * n_rows + _range(n_rows)[:, None]
        shown = ops.take(ops.reshape(outputs, (-1, width)), index, axis=0)
        return ops.where((count > 0)[:, :, None], shown, ops.zeros_like(shown))

    def _directed_mask(self) -> Any:
        """(B, T): in the order in which Keras runs and returns steps."""
        return ops.flip(self.mask, 1) if self.backwards else self.mask

    def _run_numbers(self, shape: Any, flips: bool) -> Any:
        """(B, T): for each step its number in the loop, t B + b; `flips` numbers the steps from the last one."""
        n_rows, n_steps, _ = shape
        places = self._places(n_steps)
        return (ops.flip(places, 1) if flips else places) * n_rows + _range(n_rows)[:, None]

    def _places(self, n_steps: Any) -> Any:
        """(B, T) or (1, T): when the loop takes each step in the direction of the layer."""
        steps = _range(n_steps)[None]
        if self.mask is None:
            return steps
        if self.right_padded:  # and backwards: padding comes first
            return (steps + self.lengths[:, None]) % n_steps
        real = self._directed_mask()
        count = ops.cumsum(ops.cast(real, "int32"), axis=1)
        return ops.where(real, count - 1, self.lengths[:, None] + steps - count)

    def _step_numbers(self, shape: Any, flips: bool) -> Any:
        """(T, B): the inverse of `_run_numbers`: for each place in the loop the number of its step, b T + t."""
        n_rows, n_steps, _ = shape
        steps, rows = _range(n_steps)[:, None], _range(n_rows)[None] * n_steps
        if self.mask is not None and not self.right_padded:
            places = ops.reshape(self._run_numbers(shape, flips), (-1, 1))
            numbers = _range(n_rows * n_steps)
            return ops.reshape(ops.scatter(places, numbers, (n_rows * n_steps,)), (n_steps, n_rows))
        if self.mask is not None:
            steps = (steps - self.lengths[None]) % n_steps
        return (n_steps - 1 - steps if flips else steps) + rows


def swapped_axes(x: Any) -> Any:
    """(B, T, D) -> (T, B, D), and back."""
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.rows import swapped

        return swapped(x)
    return ops.transpose(x, (1, 0, 2))


def steps_of_rows(x: Any, steps: Any) -> Any:
    """(T, B, D), (S, B) -> (S, B, D): for each row its steps."""
    _, rows, width = ops.shape(x)
    return ops.take(ops.reshape(x, (-1, width)), steps * rows + _range(rows)[None], axis=0)


def _moved(x: Any, index: Any, inverse: Callable[[], Any]) -> Any:
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.rows import permuted

        return permuted(x, index, inverse)
    return ops.take(ops.reshape(x, (-1, x.shape[2])), index, axis=0)


def _range(n: Any) -> Any:
    return ops.arange(n, dtype="int32")


def _real_first(lengths: Any, n_steps: Any) -> Any:
    """(B,) -> (B, T): True at the first steps of each row."""
    return _range(n_steps)[None] < lengths[:, None]
