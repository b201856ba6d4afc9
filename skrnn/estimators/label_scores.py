"""A fitted language model as the partner of a search for labels."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from keras import ops

from skrnn.estimators.pretraining import fitted_language_model
from skrnn.heads import LabelModel
from skrnn.heads.search import StepFunction
from skrnn.layers.ctc import log_softmax
from skrnn.sequences.batches import Batch
from skrnn.sequences.messages import listed
from skrnn.sequences.vocabulary import END, UNKNOWN


class LabelScores(LabelModel):
    """Log probabilities of labels by an `RNNLanguageModel`.

    Parameters
    ----------
    model : RNNLanguageModel
        Fitted.
    labels : sequence
        Those that the search looks for, from class 1 on. What is unknown to the model has the probability of its
        unknown token.

    Raises
    ------
    ValueError
        If the model has none of them.
    """

    def __init__(self, model: Any, labels: Any) -> None:
        numbers = model.reader_.vocabulary_.encode([labels])
        if (numbers == UNKNOWN).all():
            known = listed(model.reader_.vocabulary_.tokens)
            raise ValueError(
                f"language_model must have the labels of y as tokens, {listed(labels)}. Got one of {known}."
            )
        self.head, self.network = model._plan.network.head, model.model_
        self.n_tokens = len(model.reader_.vocabulary_)
        self.numbers = np.concatenate([[END], numbers]).astype(np.int32)  # token of each class

    def begin(self, rows: Any) -> tuple[Any, list[Any]]:
        """Log probabilities behind the token that begins a sequence, and states."""
        step, states = self._begun(rows)
        return self._scored(step(ops.full((rows,), END, "int32"), states))

    def step(self, labels: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Log probabilities behind labels, and states."""
        step, _ = self._begun(ops.shape(labels)[0])
        return self._scored(step(ops.take(ops.convert_to_tensor(self.numbers), labels), states))

    def _begun(self, rows: Any) -> tuple[StepFunction, list[Any]]:
        """A step of the language model, and its first states."""
        known = Batch({"n_tokens": ops.full((1,), self.n_tokens, "int32")}, {})
        return self.head.begin(self.network, ops.zeros((rows, 1)), known)

    def _scored(self, stepped: tuple[Any, Any, Any]) -> tuple[Any, list[Any]]:
        """Log probabilities of the labels, of all tokens, and states."""
        scores, states, _ = stepped
        return ops.take(log_softmax(scores), ops.convert_to_tensor(self.numbers), axis=1), states


# One for each language model and its labels, as a program keeps a graph for each.
_KEPT: WeakKeyDictionary[Any, tuple[Any, list[Any], LabelScores]] = WeakKeyDictionary()


def label_scores(language_model: Any, labels: list[Any]) -> LabelScores | None:
    """The partner that a parameter asks for, which stays the same while the model and the labels do.

    Raises
    ------
    ValueError
        If it is no fitted language model.
    """
    if language_model is None:
        return None
    model = fitted_language_model(language_model, "language_model")
    kept = _KEPT.get(model)
    if kept is None or kept[0] is not model.weights_ or kept[1] != labels:
        kept = (model.weights_, labels, LabelScores(model, labels))
        _KEPT[model] = kept
    return kept[2]
