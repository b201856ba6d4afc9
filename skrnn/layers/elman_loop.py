"""The Elman network, h = tanh(x W + h U + b), over time, forward and backward."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.layers.scan import Arriving, Tensors, project, scan


def elman_forward(
    x: tf.Tensor,
    kernel: tf.Tensor,
    u: tf.Tensor,
    b: tf.Tensor,
    states: Tensors,
    n_steps: Any,
    before: bool,
    keep: bool,
    every_state: bool,
) -> Any:
    """Run an Elman network over its inputs.

    Parameters
    ----------
    x : tensor (T, B, D + 1)
        Inputs, and after them a one.
    kernel : tensor (D + 1, H)
        Input kernel, and below it the bias.
    u : tensor (H, H)
        Recurrent kernel.
    b : tensor (H,)
        Not used: there is one bias, in ``kernel``.
    states : list of one tensor (B, H)
        h before the first step.
    n_steps : int tensor
        Steps to run; what follows them is undefined in all results.
    before : bool
        Multiply the inputs before the loop, see `project`.
    keep : bool
        Without effect: `elman_backward` needs nothing but the outputs.
    every_state : bool
        Without effect: there is one state.

    Returns
    -------
    outputs : list of one tensor (T, B, H)
        h after each step.
    kept : empty list
    """
    stream, projected = project(x, kernel, before)

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        h = tf.tanh(projected(inputs[0]) + carry[0] @ u)
        return (h,), (h,)

    return scan(step, n_steps, states, [stream], [u.shape[0]])[1], []


def elman_backward(
    kept: Tensors, outputs: Tensors, u: tf.Tensor, states: Tensors, arriving: Arriving, n_steps: Any
) -> tuple[Tensors, Tensors]:
    """Gradients of `elman_forward`, from the last step to the first.

    Parameters
    ----------
    kept, outputs, u, states, n_steps
        As `elman_forward` took and returned them.
    arriving : Arriving
        Gradients of the results that were used.

    Returns
    -------
    d_z : tuple of one tensor (T, B, H)
        Gradient of x @ kernel, and of h @ u: the same here.
    d_states : list of one tensor (B, H)
    """
    transposed = tf.transpose(u)

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        h, *d_sequence = inputs
        # The product comes first, see `lstm_backward`.
        d_z = (carry[0] @ transposed + arriving.at(t, d_sequence)[0]) * (1.0 - h * h)
        return (d_z,), (d_z,)

    carry = [tf.zeros_like(states[0])]
    (d_first,), (d_z,) = scan(step, n_steps, carry, [outputs[0], *arriving.streams], [u.shape[1]], reverse=True)
    return (d_z,), [d_first @ transposed]
