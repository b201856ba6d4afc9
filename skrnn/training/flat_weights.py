"""All weights of a model as one variable: what an optimizer does to each of them is then one operation."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skrnn.keras_objects.private import all_layers

# Their update of a number depends on that number, its gradient and its own state alone.
ELEMENTWISE = {
    getattr(keras.optimizers, name)
    for name in ("SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Nadam", "Ftrl", "Lion")
}

# More of them are worth more than the operations that joining spares.
MOST_NUMBERS = 2**18


class FlatWeights:
    """Trainable weights of a model, joined in one variable while it trains.

    In a small network the optimizer's operations on five variables take as long as the recurrence.

    Parameters
    ----------
    model : keras.Model
        Built. Its variables stay what the layers read; after each step they get their parts of the joined one.
    """

    def __init__(self, model: keras.Model) -> None:
        self.variables = list(model.trainable_variables)
        self._sizes = [int(np.prod(v.shape)) for v in self.variables]
        self.joined = keras.Variable(np.zeros(sum(self._sizes)), dtype=self.variables[0].dtype, name="weights")

    def read(self) -> None:
        """Take the values that the model's variables have."""
        self.joined.value.assign(_joined([v.value for v in self.variables]))

    def apply(self, optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor | None]) -> None:
        """Take one step of an optimizer that was built for `joined`."""
        if all(g is None for g in gradients):
            optimizer.apply_gradients([(None, self.joined)])  # Keras says what is wrong
        gradients = [tf.zeros_like(v.value) if g is None else g for g, v in zip(gradients, self.variables)]
        optimizer.apply_gradients([(_joined(gradients), self.joined)])
        parts = tf.split(self.joined.value, self._sizes)
        for variable, part in zip(self.variables, parts):
            variable.value.assign(tf.reshape(part, variable.shape))


def can_be_flat(optimizer: keras.optimizers.Optimizer, model: keras.Model) -> bool:
    """Tell whether an optimizer does the same to joined weights as to each of them.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not, where it clips each variable by its own norm, or keeps averages or sums of gradients by variable.
    model : keras.Model
        Not, with weights of several types, constraints, tables of an embedding, of which a step reads a few rows, or
        more than `MOST_NUMBERS` of them.
    """
    variables = model.trainable_variables
    by_variable = optimizer.clipnorm or optimizer.use_ema or optimizer.gradient_accumulation_steps
    if type(optimizer) not in ELEMENTWISE or by_variable or optimizer.loss_scale_factor:
        return False
    if sum(int(np.prod(v.shape)) for v in variables) > MOST_NUMBERS:
        return False
    plain = all(v.constraint is None and not getattr(v, "overwrite_with_gradient", False) for v in variables)
    tables = any(isinstance(layer, keras.layers.Embedding) for layer in all_layers(model))
    return plain and not tables and len({v.dtype for v in variables}) == 1


def _joined(tensors: list[Any]) -> tf.Tensor:
    return tf.concat([tf.reshape(t, [-1]) for t in tensors], axis=0)
