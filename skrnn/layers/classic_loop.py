"""LSTM, GRU and Elman network over padded sequences in TensorFlow.

The loop alone depends on the step before; the gradients of all weights are products of whole sequences after it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

from skrnn.layers.block_lstm import block_lstm
from skrnn.layers.elman_loop import elman_backward, elman_forward
from skrnn.layers.gru_loop import gru_backward, gru_forward
from skrnn.layers.loops import LoopOptions, Results, Steps
from skrnn.layers.lstm_loop import lstm_backward, lstm_forward
from skrnn.layers.rows import in_shards, n_shards, padded_rows, padded_size, shard_sizes, size_of
from skrnn.layers.scan import Arriving, compiled, without_gradient

# Kernels treat 16 floats at a time and the rest apart, which differs in the last bit. With a multiple of 16 units
# there is no rest, so the result of a sequence does not depend on the others in its batch.
UNIT_MULTIPLE = 16


class LoopPair:
    """The two loops of a recurrence, plain and compiled with XLA.

    Parameters
    ----------
    forward, backward : callable
        Such as `lstm_forward` and `lstm_backward`.
    """

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        def with_tensors(  # of which alone a compiled function is made
            kept: Any, outputs: Any, u: Any, states: Any, d_sequence: Any, d_last: Any, lengths: Any, n_steps: Any
        ) -> Any:
            return backward(kept, outputs, u, states, Arriving(d_sequence, d_last, lengths), n_steps)

        self.plain = (forward, with_tensors)
        self.compiled = (compiled(forward), compiled(with_tensors, without_gradient))


PAIRS = {
    "elman": LoopPair(elman_forward, elman_backward),
    "gru": LoopPair(gru_forward, gru_backward),
    "lstm": LoopPair(lstm_forward, lstm_backward),
}


def run_classic(name: str, steps: Steps, options: LoopOptions) -> Results:
    """Run a recurrence.

    Parameters
    ----------
    name : str
        A key of `PAIRS`.
    steps : Steps
        Weights are the kernel (D, G H), the recurrent kernel (H, G H), the bias (G H,) and the recurrent bias (G H,).
    options : LoopOptions

    Returns
    -------
    Results
        States that are not wanted are as they were before the first step. A row without a real step has outputs of
        zero.
    """
    given, empty = steps.lengths, None
    if given is None:
        given = tf.fill([size_of(steps.z, 1)], size_of(steps.z, 0))
    elif not options.right_padded:
        empty, given = given[:, None] == 0, tf.maximum(given, 1)
    weights = [tf.convert_to_tensor(w) for w in steps.weights]  # a custom gradient takes no variables
    run = _run_block if name == "lstm" and not options.jit_compile else partial(_run_loops, PAIRS[name])
    outputs, after, _ = _in_whole_registers(run, steps._replace(lengths=given, weights=weights), options)
    last, rest = after[0], steps.states[len(after) :]
    if empty is None:
        return Results(outputs, [*after, *rest], last)
    last = tf.where(empty, tf.zeros_like(last), last)
    return Results(outputs, [*(tf.where(empty, s, h) for s, h in zip(steps.states, after)), *rest], last)


def _in_whole_registers(run: Callable[..., Results], steps: Steps, options: LoopOptions) -> Results:
    """Add units that stay at zero, up to a multiple of `UNIT_MULTIPLE`, except in training."""
    units = steps.states[0].shape[1]
    more = -units % UNIT_MULTIPLE
    if options.training or not more:
        return run(steps, options)
    kernel, u, *biases = steps.weights
    gates = kernel.shape[1] // units

    def columns(w: tf.Tensor) -> tf.Tensor:
        split = tf.reshape(w, [-1, gates, units])
        return tf.reshape(tf.pad(split, [[0, 0], [0, 0], [0, more]]), [-1, gates * (units + more)])

    wide = [columns(kernel), tf.pad(columns(u), [[0, more], [0, 0]]), *(columns(b)[0] for b in biases)]
    wide = [tf.ensure_shape(w, [*w.shape]) for w in wide]
    states = [tf.pad(s, [[0, 0], [0, more]]) for s in steps.states]
    outputs, after, _ = run(steps._replace(weights=wide, states=states), options)
    return Results(None if outputs is None else outputs[:, :, :units], [h[:, :units] for h in after])


def _run_block(steps: Steps, options: LoopOptions) -> Results:
    """Run TensorFlow's LSTM, which cuts its rows itself."""
    x, states, lengths, weights, _, _ = steps
    shards, n_rows = n_shards(x), size_of(x, 1)
    wanted = options.return_sequences, options.return_states
    if options.training:
        sequence, last = block_lstm(x, weights, states, lengths, shard_sizes(x, shards), *wanted)
        return Results(sequence[0] if sequence else None, last)
    single = n_rows == 1  # see `padded_rows`
    padding = [0, int(single) if isinstance(single, bool) else tf.cast(single, tf.int32)]
    x, states = _padded(x, padding), [_padded_rows(s, padding) for s in states]
    lengths = tf.pad(lengths, [[0, padding[1]]], constant_values=1)
    sequence, last = block_lstm(x, weights, states, lengths, shard_sizes(x, shards), *wanted)
    return Results(sequence[0][:, :n_rows] if sequence else None, [h[:n_rows] for h in last])


