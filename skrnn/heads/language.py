"""`LanguageHead`: the next token at each step, by the recurrence of the network itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from skrnn.heads.head import Request, make_head
from skrnn.heads.search import StepFunction
from skrnn.heads.searching import SearchingHead, n_known, token_losses
from skrnn.layers import TokenScores
from skrnn.layers.carried import recurrences_of
from skrnn.layers.pooling import last_over_time
from skrnn.layers.stepping import first_states, over_steps, state_sizes, take_step
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column, ColumnSpec
from skrnn.targets.next_tokens import NextTokenSpec

# Scores of tokens that a prediction holds at a time: 64 MB. More steps are taken after each other.
SCORES_AT_ONCE = 2**24


@dataclass(frozen=True)
class LanguageHead(SearchingHead):
    """Scores of the next token, by a matrix of their own or by the table of the embedding.

    Attributes
    ----------
    tied_dim : int or None
        Features of the embedding, where its table is shared.
    """

    tied_dim: int | None = None

    first_layer = "scores"

    def outputs(self, features: Any, fused: bool = True) -> Any:
        """(B, T, H), which the losses read, as they are."""
        return TokenScores(self.units, self.tied_dim, name=self.first_layer)(features)

    def reads(self, how: Any) -> tuple[ColumnSpec, ...]:
        """Those of a search, or the tokens."""
        if hasattr(how, "columns"):
            return how.columns
        columns = NextTokenSpec(self.units).columns
        return columns[1:] if how == "next" else columns

    def scores(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> tuple[Any, Any]:
        """Scores of the next tokens (B, T, V)."""
        return self._read(model, outputs, n_known(batch)), None

    def begin(self, model: keras.Model, outputs: Any, batch: Batch) -> tuple[StepFunction, Any]:
        """A step of the embedding and the recurrences, and their states before the first one."""
        layers, n = recurrences_of(model), n_known(batch)
        embedding = model.get_layer("embedding")
        sizes = [len(state_sizes(layer)) for layer in layers]

        def step(tokens: Any, flat: Any) -> tuple[Any, Any, Any]:
            left = iter(flat)
            states = [[next(left) for _ in range(size)] for size in sizes]
            h, after = take_step(layers, embedding(tokens), states)
            return self._read(model, h, n), [x for states in after for x in states], None

        return step, [x for states in first_states(layers, outputs) for x in states]

    def decode(self, model: keras.Model, outputs: Any, batch: Batch, how: Any) -> dict[str, Column]:
        """Also the probabilities of the token behind the last step, (B, V)."""
        if how == "next":
            last = last_over_time(outputs, batch.masks["time"])
            return {"next": Column(ops.softmax(self._read(model, last, n_known(batch)), axis=-1))}
        if how == "log_likelihood":
            return {"log_likelihood": Column(self._log_likelihood(model, outputs, batch), self.axis)}
        return super().decode(model, outputs, batch, how)

    def _read(self, model: keras.Model, features: Any, n: Any) -> Any:
        table = None if self.tied_dim is None else model.get_layer("embedding").embeddings
        return model.get_layer(self.first_layer).scores(features, n, table)

    def _log_likelihood(self, model: keras.Model, outputs: Any, batch: Batch) -> Any:
        """Of each token, (B, T); scores are held of some steps at a time, as there may be many and many tokens."""
        at_once = max(1, SCORES_AT_ONCE // self.units)
        shape = ops.shape(outputs)
        steps, n = shape[0] * shape[1], n_known(batch)
        missing = -steps % at_once
        features = ops.pad(ops.reshape(outputs, (steps, outputs.shape[2])), ((0, missing), (0, 0)))
        tokens = ops.pad(ops.reshape(batch.columns["y"], (steps,)), ((0, missing),))
        parts = (
            ops.reshape(features, (-1, at_once, outputs.shape[2])),
            ops.reshape(tokens, (-1, at_once)),
        )

        def some(carry: Any, part: Any) -> Any:
            features, tokens = part
            scores = self._read(model, features, n)
            return carry, -token_losses(scores[None], tokens[None], n)[0]

        found = over_steps(some, ops.zeros(()), parts)
        return ops.reshape(ops.reshape(found, (-1,))[:steps], shape[:2])


@make_head.register
def next_token_head(spec: NextTokenSpec, request: Request) -> LanguageHead:
    """The head with the options of a request."""
    return LanguageHead(spec.n, spec.axis, **request.options)
