"""Heads that write sequences: losses of given tokens, and the search for unknown ones."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from skrnn.heads.head import Head
from skrnn.heads.search import Limits, Search, StepFunction, search
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column
from skrnn.sequences.vocabulary import END


def token_losses(scores: Any, tokens: Any, n_tokens: Any, label_smoothing: float = 0.0) -> Any:
    """Cross-entropies of tokens.

    Parameters
    ----------
    scores : tensor (B, S, V)
        Before the softmax; those from ``n_tokens`` on belong to no token.
    tokens : tensor (B, S) of int
    n_tokens : int tensor
    label_smoothing : float, default=0
        Share of the target that is spread over all tokens evenly [1]_.

    Returns
    -------
    tensor (B, S)

    References
    ----------
    .. [1] C. Szegedy et al. (2016), Rethinking the inception architecture for computer vision, CVPR, section 7.
    """
    if not label_smoothing:
        return keras.losses.sparse_categorical_crossentropy(tokens, scores, from_logits=True)
    numbers = ops.arange(scores.shape[-1], dtype="int32")
    share = label_smoothing / ops.cast(n_tokens, scores.dtype)
    others = ops.where(numbers < n_tokens, share, 0.0)  # (V,)
    is_true = numbers == ops.cast(tokens, "int32")[..., None]  # (B, S, V)
    # One operation over all scores, as each further one costs as much as the product of matrices behind them.
    target = ops.where(is_true, 1.0 - label_smoothing + share, others)
    return keras.losses.categorical_crossentropy(ops.cast(target, scores.dtype), scores, from_logits=True)


@dataclass(frozen=True)
class SearchingHead(Head):
    """A head that scores tokens one after the other.

    Attributes
    ----------
    label_smoothing : float
        Of the loss in training.
    """

    label_smoothing: float = 0.0

    @abstractmethod
    def scores(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> tuple[Any, Any]:
        """Scores of given tokens (B, S, V), and attention weights (B, S, T) or None."""

    @abstractmethod
    def begin(self, model: keras.Model, outputs: Any, batch: Batch) -> tuple[StepFunction, Any]:
        """A step of the search, and the states of the examples before the first one."""

    def losses(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> Any:
        """The cross-entropy of each token given those before it, (B, S)."""
        scores, _ = self.scores(model, outputs, batch, training)
        smoothing = self.label_smoothing if training else 0.0
        return token_losses(scores, batch.columns["y"], n_known(batch), smoothing)

    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """By a `Search`; or the log probabilities of given tokens, (B, S), or the attention over them, (B, S T)."""
        if isinstance(how, Search):
            return self._search(model, outputs, batch, how)
        if how not in ("log_likelihood", "attention"):
            raise self.unknown(how)
        scores, weights = self.scores(model, outputs, batch)
        if how == "log_likelihood":
            return {"log_likelihood": Column(-token_losses(scores, batch.columns["y"], n_known(batch)), self.axis)}
        real = ops.logical_and(batch.masks[str(self.axis)][:, :, None], batch.masks["time"][:, None])  # (B, S, T)
        shape = (ops.shape(real)[0], ops.shape(real)[1] * ops.shape(real)[2])
        batch.masks["alignment"] = ops.reshape(real, shape)
        return {"attention": Column(ops.reshape(weights, shape), "alignment")}

    def _search(self, model: keras.Model, outputs: Any, batch: Batch, how: Search) -> dict[str, Column]:
        """Hypotheses of each example behind each other, without their ends, and numbers (B, W) of each of them."""
        columns = batch.columns
        longest = ops.sum(ops.cast(batch.masks["search"], "int32"), axis=1) - 1
        others = {name: columns.get(name) for name in ("length_penalty", "noise", "temperature", "top_p")}
        limits = Limits(columns["forced"], longest, columns["min_length"], **others)
        step, states = self.begin(model, outputs, batch)
        found = search(step, states, limits, how)
        rows, width, length = ops.shape(found.tokens)
        real = ops.arange(length)[None, None] < found.lengths[:, :, None]  # (B, W, S)
        batch.masks["hypotheses"] = ops.reshape(real, (rows, width * length))
        per_token = {"y": found.tokens, "looked_at": found.looked_at}
        return {
            **{name: Column(ops.reshape(x, (rows, width * length)), "hypotheses") for name, x in per_token.items()},
            "lengths": Column(found.lengths),
            "log_probabilities": Column(found.log_probabilities),
            "scores": Column(found.scores),
        }


def previous(tokens: Any) -> Any:
    """(B, S) -> (B, S): at each step the token before, and at the first the one that begins a sequence."""
    return ops.concatenate([ops.full_like(tokens[:, :1], END), tokens[:, :-1]], axis=1)


def n_known(batch: Batch) -> Any:
    """Tokens that exist, one number for all examples of a batch."""
    return ops.max(batch.columns["n_tokens"])
