"""Adam's step as one TensorFlow operation a variable, where Keras makes some thirty."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from skrnn.keras_objects.private import adam_moments

# Below it TensorFlow's operation takes longer, 40 to 70 us, as it wakes other threads up.
FEW_NUMBERS = 30_000


def fuse_adam(optimizer: keras.optimizers.Optimizer) -> None:
    """Replace the update of one variable; clipping, decay, averages and schedules stay Keras'.

    In a small network the many small operations of the optimizer take as long as the recurrence. Optimizers other
    than plain `keras.optimizers.Adam` are left as they are.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Belonging to one program; changed in place.
    """
    if type(optimizer) not in (keras.optimizers.Adam, keras.optimizers.AdamW) or optimizer.amsgrad:
        return
    plain_step = optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        # The gradient of an embedding may be sparse.
        if not isinstance(gradient, tf.Tensor) or variable.shape.num_elements() < FEW_NUMBERS:
            plain_step(gradient, variable, learning_rate)
            return
        m, v = adam_moments(optimizer, variable)
        target = variable.value if isinstance(variable, keras.Variable) else variable
        dtype = target.dtype
        step = tf.cast(optimizer.iterations.value + 1, dtype)
        beta_1, beta_2 = tf.constant(optimizer.beta_1, dtype), tf.constant(optimizer.beta_2, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=target.handle,
            m=m.value.handle,
            v=v.value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.constant(optimizer.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

    optimizer.update_step = update_step
