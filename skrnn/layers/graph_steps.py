"""A loop over steps in TensorFlow's graph, whose outputs need not look like its carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def over_graph_steps(step: Callable[[Any, Any], tuple[Any, Any]], start: Any, given: Any) -> Any:
    """Run a step over all steps of sequences; as `skrnn.layers.stepping.over_steps`."""
    streams = [tf.convert_to_tensor(x) for x in tf.nest.flatten(given)]
    n_steps = tf.shape(streams[0])[0]
    arrays = [tf.TensorArray(x.dtype, n_steps, element_shape=x.shape[1:]).unstack(x) for x in streams]
    carry = [tf.convert_to_tensor(x) for x in tf.nest.flatten(start)]
    shape: list[Any] = []  # of the outputs, which the first trace tells

    def taken(t: Any, carry: list[tf.Tensor]) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        at_t = tf.nest.pack_sequence_as(given, [array.read(t) for array in arrays])
        after, outputs = step(tf.nest.pack_sequence_as(start, carry), at_t)
        shape[:] = [outputs]
        return tf.nest.flatten(after), tf.nest.flatten(outputs)

    first_after, first = taken(tf.constant(0), carry)  # there is one, and it tells shapes and types
    shown = [tf.TensorArray(y.dtype, n_steps, element_shape=y.shape).write(0, y) for y in first]

    def body(t: Any, carry: Any, shown: Any) -> Any:
        after, outputs = taken(t, list(carry))
        return t + 1, tuple(after), tuple(array.write(t, y) for array, y in zip(shown, outputs))

    begun = (tf.constant(1), tuple(first_after), tuple(shown))
    _, _, shown = tf.while_loop(lambda t, *_: t < n_steps, body, begun, maximum_iterations=n_steps)
    return tf.nest.pack_sequence_as(shape[0], [array.stack() for array in shown])
