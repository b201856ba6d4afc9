"""The loops that run recurrences over time: `LOOPS` says which cell class is run by which.

Three kinds are left apart, as one loop for all of them would be slower or have other bits:

- The classics (LSTM, GRU, Elman) take the products of all inputs and the gradients of their weights as whole products
  inside one gradient written by hand. A cell's `project` and the weights' share of each step take other sums.
- TensorFlow's BlockLSTM, where XLA is not wanted, cuts its rows inside that gradient, so that the parts share one sum.
- Linear recurrences have no loop at all on an accelerator, and chunks are steps of another width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import keras
from keras import ops

from skrnn.cells import Cell, ChunkedCell, LinearCell
from skrnn.layers.linear_scan import linear_scan
from skrnn.layers.step_order import steps_of_rows


@dataclass(frozen=True)
class LoopOptions:
    """What a layer asks of its loop.

    Attributes
    ----------
    jit_compile : bool
        Compile the loop with XLA, on TensorFlow.
    right_padded : bool
        Each row has a real step.
    training : bool
        Dropout, and what the gradient needs.
    return_sequences : bool
        Outputs of all steps are wanted.
    return_states : bool
        All states are wanted, and not only the output.
    """

    jit_compile: bool
    right_padded: bool
    training: bool
    return_sequences: bool
    return_states: bool


class Steps(NamedTuple):
    """What is run over time.

    Attributes
    ----------
    z : tensor (T, B, P)
        Inputs, or what the `project` of a `Cell` made of them.
    states : list of tensors (B, size)
        Before the first step.
    lengths : tensor (B,) of int, or None
        Real steps of each row, which come first; None where all are real. Others leave the states alone.
    weights : list of tensors
        Of the cell's `recurrent_weights`, or all weights of a classic.
    dropout_mask : tensor or None
        Mask of recurrent dropout, a factor of the first state.
    noise : list of tensors (T, B, size)
        For zoneout, or empty.
    """

    z: Any
    states: list[Any]
    lengths: Any
    weights: list[Any]
    dropout_mask: Any = None
    noise: list[Any] = []


class Results(NamedTuple):
    """What a loop gives.

    Attributes
    ----------
    outputs : tensor (T, B, H), or None
        Undefined after the last real step of a row; None where a loop that gives `last` was not asked for them.
    states : list of tensors (B, size)
        After the last real step.
    last : tensor (B, H), or None
        The last real output, where the loop takes its gradient apart from that of `outputs`.
    """

    outputs: Any
    states: list[Any]
    last: Any = None


class Loop(ABC):
    """Runs one cell over all steps of a sequence.

    Parameters
    ----------
    cell : Keras cell
    """

    # Key of the break-even of compilation; None where `jit_compile` has no effect.
    name: ClassVar[str | None] = "cell"
    # XLA may compile the model around the loop, unless the loop is compiled by itself.
    compiles_in_model: ClassVar[bool] = True
    # A row has the same bits in any batch.
    rows_are_independent: ClassVar[bool] = False

    def __init__(self, cell: Any) -> None:
        self.cell = cell

    def serves(self, layer: keras.layers.RNN) -> bool:
        """Tell whether the loop can run the cell of a layer, here and with its options; otherwise Keras does."""
        return not layer.unroll

    @abstractmethod
    def run(self, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Results:
        """Run the cell.

        Parameters
        ----------
        x : tensor (T, B, D)
            Inputs, real steps first, after dropout.
        states, lengths
            As of `Steps`.
        options : LoopOptions
        """


class ClassicLoop(Loop):
    """LSTM, GRU or Elman network by Keras' cells, on TensorFlow's CPU in float32; on a GPU Keras takes cuDNN."""

    compiles_in_model = False
    rows_are_independent = True

    def serves(self, layer: keras.layers.RNN) -> bool:
        """Only the usual activations, and no recurrent dropout."""
        usual = self.cell.activation is keras.activations.tanh and not self.cell.recurrent_dropout
        return _on_tensorflow_cpu() and usual and not layer.unroll and layer.compute_dtype == "float32"

    def run(self, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Results:
        """Run the cell."""
        from skrnn.layers.classic_loop import run_classic

        return run_classic(str(self.name), Steps(x, states, lengths, self._weights()), options)

    def _weights(self) -> list[Any]:
        """Kernel (D, G H), recurrent kernel (H, G H), bias (G H,) and recurrent bias (G H,)."""
        kernel, recurrent = map(ops.convert_to_tensor, (self.cell.kernel, self.cell.recurrent_kernel))
        zeros = ops.zeros((kernel.shape[1],), kernel.dtype)
        if self.cell.bias is None:
            return [kernel, recurrent, zeros, zeros]
        bias = ops.convert_to_tensor(self.cell.bias)
        return [kernel, recurrent, bias, zeros] if len(bias.shape) == 1 else [kernel, recurrent, bias[0], bias[1]]


class ElmanLoop(ClassicLoop):
    """The simple recurrent network."""

    name = "elman"


class LSTMLoop(ClassicLoop):
    """The LSTM: TensorFlow's fused operation, or a loop in XLA."""

    name = "lstm"

    def serves(self, layer: keras.layers.RNN) -> bool:
        """Only sigmoid gates."""
        return super().serves(layer) and self.cell.recurrent_activation is keras.activations.sigmoid


class GRULoop(LSTMLoop):
    """The GRU that resets after the product."""

    name = "gru"

    def serves(self, layer: keras.layers.RNN) -> bool:
        """Only sigmoid gates, and the reset after the product."""
        return super().serves(layer) and self.cell.reset_after


