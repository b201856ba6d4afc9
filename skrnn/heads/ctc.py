"""`CTCHead`: labels without an alignment to the steps of X, by connectionist temporal classification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import ops

from skrnn.heads.head import Head, Request, check_width, make_head
from skrnn.heads.prefix_search import PrefixSearch, best_path, prefix_search
from skrnn.keras_objects.precision import widened
from skrnn.layers import ctc
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column, ColumnSpec
from skrnn.targets.label_lists import LabelListSpec


@dataclass(frozen=True)
class CTCHead(Head):
    """A dense layer that scores the classes of each step, of which 0 is the blank; see `skrnn.layers.ctc`.

    Attributes
    ----------
    jit_compile : bool
        Compile the losses of training with XLA.
    """

    jit_compile: bool = False

    loops = ("ctc",)
    first_layer = "scores"

    @property
    def keeps_steps(self) -> bool:
        """The losses are one per example, but each step is read."""
        return True

    def outputs(self, features: Any, fused: bool = True) -> Any:
        """(B, T, F) -> scores of the classes (B, T, K + 1)."""
        return keras.layers.Dense(self.units, name=self.first_layer)(features)

    def compiled(self, jit_compile: bool) -> CTCHead:
        """The same with losses that are compiled with XLA or not."""
        return replace(self, jit_compile=jit_compile)

    def reads(self, how: Any) -> tuple[ColumnSpec, ...]:
        """What a search reads, or labels that are given."""
        if isinstance(how, PrefixSearch):
            return how.columns
        return () if how == "probabilities" else LabelListSpec(self.units).columns

    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """Negative log-likelihoods of the labels, (B,)."""
        labels, frames, real = _labels(batch)
        found = ctc.losses(widened(outputs), labels, frames, real, training, self.jit_compile)
        # Augmentation may have made sequences too short for their labels.
        return ops.where(found < -ctc.IMPOSSIBLE, found, 0.0) if training else found

    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """Decode by a `PrefixSearch`, or in one of three other ways.

        These are "probabilities" of the classes at each step; "log_likelihood" of given labels; or their "alignment":
        for each step the place of its label, from 1, or 0 for a blank, and the probability of that class.
        """
        outputs, frames = widened(outputs), batch.masks["time"]
        if how == "probabilities":
            return {"y": Column(ops.softmax(outputs, axis=-1), "time")}
        if how == "log_likelihood":
            return {how: Column(-self.losses(model, outputs, batch))}
        log_p = ctc.log_softmax(outputs)
        if how == "alignment":
            labels, _, real = _labels(batch)
            places = ctc.best_alignment(log_p, labels, frames, real)
            with_blank = ops.pad(labels, ((0, 0), (1, 0)))  # (B, 1 + S)
            classes = ops.take_along_axis(with_blank, places, axis=1)
            p = ops.exp(ops.take_along_axis(log_p, classes[:, :, None], axis=2)[:, :, 0])
            return {"places": Column(places, "time"), "confidence": Column(p, "time")}
        if isinstance(how, PrefixSearch):
            if how.beam_width == 1 and how.label_model is None:
                found = best_path(log_p, frames)
            else:
                weight, bonus = (batch.columns[column.name] for column in how.columns)
                found = prefix_search(log_p, frames, weight, bonus, how.beam_width, how.label_model)
            return {"paths": Column(found.paths, "time"), "scores": Column(found.scores)}
        raise self.unknown(how)


def _labels(batch: Batch) -> tuple[Any, Any, Any]:
    """Labels (B, S), and masks of the frames and of the labels."""
    return ops.cast(batch.columns["y"], "int32"), batch.masks["time"], batch.masks["target"]


@make_head.register
def label_list_head(spec: LabelListSpec, request: Request) -> CTCHead:
    """The head of a transcriber."""
    check_width(request.width("time"), spec.n, f" for {spec.n - 1} labels and the blank")
    return CTCHead(spec.n, spec.axis)
