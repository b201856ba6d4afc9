"""`Head`: the base of all outputs of a network, and the choice of one for a target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from functools import singledispatch
from typing import Any, ClassVar

import keras
from keras import ops

from skrnn.keras_objects.recipe import fingerprint
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column, ColumnSpec


@dataclass(frozen=True)
class Head(ABC):
    """What follows the features of a network, as data: frozen, and part of a program's key.

    A subclass says what layers it has, what each example or step loses, and how outputs become predictions. All of it
    runs in the graph of the program, on every backend.

    Attributes
    ----------
    units : int
        K, the width of the output.
    axis : str or None
        Where the losses and weights are: None for one per example, "time" for one per step of X, "target" for one per
        step of y.
    accuracy : str or None
        Keras' metric that "accuracy" stands for; None where nothing does.
    """

    units: int
    axis: str | None = None
    accuracy: str | None = None

    # Columns of y that the network reads in training, beside those of X (teacher forcing).
    feeds: ClassVar[tuple[str, ...]] = ()

    # Names of loops that XLA may compile apart from those of the body; without them it compiles both or none.
    loops: ClassVar[tuple[str, ...]] = ()

    # Name of the first layer of the head, whose input are the features.
    first_layer = "output"

    @property
    def keeps_steps(self) -> bool:
        """Whether the head reads features of all steps, and not of the whole sequence."""
        return self.axis == "time"

    @abstractmethod
    def outputs(self, features: Any, fused: bool = True) -> Any:
        """Put the layers of the head behind features.

        Parameters
        ----------
        features : KerasTensor (B, F) or (B, T, F)
        fused : bool, default=True
            Take skrnn's own operations rather than Keras'; results are the same.
        """

    def compiled(self, jit_compile: bool) -> Head:
        """The head with loops over time, if it has any, that are compiled with XLA or not."""
        return self

    def attach(self, outputs: Any) -> Any:
        """Put behind the outputs of a user's own model what it lacks."""
        return outputs

    def reads(self, how: Any) -> tuple[ColumnSpec, ...]:
        """Columns that `decode` reads beside those of X."""
        return ()

    @abstractmethod
    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """Losses in the shape of the weights: (B,), (B, T) or (B, S).

        Parameters
        ----------
        model : keras.Model
            With the layers of the head.
        outputs : tensor
            Of the model, in 32 bits or more.
        batch : Batch
            With the columns of y.
        training : bool, default=False
            Of a head with layers that run here: use dropout.
        """

    @abstractmethod
    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """Predictions from outputs.

        Parameters
        ----------
        model, outputs, batch
            As of `losses`; there is no y in the batch, but what the head `reads`.
        how : hashable
            "best" or "probabilities", or another word that the head knows, or options of a search.

        Returns
        -------
        dict of str to Column
            Tensors with their axis. A head that makes an axis of its own puts its mask under that name into the batch's
            masks.
        """

    def update_metrics(self, metrics: Any, outputs: Any, batch: Batch) -> None:
        """Update Keras' metrics with a batch."""
        if metrics:
            arguments = self.metric_arguments(outputs, batch)
            for metric in metrics:
                true, outputs, weight = self.in_form_of(metric, *arguments)
                metric.update_state(true, outputs, sample_weight=weight)

    def in_form_of(self, metric: Any, true: Any, outputs: Any, weight: Any) -> tuple[Any, Any, Any]:
        """Targets, outputs and weights as a metric of Keras takes them; of classes a user's own takes numbers.

        Some want the number of the class beside its probabilities ("Sparse..."), some numbers on both sides, most one
        column per class.
        """
        if self.accuracy != "SparseCategoricalAccuracy":
            return true, outputs, weight
        form = _form_of_metric(type(metric))
        if form == "columns":
            return ops.one_hot(ops.cast(true, "int32"), self.units, dtype=outputs.dtype), outputs, weight
        return true, ops.argmax(outputs, axis=-1) if form == "numbers" else outputs, weight

    def metric_arguments(self, outputs: Any, batch: Batch) -> tuple[Any, Any, Any]:
        """Targets, outputs and weights, a sample for each loss.

        Keras' metrics take the mean over the other axes first, so that a step would count less the further its batch is
        padded. The weights of padded steps are zero.
        """
        arrays = (self.true(batch), outputs, batch.columns["weight"])
        if self.axis is None:
            return arrays
        true, outputs, weight = (ops.reshape(a, (-1, *ops.shape(a)[2:])) for a in arrays)
        return true, outputs, weight

    def true(self, batch: Batch) -> Any:
        """The targets as losses and metrics take them."""
        return batch.columns["y"]

    @property
    def keras_loss(self) -> Any:
        """Loss for ``keras.Model.compile``, or None where Keras has none."""
        return None

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal ones give equal graphs."""
        return (type(self), fingerprint({f.name: vars(self)[f.name] for f in fields(self)}))

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: vars(self)[f.name] for f in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def unknown(self, how: Any) -> ValueError:
        """The error for a way to decode that the head does not know."""
        return ValueError(f"{type(self).__name__} cannot decode {how!r}.")


def _form_of_metric(cls: type) -> str:
    """How a metric takes classes: "columns", "numbers" on both sides, or "mixed", a number beside probabilities."""
    own = next(c for c in cls.__mro__ if c.__module__.partition(".")[0] == "keras")
    if own in (keras.metrics.Metric, keras.metrics.Mean, keras.metrics.MeanMetricWrapper):
        return "mixed"
    if own in (keras.metrics.Accuracy, keras.metrics.IoU, keras.metrics.MeanIoU):
        return "numbers"
    return "mixed" if own.__name__.startswith("Sparse") else "columns"


@dataclass(frozen=True)
class Request:
    """What users ask of the head.

    Attributes
    ----------
    loss : object
        A Keras loss by name, class or instance, a function, or None.
    options : dict
        ``loss__*``.
    shapes : tuple of shapes, or None
        Of the outputs of a model that is there already.
    """

    loss: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int | None, ...], ...] | None = None

    def width(self, axis: str | None) -> int | None:
        """Width K of the model's output; None without a model.

        Raises
        ------
        ValueError
            If there are several, or it is not (B, K), or (B, T, K) along an axis.
        """
        if self.shapes is None:
            return None
        if len(self.shapes) != 1:
            raise ValueError(f"model must have one output. Got {len(self.shapes)}.")
        if len(self.shapes[0]) != 2 + (axis is not None):
            wanted = "(batch, outputs)" if axis is None else "(batch, time, outputs)"
            raise ValueError(f"model must have an output of shape {wanted}. Got {self.shapes[0]}.")
        return self.shapes[0][-1]


@singledispatch
def make_head(spec: Any, request: Request) -> Head:
    """Choose the head for a target.

    Parameters
    ----------
    spec : TargetSpec
        A new kind of target registers its own: ``@make_head.register``.
    request : Request

    Raises
    ------
    ValueError
        If the loss or the width of a model does not fit.
    """
    raise TypeError(f"make_head knows no {type(spec).__name__}. Register a function for it.")


def check_width(width: int | None, units: int, what: str) -> None:
    """Raise where a model has another width than the head."""
    if width is not None and width != units:
        raise ValueError(f"model must have {units} outputs{what}. Got {width}.")
