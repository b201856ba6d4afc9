"""The loop of any skrnn cell in TensorFlow, whose gradient is that of one step, taken backwards in a loop.

TensorFlow's own gradient of a loop keeps every intermediate tensor of every step in lists. Here the states are kept
alone, and each step is computed again on the way back.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.cells import Cell
from skrnn.layers.cell_steps import Steps, masked_step
from skrnn.layers.scan import compiled, padded_size, size_of, without_gradient
from skrnn.layers.unroll import padded_rows


class CellLoop:
    """The two loops of a cell.

    Parameters
    ----------
    cell : Cell
        Its step, a pure function.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.compiled = compiled(self.forward), compiled(self.backward, without_gradient)

    def forward(self, z: Any, noise: Any, states: Any, weights: Any, hidden: Any, lengths: Any) -> Any:
        """Outputs (T, B, H), states before each step (T, B, size), and states after the last."""
        n_steps = tf.shape(z)[0]
        streams = [_read(s, n_steps) for s in (z, *noise)]
        kept = [tf.TensorArray(s.dtype, n_steps, element_shape=s.shape) for s in states]
        shown = tf.TensorArray(z.dtype, n_steps, element_shape=(z.shape[1], self.cell.output_size))

        def body(t: Any, states: Any, kept: Any, shown: Any) -> Any:
            z_t, *noise_t = (stream.read(t) for stream in streams)
            live = None if lengths is None else (t < lengths)[:, None]
            kept = tuple(array.write(t, s) for array, s in zip(kept, states))
            output, after = masked_step(self.cell, z_t, noise_t, states, weights, hidden, live)
            return t + 1, tuple(after), kept, shown.write(t, output)

        start = (tf.constant(0), tuple(states), tuple(kept), shown)
        _, after, kept, shown = tf.while_loop(lambda t, *_: t < n_steps, body, start, maximum_iterations=n_steps)
        return shown.stack(), [array.stack() for array in kept], list(after)

    def backward(
        self, z: Any, noise: Any, kept: Any, weights: Any, hidden: Any, lengths: Any, d_outputs: Any, d_after: Any
    ) -> Any:
        """Gradients of z, of the states before the first step, of the weights, and of hidden where there is any."""
        n_steps = tf.shape(z)[0]
        streams = [_read(s, n_steps) for s in (z, d_outputs, *kept, *noise)]
        d_z = tf.TensorArray(z.dtype, n_steps, element_shape=z.shape[1:])
        constants = [*weights, *([] if hidden is None else [hidden])]

        def body(left: Any, d_states: Any, d_constants: Any, d_z: Any) -> Any:
            t = left - 1
            z_t, d_output, *rest = (stream.read(t) for stream in streams)
            states, noise_t = rest[: len(kept)], rest[len(kept) :]
            live = None if lengths is None else (t < lengths)[:, None]
            watched = [tf.identity(c) for c in constants]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([z_t, *states, *watched])
                hidden_here = None if hidden is None else watched[-1]
                output, after = masked_step(self.cell, z_t, noise_t, states, watched[: len(weights)], hidden_here, live)
            d_z_t, *d = tape.gradient(
                [output, *after],
                [z_t, *states, *watched],
                [d_output, *d_states],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_constants = tuple(total + more for total, more in zip(d_constants, d[len(kept) :]))
            return t, tuple(d[: len(kept)]), d_constants, d_z.write(t, d_z_t)

        start = (n_steps, tuple(d_after), tuple(tf.zeros_like(c) for c in constants), d_z)
        _, d_states, d_constants, d_z = tf.while_loop(
            lambda left, *_: left > 0, body, start, maximum_iterations=n_steps
        )
        return d_z.stack(), list(d_states), list(d_constants)


def run_loop(cell: Cell, steps: Steps, jit_compile: bool) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Run a cell step by step; parameters and results as of `run_steps`."""
    n_steps, n_rows = size_of(steps.z, 0), size_of(steps.z, 1)
    z, states, lengths, weights, hidden, noise = _padded(steps, n_steps, n_rows) if jit_compile else steps
    loop = CellLoop(cell)
    forward, backward = loop.compiled if jit_compile else (loop.forward, loop.backward)
    n, w = len(states), len(weights)

    @tf.custom_gradient
    def run(z: Any, *rest: Any) -> Any:
        states, weights, hidden = list(rest[:n]), list(rest[n : n + w]), (rest[n + w] if len(rest) > n + w else None)
        outputs, kept, after = forward(z, noise, states, weights, hidden, lengths)

        def gradient(d_outputs: Any, *d_after: Any) -> Any:
            d = (d_outputs, list(d_after))
            d_z, d_states, d_constants = backward(z, noise, kept, weights, hidden, lengths, *d)
            return d_z, *d_states, *d_constants

        return (outputs, *after), gradient

    constants = [*weights, *([] if hidden is None else [hidden])]
    outputs, *after = run(z, *states, *(tf.convert_to_tensor(c) for c in constants))
    return outputs[:n_steps, :n_rows], [s[:n_rows] for s in after]


def _padded(steps: Steps, n_steps: Any, n_rows: Any) -> Steps:
    """Fill up to one of few sizes, for each of which XLA compiles."""
    more_steps, more_rows = padded_size(n_steps) - n_steps, padded_rows(n_rows) - n_rows
    lengths = tf.fill([n_rows], n_steps) if steps.lengths is None else steps.lengths

    def sequence(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_steps], [0, more_rows], [0, 0]])

    def rows(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_rows], [0, 0]])

    hidden = None if steps.hidden is None else rows(steps.hidden)
    lengths = tf.pad(lengths, [[0, more_rows]])
    return Steps(
        sequence(steps.z),
        [rows(s) for s in steps.states],
        lengths,
        steps.weights,
        hidden,
        list(map(sequence, steps.noise)),
    )


def _read(x: tf.Tensor, n_steps: Any) -> tf.TensorArray:
    return tf.TensorArray(x.dtype, n_steps, element_shape=x.shape[1:]).unstack(x)
