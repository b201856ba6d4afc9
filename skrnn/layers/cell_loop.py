"""The loop of any skrnn cell in TensorFlow, whose gradient is that of one step, taken backwards in a loop.

TensorFlow's own gradient of a loop keeps every intermediate tensor of every step in lists. Here the states are kept
alone, and each step is computed again on the way back.
"""

from __future__ import annotations

from typing import Any, cast
from weakref import WeakKeyDictionary, proxy

import tensorflow as tf

from skrnn.layers.cell_steps import Stepper, Steps, masked_step
from skrnn.layers.scan import compiled, padded_size, size_of, without_gradient
from skrnn.layers.unroll import SHARD_ROWS, SHARDS, padded_rows, shard_sizes


class CellLoop:
    """The two loops of a cell.

    Parameters
    ----------
    cell : Cell or ChunkSteps
        Its step, a pure function.
    """

    def __init__(self, cell: Stepper) -> None:
        self.cell = cell

    def forward(self, z: Any, noise: Any, states: Any, weights: Any, dropout_mask: Any, lengths: Any) -> Any:
        """Outputs (T, B, H), states before each step (T, B, size), and states after the last."""
        n_steps = tf.shape(z)[0]
        streams = [_read(s, n_steps) for s in (z, *noise)]
        kept = [tf.TensorArray(s.dtype, n_steps, element_shape=s.shape) for s in states]
        shown = tf.TensorArray(z.dtype, n_steps, element_shape=(z.shape[1], self.cell.output_size))

        def body(t: Any, states: Any, kept: Any, shown: Any) -> Any:
            z_t, *noise_t = (stream.read(t) for stream in streams)
            live = None if lengths is None else (t < lengths)[:, None]
            kept = tuple(array.write(t, s) for array, s in zip(kept, states))
            output, after = masked_step(self.cell, z_t, noise_t, states, weights, dropout_mask, live)
            return t + 1, tuple(after), kept, shown.write(t, output)

        start = (tf.constant(0), tuple(states), tuple(kept), shown)
        _, after, kept, shown = tf.while_loop(lambda t, *_: t < n_steps, body, start, maximum_iterations=n_steps)
        return shown.stack(), [array.stack() for array in kept], list(after)

    def backward(
        self, z: Any, noise: Any, kept: Any, weights: Any, dropout_mask: Any, lengths: Any, d_outputs: Any, d_after: Any
    ) -> Any:
        """Gradients of z, of the states before the first step, and of the weights."""
        n_steps = tf.shape(z)[0]
        streams = [_read(s, n_steps) for s in (z, d_outputs, *kept, *noise)]
        d_z = tf.TensorArray(z.dtype, n_steps, element_shape=z.shape[1:])

        def body(left: Any, d_states: Any, d_weights: Any, d_z: Any) -> Any:
            t = left - 1
            z_t, d_output, *rest = (stream.read(t) for stream in streams)
            states, noise_t = rest[: len(kept)], rest[len(kept) :]
            live = None if lengths is None else (t < lengths)[:, None]
            watched = [tf.identity(w) for w in weights]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([z_t, *states, *watched])
                output, after = masked_step(self.cell, z_t, noise_t, states, watched, dropout_mask, live)
            sources = [z_t, *states, *watched]
            zero = tf.UnconnectedGradients.ZERO
            d_z_t, *d = tape.gradient([output, *after], sources, [d_output, *d_states], unconnected_gradients=zero)
            d_weights = tuple(total + more for total, more in zip(d_weights, d[len(kept) :]))
            return t, tuple(d[: len(kept)]), d_weights, d_z.write(t, d_z_t)

        start = (n_steps, tuple(d_after), tuple(tf.zeros_like(w) for w in weights), d_z)
        results = tf.while_loop(lambda left, *_: left > 0, body, start, maximum_iterations=n_steps)
        _, d_states, d_weights, d_z = results
        return d_z.stack(), list(d_states), list(d_weights)


# Functions compiled with XLA for each cell; they hold the cell by a proxy, so that they go with it.
_COMPILED: WeakKeyDictionary[Stepper, tuple[Any, Any]] = WeakKeyDictionary()


