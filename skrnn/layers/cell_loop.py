"""The loop of any skrnn cell in TensorFlow, whose gradient is that of one step, taken backwards in a loop.

TensorFlow's own gradient of a loop keeps every intermediate tensor of every step in lists. Here the states are kept
alone, and each step is computed again on the way back.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary, proxy

import tensorflow as tf

from skrnn.layers.loops import LoopOptions, Results, Stepper, Steps, masked_step
from skrnn.layers.rows import in_shards, padded_rows, padded_size, size_of
from skrnn.layers.scan import compiled, without_gradient


class CellLoop:
    """The two loops of a cell.

    Parameters
    ----------
    cell : Cell or ChunkSteps
        Its step, a pure function.
    """

    def __init__(self, cell: Stepper) -> None:
        self.cell = cell

    def forward(self, steps: Steps) -> Any:
        """Outputs (T, B, H), states before each step (T, B, size), and states after the last."""
        n_steps = tf.shape(steps.z)[0]
        streams = [_read(s, n_steps) for s in (steps.z, *steps.noise)]
        kept = [tf.TensorArray(s.dtype, n_steps, element_shape=s.shape) for s in steps.states]
        shown = tf.TensorArray(steps.z.dtype, n_steps, element_shape=(steps.z.shape[1], self.cell.output_size))

        def body(t: Any, states: Any, kept: Any, shown: Any) -> Any:
            z, *noise = (stream.read(t) for stream in streams)
            kept = tuple(array.write(t, s) for array, s in zip(kept, states))
            output, after = masked_step(self.cell, t, z, noise, states, steps)
            return t + 1, tuple(after), kept, shown.write(t, output)

        start = (tf.constant(0), tuple(steps.states), tuple(kept), shown)
        _, after, kept, shown = tf.while_loop(lambda t, *_: t < n_steps, body, start, maximum_iterations=n_steps)
        return shown.stack(), [array.stack() for array in kept], list(after)

    def backward(self, steps: Steps, kept: Any, d_outputs: Any, d_after: Any) -> Any:
        """Gradients of z, of the states before the first step, and of the weights."""
        n_steps, n_states = tf.shape(steps.z)[0], len(kept)
        streams = [_read(s, n_steps) for s in (steps.z, d_outputs, *kept, *steps.noise)]
        d_z = tf.TensorArray(steps.z.dtype, n_steps, element_shape=steps.z.shape[1:])

        def body(left: Any, d_states: Any, d_weights: Any, d_z: Any) -> Any:
            t = left - 1
            z, d_output, *rest = (stream.read(t) for stream in streams)
            states, noise = rest[:n_states], rest[n_states:]
            weights = [tf.identity(w) for w in steps.weights]
            sources = [z, *states, *weights]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                output, after = masked_step(self.cell, t, z, noise, states, steps._replace(weights=weights))
            zero = tf.UnconnectedGradients.ZERO
            d_z_t, *d = tape.gradient([output, *after], sources, [d_output, *d_states], unconnected_gradients=zero)
            d_weights = tuple(total + more for total, more in zip(d_weights, d[n_states:]))
            return t, tuple(d[:n_states]), d_weights, d_z.write(t, d_z_t)

        start = (n_steps, tuple(d_after), tuple(tf.zeros_like(w) for w in steps.weights), d_z)
        results = tf.while_loop(lambda left, *_: left > 0, body, start, maximum_iterations=n_steps)
        _, d_states, d_weights, d_z = results
        return d_z.stack(), list(d_states), list(d_weights)


# Functions compiled with XLA for each cell; they hold the cell by a proxy, so that they go with it.
_COMPILED: WeakKeyDictionary[Stepper, tuple[Any, Any]] = WeakKeyDictionary()


def run_graph_loop(cell: Stepper, steps: Steps, options: LoopOptions) -> Results:
    """Run a cell step by step; with XLA in parts of the rows side by side."""
    if not options.jit_compile:
        loop = CellLoop(cell)
        return _run(loop.forward, loop.backward, steps)
    if cell not in _COMPILED:
        loop = CellLoop(cast(Stepper, proxy(cell)))
        _COMPILED[cell] = compiled(loop.forward), compiled(loop.backward, without_gradient)
    return in_shards(partial(_run_padded, *_COMPILED[cell]), steps)


def _run_padded(forward: Any, backward: Any, steps: Steps) -> Results:
    """Fill steps and rows up to one of few sizes, for each of which XLA compiles."""
    n_steps, n_rows = size_of(steps.z, 0), size_of(steps.z, 1)
    more_steps, more_rows = padded_size(n_steps) - n_steps, padded_rows(n_rows) - n_rows
    lengths = tf.fill([n_rows], n_steps) if steps.lengths is None else steps.lengths

    def sequence(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_steps], [0, more_rows], [0, 0]])

    def rows(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_rows], [0, 0]])

    drop = None if steps.dropout_mask is None else rows(steps.dropout_mask)
    lengths = tf.pad(lengths, [[0, more_rows]])
    noise = list(map(sequence, steps.noise))
    padded = Steps(sequence(steps.z), list(map(rows, steps.states)), lengths, steps.weights, drop, noise)
    outputs, after, _ = _run(forward, backward, padded)
    return Results(outputs[:n_steps, :n_rows], [s[:n_rows] for s in after])


def _run(forward: Any, backward: Any, steps: Steps) -> Results:
    n = len(steps.states)

    @tf.custom_gradient
    def run(z: Any, *rest: Any) -> Any:
        given = steps._replace(z=z, states=list(rest[:n]), weights=list(rest[n:]))
        outputs, kept, after = forward(given)

        def gradient(d_outputs: Any, *d_after: Any) -> Any:
            d_z, d_states, d_weights = backward(given, kept, d_outputs, list(d_after))
            return d_z, *d_states, *d_weights

        return (outputs, *after), gradient

    outputs, *after = run(steps.z, *steps.states, *(tf.convert_to_tensor(w) for w in steps.weights))
    return Results(outputs, after)


def _read(x: tf.Tensor, n_steps: Any) -> tf.TensorArray:
    return tf.TensorArray(x.dtype, n_steps, element_shape=x.shape[1:]).unstack(x)
