"""Cells and layers as a user writes them: not registered with Keras."""

import keras
from keras import ops


class DecayCell(keras.layers.Layer):
    """h = tanh(rate * h + x W)."""

    def __init__(self, units, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.rate = rate
        self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states, training=False):
        h = ops.tanh(self.rate * states[0] + ops.matmul(inputs, self.kernel))
        return h, [h]


class MyGRU(keras.layers.GRU):
    """A whole layer."""


class Convolution(keras.layers.Layer):
    """(B, T, D) to (B, T, units), with no direction and no state."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True
        self.inner = keras.layers.Dense(units)

    def build(self, input_shape):
        self.inner.build(input_shape)

    def call(self, inputs):
        return self.inner(inputs)


class HalfLoss(keras.losses.Loss):
    """A user's own loss with an argument, and no get_config."""

    def __init__(self, factor=0.5, name="half", **kwargs):
        super().__init__(name=name, **kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_true - y_pred), axis=-1)