def run_loop(cell: Stepper, steps: Steps, jit_compile: bool) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Run a cell step by step; parameters and results as of `run_steps`."""
    if jit_compile:
        return _run_compiled(cell, steps)
    loop = CellLoop(cell)
    return _run(loop.forward, loop.backward, steps)


def _run_compiled(cell: Stepper, steps: Steps) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Compile with XLA and run, parts of the rows side by side."""
    if cell not in _COMPILED:
        loop = CellLoop(cast(Stepper, proxy(cell)))
        _COMPILED[cell] = compiled(loop.forward), compiled(loop.backward, without_gradient)
    functions = _COMPILED[cell]
    rows = steps.z.shape[1]
    alone = SHARDS == 1 or (rows is not None and rows <= SHARDS * SHARD_ROWS)
    parts = []
    for part in [steps] if alone else _in_shards(steps):
        n_steps, n_rows = size_of(part.z, 0), size_of(part.z, 1)
        outputs, after = _run(*functions, _padded(part, n_steps, n_rows))
        parts.append([outputs[:n_steps, :n_rows], *(s[:n_rows] for s in after)])
    outputs, *after = parts[0] if alone else [tf.concat(p, axis=int(i == 0)) for i, p in enumerate(zip(*parts))]
    return outputs, after


def _run(forward: Any, backward: Any, steps: Steps) -> tuple[tf.Tensor, list[tf.Tensor]]:
    z, states, lengths, weights, dropout_mask, noise = steps
    n = len(states)

    @tf.custom_gradient
    def run(z: Any, *rest: Any) -> Any:
        states, weights = list(rest[:n]), list(rest[n:])
        outputs, kept, after = forward(z, noise, states, weights, dropout_mask, lengths)

        def gradient(d_outputs: Any, *d_after: Any) -> Any:
            d = (d_outputs, list(d_after))
            d_z, d_states, d_weights = backward(z, noise, kept, weights, dropout_mask, lengths, *d)
            return d_z, *d_states, *d_weights

        return (outputs, *after), gradient

    outputs, *after = run(z, *states, *(tf.convert_to_tensor(w) for w in weights))
    return outputs, after


def _in_shards(steps: Steps) -> list[Steps]:
    """Parts of the rows, whose loops run side by side."""
    sizes = shard_sizes(steps.z, SHARDS)

    def split(x: Any, axis: int) -> list[Any]:
        return [None] * SHARDS if x is None else tf.split(x, sizes, axis=axis, num=SHARDS)

    states = zip(*(split(s, 0) for s in steps.states))
    noise = zip(*(split(n, 1) for n in steps.noise)) if steps.noise else [()] * SHARDS
    parts = zip(split(steps.z, 1), states, split(steps.lengths, 0), split(steps.dropout_mask, 0), noise)
    return [
        Steps(z, list(s), lengths, steps.weights, dropout_mask, list(n)) for z, s, lengths, dropout_mask, n in parts
    ]


def _padded(steps: Steps, n_steps: Any, n_rows: Any) -> Steps:
    """Fill up to one of few sizes, for each of which XLA compiles."""
    more_steps, more_rows = padded_size(n_steps) - n_steps, padded_rows(n_rows) - n_rows
    lengths = tf.fill([n_rows], n_steps) if steps.lengths is None else steps.lengths

    def sequence(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_steps], [0, more_rows], [0, 0]])

    def rows(x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, more_rows], [0, 0]])

    dropout_mask = None if steps.dropout_mask is None else rows(steps.dropout_mask)
    lengths = tf.pad(lengths, [[0, more_rows]])
    return Steps(
        sequence(steps.z),
        [rows(s) for s in steps.states],
        lengths,
        steps.weights,
        dropout_mask,
        list(map(sequence, steps.noise)),
    )


def _read(x: tf.Tensor, n_steps: Any) -> tf.TensorArray:
    return tf.TensorArray(x.dtype, n_steps, element_shape=x.shape[1:]).unstack(x)
