"""`keras.layers.RNN` for skrnn's cells: what depends on the input alone is computed for all steps at once."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.cells import Cell, ChunkedCell, LinearCell
from skrnn.layers.cell_steps import ChunkSteps, Steps, run_chunks, run_linear, run_steps, taken


@keras.saving.register_keras_serializable(package="skrnn")
class RNN(keras.layers.RNN):
    """`keras.layers.RNN`, faster for the cells of skrnn; weights, masks, states and results are the same.

    Parameters
    ----------
    cell : Keras cell
        A `skrnn.cells.Cell`; any other cell runs as in Keras.
    jit_compile : bool, default=False
        Compile the loop with XLA: some seconds once for each architecture and size of batch. (On TensorFlow; JAX
        does so anyway.)
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step.
    **kwargs
        As of `keras.layers.RNN`.

    Notes
    -----
    A `LinearCell` runs in `linear_scan`, which compiles itself where that is faster, a `ChunkedCell` in a loop over
    chunks of steps, any other in a loop over what its `project` gave.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import MinGRUCell
    >>> from skrnn.layers import RNN
    >>> RNN(MinGRUCell(3), return_sequences=True)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 5, 3])
    """

    def __init__(self, cell: Any, jit_compile: bool = False, right_padded: bool = False, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self.jit_compile = bool(jit_compile)
        self.right_padded = bool(right_padded)
        self.chunks = ChunkSteps(cell) if isinstance(cell, ChunkedCell) else None
        compiles_itself = self.jit_compile or isinstance(cell, LinearCell)
        if compiles_itself and self.is_hoisted and keras.backend.backend() == "tensorflow":
            self.supports_jit = False  # Keras leaves the model around it uncompiled

    def get_config(self) -> dict[str, Any]:
        """Configuration of the Keras layer, and the options of skrnn."""
        return {**super().get_config(), "jit_compile": self.jit_compile, "right_padded": self.right_padded}

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Build the cell, and read the widths of its states, which may depend on the input."""
        super().build(sequences_shape, initial_state_shape)
        if self.is_hoisted:
            self.state_size = list(self.cell.state_size)

    @property
    def is_hoisted(self) -> bool:
        """Whether skrnn's own loop is used; otherwise Keras' is."""
        return isinstance(self.cell, Cell) and not self.unroll

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Last output (B, H), outputs (B, T, H) and states, as Keras' layer gives them."""
        if not self.is_hoisted:
            return super().inner_loop(sequences, initial_state, mask, training)
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        order = None if mask is None else StepOrder(ops.transpose(ops.cast(mask, "bool")), self)
        x = time_first(sequences)  # (T, B, D)
        if order is not None:
            x = order.real_first(x)
        elif self.go_backwards:
            x = ops.flip(x, 0)
        steps = self._steps(x, list(initial_state), None if order is None else order.lengths, training)
        outputs, states = self._run(steps)
        last = outputs[-1] if order is None else order.last(outputs)
        if not self.return_sequences:
            return last, last[:, None], states
        shown = outputs if order is None else order.at_their_steps(outputs, last)
        return last, time_first(shown), states

    def _run(self, steps: Steps) -> tuple[Any, list[Any]]:
        if isinstance(self.cell, LinearCell):
            return run_linear(self.cell, steps)
        if self.chunks is not None:
            return run_chunks(self.chunks, steps, self.jit_compile)
        return run_steps(self.cell, steps, self.jit_compile)

    def _steps(self, x: Any, states: list[Any], lengths: Any, training: bool) -> Steps:
        cell: Any = self.cell
        if training and cell.dropout:
            x = x * cell.get_dropout_mask(x[0])
        dropout_mask = cell.get_recurrent_dropout_mask(states[0]) if training and cell.recurrent_dropout else None
        noise = cell.zoneout_noise(states, ops.shape(x)[:1]) if training and cell.zones_out else []
        return Steps(cell.project(x), states, lengths, cell.recurrent_weights(), dropout_mask, noise)


class StepOrder:
    """Real steps moved to the front of their rows, in the order in which they are run, and back.

    Parameters
    ----------
    mask : tensor (T, B) of bool
        Which steps are real.
    layer : RNN
        Its direction, and how it shows steps that are not real.
    """

    def __init__(self, mask: Any, layer: RNN) -> None:
        self.plain = layer.right_padded and not layer.go_backwards
        self.zero = layer.zero_output_for_mask
        self.mask = ops.flip(mask, 0) if layer.go_backwards else mask
        self.lengths = ops.sum(ops.cast(mask, "int32"), axis=0)  # (B,)
        if layer.right_padded:
            steps = ops.arange(ops.shape(mask)[0], dtype="int32")[:, None]
            self.order = ops.maximum(self.lengths[None, :] - 1 - steps, 0)  # from the end of each row
            self.flips = False
        else:
            self.order = ops.argsort(ops.cast(ops.logical_not(self.mask), "int32"), axis=0)
            self.flips = layer.go_backwards

    def real_first(self, x: Any) -> Any:
        """(T, B, D) -> (T, B, D), what follows the real steps is any."""
        if self.plain:
            return x
        return taken(ops.flip(x, 0) if self.flips else x, self.order)

    def last(self, outputs: Any) -> Any:
        """Output of the last real step, (B, H), as Keras shows it at the end of a row."""
        ends = ops.maximum(self.lengths - 1, 0)[None]  # (1, B)
        there = self.lengths > 0
        if self.zero:
            there = ops.logical_and(there, self.mask[-1])
        last = taken(outputs, ends)[0]
        return ops.where(there[:, None], last, ops.zeros_like(last))

    def at_their_steps(self, outputs: Any, last: Any) -> Any:
        """Outputs (T, B, H) in Keras' order: a masked step repeats the output before it, or is zero."""
        if self.plain:
            filling = ops.zeros_like(outputs) if self.zero else last[None]
            return ops.where(self.mask[:, :, None], outputs, filling)
        count = ops.cumsum(ops.cast(self.mask, "int32"), axis=0)  # (T, B)
        shown = taken(outputs, ops.maximum(count - 1, 0))
        there = self.mask if self.zero else count > 0
        return ops.where(there[:, :, None], shown, ops.zeros_like(shown))


def time_first(x: Any) -> Any:
    """(B, T, D) -> (T, B, D), and back."""
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.masked import swapped

        return swapped(x)
    return ops.transpose(x, (1, 0, 2))
