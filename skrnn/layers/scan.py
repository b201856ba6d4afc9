"""A loop over time in TensorFlow, as one graph loop or compiled with XLA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Tensors = Sequence[tf.Tensor]


def scan(
    step: Callable[[Any, Tensors, Tensors], tuple[Tensors, Tensors]],
    n_steps: Any,
    carry: Tensors,
    inputs: Tensors,
    widths: Sequence[int],
    reverse: bool = False,
) -> tuple[Tensors, Tensors]:
    """Run step over the first n_steps of inputs.

    Parameters
    ----------
    step : callable
        ``step(t, carry, inputs at t) -> (carry, outputs at t)``.
    n_steps : int tensor
        At least 1 and at most T. Later steps are not computed, and their outputs are undefined.
    carry : list of tensors
        Before the first step.
    inputs : list of tensors (T, B, width)
        Read step by step.
    widths : list of int
        Width of each output.
    reverse : bool, default=False
        Begin at step ``n_steps - 1`` and go to 0.

    Returns
    -------
    carry : list of tensors
        After the last step.
    outputs : list of tensors (T, B, width)
    """
    size = tf.shape(inputs[0])[0]
    rows = carry[0].shape[0] if inputs[0].shape[1] is None else inputs[0].shape[1]
    dtype = inputs[0].dtype
    streams = [_array(size, (rows, x.shape[2]), dtype).unstack(x) for x in inputs]
    written = [_array(size, (rows, w), dtype) for w in widths]

    def body(t: Any, carry: Any, written: Any) -> Any:
        position = n_steps - 1 - t if reverse else t
        carry, outputs = step(position, carry, [stream.read(position) for stream in streams])
        return t + 1, tuple(carry), [array.write(position, value) for array, value in zip(written, outputs)]

    _, carry, written = tf.while_loop(lambda t, *_: t < n_steps, body, (tf.constant(0), tuple(carry), written))
    return list(carry), [array.stack() for array in written]


def project(x: tf.Tensor, kernel: tf.Tensor, before: bool) -> tuple[tf.Tensor, Callable]:
    """Multiply inputs with the kernel: all of them before the loop, or each in its step.

    Parameters
    ----------
    x : tensor (T, B, D)
        Inputs.
    kernel : tensor (D, G H)
        Input kernel.
    before : bool
        Before the loop, which saves operations; in its steps, which saves memory traffic.

    Returns
    -------
    stream : tensor (T, B, width)
        For the loop to read.
    projected : callable
        From what the loop read at t to the product, (B, G H).
    """
    if not before:
        return x, lambda x_t: x_t @ kernel
    z = tf.reshape(x, [-1, x.shape[2]]) @ kernel  # (T B, G H)
    return tf.reshape(z, [tf.shape(x)[0], tf.shape(x)[1], kernel.shape[1]]), lambda z_t: z_t


def _array(size: Any, shape: tuple, dtype: Any) -> tf.TensorArray:
    return tf.TensorArray(dtype, size=size, element_shape=shape)


class Arriving:
    """Gradients that reach a loop from outside: of the outputs of every step, and of the last real step of a row.

    Parameters
    ----------
    d_sequence : tensor (T, B, H) or None
        Of the outputs; None where only the last states were used.
    d_last : list of tensors (B, H)
        Of each state after the last real step.
    lengths : tensor (B,) of int
        Real steps of each row.
    """

    def __init__(self, d_sequence: tf.Tensor | None, d_last: Tensors, lengths: tf.Tensor) -> None:
        self.streams = [] if d_sequence is None else [d_sequence]
        self.d_last = d_last
        self.ends = lengths[:, None] - 1  # (B, 1)

    def at(self, t: Any, d_sequence: Tensors) -> list[tf.Tensor]:
        """Gradient of each state that arrives at step t, given what `streams` hold there."""
        arriving = [tf.where(self.ends == t, d, tf.zeros_like(d)) for d in self.d_last]
        if d_sequence:
            arriving[0] += d_sequence[0]
        return arriving


def compiled(function: Callable, end: Callable = tf.stop_gradient) -> Callable:
    """Compile with XLA, once for every shape, shared by all programs of the process.

    Parameters
    ----------
    function : callable
        From tensors, lists of tensors, flags and None to nested lists of tensors.
    end : callable, default=tf.stop_gradient
        Taken of each result: an identity through which no gradient flows. XLA has no gradient of these loops, and
        outside a graph a tape asks for it as soon as it watches.
    """

    def ended(*arguments: Any) -> Any:
        return tf.nest.map_structure(end, function(*arguments))

    return tf.function(ended, jit_compile=True, autograph=False)


def without_gradient(x: tf.Tensor) -> tf.Tensor:
    """Return x; a gradient through it is an error."""
    return tf.raw_ops.PreventGradient(input=x, message="skrnn's recurrent layers have no second derivatives with XLA.")
