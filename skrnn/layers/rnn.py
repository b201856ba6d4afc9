"""Recurrent layers over one path: Keras' LSTM, GRU, SimpleRNN and RNN with the loops of `skrnn.layers.loops`.

Weights, masks, states, results and configuration are those of Keras' layers.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras

from skrnn.cells import Cell
from skrnn.layers.loops import Loop, LoopOptions, loop_class
from skrnn.layers.step_order import StepOrder


class _Recurrent:
    """What the layers share: their loop, their own options, and the way from inputs to results."""

    loop: Loop | None

    def _set_up(self, loop: type[Loop] | None, jit_compile: bool, right_padded: bool) -> None:
        self.jit_compile = bool(jit_compile)
        self.right_padded = bool(right_padded)
        self.loop = None if loop is None else loop(self.cell)  # type: ignore[attr-defined]
        apart = self.jit_compile or not (self.loop is None or self.loop.compiles_in_model)
        if apart and self.is_fused and keras.backend.backend() == "tensorflow":
            self.supports_jit = False  # Keras leaves the model around it uncompiled

    @property
    def is_fused(self) -> bool:
        """Whether skrnn's own loop is used; otherwise Keras' is."""
        return self.loop is not None and self.loop.serves(self)  # type: ignore[arg-type]

    def get_config(self) -> dict[str, Any]:
        """Configuration of the Keras layer, and the options of skrnn."""
        own = {"jit_compile": self.jit_compile, "right_padded": self.right_padded}
        return {**super().get_config(), **own}  # type: ignore[misc]

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Last output (B, H), outputs (B, T, H) and states, as Keras' layer gives them."""
        if not self.is_fused:
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        layer: Any = self
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        order = StepOrder(mask, layer)
        x = order.real_first(sequences)  # (T, B, D)
        if training and layer.cell.dropout:
            x = x * layer.cell.get_dropout_mask(x[0])
        options = LoopOptions(
            jit_compile=self.jit_compile,
            right_padded=self.right_padded,
            training=bool(training),
            return_sequences=layer.return_sequences,
            return_states=layer.return_state or layer.stateful,
        )
        outputs, states, last = layer.loop.run(x, states, order.lengths, options)
        last_apart = last is not None
        last = last if last_apart else order.last(outputs)
        if not layer.return_sequences:
            return last, last[:, None], states
        return last, order.at_their_steps(outputs, last, last_apart), states


@keras.saving.register_keras_serializable(package="skrnn")
class RNN(_Recurrent, keras.layers.RNN):
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
        loop = loop_class(type(cell)) if isinstance(cell, Cell) else None
        self._set_up(loop, jit_compile, right_padded)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Build the cell, and read the widths of its states, which may depend on the input."""
        super().build(sequences_shape, initial_state_shape)
        if self.is_fused:
            self.state_size = list(self.cell.state_size)


class _Classic(_Recurrent):
    """A Keras layer with a cell of its own."""

    cell_class: ClassVar[type]

    def __init__(self, units: int, jit_compile: bool = False, right_padded: bool = False, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)  # type: ignore[call-arg]
        self._set_up(loop_class(self.cell_class), jit_compile, right_padded)


@keras.saving.register_keras_serializable(package="skrnn")
class LSTM(_Classic, keras.layers.LSTM):
    """`keras.layers.LSTM`, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: a second or so once for each architecture and size of batch, and then about half
        the time. Without it TensorFlow's fused operation for CPUs runs.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.LSTM`.

    Notes
    -----
    ``i, f, o = sigmoid(x W + h U + b)``, ``g = tanh(x W + h U + b)``, ``c' = f c + i g``, ``h' = o tanh(c')``.
    With other activations, recurrent dropout, another dtype than float32, another backend than TensorFlow, or a GPU,
    the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import LSTM
    >>> LSTM(3)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    cell_class = keras.layers.LSTMCell


@keras.saving.register_keras_serializable(package="skrnn")
class GRU(_Classic, keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: a second or so once for each architecture and size of batch, and then about a
        third of the time.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.GRU`.

    Notes
    -----
    ``z, r = sigmoid(x W + b + h U + d)``, ``a = tanh(x W + b + r (h U + d))``, ``h' = z h + (1 - z) a``.
    With other activations, ``reset_after=False``, recurrent dropout, another dtype than float32, another backend than
    TensorFlow, or a GPU, the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import GRU
    >>> GRU(3, return_sequences=True)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 5, 3])
    """

    cell_class = keras.layers.GRUCell


@keras.saving.register_keras_serializable(package="skrnn")
class SimpleRNN(_Classic, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN`, the Elman network, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: half a second or so once for each architecture and size of batch, and then about
        a third of the time.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.SimpleRNN`.

    Notes
    -----
    ``h' = tanh(x W + h U + b)``. With another activation, recurrent dropout, another dtype than float32, another
    backend than TensorFlow, or a GPU, the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import SimpleRNN
    >>> SimpleRNN(3)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    cell_class = keras.layers.SimpleRNNCell


# Cells and layers of Keras, and what runs them.
FUSED = {
    keras.layers.GRU: GRU,
    keras.layers.GRUCell: GRU,
    keras.layers.LSTM: LSTM,
    keras.layers.LSTMCell: LSTM,
    keras.layers.SimpleRNN: SimpleRNN,
    keras.layers.SimpleRNNCell: SimpleRNN,
}


def runs_fused(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer, or both directions of it, run in a loop that gives a row the same bits in any batch."""
    inner = layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer
    return isinstance(inner, _Recurrent) and inner.is_fused and inner.loop.rows_are_independent  # type: ignore[union-attr]
