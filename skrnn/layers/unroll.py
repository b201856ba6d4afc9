"""A recurrence over padded sequences in TensorFlow.

The loop alone depends on the step before; the gradients of all weights are products of whole sequences after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from skrnn.layers.block_lstm import block_lstm
from skrnn.layers.elman_loop import elman_backward, elman_forward
from skrnn.layers.gru_loop import gru_backward, gru_forward
from skrnn.layers.lstm_loop import lstm_backward, lstm_forward
from skrnn.layers.scan import Arriving, Tensors, compiled, padded_size, size_of, without_gradient

# A batch is cut by rows into this many loops that run side by side: one small product a step is too little work for
# two threads, two independent loops are not. More than four were never measured.
SHARDS = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)

# Rows in a shard at least.
SHARD_ROWS = 8


class Loop:
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


LOOPS = {
    "elman": Loop(elman_forward, elman_backward),
    "gru": Loop(gru_forward, gru_backward),
    "lstm": Loop(lstm_forward, lstm_backward),
}


def unroll(
    name: str,
    x: tf.Tensor,
    weights: Tensors,
    states: Tensors,
    lengths: tf.Tensor,
    *,
    shards: int,
    jit_compile: bool,
    training: bool,
    sequences: bool,
    every_state: bool,
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Run a recurrence over sequences that begin at step 0, in parts of the batch side by side.

    Parameters
    ----------
    name : str
        A key of `LOOPS`.
    x : tensor (T, B, D)
        Inputs, time first.
    weights : list of tensors
        Kernel (D, G H), recurrent kernel (H, G H), bias (G H,) and recurrent bias (G H,).
    states : list of tensors (B, H)
        Before the first step.
    lengths : tensor (B,) of int
        Real steps of each row, at least 1.
    shards : int
        Parts at most. A graph loop of many small operations keeps all cores busy by itself, and is run as one.
    jit_compile : bool
        Compile the loops with XLA.
    training : bool
        Keep what the gradient needs; without it the loop is run again should a gradient be asked for.
    sequences : bool
        Return h of every step, too.
    every_state : bool
        Return the last c of an LSTM, too.

    Returns
    -------
    sequence : list of one tensor (T, B, H), or empty
        h after each step; undefined after the last real step of a row.
    last : list of tensors (B, H)
        h, and c where asked for, after the last real step.
    """
    if name == "lstm" and not jit_compile:
        if training:
            return block_lstm(x, weights, states, lengths, shard_sizes(x, shards), sequences, every_state)
        n_rows = size_of(x, 1)
        single = n_rows == 1  # see `padded_rows`
        padding = [0, int(single) if isinstance(single, bool) else tf.cast(single, tf.int32)]
        x, states = _padded(x, padding), [_padded_rows(s, padding) for s in states]
        lengths = tf.pad(lengths, [[0, padding[1]]], constant_values=1)
        sequence, last = block_lstm(x, weights, states, lengths, shard_sizes(x, shards), sequences, every_state)
        return [h[:, :n_rows] for h in sequence], [h[:n_rows] for h in last]
    options = (jit_compile, training, sequences, every_state)
    if shards == 1 or not jit_compile:
        return _unrolled(LOOPS[name], x, weights, states, lengths, *options)
    sizes = shard_sizes(x, shards)
    rows = zip(*(tf.split(s, sizes, num=shards) for s in (*states, lengths)))
    parts = [
        _unrolled(LOOPS[name], part, weights, given[:-1], given[-1], *options)
        for part, given in zip(tf.split(x, sizes, axis=1, num=shards), rows)
    ]
    sequence = [tf.concat(part, axis=1) for part in zip(*(sequence for sequence, _ in parts))]
    return sequence, [tf.concat(part, axis=0) for part in zip(*(last for _, last in parts))]


def shard_sizes(x: tf.Tensor, shards: int) -> tf.Tensor:
    """(T, B, D) -> rows in each part, (shards,); of few rows the later parts stay empty, and none has a single row."""
    if shards == 1:
        return tf.shape(x)[1:2]
    n_rows = tf.shape(x)[1]
    size = tf.maximum(-(-n_rows // shards), SHARD_ROWS)
    size += tf.cast(n_rows % size == 1, tf.int32)
    ends = tf.minimum(size * tf.range(shards + 1), n_rows)
    return tf.ensure_shape(ends[1:] - ends[:-1], [shards])


def _unrolled(
    loop: Loop,
    x: tf.Tensor,
    weights: Tensors,
    states: Tensors,
    lengths: tf.Tensor,
    jit: bool,
    training: bool,
    sequences: bool,
    every_state: bool,
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    forward, backward = loop.compiled if jit else loop.plain
    length, n_rows = size_of(x, 0), size_of(x, 1)
    n_steps = tf.constant(length) if isinstance(length, int) else length
    if not isinstance(n_rows, int):
        n_steps = tf.where(n_rows > 0, length, 0)
    # XLA compiles for each size: there must be few.
    padding = [padded_size(length) - length, padded_rows(n_rows) - n_rows] if jit else [0, 0]

    def run(keep: bool, x: Any, kernel: Any, u: Any, b: Any, *states: Any) -> Any:
        return forward(x, kernel, u, b, list(states), n_steps, not jit, keep, every_state)

    @tf.custom_gradient
    def call(x: Any, kernel: Any, u: Any, bias: Any, b: Any, *states: Any) -> Any:
        # A one after the inputs makes of the bias, and of its gradient, a part of the products.
        x = tf.pad(x, [[0, padding[0]], [0, padding[1]], [0, 1]], constant_values=1.0)
        given = x, tf.concat([kernel, bias[None]], axis=0), u, b, *(_padded_rows(s, padding) for s in states)
        outputs, kept = run(training, *given)

        def gradient(*d_results: tf.Tensor) -> Any:
            d_sequence = _padded(d_results[0], padding) if sequences else None
            d_last = [_padded_rows(d, padding) for d in d_results[sequences:]]
            made, saved = (outputs, kept) if training else run(True, *given)
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

    results = list(call(x, *weights, *states))
    return results[:sequences], results[sequences:]


def _last(h: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """(T, B, H) -> (B, H): after the last real step; h may have more rows than there are lengths."""
    return tf.gather_nd(h, tf.stack([lengths - 1, tf.range(size_of(lengths, 0))], axis=1))


def _padded_rows(x: tf.Tensor, padding: Any) -> tf.Tensor:
    return tf.pad(x, [[0, padding[1]], [0, 0]]) if _pads(padding) else x


def padded_rows(n: Any) -> Any:
    """Rows to compile for: 2, 8, 16, 32, ...; the product of a single row is another kernel, with another last bit."""
    if isinstance(n, int):
        return 2 if n <= 2 else padded_size(n, halves=False)
    return tf.where(n <= 2, 2, padded_size(n, halves=False))


def _padded(x: tf.Tensor, padding: Any) -> tf.Tensor:
    """Fill (T, B, width) up with zeros at the end of time and rows."""
    return tf.pad(x, [[0, padding[0]], [0, padding[1]], [0, 0]]) if _pads(padding) else x


def _pads(padding: Any) -> bool:
    """Whether padding may not be 0."""
    return any(not isinstance(n, int) or n for n in padding)


def _rows(x: tf.Tensor) -> tf.Tensor:
    return tf.reshape(x, [-1, x.shape[2]])  # (T B, width)
