"""Masks around a loop that knows none: real steps first, and every output back to its step."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.layers.scan import size_of
from skrnn.layers.unroll import SHARD_ROWS, SHARDS, unroll

# Kernels treat 16 floats at a time and the rest apart, which differs in the last bit. With a multiple of 16 units
# there is no rest, so the result of a sequence does not depend on the others in its batch.
UNIT_MULTIPLE = 16

Results = tuple[list[tf.Tensor], list[tf.Tensor]]


def unroll_masked(layer: Any, x: tf.Tensor, states: list[tf.Tensor], mask: Any, training: bool) -> Any:
    """Run a fused layer.

    Parameters
    ----------
    layer : LSTM, GRU or SimpleRNN
        Its weights and options.
    x : tensor (B, T, D)
        Inputs.
    states : list of tensors (B, H)
        Before the first step.
    mask : tensor (B, T) of bool, or None
        False where a step leaves the states alone.
    training : bool
        Keep what the gradient needs.

    Returns
    -------
    last_output : tensor (B, H)
    outputs : tensor (B, T, H), or (B, 1, H) where the layer returns the last output only
    states : list of tensors (B, H)
        After the last step; those that the layer does not give on are as they were before the first.
    """
    shards = 1 if x.shape[0] is not None and x.shape[0] <= SHARDS * SHARD_ROWS else SHARDS
    if mask is None:
        x = tf.reverse(x, [1]) if layer.go_backwards else x
        lengths = tf.fill([tf.shape(x)[0]], tf.shape(x)[1])
        sequence, last = _in_shards(layer, shards, swapped(x), states, lengths, training)
        outputs = swapped(sequence[0]) if sequence else last[0][:, None]
        return last[0], outputs, [*last, *states[len(last) :]]
    mask = tf.cast(mask, tf.bool)
    lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)  # (B,)
    plain, empty = True, lengths[:, None] == 0  # all padding at the end
    if not layer.right_padded:
        plain = tf.reduce_all(mask == tf.sequence_mask(lengths, tf.shape(mask)[1]))
    x = _real_steps_first(x, mask, lengths, plain, layer.go_backwards)
    if not layer.right_padded:
        lengths = tf.maximum(lengths, 1)
    sequence, last = _in_shards(layer, shards, swapped(x), states, lengths, training)
    last_output = last[0] if layer.right_padded else tf.where(empty, tf.zeros_like(last[0]), last[0])
    outputs = last_output[:, None]
    if sequence:
        h = swapped(sequence[0])  # (B, T, H)
        outputs = _at_their_steps(h, last_output, mask, lengths, plain, layer)
    after = last if layer.right_padded else [tf.where(empty, s, h) for s, h in zip(states, last)]
    return last_output, outputs, [*after, *states[len(last) :]]


@tf.custom_gradient
def swapped(x: tf.Tensor) -> Any:
    """(B, T, D) -> (T, B, D), and back. A gather of rows takes a fifth of the time of TensorFlow's transpose."""
    rows, steps = size_of(x, 0), size_of(x, 1)
    if any(isinstance(n, int) and n == 1 for n in (rows, steps)):
        return tf.reshape(x, [steps, rows, x.shape[2]]), swapped
    index = tf.range(steps)[:, None] + tf.range(rows)[None, :] * steps  # (T, B)
    return tf.gather(tf.reshape(x, [-1, x.shape[2]]), index), swapped


def _real_steps_first(x: tf.Tensor, mask: tf.Tensor, lengths: tf.Tensor, plain: Any, backwards: bool) -> Any:
    """Move the real steps of each row to its front, in the order in which they are run."""

    def padded_at_the_end() -> tf.Tensor:
        return tf.reverse_sequence(x, tf.maximum(lengths, 1), seq_axis=1, batch_axis=0) if backwards else x

    def anyhow() -> tf.Tensor:
        steps, real = (tf.reverse(x, [1]), tf.reverse(mask, [1])) if backwards else (x, mask)
        order = tf.argsort(tf.cast(~real, tf.int32), axis=1, stable=True)  # (B, T)
        return tf.gather(steps, order, batch_dims=1)

    return padded_at_the_end() if plain is True else tf.cond(plain, padded_at_the_end, anyhow)


def _at_their_steps(
    h: tf.Tensor, last_output: tf.Tensor, mask: tf.Tensor, lengths: tf.Tensor, plain: Any, layer: Any
) -> tf.Tensor:
    """Outputs (B, T, H) in Keras' order: a masked step repeats the output before it, or is zero."""
    zero = layer.zero_output_for_mask
    backwards = layer.go_backwards

    def padded_at_the_end() -> tf.Tensor:
        if not backwards:
            filling = tf.zeros_like(h) if zero else last_output[:, None]
            return tf.where(mask[:, :, None], h, filling)
        placed = tf.reverse(tf.reverse_sequence(h, tf.maximum(lengths, 1), seq_axis=1, batch_axis=0), [1])
        return tf.where(tf.reverse(mask, [1])[:, :, None], placed, tf.zeros_like(h))

    def anyhow() -> tf.Tensor:
        real = tf.reverse(mask, [1]) if backwards else mask
        count = tf.cumsum(tf.cast(real, tf.int32), axis=1)  # (B, T)
        shown = tf.gather(h, tf.maximum(count - 1, 0), batch_dims=1)
        return tf.where((real if zero else count > 0)[:, :, None], shown, tf.zeros_like(h))

    return padded_at_the_end() if plain is True else tf.cond(plain, padded_at_the_end, anyhow)


def _in_shards(layer: Any, shards: int, x: tf.Tensor, states: list, lengths: tf.Tensor, training: bool) -> Results:
    """Run parts of the rows side by side."""
    units = states[0].shape[1]
    weights = [tf.convert_to_tensor(w) for w in layer.loop_weights()]  # a custom gradient takes no variables
    if not training:
        weights, states = _widened(weights, states, units)
    options = {
        "shards": shards,
        "jit_compile": layer.jit_compile,
        "training": training,
        "sequences": layer.return_sequences,
        "every_state": layer.return_state or layer.stateful,
    }
    sequence, last = unroll(layer.loop, x, weights, states, lengths, **options)
    if units % UNIT_MULTIPLE == 0 or training:
        return sequence, last
    return [h[:, :, :units] for h in sequence], [h[:, :units] for h in last]


def _widened(weights: list[tf.Tensor], states: list[tf.Tensor], units: int) -> tuple[list, list]:
    """Add units that stay at zero, up to a multiple of `UNIT_MULTIPLE`."""
    more = -units % UNIT_MULTIPLE
    if not more:
        return weights, states
    kernel, u, *biases = weights
    gates = kernel.shape[1] // units

    def columns(w: tf.Tensor) -> tf.Tensor:
        split = tf.reshape(w, [-1, gates, units])
        return tf.reshape(tf.pad(split, [[0, 0], [0, 0], [0, more]]), [-1, gates * (units + more)])

    wide = [columns(kernel), tf.pad(columns(u), [[0, more], [0, 0]]), *(columns(b)[0] for b in biases)]
    return [tf.ensure_shape(w, [*w.shape]) for w in wide], [tf.pad(s, [[0, 0], [0, more]]) for s in states]
