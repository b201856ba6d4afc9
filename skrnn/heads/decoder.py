"""`DecoderHead`: a sequence written by a recurrence of its own, that looks at the features of X."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras

from skrnn.heads.head import Request, make_head
from skrnn.heads.search import StepFunction
from skrnn.heads.searching import SearchingHead, n_known, previous
from skrnn.layers import Decoder, RecurrenceSpec
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import ColumnSpec
from skrnn.targets.token_lists import TokenListSpec


@dataclass(frozen=True)
class DecoderHead(SearchingHead):
    """A `Decoder` as a head.

    Attributes
    ----------
    recurrences : tuple of RecurrenceSpec
        Of the decoder, from the input to the output.
    dim, attention, input_feeding, sampled, dropout, tied_embeddings
        As of `Decoder`.
    jit_compile : bool
        Compile the loops over time with XLA.
    """

    recurrences: tuple[RecurrenceSpec, ...] = ()
    dim: int = 128
    attention: str | None = "multiplicative"
    input_feeding: bool = False
    sampled: bool = False
    dropout: float = 0.0
    tied_embeddings: bool = False
    jit_compile: bool = False

    first_layer = "decoder"

    @property
    def keeps_steps(self) -> bool:
        """Attention, and the states to begin with, read features of all steps."""
        return True

    def outputs(self, features: Any, fused: bool = True) -> Any:
        """(B, T, F), which the decoder looks at, as they are."""
        layers = [
            spec.make(True, False, fused=fused, jit_compile=self.jit_compile, return_state=True)
            for spec in self.recurrences
        ]
        names = ("dim", "attention", "input_feeding", "sampled", "dropout", "tied_embeddings")
        options = {name: getattr(self, name) for name in names}
        return Decoder(self.units, recurrences=layers, **options, name=self.first_layer)(features)

    def compiled(self, jit_compile: bool) -> DecoderHead:
        """The same with loops that are compiled with XLA or not."""
        return replace(self, jit_compile=jit_compile)

    def reads(self, how: Any) -> tuple[ColumnSpec, ...]:
        """Those of a search, or the tokens."""
        return how.columns if hasattr(how, "columns") else TokenListSpec(self.units).columns

    def scores(self, model: keras.Model, outputs: Any, batch: Batch, training: bool = False) -> tuple[Any, Any]:
        """Scores of given tokens (B, S, V), and attention weights (B, S, T) or None."""
        decoder = model.get_layer(self.first_layer)
        memory = decoder.look(outputs, batch.masks["time"])
        before = previous(batch.columns["y"])
        return decoder.scores(memory, before, batch.masks[str(self.axis)], n_known(batch), training)

    def begin(self, model: keras.Model, outputs: Any, batch: Batch) -> tuple[StepFunction, Any]:
        """A step of the decoder, and its states before the first one."""
        decoder, n = model.get_layer(self.first_layer), n_known(batch)
        memory = decoder.look(outputs, batch.masks["time"])

        def step(tokens: Any, states: Any) -> tuple[Any, Any, Any]:
            scores, after, weights = decoder.step(memory, tokens, decoder.unpacked(states), n)
            return scores, decoder.packed(after), weights

        return step, decoder.packed(decoder.begin(memory))


@make_head.register
def token_list_head(spec: TokenListSpec, request: Request) -> DecoderHead:
    """A decoder with the options of a request."""
    return DecoderHead(spec.n, spec.axis, **request.options)
