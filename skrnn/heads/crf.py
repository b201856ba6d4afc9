"""`CRFHead`: labels of steps that follow on each other, by a conditional random field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.heads.dense import step_class_head
from skrnn.heads.head import Head, Request, check_width, make_head
from skrnn.layers import CRF
from skrnn.layers.crf_output import penalties
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column
from skrnn.sequences.messages import shown
from skrnn.targets.step_labels import StepLabelSpec


@dataclass(frozen=True)
class CRFHead(Head):
    """A dense layer that scores labels, and a `CRF` that holds how they follow on each other.

    Attributes
    ----------
    forbidden : tuple of pairs of int
        Of the `CRF`.
    """

    forbidden: tuple[tuple[int, int], ...] = ()

    first_layer = "scores"

    def outputs(self, features: Any, fused: bool = True) -> Any:
        """(B, T, F) -> scores of the labels (B, T, K)."""
        return self.attach(keras.layers.Dense(self.units, name=self.first_layer)(features))

    def attach(self, outputs: Any) -> Any:
        """Put the `CRF` behind scores of the labels (B, T, K)."""
        return CRF(self.forbidden, name="labels")(outputs)

    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """The negative log-likelihood of each label given those before it, (B, T)."""
        return model.get_layer("labels").step_losses(batch.columns["y"], outputs, batch.masks[str(self.axis)])

    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """The most probable labels of all steps together, (B, T), or probabilities at each step, (B, T, K)."""
        layer, mask = model.get_layer("labels"), batch.masks[str(self.axis)]
        if how == "best":
            return {"y": Column(layer.best_paths(outputs, mask), self.axis)}
        if how == "probabilities":
            return {"y": Column(layer.marginals(outputs, mask), self.axis)}
        raise self.unknown(how)

    def tables(self, weights: list[NDArray]) -> list[NDArray[np.float64]]:
        """Scores of transitions (K, K), start and end (K,), minus infinity where forbidden.

        Parameters
        ----------
        weights : list of ndarray
            Of the model, of which those of the `CRF` are the last.
        """
        added = penalties(self.forbidden, self.units)
        return [np.where(p < 0, -np.inf, w.astype(np.float64)) for w, p in zip(weights[-len(added) :], added)]


@make_head.register
def step_label_head(spec: StepLabelSpec, request: Request) -> Head:
    """A random field, or a softmax at each step."""
    if spec.head == "softmax":
        return step_class_head(spec, request)
    if request.loss is not None or request.options:
        got = request.loss if request.loss is not None else request.options
        raise ValueError(f"loss must be None with head='crf', which has its own. Got {shown(got)}.")
    check_width(request.width(spec.axis), spec.n, f" for {spec.n} labels")
    return CRFHead(spec.n, spec.axis, "SparseCategoricalAccuracy", spec.forbidden)
