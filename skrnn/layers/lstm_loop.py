"""The LSTM over time, forward and backward. Gates stand in Keras' order i, f, c, o."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.layers.scan import Arriving, Tensors, scan


def lstm_forward(
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
    """Run an LSTM over its inputs.

    Parameters
    ----------
    x : tensor (T, B, D + 1)
        Inputs, and after them a one.
    kernel : tensor (D + 1, 4 H)
        Input kernel, and below it the bias.
    u : tensor (H, 4 H)
        Recurrent kernel.
    b : tensor (4 H,)
        Not used: there is one bias, in ``kernel``.
    states : list of two tensors (B, H)
        h and c before the first step.
    n_steps : int tensor
        Steps to run; what follows them is undefined in all results.
    before : bool
        Without effect: one product a step takes inputs and state together.
    keep : bool
        Also return what `lstm_backward` reads.
    every_state : bool
        Return c, too.

    Returns
    -------
    outputs : list of one or two tensors (T, B, H)
        h, and c where asked for, after each step.
    kept : list of tensors (T, B, 4 H), (T, B, H), (T, B, H)
        Slopes: d_z = (d_c, d_c, d_c, d_h) * slopes; the slope of h by c; and the gate f, that of c by the c before.
    """
    units = u.shape[0]
    count = 2 if every_state else 1
    both = tf.concat([kernel, u], axis=0)  # (D + 1 + H, 4 H)
    # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2: all gates are one operation over a whole matrix.
    scale = tf.repeat(tf.constant([0.5, 0.5, 1.0, 0.5], x.dtype), units)
    shift = tf.repeat(tf.constant([0.5, 0.5, 0.0, 0.5], x.dtype), units)

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        h, c_before = carry
        z = tf.concat([inputs[0], h], axis=1) @ both
        tanh_z = tf.tanh(z * scale)
        i, f, g, o = tf.split(tanh_z * scale + shift, 4, axis=1)
        c = f * c_before + i * g
        tanh_c = tf.tanh(c)
        h = o * tanh_c
        outputs = (h, c)[:count]
        if not keep:
            return (h, c), outputs
        # All that the backward loop needs and that does not depend on the step after. It is made here, and not
        # for all steps at once before that loop, where the parts of a batch that run side by side would wait.
        slopes = (1.0 - tanh_z * tanh_z) * (scale * scale) * tf.concat([g, c_before, i, tanh_c], axis=1)
        return (h, c), (*outputs, slopes, o * (1.0 - tanh_c * tanh_c), f)

    widths = [units] * count + ([4 * units, units, units] if keep else [])
    _, outputs = scan(step, n_steps, states, [x], widths)
    return outputs[:count], outputs[count:]


def lstm_backward(
    kept: Tensors, outputs: Tensors, u: tf.Tensor, states: Tensors, arriving: Arriving, n_steps: Any
) -> tuple[Tensors, Tensors]:
    """Gradients of `lstm_forward`, from the last step to the first.

    Parameters
    ----------
    kept, outputs, u, states, n_steps
        As `lstm_forward` took and returned them.
    arriving : Arriving
        Gradients of the results that were used.

    Returns
    -------
    d_z : tuple of one tensor (T, B, 4 H)
        Gradient of x @ kernel, and of h @ u: the same here.
    d_states : list of two tensors (B, H)
    """
    transposed = tf.transpose(u)

    def step(t: Any, carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        # The product comes first, and not after d_z, where XLA would have another thread take it over in every step.
        d_z, d_c = carry
        slopes, through, f, *d_sequence = inputs
        d_h_arriving, *d_c_arriving = arriving.at(t, d_sequence)
        d_h = d_z @ transposed + d_h_arriving
        d_c = tf.add_n([d_c, d_h * through, *d_c_arriving])
        d_z = tf.concat([d_c, d_c, d_c, d_h], axis=1) * slopes
        return (d_z, d_c * f), (d_z,)

    carry = [tf.zeros_like(kept[0][0]), tf.zeros_like(states[1])]
    (d_first, d_c), (d_z,) = scan(step, n_steps, carry, [*kept, *arriving.streams], [u.shape[1]], reverse=True)
    return (d_z,), [d_first @ transposed, d_c]
