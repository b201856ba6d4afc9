"""`Network`: inputs, body and head as data, and the model that they build."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras

from skrnn.heads import Head
from skrnn.layers import runs_fused
from skrnn.networks.body import RecurrentBody
from skrnn.networks.function import FunctionBody, is_functional
from skrnn.networks.inputs import build_inputs
from skrnn.preprocessing.reader import ReaderSpec


@dataclass(frozen=True)
class Network:
    """What to build, as data.

    Attributes
    ----------
    inputs : ReaderSpec
        What the reader makes of X.
    body : RecurrentBody or FunctionBody
        From features to what the head reads, or a user's whole model.
    head : Head
        Outputs, losses and decoding.
    """

    inputs: ReaderSpec
    body: RecurrentBody | FunctionBody
    head: Head

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal ones build equal models."""
        return self.inputs, self.body.fingerprint, self.head.fingerprint

    @property
    def graph_fingerprint(self) -> Any:
        """The same without what only says how weights begin: models with equal ones compile to equal graphs."""
        return self.inputs, self.body.graph_fingerprint, self.head.fingerprint

    def build(self, fused: bool = True) -> keras.Model:
        """Build the model, from the columns of X to what the head decodes.

        Real steps are told by the Keras masks of the inputs: ``model(x, mask=mask)``, lists of both for several inputs.

        Parameters
        ----------
        fused : bool, default=True
            Take skrnn's loops over time rather than Keras' layers; weights and results are the same.
        """
        if isinstance(self.body, FunctionBody):
            return self.body.build(self.inputs, self.head)
        inputs = build_inputs(self.inputs)
        return masked_model(inputs.tensors, self.head.outputs(self.body.build(inputs, fused), fused))

    def features(self, model: keras.Model) -> keras.Model:
        """The part of a model in front of its head, as a model that shares its layers.

        Raises
        ------
        ValueError
            If the model is a user's own, of which no such part is known.
        """
        if isinstance(self.body, FunctionBody):
            raise ValueError("features need a network of skrnn's own. Set model=None.")
        return masked_model(model.inputs, model.get_layer(self.head.first_layer).input)

    def split(self, model: keras.Model) -> tuple[keras.Model, keras.Model] | None:
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
            or the inputs are multiplied with matrices.
        """
        if isinstance(self.body, FunctionBody):
            return None
        recurrent = [k for k, layer in enumerate(model.layers) if runs_fused(layer)]
        if len(recurrent) < len(self.body.layers) or len(model.inputs) > 1 or _multiplies(model, recurrent[0]):
            return None
        end = model.layers[recurrent[-1]].output
        return masked_model(model.inputs, end), masked_model([end], model.outputs[0])


def _multiplies(model: keras.Model, first: int) -> bool:
    """Whether there is more than a lookup in front of the first recurrence."""
    harmless = (keras.layers.InputLayer, keras.layers.Embedding, keras.layers.SpatialDropout1D, keras.layers.Dropout)
    return not all(isinstance(layer, harmless) for layer in model.layers[:first])


def numbers_in_step(model: keras.Model) -> int:
    """About how many numbers a model makes of a step: a measure of memory.

    A product with a matrix makes as many as the matrix has columns, and a layer has as many outputs. A layer that makes
    more has an attribute `numbers_in_step`.
    """
    numbers = 1
    for layer in model.layers:
        if hasattr(layer, "numbers_in_step"):
            numbers += layer.numbers_in_step
        else:
            numbers += sum(w.shape[-1] for w in layer.weights if len(w.shape) > 1)
    shapes = [tensor.shape for tensor in [*model.inputs, *model.outputs]] if is_functional(model) else []
    return numbers + sum(math.prod(n or 1 for n in shape[2:]) for shape in shapes)


def masked_model(inputs: list[Any], outputs: Any) -> keras.Model:
    """Build a functional model that takes Keras masks: ``model(x, mask=mask)``."""
    model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs)
    model.supports_masking = True  # it takes a mask, and Keras warns unless told
    return model
