"""TensorFlow's fused LSTM for the CPU, in parts of a batch side by side, with one gradient written by hand.

BlockLSTM has right values and a right gradient; BlockLSTMV2's gradient in TensorFlow 2.21 is wrong.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from skrnn.layers.scan import Tensors


def block_lstm(
    x: tf.Tensor,
    weights: Tensors,
    states: Tensors,
    lengths: tf.Tensor,
    sizes: tf.Tensor,
    sequences: bool,
    every_state: bool,
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Run an LSTM over sequences that begin at step 0.

    Parameters
    ----------
    x : tensor (T, B, D)
        Inputs, time first.
    weights : list of tensors
        Kernel (D, 4 H), recurrent kernel (H, 4 H) and bias (4 H,), gates in Keras' order i, f, c, o.
    states : list of two tensors (B, H)
        h and c before the first step.
    lengths : tensor (B,) of int
        Real steps of each row, at least 1.
    sizes : tensor (S,) of int
        Rows in each of the parts that run side by side; their number is static.
    sequences, every_state : bool
        Return h of every step; return the last c.

    Returns
    -------
    sequence : list of one tensor (T, B, H), or empty
        h after each step; undefined after the last real step of a row.
    last : list of tensors (B, H)
        h, and c where asked for, after the last real step.
    """
    n_parts = sizes.shape[0]
    # Of each row: its last real step, and its place in its part.
    ends = tf.stack([lengths - 1, tf.range(tf.shape(lengths)[0]) % tf.maximum(sizes[0], 1)], axis=1)
    ends = tf.split(ends, sizes, num=n_parts)
    steps = tf.unstack(tf.cast(tf.minimum(sizes, 1) * tf.shape(x)[0], tf.int64))  # no step where there is no row

    @tf.custom_gradient
    def call(x: Any, kernel: Any, u: Any, bias: Any, h: Any, c: Any) -> Any:
        shared: Any = _shared(kernel, u, bias)
        inputs: list[Any] = list(
            zip(steps, tf.split(x, sizes, axis=1, num=n_parts), *(tf.split(s, sizes) for s in (c, h)))
        )
        parts = [_forward(*given, *shared) for given in inputs]
        sequence = [tf.concat([part.h for part in parts], axis=1)] if sequences else []
        names = ("h", "cs") if every_state else ("h",)
        last = [tf.concat([tf.gather_nd(getattr(p, n), e) for p, e in zip(parts, ends)], axis=0) for n in names]

        def gradient(*d_results: tf.Tensor) -> Any:
            arriving = {
                "h": _arriving(d_results[0] if sequences else None, d_results[sequences], ends, sizes, parts),
                "cs": _arriving(None, d_results[-1] if every_state else None, ends, sizes, parts),
            }
            found = zip(inputs, parts, arriving["h"], arriving["cs"])
            slopes = [_backward(*given, *shared, *rest) for given, *rest in found]
            d_x = tf.concat([s.x_grad for s in slopes], axis=1)
            d_w = _reordered(tf.add_n([s.w_grad for s in slopes]))
            d_bias = _reordered(tf.add_n([s.b_grad for s in slopes])[None])[0]
            d_h, d_c = (tf.concat([getattr(s, n) for s in slopes], axis=0) for n in ("h_prev_grad", "cs_prev_grad"))
            return d_x, d_w[: kernel.shape[0]], d_w[kernel.shape[0] :], d_bias, d_h, d_c

        return (*sequence, *last), gradient

    results = list(call(x, *weights[:3], *states))
    return results[:sequences], results[sequences:]


def _shared(kernel: tf.Tensor, u: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Matrix (D + H, 4 H) and bias in the order of TensorFlow's gates, and a peephole of zeros."""
    return _reordered(tf.concat([kernel, u], axis=0)), _reordered(bias[None])[0], tf.zeros(u.shape[:1], u.dtype)


def _reordered(w: tf.Tensor) -> tf.Tensor:
    """(R, 4 H) in the order i, f, c, o to i, c, f, o, and back."""
    gates = tf.reshape(w, [-1, 4, w.shape[1] // 4])
    return tf.reshape(tf.gather(gates, [0, 2, 1, 3], axis=1), [-1, w.shape[1]])


def _forward(*operands: Any) -> Any:
    return tf.raw_ops.BlockLSTM(**_named(*operands), forget_bias=0.0, cell_clip=-1.0)


def _backward(*operands: Any) -> Any:
    *given, part, d_h, d_c = operands
    return tf.raw_ops.BlockLSTMGrad(**_named(*given), **part._asdict(), cs_grad=d_c, h_grad=d_h, use_peephole=False)


def _named(steps: Any, x: Any, c: Any, h: Any, w: Any, b: Any, peephole: Any) -> dict[str, Any]:
    """Operands that both operations take."""
    peepholes = dict.fromkeys(("wci", "wcf", "wco"), peephole)
    return {"seq_len_max": steps, "x": x, "cs_prev": c, "h_prev": h, "w": w, "b": b, **peepholes}


def _arriving(d_sequence: Any, d_last: Any, ends: Tensors, sizes: tf.Tensor, parts: list[Any]) -> list[tf.Tensor]:
    """Gradient (T, b, H) of a state that arrives from outside, for each part."""
    n_parts = len(parts)
    found = [None] * n_parts if d_sequence is None else tf.split(d_sequence, sizes, axis=1, num=n_parts)
    if d_last is not None:
        placed = [tf.scatter_nd(end, d, tf.shape(part.h)) for end, d, part in zip(ends, tf.split(d_last, sizes), parts)]
        found = [b if a is None else a + b for a, b in zip(found, placed)]
    return [tf.zeros_like(part.h) if a is None else a for a, part in zip(found, parts)]
