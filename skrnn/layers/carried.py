"""A recurrent layer that goes on, in training, where the batch before ended: truncated backpropagation through time."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.layers.stepping import check_steppable, first_states, state_sizes


@keras.saving.register_keras_serializable(package="skrnn")
class Carried(keras.layers.Layer):
    """A recurrent layer whose states are carried from one batch of a training to the next.

    Row k of a batch goes on where row k of the batch before ended; gradients do not. Outside of training, sequences
    begin as ever.

    Parameters
    ----------
    layer : `keras.layers.RNN`
        With ``return_sequences`` and ``return_state``.
    rows : int
        Sequences in each batch of a training.
    **kwargs
        As of `keras.layers.Layer`.
    """

    def __init__(self, layer: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_steppable(layer)
        self.layer, self.rows = layer, rows
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Build the layer, and make room for its states."""
        self.layer.build(input_shape)
        self.states = [
            self.add_weight(shape=(self.rows, size), initializer="zeros", trainable=False, name=f"state_{k}")
            for k, size in enumerate(state_sizes(self.layer))
        ]
        self.built = True

    def reset(self) -> None:
        """Begin anew."""
        for state in self.states:
            state.assign(ops.zeros(state.shape, state.dtype))

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """(B, T, D) -> (B, T, H)."""
        (states,) = first_states([self.layer], inputs)
        if training:
            rows = ops.arange(ops.shape(inputs)[0])  # whose number graphs of any batch leave open
            states = [ops.cast(ops.take(kept, rows, axis=0), s.dtype) for kept, s in zip(self.states, states)]
        outputs, *after = self.layer(inputs, initial_state=states, mask=mask, training=training)
        if training:
            for kept, state in zip(self.states, after):
                kept.assign(ops.cast(ops.stop_gradient(state), kept.dtype))
        return outputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the input."""
        return mask

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """(B, T, D) -> (B, T, H)."""
        return self.layer.compute_output_shape(input_shape)[0]

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor."""
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer, "rows": self.rows}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Carried:
        """Undo `get_config`."""
        layer = config["layer"]
        return cls(**{**config, "layer": keras.saving.deserialize_keras_object(layer)})


def recurrences_of(model: keras.Model) -> list[keras.layers.RNN]:
    """The recurrent layers of a model, from the input to the output."""
    layers = [layer.layer if isinstance(layer, Carried) else layer for layer in model.layers]
    return [layer for layer in layers if isinstance(layer, keras.layers.RNN)]
