"""The GRU over time, forward and backward. Gates stand in Keras' order z, r, h, the reset gate after the product."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.layers.scan import Arriving, Tensors, project, scan


def gru_forward(
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
    """Run a GRU over its inputs.

    Parameters
    ----------
    x : tensor (T, B, D + 1)
        Inputs, and after them a one.
    kernel : tensor (D + 1, 3 H)
        Input kernel, and below it the bias.
    u : tensor (H, 3 H)
        Recurrent kernel.
    b : tensor (3 H,)
        Recurrent bias.
    states : list of one tensor (B, H)
        h before the first step.
    n_steps : int tensor
        Steps to run; what follows them is undefined in all results.
    before : bool
        Multiply the inputs before the loop, see `project`.
    keep : bool
        Also return what `gru_backward` reads.
    every_state : bool
        Without effect: there is one state.

    Returns
    -------
    outputs : list of one tensor (T, B, H)
        h after each step.
    kept : list of tensors (T, B, 3 H), (T, B, H), (T, B, H)
        Slopes by d_h: of h @ u + b, of the h before, and of the candidate before its tanh.
    """
    units = u.shape[0]
    stream, projected = project(x, kernel, before)

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        h_before = carry[0]
        z_in, r_in, a_in = tf.split(projected(inputs[0]), 3, axis=1)
        z_rec, r_rec, q = tf.split(h_before @ u + b, 3, axis=1)
        z, r = tf.sigmoid(z_in + z_rec), tf.sigmoid(r_in + r_rec)
        a = tf.tanh(a_in + r * q)
        h = z * h_before + (1.0 - z) * a
        if not keep:
            return (h,), (h,)
        # All gradients of a step are d_h times what does not depend on the step after.
        slope_a = (1.0 - z) * (1.0 - a * a)
        slope_z = (h_before - a) * z * (1.0 - z)
        slope_r = slope_a * q * r * (1.0 - r)
        return (h,), (h, tf.concat([slope_z, slope_r, slope_a * r], axis=1), z, slope_a)

    widths = (units, 3 * units, units, units)[: 4 if keep else 1]
    _, outputs = scan(step, n_steps, states, [stream], widths)
    return outputs[:1], outputs[1:]


def gru_backward(
    kept: Tensors, outputs: Tensors, u: tf.Tensor, states: Tensors, arriving: Arriving, n_steps: Any
) -> tuple[Tensors, Tensors]:
    """Gradients of `gru_forward`, from the last step to the first.

    Parameters
    ----------
    kept, outputs, u, states, n_steps
        As `gru_forward` took and returned them.
    arriving : Arriving
        Gradients of the results that were used.

    Returns
    -------
    d_z, d_recurrent : tuple of two tensors (T, B, 3 H)
        Gradient of x @ kernel, and of h @ u + b.
    d_states : list of one tensor (B, H)
    """
    transposed = tf.transpose(u)
    slopes, z, slope_a = kept

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        d_recurrent, d_kept = carry  # the product comes first, see `lstm_backward`
        slopes, z, *d_sequence = inputs
        d_h = d_recurrent @ transposed + d_kept + arriving.at(t, d_sequence)[0]
        return (tf.concat([d_h] * 3, axis=1) * slopes, d_h * z), (d_h,)

    carry = [tf.zeros_like(slopes[0]), tf.zeros_like(states[0])]
    (d_first, d_kept), (d_h,) = scan(step, n_steps, carry, [slopes, z, *arriving.streams], [u.shape[0]], reverse=True)
    d_recurrent = tf.concat([d_h] * 3, axis=2) * slopes
    d_z = tf.concat([d_recurrent[:, :, : -u.shape[0]], d_h * slope_a], axis=2)
    return (d_z, d_recurrent), [d_first @ transposed + d_kept]
