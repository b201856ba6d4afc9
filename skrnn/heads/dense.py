"""`DenseHead`: one dense layer and a loss of Keras, for classes, labels and numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import keras
from keras import ops

from skrnn.heads.head import Head, Request, check_width, make_head
from skrnn.keras_objects.objectives import loss_name, make_loss
from skrnn.keras_objects.private import set_logits
from skrnn.keras_objects.recipe import Snapshot
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column
from skrnn.targets.classes import ClassSpec, IndicatorSpec
from skrnn.targets.numbers import NumberSpec
from skrnn.targets.target import TargetSpec

# Metrics whose value is a mean over numbers, one by one.
ELEMENTWISE = (
    keras.metrics.LogCoshError,
    keras.metrics.MeanAbsoluteError,
    keras.metrics.MeanAbsolutePercentageError,
    keras.metrics.MeanSquaredError,
    keras.metrics.MeanSquaredLogarithmicError,
    keras.metrics.RootMeanSquaredError,
)


@keras.saving.register_keras_serializable(package="skrnn")
def softmax(x: Any) -> Any:
    """Softmax over the last axis in plain operations: a tenth of the time of TensorFlow's for a small batch."""
    e = ops.exp(x - ops.stop_gradient(ops.max(x, axis=-1, keepdims=True)))
    output = e / ops.sum(e, axis=-1, keepdims=True)
    set_logits(output, x)  # as Keras' own does: from here its crossentropies, which need no quotient, start
    return output


@dataclass(frozen=True)
class DenseHead(Head):
    """One dense layer.

    Attributes
    ----------
    activation : {"sigmoid", "softmax", "linear"}
    loss : Snapshot or callable
        ``loss(y, outputs)`` gives one number per example, or per step.
    takes : {"as it is", "one number", "one-hot"}
        Form in which the loss takes class numbers: as they are, as a number (B, 1), or as a column for each class.
    """

    activation: str = "linear"
    loss: Any = None
    takes: str = "as it is"

    def outputs(self, features: Any, fused: bool = True) -> Any:
        """(B, F) -> (B, K), or (B, T, F) -> (B, T, K)."""
        activation = softmax if fused and self.activation == "softmax" else self.activation
        return keras.layers.Dense(self.units, activation=activation, name=self.first_layer)(features)

    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """By the loss."""
        losses = self._loss_of_each(self.true(batch), outputs)
        wanted = "one number a sequence, (B,)" if self.axis is None else "one number a step, (B, T)"
        if not ops.is_tensor(losses):
            raise ValueError(f"loss must give {wanted}. Got {type(losses).__name__}.")
        rank = len(losses.shape)
        if rank != 1 + (self.axis is not None):
            raise ValueError(f"loss must give {wanted}. Got {rank} axes.")
        return losses

    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """Outputs, or for "best" of a softmax the number of the class."""
        if how not in ("best", "probabilities"):
            raise self.unknown(how)
        if how == "best" and self.activation == "softmax":
            outputs = ops.argmax(outputs, axis=-1)
        return {"y": Column(outputs, self.axis)}

    def true(self, batch: Batch) -> Any:
        """The targets as the loss takes them."""
        y = batch.columns["y"]
        if self.takes == "one number":
            return ops.cast(y, "float32")[..., None]
        if self.takes == "one-hot":
            return ops.one_hot(y, self.units, dtype="float32")
        return y

    @cached_property
    def keras_loss(self) -> Any:
        """The loss as Keras takes and writes it: an instance or a function."""
        return self.loss.make() if isinstance(self.loss, Snapshot) else self.loss

    def _loss_of_each(self, true: Any, outputs: Any) -> Any:
        loss = self.keras_loss
        return loss.call(true, outputs) if isinstance(loss, keras.losses.Loss) else loss(true, outputs)