class StepLoop(Loop):
    """Any `Cell`, step by step over what its `project` gave."""

    def run(self, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Results:
        """Run the cell."""
        return run_steps(self.cell, _projected(self.cell, x, states, lengths, options), options)


class LinearLoop(Loop):
    """A `LinearCell`, all steps at once."""

    name = None
    compiles_in_model = False  # `linear_scan` compiles itself where that is faster

    def run(self, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Results:
        """Run the cell."""
        cell = self.cell
        steps = _projected(cell, x, states, lengths, options)
        z, past = cell.extend(steps.z, states[1:])
        a, b = cell.zoned_coefficients(z, steps.weights, steps.noise[0] if steps.noise else None)
        h = linear_scan(a, b, states[0], cell.is_complex)
        after = [p[-1] for p in (h, *past)]
        if lengths is not None:
            after = [_at_the_end(p, before, lengths) for p, before in zip((h, *past), states)]
        return Results(cell.readout(h, z, steps.weights), after)


class ChunkLoop(Loop):
    """A `ChunkedCell`, some steps at once."""

    def __init__(self, cell: ChunkedCell) -> None:
        super().__init__(cell)
        self.chunks = ChunkSteps(cell)

    def run(self, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Results:
        """Run the cell."""
        z, _, _, weights, _, _ = _projected(self.cell, x, states, lengths, options)
        size, width = self.cell.chunk_size, self.cell.output_size
        length, rows = ops.shape(z)[:2]
        neutral = ops.cast(self.cell.neutral_projection(), z.dtype)
        if lengths is not None:
            real = ops.arange(length, dtype="int32")[:, None, None] < lengths[None, :, None]
            z = ops.where(real, z, neutral)
        filling = ops.broadcast_to(neutral, (-length % size, rows, z.shape[-1]))
        z = ops.reshape(ops.concatenate([z, filling]), (-1, size, rows, z.shape[-1]))  # (T / L, L, B, P)
        z = ops.reshape(ops.transpose(z, (0, 2, 1, 3)), (-1, rows, size * z.shape[-1]))
        outputs, states, _ = run_steps(self.chunks, Steps(z, states, None, weights), options)
        outputs = ops.transpose(ops.reshape(outputs, (-1, rows, size, width)), (0, 2, 1, 3))
        return Results(ops.reshape(outputs, (-1, rows, width))[:length], states)


# Keras' classes stand for themselves, as a subclass may compute anything; skrnn's stand for their subclasses.
LOOPS: dict[type, type[Loop]] = {
    keras.layers.GRUCell: GRULoop,
    keras.layers.LSTMCell: LSTMLoop,
    keras.layers.SimpleRNNCell: ElmanLoop,
    Cell: StepLoop,
    ChunkedCell: ChunkLoop,
    LinearCell: LinearLoop,
}


def loop_class(cell_class: type) -> type[Loop] | None:
    """Return the loop for a class of cells, or None where only Keras' own runs them."""
    bases = cell_class.__mro__ if issubclass(cell_class, Cell) else (cell_class,)
    return next((LOOPS[base] for base in bases if base in LOOPS), None)


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


def masked_step(cell: Stepper, t: Any, z: Any, noise: Sequence[Any], states: Any, steps: Steps) -> tuple[Any, Any]:
    """Step t of a loop, after which the rows that have ended have the states they had.

    Parameters
    ----------
    cell : Cell or ChunkSteps
    t : int tensor
    z, noise, states
        At t.
    steps : Steps
        With lengths, weights and the mask of recurrent dropout, which are the same at every step.
    """
    output, after = cell.regularized_step(z, states, steps.weights, steps.dropout_mask, noise or None)
    if steps.lengths is None:
        return output, after
    real = (t < steps.lengths)[:, None]
    after = [ops.where(real, new, old) for new, old in zip(after, states)]
    return (after[0] if cell.output_is_state else output), after


def run_steps(cell: Stepper, steps: Steps, options: LoopOptions) -> Results:
    """Run a cell step by step."""
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.cell_loop import run_graph_loop

        return run_graph_loop(cell, steps, options)

    def step(carry: Any, given: Any) -> Any:
        t, *states = carry
        z, *noise = given
        output, after = masked_step(cell, t, z, noise, states, steps)
        return [t + 1, *after], output

    start = [ops.convert_to_tensor(0, "int32"), *steps.states]
    (_, *states), outputs = ops.scan(step, start, [steps.z, *steps.noise])
    return Results(outputs, states)


def _projected(cell: Cell, x: Any, states: list[Any], lengths: Any, options: LoopOptions) -> Steps:
    """Compute what the steps of a skrnn cell share, or have before the loop begins."""
    dropout_mask, noise = None, []
    if options.training and cell.recurrent_dropout:
        dropout_mask = cell.get_recurrent_dropout_mask(states[0])
    if options.training and cell.zones_out:
        noise = cell.zoneout_noise(states, ops.shape(x)[:1])
    return Steps(cell.project(x), states, lengths, cell.recurrent_weights(), dropout_mask, noise)


def _at_the_end(sequence: Any, before: Any, lengths: Any) -> Any:
    """(T, B, S), (B, S), (B,) -> (B, S): after the last real step, or before the first where there is none."""
    last = steps_of_rows(sequence, ops.maximum(lengths - 1, 0)[None])[0]
    return ops.where((lengths > 0)[:, None], last, before)


def _on_tensorflow_cpu() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")