def _run_loops(pair: LoopPair, steps: Steps, options: LoopOptions) -> Results:
    """Run loops of skrnn; a graph loop of many small operations keeps all cores busy by itself, and is run as one."""
    if options.jit_compile:
        return in_shards(lambda part: _run_pair(*pair.compiled, part, options), steps)
    return _run_pair(*pair.plain, steps, options)


def _run_pair(forward: Callable, backward: Callable, steps: Steps, options: LoopOptions) -> Results:
    """Without `training` the loop is run again should a gradient be asked for."""
    jit, sequences, lengths = options.jit_compile, options.return_sequences, steps.lengths
    length, n_rows = size_of(steps.z, 0), size_of(steps.z, 1)
    n_steps = tf.constant(length) if isinstance(length, int) else length
    if not isinstance(n_rows, int):
        n_steps = tf.where(n_rows > 0, length, 0)
    # XLA compiles for each size: there must be few.
    padding = [padded_size(length) - length, padded_rows(n_rows) - n_rows] if jit else [0, 0]

    def run(keep: bool, x: Any, kernel: Any, u: Any, b: Any, *states: Any) -> Any:
        return forward(x, kernel, u, b, list(states), n_steps, not jit, keep, options.return_states)

    @tf.custom_gradient
    def call(x: Any, kernel: Any, u: Any, bias: Any, b: Any, *states: Any) -> Any:
        # A one after the inputs makes of the bias, and of its gradient, a part of the products.
        x = tf.pad(x, [[0, padding[0]], [0, padding[1]], [0, 1]], constant_values=1.0)
        given = x, tf.concat([kernel, bias[None]], axis=0), u, b, *(_padded_rows(s, padding) for s in states)
        outputs, kept = run(options.training, *given)

        def gradient(*d_results: tf.Tensor) -> Any:
            d_sequence = _padded(d_results[0], padding) if sequences else None
            d_last = [_padded_rows(d, padding) for d in d_results[sequences:]]
            made, saved = (outputs, kept) if options.training else run(True, *given)
            ends = _padded_rows(lengths[:, None], padding)[:, 0]
            d_products, d_states = backward(saved, made, u, list(given[4:]), d_sequence, d_last, ends, n_steps)
            d_z, d_rec = (d[:length] for d in (d_products[0], d_products[-1]))
            d_x = tf.reshape(tf.matmul(_rows(d_z), kernel, transpose_b=True), [length, -1, kernel.shape[0]])
            d_kernel = tf.matmul(_rows(x[:length]), _rows(d_z), transpose_a=True)
            d_u = tf.matmul(_rows(made[0][: length - 1]), _rows(d_rec[1:]), transpose_a=True)
            d_u += tf.matmul(given[4], d_rec[0], transpose_a=True)
            d_b = tf.reduce_sum(_rows(d_rec), 0)
            return d_x[:, :n_rows], d_kernel[:-1], d_u, d_kernel[-1], d_b, *(d[:n_rows] for d in d_states)

        sequence = [outputs[0][:length, :n_rows] if jit else outputs[0]] if sequences else []
        return (*sequence, *(_last(h, lengths) for h in outputs)), gradient

    results = list(call(steps.z, *steps.weights, *steps.states))
    return Results(results[0] if sequences else None, results[sequences:])


def _last(h: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """(T, B, H) -> (B, H): after the last real step; h may have more rows than there are lengths."""
    return tf.gather_nd(h, tf.stack([lengths - 1, tf.range(size_of(lengths, 0))], axis=1))


def _padded_rows(x: tf.Tensor, padding: Any) -> tf.Tensor:
    return tf.pad(x, [[0, padding[1]], [0, 0]]) if _pads(padding) else x


def _padded(x: tf.Tensor, padding: Any) -> tf.Tensor:
    """Fill (T, B, width) up with zeros at the end of time and rows."""
    return tf.pad(x, [[0, padding[0]], [0, padding[1]], [0, 0]]) if _pads(padding) else x


def _pads(padding: Any) -> bool:
    """Whether padding may not be 0."""
    return any(not isinstance(n, int) or n for n in padding)


def _rows(x: tf.Tensor) -> tf.Tensor:
    return tf.reshape(x, [-1, x.shape[2]])  # (T B, width)
