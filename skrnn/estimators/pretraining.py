"""A network that begins with the embedding and the recurrences of a fitted language model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import keras
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator

from skrnn.heads import LanguageHead
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.layers.carried import recurrences_of
from skrnn.networks import Network
from skrnn.preprocessing import VocabularyReader
from skrnn.sequences.messages import shown
from skrnn.training.program import build_model

# Name of the `GradientGate` in a network.
GATE = "gate"


def language_model_of(params: Mapping[str, Any]) -> Any:
    """The language model that an estimator begins with, or None.

    Parameters
    ----------
    params : mapping
        Of the estimator.

    Raises
    ------
    ValueError
        If `pretrained` is no fitted language model, or other parameters say what it says, or are for one that lacks.
    """
    pretrained = params.get("pretrained")
    if pretrained is None:
        if params.get("frozen_epochs"):
            raise ValueError(f"frozen_epochs needs pretrained. Got {params['frozen_epochs']} and pretrained=None.")
        return None
    model = fitted_language_model(pretrained, "pretrained")
    plan = model._plan
    for name in ("model", "reader", "units"):
        if params.get(name) is not None:
            raise ValueError(f"{name} comes from pretrained. Leave {name}=None. Got {shown(params[name], 60)}.")
    if params.get("bidirectional") and len(plan.network.body.layers) > 1:
        n = len(plan.network.body.layers)
        raise ValueError(f"bidirectional needs a pretrained language model of one layer. Got {n} layers.")
    return model


def fitted_language_model(value: Any, name: str) -> Any:
    """A fitted language model that a parameter holds, frozen or not.

    Raises
    ------
    ValueError
        If it is none.
    """
    model = value.estimator if isinstance(value, FrozenEstimator) else value
    plan = getattr(model, "_plan", None)  # of any object that users may give
    if plan is None or not isinstance(plan.network.head, LanguageHead):
        hint = " A grid clones its candidates: give FrozenEstimator(model)." if hasattr(model, "fit") else ""
        raise ValueError(f"{name} must be a fitted RNNLanguageModel. Got {shown(model, 60)}.{hint}")
    return model


def reader_of(model: Any) -> VocabularyReader:
    """A reader with the vocabulary and the tokenizer of a language model, one step for each token."""
    return copy.copy(model.reader_).set_params(starts=False)


def pretrained_weights(network: Network, model: Any) -> dict[int, NDArray]:
    """Weights of a network that are those of a language model, by their number among all.

    Parameters
    ----------
    network : Network
        With the reader and the recurrences of the language model.
    model : RNNLanguageModel
        Fitted.
    """
    with keras_seeds():
        ours, _ = build_model(network)
        theirs, _ = build_model(model._plan.network)
    theirs_by_id = {id(v): value for v, value in zip(theirs.weights, model.weights_)}
    numbers = {id(v): k for k, v in enumerate(ours.weights)}
    pairs = [(ours.get_layer("embedding").weights, theirs.get_layer("embedding").weights)]
    layers = [_forward(layer) for layer in ours.layers]
    own = [layer for layer in layers if isinstance(layer, keras.layers.RNN)]
    pairs += [(a.cell.weights, b.cell.weights) for a, b in zip(own, recurrences_of(theirs))]
    return {numbers[id(a)]: theirs_by_id[id(b)] for mine, other in pairs for a, b in zip(mine, other)}


def _forward(layer: keras.layers.Layer) -> keras.layers.Layer:
    return layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer
