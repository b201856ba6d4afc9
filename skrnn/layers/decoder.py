"""`Decoder`: a recurrence that writes a sequence, and looks at another one while it writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from skrnn.layers.attention import Attention
from skrnn.layers.pooling import last_over_time
from skrnn.layers.stepping import (
    States,
    check_steppable,
    first_states,
    given_states,
    over_steps,
    state_sizes,
    take_step,
)
from skrnn.layers.token_scores import TokenScores


class Memory(NamedTuple):
    """What a decoder looks at.

    Attributes
    ----------
    steps : tensor (B, T, F)
    keys : tensor (B, T, H), or None
        Of the attention.
    mask : tensor (B, T) of bool
    summary : tensor (B, 2 F)
        The first and the last real step.
    """

    steps: Any
    keys: Any
    mask: Any
    summary: Any


class DecoderState(NamedTuple):
    """What a decoder keeps from step to step.

    Attributes
    ----------
    layers : list of states, one for each recurrent layer
    fed : tensor (B, A), or None
        The output before, with input feeding.
    """

    layers: list[States]
    fed: Any = None


@keras.saving.register_keras_serializable(package="skrnn")
class Decoder(keras.layers.Layer):
    """A recurrence over the tokens that are written, with attention to a memory.

    As a layer it gives the memory (B, T, F) on; `scores` runs over given tokens, `step` takes one.

    Parameters
    ----------
    n_tokens : int
        V.
    dim : int
        Features of a token.
    recurrences : list of `keras.layers.RNN`
        From the input to the output, each with ``return_sequences`` and ``return_state``.
    attention : {"additive", "multiplicative"} or None, default="multiplicative"
        As of `Attention`. None looks at a summary of the memory, its first and last real step, at every step.
    input_feeding : bool, default=False
        Give the output of a step to the next one, beside the token [1]_, at the price of a loop over all of a step.
    sampled : bool, default=False
        Keep the loop that scheduled sampling [2]_ needs.
    dropout : float, default=0
        Dropout rate of the features of tokens, and of the output of each step.
    tied_embeddings : bool, default=False
        The table of the tokens is the matrix of the output, too.
    **kwargs
        As of `keras.layers.Layer`.

    Notes
    -----
    States begin with ``tanh(W s + b)`` of the summary s; where a cell has states with a meaning of their own, such as
    a clock, those begin as ever. The output of a step is ``tanh(W [h; c])`` of the state h of the uppermost layer and
    the context c [1]_. Without input feeding attention reads the states behind the recurrence, which so runs over all
    steps in one loop.

    References
    ----------
    .. [1] M.-T. Luong, H. Pham, C. D. Manning (2015), Effective approaches to attention-based neural machine
       translation, EMNLP.
    .. [2] S. Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS.
    """

    def __init__(
        self,
        n_tokens: int,
        dim: int,
        recurrences: Sequence[Any],
        attention: str | None = "multiplicative",
        input_feeding: bool = False,
        sampled: bool = False,
        dropout: float = 0.0,
        tied_embeddings: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.n_tokens, self.dim, self.dropout = n_tokens, dim, dropout
        self.input_feeding, self.sampled, self.tied_embeddings = input_feeding, sampled, tied_embeddings
        self.recurrences = list(recurrences)
        for layer in self.recurrences:
            check_steppable(layer)
        self.attention = None if attention is None else Attention(attention, name="attention")
        self.embedding = keras.layers.Embedding(n_tokens, dim, name="embedding")
        self.output_scores = TokenScores(n_tokens, dim if tied_embeddings else None, name="scores")
        self.seed_generator = keras.random.SeedGenerator()

    # -- weights ----------------------------------------------------------------------------------------------------

    def build(self, memory_shape: tuple) -> None:
        """Create all weights, for a memory (B, T, F)."""
        width, given = memory_shape[-1], 0
        self.embedding.build((None, None))
        units = self._fed_units
        shape = (None, None, self.dim + (units if self.input_feeding else 0))
        for layer in self.recurrences:
            layer.build(shape)
            given += sum(state_sizes(layer)[k] for k in given_states(layer))
            shape = (None, None, _output_size(layer))
        self.given = keras.layers.Dense(given, activation="tanh", name="given_states") if given else None
        if self.given is not None:
            self.given.build((None, 2 * width))
        context = 2 * width
        if self.attention is not None:
            self.attention.build(shape, memory_shape)
            context = width
        self.combine = keras.layers.Dense(units, activation="tanh", use_bias=False, name="combine")
        self.combine.build((None, None, shape[-1] + context))
        self.output_scores.build((None, None, units))
        if self.sampled:
            self.teacher_forcing = self.add_weight(
                shape=(), initializer="ones", trainable=False, name="teacher_forcing"
            )
        self.built = True

    @property
    def _fed_units(self) -> int:
        return self.dim if self.tied_embeddings else _output_size(self.recurrences[-1])

    @property
    def numbers_in_step(self) -> int:
        """About how many numbers a step makes: a measure of memory."""
        sizes = sum(5 * _output_size(layer) for layer in self.recurrences)
        return self.n_tokens + self.dim + sizes

    # -- as a layer -------------------------------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        """The memory (B, T, F), as it is."""
        return inputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the memory."""
        return mask

    # -- all steps, and one -------------------------------------------------------------------------------------------

    def look(self, steps: Any, mask: Any) -> Memory:
        """Compute what does not change while the decoder writes, from steps (B, T, F) and their mask."""
        steps = ops.cast(steps, self.compute_dtype)
        keys = None if self.attention is None else self.attention.keys(steps)
        summary = ops.concatenate([steps[:, 0], last_over_time(steps, mask)], axis=1)
        return Memory(steps, keys, mask, summary)

    def begin(self, memory: Memory) -> DecoderState:
        """States before the first step."""
        layers = first_states(self.recurrences, memory.summary)
        if self.given is not None:
            given, start = self.given(memory.summary), 0
            for layer, states in zip(self.recurrences, layers):
                for k in given_states(layer):
                    end = start + state_sizes(layer)[k]
                    states[k] = given[:, start:end]
                    start = end
        if not self.input_feeding:
            return DecoderState(layers)
        return DecoderState(layers, ops.zeros((ops.shape(memory.summary)[0], self._fed_units), self.compute_dtype))

    def scores(self, memory: Memory, before: Any, mask: Any, n_known: Any, training: bool = False) -> tuple[Any, Any]:
        """Run over given tokens.

        Parameters
        ----------
        memory : Memory
        before : tensor (B, S) of int
            At each step the token before (teacher forcing).
        mask : tensor (B, S) of bool
            Real steps.
        n_known : int tensor
            As of `TokenScores.scores`.
        training : bool, default=False
            Use dropout, and scheduled sampling where it is asked for.

        Returns
        -------
        scores : tensor (B, S, V)
        weights : tensor (B, S, T), or None without attention
        """
        if self.input_feeding or (training and self.sampled):
            return self._scores_step_by_step(memory, before, n_known, training)
        x = self._dropped(self.embedding(before), training)
        for layer, states in zip(self.recurrences, self.begin(memory).layers):
            x, *_ = layer(x, initial_state=states, mask=mask, training=training)
        outputs, weights = self._attend(x, memory)
        return self._read(self._dropped(outputs, training), n_known), weights

    def step(
        self, memory: Memory, tokens: Any, state: DecoderState, n_known: Any, masks: tuple[Any, Any] | None = None
    ) -> tuple[Any, DecoderState, Any]:
        """Take one step, of one hypothesis or of several of each example.

        Parameters
        ----------
        memory : Memory
            Of B examples.
        tokens : tensor (R,) of int
            The tokens before; R is a multiple W of B, those of an example next to each other.
        state : DecoderState
            Of R rows.
        n_known : int tensor
            As of `TokenScores.scores`.
        masks : pair of tensors (R, E) and (R, A), optional
            Of dropout.

        Returns
        -------
        scores : tensor (R, V)
        state : DecoderState
        weights : tensor (R, T), or None without attention
        """
        x = self.embedding(tokens)
        x = x if masks is None else x * masks[0]
        if state.fed is not None:
            x = ops.concatenate([x, state.fed], axis=1)
        h, layers = take_step(self.recurrences, x, state.layers)
        rows, examples = ops.shape(h)[0], ops.shape(memory.steps)[0]
        queries = ops.reshape(h, (examples, rows // examples, h.shape[-1]))  # (B, W, H)
        outputs, weights = self._attend(queries, memory)
        outputs = ops.reshape(outputs, (rows, outputs.shape[-1]))
        if weights is not None:
            weights = ops.reshape(weights, (rows, ops.shape(weights)[2]))
        outputs = outputs if masks is None else outputs * masks[1]
        return self._read(outputs, n_known), DecoderState(layers, outputs if self.input_feeding else None), weights

    def packed(self, state: DecoderState) -> list[Any]:
        """Tensors of a state, as loops carry them."""
        flat = [x for states in state.layers for x in states]
        return [*flat, state.fed] if self.input_feeding else flat

    def unpacked(self, tensors: Sequence[Any]) -> DecoderState:
        """Undo `packed`."""
        left, layers = list(tensors), []
        for layer in self.recurrences:
            n = len(state_sizes(layer))
            layers.append(left[:n])
            left = left[n:]
        return DecoderState(layers, *left)

    def _attend(self, queries: Any, memory: Memory) -> tuple[Any, Any]:
        """(B, S, H) -> outputs (B, S, A), weights (B, S, T)."""
        if self.attention is None:
            shape = (*ops.shape(queries)[:2], memory.summary.shape[-1])
            contexts, weights = ops.broadcast_to(memory.summary[:, None], shape), None
        else:
            contexts, weights = self.attention(queries, memory.steps, memory.keys, memory.mask)
        return self.combine(ops.concatenate([queries, contexts], axis=-1)), weights

    def _read(self, outputs: Any, n_known: Any) -> Any:
        table = self.embedding.embeddings if self.tied_embeddings else None
        return self.output_scores.scores(outputs, n_known, table)

    def _dropped(self, x: Any, training: bool) -> Any:
        return keras.random.dropout(x, self.dropout, seed=self.seed_generator) if training and self.dropout else x

    def _scores_step_by_step(self, memory: Memory, before: Any, n_known: Any, training: bool) -> tuple[Any, Any]:
        """`scores` in a loop over whole steps, which so may read what the step before gave."""
        rows, length = ops.shape(before)[:2]
        given = ops.transpose(before)  # (S, B)
        masks = ()
        if training and self.dropout:  # random numbers are drawn before the loop
            widths = (self.dim, self._fed_units)
            masks = tuple(self._dropped(ops.ones((length, rows, n), self.compute_dtype), True) for n in widths)
        forced = ops.ones((length, rows), "bool")
        if training and self.sampled:
            forced = keras.random.uniform((length, rows), seed=self.seed_generator) < self.teacher_forcing

        def step(carry: Any, inputs: Any) -> Any:
            state, own = carry
            token, is_forced, *dropped = inputs
            token = ops.where(is_forced, token, own)
            scores, after, weights = self.step(memory, token, self.unpacked(state), n_known, tuple(dropped) or None)
            own = ops.cast(ops.argmax(scores, axis=-1), own.dtype)
            return (self.packed(after), own), (scores, scores[:, :0] if weights is None else weights)

        start = (self.packed(self.begin(memory)), given[0])
        scores, weights = over_steps(step, start, (given, forced, *masks))
        weights = None if self.attention is None else ops.transpose(weights, (1, 0, 2))
        return ops.transpose(scores, (1, 0, 2)), weights

    # -- configuration ------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """All arguments of the constructor."""
        names = ("n_tokens", "dim", "input_feeding", "sampled", "dropout", "tied_embeddings")
        own: dict[str, Any] = {name: getattr(self, name) for name in names}
        own["attention"] = None if self.attention is None else self.attention.kind
        own["recurrences"] = [keras.saving.serialize_keras_object(layer) for layer in self.recurrences]
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Decoder:
        """Undo `get_config`."""
        recurrences = [
            keras.saving.deserialize_keras_object(c) if isinstance(c, dict) else c for c in config["recurrences"]
        ]
        return cls(**{**config, "recurrences": recurrences})


def _output_size(layer: keras.layers.RNN) -> int:
    return int(getattr(layer.cell, "output_size", None) or state_sizes(layer)[0])
