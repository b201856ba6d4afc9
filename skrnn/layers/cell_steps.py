"""The steps of a skrnn cell over a sequence, as a loop or as a scan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from skrnn.cells import Cell, ChunkedCell, LinearCell
from skrnn.layers.linear_scan import linear_scan


class Steps(NamedTuple):
    """What a cell is run on.

    Attributes
    ----------
    z : tensor (T, B, P)
        Of the cell's `project`.
    states : list of tensors (B, size)
        Before the first step.
    lengths : tensor (B,) of int, or None
        Real steps of each row, which come first; None where all are real. Others leave the states alone.
    weights : list of tensors
        Of the cell's `recurrent_weights`.
    dropout_mask : tensor or None
        Mask of recurrent dropout, a factor of the first state.
    noise : list of tensors (T, B, size)
        For zoneout, or empty.
    """

    z: Any
    states: list[Any]
    lengths: Any
    weights: list[Any]
    dropout_mask: Any
    noise: list[Any]


class ChunkSteps:
    """A `ChunkedCell` as a cell one step of which is a chunk of steps.

    Parameters
    ----------
    cell : ChunkedCell
    """

    output_is_state = False

    def __init__(self, cell: ChunkedCell) -> None:
        self.cell = cell
        self.output_size = cell.chunk_size * cell.output_size

    def regularized_step(
        self, z: Any, states: Sequence[Any], weights: Sequence[Any], dropout_mask: Any, noise: Any
    ) -> tuple[Any, list[Any]]:
        """(B, L P) -> (B, L H), and states."""
        length = self.cell.chunk_size
        outputs, after = self.cell.chunk(ops.reshape(z, (-1, length, z.shape[-1] // length)), states, weights)
        return ops.reshape(outputs, (-1, self.output_size)), after


# What a loop over time runs.
Stepper = Cell | ChunkSteps


def masked_step(
    cell: Stepper,
    z: Any,
    noise: Sequence[Any],
    states: Sequence[Any],
    weights: Sequence[Any],
    dropout_mask: Any,
    live: Any,
) -> tuple[Any, list[Any]]:
    """One step, after which the rows that are not live (B, 1) have the states they had."""
    output, after = cell.regularized_step(z, states, weights, dropout_mask, noise or None)
    if live is None:
        return output, after
    after = [ops.where(live, new, old) for new, old in zip(after, states)]
    return (after[0] if cell.output_is_state else output), after


def run_steps(cell: Stepper, steps: Steps, jit_compile: bool) -> tuple[Any, list[Any]]:
    """Run a cell step by step.

    Parameters
    ----------
    cell : Cell or ChunkSteps
    steps : Steps
    jit_compile : bool
        Compile the loop with XLA, on TensorFlow.

    Returns
    -------
    outputs : tensor (T, B, H)
        Undefined after the last real step of a row.
    states : list of tensors (B, size)
        After the last real step.
    """
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.cell_loop import run_loop

        return run_loop(cell, steps, jit_compile)

    def step(carry: Any, given: Any) -> Any:
        t, *states = carry
        z, *noise = given
        live = None if steps.lengths is None else (t < steps.lengths)[:, None]
        output, after = masked_step(cell, z, noise, states, steps.weights, steps.dropout_mask, live)
        return [t + 1, *after], output

    start = [ops.convert_to_tensor(0, "int32"), *steps.states]
    (_, *states), outputs = ops.scan(step, start, [steps.z, *steps.noise])
    return outputs, states


def run_linear(cell: LinearCell, steps: Steps) -> tuple[Any, list[Any]]:
    """Run a linear recurrence over all steps at once; parameters and results as of `run_steps`."""
    z, past = cell.extend(steps.z, steps.states[1:])
    a, b = cell.zoned_coefficients(z, steps.weights, steps.noise[0] if steps.noise else None)
    h = linear_scan(a, b, steps.states[0], cell.is_complex)
    after = [p[-1] for p in (h, *past)]
    if steps.lengths is not None:
        after = [_at_the_end(p, before, steps.lengths) for p, before in zip((h, *past), steps.states)]
    return cell.readout(h, z, steps.weights), after


def run_chunks(cell: ChunkSteps, steps: Steps, jit_compile: bool) -> tuple[Any, list[Any]]:
    """Run a cell by chunks of steps; parameters and results as of `run_steps`."""
    z, size, width = steps.z, cell.cell.chunk_size, cell.cell.output_size
    length, rows = ops.shape(z)[:2]
    neutral = ops.cast(cell.cell.neutral_projection(), z.dtype)
    if steps.lengths is not None:
        live = ops.arange(length, dtype="int32")[:, None, None] < steps.lengths[None, :, None]
        z = ops.where(live, z, neutral)
    filling = ops.broadcast_to(neutral, (-length % size, rows, z.shape[-1]))
    z = ops.reshape(ops.concatenate([z, filling]), (-1, size, rows, z.shape[-1]))  # (T / L, L, B, P)
    z = ops.reshape(ops.transpose(z, (0, 2, 1, 3)), (-1, rows, size * z.shape[-1]))
    outputs, states = run_steps(cell, Steps(z, steps.states, None, steps.weights, None, []), jit_compile)
    outputs = ops.transpose(ops.reshape(outputs, (-1, rows, size, width)), (0, 2, 1, 3))
    return ops.reshape(outputs, (-1, rows, width))[:length], states


def _at_the_end(sequence: Any, before: Any, lengths: Any) -> Any:
    """(T, B, S), (B, S), (B,) -> (B, S): after the last real step, or before the first where there is none."""
    last = taken(sequence, ops.maximum(lengths - 1, 0)[None])[0]
    return ops.where((lengths > 0)[:, None], last, before)


def taken(x: Any, steps: Any) -> Any:
    """(T, B, D), (S, B) -> (S, B, D): for each row its steps."""
    _, rows, width = ops.shape(x)
    index = steps * rows + ops.arange(rows, dtype="int32")[None]
    return ops.take(ops.reshape(x, (-1, width)), index, axis=0)
