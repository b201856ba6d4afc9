"""The network of the classifier and the regressor: embedding, recurrences, pooling, output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from skrnn.keras_objects.private import set_logits
from skrnn.keras_objects.recipe import fingerprint
from skrnn.layers import POOLINGS, RecurrenceSpec, TokenEmbedding, runs_fused


@keras.saving.register_keras_serializable(package="skrnn")
def softmax(x: Any) -> Any:
    """Softmax over the last axis in plain operations: a tenth of the time of TensorFlow's for a small batch."""
    e = keras.ops.exp(x - keras.ops.stop_gradient(keras.ops.max(x, axis=-1, keepdims=True)))
    output = e / keras.ops.sum(e, axis=-1, keepdims=True)
    set_logits(output, x)  # as Keras' own does: from here its crossentropies, which need no quotient, start
    return output


class Stack:
    """What networks with a tuple of recurrences, `layers`, have in common."""

    layers: tuple[RecurrenceSpec, ...]

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal ones build equal models."""
        return (*self._frame, tuple(layer.fingerprint for layer in self.layers))

    @property
    def graph_fingerprint(self) -> Any:
        """The same without what only says how weights begin: models with equal ones compile to equal graphs."""
        return (*self._frame, tuple(layer.graph_fingerprint for layer in self.layers))

    @property
    def _frame(self) -> Any:
        return type(self), fingerprint({k: v for k, v in vars(self).items() if k != "layers"})


@dataclass(frozen=True)
class RecurrentNetwork(Stack):
    """What to build, as data.

    Attributes
    ----------
    n_features : int
        D; 1 where tokens are embedded.
    layers : tuple of RecurrenceSpec
        From the input to the output.
    outputs : int or None
        Width of the output. None leaves the output layer away: the model gives what would go into it.
    activation : str
        Of the output.
    bidirectional : bool
        Run each layer in both directions.
    dropout : float
        Share of the outputs of the embedding and of each recurrent layer set to zero in training; between layers the
        same features at every step.
    pooling : str or None
        A key of `POOLINGS`; None gives an output for each step.
    embedding : tuple of int or None
        Number of tokens and features of each, (V, E).
    jit_compile : bool
        Compile the loops over time with XLA, where they are skrnn's own.
    """

    n_features: int
    layers: tuple[RecurrenceSpec, ...]
    outputs: int | None
    activation: str
    bidirectional: bool = False
    dropout: float = 0.0
    pooling: str | None = "last"
    embedding: tuple[int, int] | None = None
    jit_compile: bool = False

    def build(self, fused: bool = True) -> keras.Model:
        """Build the model: (B, T, D), or (B, T) tokens, to (B, outputs) or (B, T, outputs).

        Real steps are told by the Keras mask of the input: ``model(x, mask=mask)``.

        Parameters
        ----------
        fused : bool, default=True
            Take skrnn's loops over time rather than Keras' layers; weights and results are the same.
        """
        if self.embedding is None:
            inputs = keras.Input((None, self.n_features), name="steps")
            h = inputs  # (B, T, D)
        else:
            inputs = keras.Input((None,), dtype="int32", name="tokens")
            h = TokenEmbedding(*self.embedding, name="embedding")(inputs)  # (B, T, E)
            h = self._dropped(h, over_time=True)
        for depth, spec in enumerate(self.layers):
            top = depth == len(self.layers) - 1
            # The layer knows its last real step itself, in both directions.
            whole = not top or self.pooling != "last"
            layer = spec.make(whole, self.bidirectional, fused=fused, jit_compile=self.jit_compile)
            h = layer(h)  # (B, T, H) or (B, H)
            if top and self.pooling is not None and (whole or spec.kind == "layer"):
                h = POOLINGS[self.pooling](name="pooling")(h)  # (B, H)
            h = self._dropped(h, over_time=not top or self.pooling is None)
        if self.outputs is None:
            return masked_model(inputs, h)
        activation = softmax if fused and self.activation == "softmax" else self.activation
        outputs = keras.layers.Dense(self.outputs, activation=activation, name="output")(h)
        return masked_model(inputs, outputs)

    def halves(self, model: keras.Model) -> tuple[keras.Model, keras.Model] | None:
        """Cut a model behind its last recurrence, where all that is before gives a row the same bits in any company.

        Products of matrices do not: their kernels treat the last rows, where they are no multiple of 16, apart.

        Parameters
        ----------
        model : keras.Model
            As `build` gave it.

        Returns
        -------
        recurrences, rest : keras.Model
            (B, T, D) to (B, T, H) or (B, H), and from there to the output. None where a recurrence is not skrnn's own,
            or there is no output layer.
        """
        recurrent = [k for k, layer in enumerate(model.layers) if runs_fused(layer)]
        if len(recurrent) < len(self.layers) or self.outputs is None:
            return None
        end = model.layers[recurrent[-1]].output
        return masked_model(model.inputs[0], end), masked_model(end, model.outputs[0])

    def _dropped(self, h: Any, over_time: bool) -> Any:
        if not self.dropout:
            return h
        layer = keras.layers.SpatialDropout1D if over_time else keras.layers.Dropout
        return layer(self.dropout)(h)


def masked_model(inputs: Any, outputs: Any) -> keras.Model:
    """Build a functional model that takes a Keras mask: ``model(x, mask=mask)``."""
    model = keras.Model(inputs, outputs)
    model.supports_masking = True  # it takes a mask, and Keras warns unless told
    return model