@dataclass(frozen=True)
class NumbersHead(DenseHead):
    """Several numbers, of which some may be NaN in y: the loss is the mean over the others."""

    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """By the loss, as if what is not known were as predicted."""
        y = batch.columns["y"]
        known = ops.logical_not(ops.isnan(y))
        filled = ops.where(known, y, ops.cast(ops.stop_gradient(outputs), y.dtype))
        losses = super().losses(model, outputs, Batch({**batch.columns, "y": filled}, batch.masks), training)
        share = ops.mean(ops.cast(known, losses.dtype), axis=-1)
        return losses / ops.maximum(share, 1.0 / self.units)

    def in_form_of(self, metric: Any, true: Any, outputs: Any, weight: Any) -> tuple[Any, Any, Any]:
        """One sample for each number that is known; to a metric that reads outputs together, those that have all."""
        known = ops.logical_not(ops.isnan(true))
        true = ops.where(known, true, 0.0)
        if type(metric) in ELEMENTWISE:
            weights = ops.cast(known, weight.dtype) * weight[..., None]
            return ops.reshape(true, (-1, 1)), ops.reshape(outputs, (-1, 1)), ops.reshape(weights, (-1,))
        return true, outputs, weight * ops.cast(ops.all(known, axis=-1), weight.dtype)


@dataclass(frozen=True)
class StepClassHead(DenseHead):
    """A softmax at each step; a step without a label has the number -1, and no weight."""

    first_layer = "labels"

    def true(self, batch: Batch) -> Any:
        """The targets, with any number where there is no label."""
        return super().true(Batch({"y": ops.maximum(batch.columns["y"], 0)}, batch.masks))


def asked_loss(spec: TargetSpec, request: Request) -> Any:
    """The loss that is asked for, or the target's own."""
    return make_loss(spec.loss if request.loss is None else request.loss, request.options)


@make_head.register
def class_head(spec: ClassSpec, request: Request) -> DenseHead:
    """A sigmoid for two classes, a softmax for more, as loss and model ask for."""
    loss = asked_loss(spec, request)
    head = categorical_head(spec.n, spec.axis, loss, may_be_one=request.width(spec.axis) != 2)
    check_width(request.width(spec.axis), head.units, f" for {spec.n} classes and this loss")
    return head


def categorical_head(n: int, axis: str | None, loss: Any, may_be_one: bool) -> DenseHead:
    """The head for classes whose loss begins with "sparse", "categorical", or neither."""
    name = loss_name(loss)
    if name.startswith("sparse"):
        return DenseHead(n, axis, "SparseCategoricalAccuracy", "softmax", loss)
    if n == 2 and may_be_one and not name.startswith(("categorical", "kldivergence")):
        return DenseHead(1, axis, "BinaryAccuracy", "sigmoid", loss, "one number")
    return DenseHead(n, axis, "CategoricalAccuracy", "softmax", loss, "one-hot")


def step_class_head(spec: TargetSpec, request: Request) -> StepClassHead:
    """The head for a label per step without a random field."""
    check_width(request.width(spec.axis), spec.n, f" for {spec.n} labels")
    head = categorical_head(spec.n, spec.axis, asked_loss(spec, request), may_be_one=False)
    return StepClassHead(**{f.name: vars(head)[f.name] for f in fields(head)})


@make_head.register
def indicator_head(spec: IndicatorSpec, request: Request) -> DenseHead:
    """Independent sigmoids."""
    loss = asked_loss(spec, request)
    check_width(request.width(spec.axis), spec.n, f" for {spec.n} classes and this loss")
    return DenseHead(spec.n, spec.axis, "BinaryAccuracy", "sigmoid", loss)


@make_head.register
def number_head(spec: NumberSpec, request: Request) -> DenseHead:
    """Linear outputs."""
    loss = asked_loss(spec, request)
    check_width(request.width(spec.axis), spec.n, "")
    return (DenseHead if spec.n == 1 else NumbersHead)(spec.n, spec.axis, None, "linear", loss)
