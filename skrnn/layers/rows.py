"""Rows of a batch in TensorFlow: their layout, the parts that run side by side, and the sizes that XLA compiles for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from skrnn.layers.loops import Results, Steps
from skrnn.sequences.batches import FEW_LENGTHS

# A batch is cut by rows into this many loops that run side by side: one small product a step is too little work for
# two threads, two independent loops are not. More than four were never measured.
SHARDS = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)

# Rows in a shard at least.
SHARD_ROWS = 8


def size_of(x: tf.Tensor, axis: int) -> Any:
    """Size of an axis: an int where the graph knows it, which saves operations, and else a tensor."""
    return tf.shape(x)[axis] if x.shape[axis] is None else x.shape[axis]


@tf.custom_gradient
def swapped(x: tf.Tensor) -> Any:
    """(B, T, D) -> (T, B, D), and back. A gather of rows takes a fifth of the time of TensorFlow's transpose."""
    rows, steps = size_of(x, 0), size_of(x, 1)
    if any(isinstance(n, int) and n == 1 for n in (rows, steps)):
        return tf.reshape(x, [steps, rows, x.shape[2]]), swapped
    index = tf.range(steps)[:, None] + tf.range(rows)[None, :] * steps  # (T, B)
    return tf.gather(tf.reshape(x, [-1, x.shape[2]]), index), swapped


def permuted(x: tf.Tensor, index: tf.Tensor, inverse: Callable[[], tf.Tensor]) -> tf.Tensor:
    """Rearrange the steps of (B, T, D), or (T, B, D), in one gather, and in another one in the gradient.

    Parameters
    ----------
    x : tensor
        Steps along two axes, in any order.
    index : tensor of int
        For each step of the result its number among all steps of x.
    inverse : callable
        Gives for each step of x its number among all steps of the result; called by the gradient alone.
    """

    @tf.custom_gradient
    def gathered(x: tf.Tensor) -> Any:
        result = tf.gather(tf.reshape(x, [-1, x.shape[2]]), index)
        return result, lambda d: permuted(d, inverse(), lambda: index)

    return gathered(x)


def n_shards(x: tf.Tensor) -> int:
    """Parts at most of a batch (T, B, D)."""
    return 1 if x.shape[1] is not None and x.shape[1] <= SHARDS * SHARD_ROWS else SHARDS


def shard_sizes(x: tf.Tensor, shards: int) -> tf.Tensor:
    """(T, B, D) -> rows in each part, (shards,); of few rows the later parts stay empty, and none has a single row."""
    if shards == 1:
        return tf.shape(x)[1:2]
    n_rows = tf.shape(x)[1]
    size = tf.maximum(-(-n_rows // shards), SHARD_ROWS)
    size += tf.cast(n_rows % size == 1, tf.int32)
    ends = tf.minimum(size * tf.range(shards + 1), n_rows)
    return tf.ensure_shape(ends[1:] - ends[:-1], [shards])


def in_shards(run: Callable[[Steps], Results], steps: Steps) -> Results:
    """Run parts of the rows side by side."""
    shards = n_shards(steps.z)
    if shards == 1:
        return run(steps)
    sizes = shard_sizes(steps.z, shards)

    def split(x: Any, axis: int = 0) -> list[Any]:
        return [None] * shards if x is None else tf.split(x, sizes, axis=axis, num=shards)

    states = zip(*map(split, steps.states))
    noise = zip(*(split(n, axis=1) for n in steps.noise)) if steps.noise else [()] * shards
    parts = zip(split(steps.z, axis=1), states, split(steps.lengths), split(steps.dropout_mask), noise)
    ran = [run(Steps(z, list(s), ends, steps.weights, drop, list(n))) for z, s, ends, drop, n in parts]
    outputs = None if ran[0].outputs is None else tf.concat([part.outputs for part in ran], axis=1)
    return Results(outputs, [tf.concat(part, axis=0) for part in zip(*(part.states for part in ran))])


def padded_size(n: Any, powers: bool = False) -> Any:
    """Round a number up to one of `FEW_LENGTHS`, or to one of its powers of two: 8, 16, 32, ..."""
    sizes = FEW_LENGTHS[::2] if powers else FEW_LENGTHS
    if isinstance(n, int):
        return int(sizes[sizes >= n][0])
    sizes = tf.constant(sizes, tf.int32)
    return tf.reduce_min(tf.where(sizes >= n, sizes, tf.int32.max))


def padded_rows(n: Any) -> Any:
    """Rows to compile for: 2, 8, 16, 32, ...; the product of a single row is another kernel, with another last bit."""
    if isinstance(n, int):
        return 2 if n <= 2 else padded_size(n, powers=True)
    return tf.where(n <= 2, 2, padded_size(n, powers=True))
