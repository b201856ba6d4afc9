"""The search for output sequences: greedy, beam search and sampling, in one loop, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import ops

from skrnn.sequences.examples import ColumnSpec
from skrnn.sequences.vocabulary import END, UNKNOWN

# In the column "forced", where the search is free.
FREE = -1

# What log probabilities of impossible tokens are; sums of a few stay finite.
IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class Search:
    """How to look for the tokens of an output: frozen, and part of what a decoding graph is compiled for.

    Attributes
    ----------
    beam_width : int
        W, hypotheses kept at each step. 1 is greedy search.
    no_repeat_ngram_size : int
        No n-gram of this size stands twice in a hypothesis; 0 for any.
    unknown : bool
        Whether the unknown token may be written.
    sampled : bool
        Draw tokens, one hypothesis for each example, rather than search for the most probable.
    top_k : int or None
        Draw from the most probable k tokens only.

    Notes
    -----
    What may change without another graph comes with the examples: limits of length, prefixes, the length penalty, the
    temperature and top p.
    """

    beam_width: int = 1
    no_repeat_ngram_size: int = 0
    unknown: bool = False
    sampled: bool = False
    top_k: int | None = None

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """What the search reads beside X.

        They are the fields of `Limits`; "forced" has the steps of the longest output, its end included.
        """
        whole = [ColumnSpec(name, (), "int32") for name in ("min_length", "n_tokens")]
        if not self.sampled:
            return (ColumnSpec("forced", (), "int32", "search"), *whole, ColumnSpec("length_penalty"))
        drawn = [ColumnSpec(name) for name in ("temperature", "top_p")]
        noise = ColumnSpec("noise", (), "float32", "search")
        return (ColumnSpec("forced", (), "int32", "search"), noise, *whole, *drawn)


class Limits(NamedTuple):
    """What outputs must be like, and how they are compared or drawn.

    Attributes
    ----------
    forced : tensor (B, S) of int
        A token that must stand at a step, or `FREE`.
    longest : tensor (B,) of int
        The last step, at which only the end may stand.
    shortest : tensor (B,) of int
        Tokens before the end at least.
    length_penalty : tensor (B,), or None where outputs are drawn
        Hypotheses are compared by their log probability divided by length to this power; the end counts as a token.
    noise : tensor (B, S), or None
        Uniform numbers in [0, 1), to draw by.
    temperature, top_p : tensor (B,), or None
        Scores are divided by the temperature, then of the top k the fewest tokens are kept that have the probability
        p together.
    """

    forced: Any
    longest: Any
    shortest: Any
    length_penalty: Any = None
    noise: Any = None
    temperature: Any = None
    top_p: Any = None


class Found(NamedTuple):
    """What a search found, W hypotheses for each example, the best first.

    Attributes
    ----------
    tokens : tensor (B, W, S) of int
        The end included.
    lengths : tensor (B, W) of int
        Tokens before the end; -1 where there is no such hypothesis.
    log_probabilities, scores : tensor (B, W)
        Of whole hypotheses; the second with the length penalty.
    looked_at : tensor (B, W, S) of int, or None
        The step of the source with the largest attention weight.
    """

    tokens: Any
    lengths: Any
    log_probabilities: Any
    scores: Any
    looked_at: Any


# From tokens (R,) and states to scores of the next token (R, V), states, and attention weights (R, T) or None.
StepFunction = Callable[[Any, Any], tuple[Any, Any, Any]]


class _Hypotheses(NamedTuple):
    tokens: Any  # (B, W, S)
    looked_at: Any  # (B, W, S)
    total: Any  # (B, W)


class _Finished(NamedTuple):
    tokens: Any  # (B, W, S)
    looked_at: Any  # (B, W, S)
    total: Any  # (B, W)
    scores: Any  # (B, W)
    lengths: Any  # (B, W)


def search(step: StepFunction, states: Any, limits: Limits, options: Search) -> Found:
    """Search for the best outputs.

    Parameters
    ----------
    step : callable
        ``step(tokens, states)``, of R = B W rows, those of an example next to each other.
    states : nested tensors (B, ...)
        Before the first step.
    limits : Limits
    options : Search

    Returns
    -------
    Found

    Notes
    -----
    At each step the W best of all continuations of an example's hypotheses go on. One that ends leaves the beam, and
    its place is taken by the best that does not end. An example is done when W hypotheses have ended: those that it has
    then are compared by their scores.
    """
    width = options.beam_width
    rows, length = ops.shape(limits.forced)[:2]
    states = keras.tree.map_structure(lambda x: ops.repeat(x, width, axis=0), states)
    flat = keras.tree.flatten(states)
    empty = ops.zeros((rows, width, length), "int32")
    first = ops.broadcast_to(ops.arange(width)[None] == 0, (rows, width))
    nothing = ops.full((rows, width), IMPOSSIBLE, "float32")
    hypotheses = _Hypotheses(empty, empty, ops.where(first, 0.0, nothing))
    finished = _Finished(empty, empty, nothing, nothing, ops.full((rows, width), -1, "int32"))

    def going_on(t: Any, hypotheses: Any, *_: Any) -> Any:
        return ops.logical_and(t < length, ops.any(_Hypotheses(*hypotheses).total > IMPOSSIBLE))

    def body(t: Any, hypotheses: Any, finished: Any, flat: Any) -> Any:
        hypotheses, finished = _Hypotheses(*hypotheses), _Finished(*finished)
        before = ops.where(t == 0, END, _at(hypotheses.tokens, ops.maximum(t - 1, 0)))  # (B, W)
        given = keras.tree.pack_sequence_as(states, list(flat))
        scores, after, weights = step(ops.reshape(before, (-1,)), given)
        scores = ops.reshape(scores, (rows, width, scores.shape[-1]))
        scores = _allowed(scores, t, hypotheses.tokens, limits, options)
        chosen, parents, gained = (_drawn if options.sampled else _best)(scores, hypotheses.total, t, limits, options)
        looked_at = ops.zeros((rows, width), "int32")
        if weights is not None:
            looked_at = ops.reshape(ops.cast(ops.argmax(weights, axis=-1), "int32"), (rows, width))
        extended = _Hypotheses(
            _with(_of(hypotheses.tokens, parents), t, chosen),
            _with(_of(hypotheses.looked_at, parents), t, _of(looked_at, parents)),
            gained,
        )  # (B, C, ...), the best first
        finished = _collected(finished, extended, chosen, t, limits, options)
        hypotheses, kept = _going_on(extended, chosen, width)
        is_done = ops.all(finished.lengths >= 0, axis=1)[:, None]
        hypotheses = hypotheses._replace(total=ops.where(is_done, nothing, hypotheses.total))
        came_from = ops.take_along_axis(parents, kept, axis=1) + ops.arange(rows)[:, None] * width  # (B, W)
        after = [
            ops.reshape(ops.take(x, ops.reshape(came_from, (-1,)), axis=0), ops.shape(x))
            for x in keras.tree.flatten(after)
        ]
        return t + 1, tuple(hypotheses), tuple(finished), tuple(after)

    start = (ops.convert_to_tensor(0, "int32"), tuple(hypotheses), tuple(finished), tuple(flat))
    _, _, finished, _ = ops.while_loop(going_on, body, start)
    finished = _Finished(*finished)
    return Found(finished.tokens, finished.lengths, finished.total, finished.scores, finished.looked_at)


def _allowed(scores: Any, t: Any, tokens: Any, limits: Limits, options: Search) -> Any:
    """Log probabilities (B, W, V), and `IMPOSSIBLE` for tokens that must not stand at step t.

    They are those of all tokens, so that the sum over a hypothesis is its log probability, whatever is forbidden.
    """
    n_tokens = scores.shape[-1]
    log_p = scores - ops.logsumexp(scores, axis=-1, keepdims=True)
    numbers = ops.arange(n_tokens)[None, None]  # (1, 1, V)
    forced = _at(limits.forced, t)[:, None, None]  # (B, 1, 1)
    is_last = (t >= limits.longest)[:, None, None]
    is_short = (t < limits.shortest)[:, None, None]
    forbidden = ops.logical_and(is_short, numbers == END)
    if not options.unknown:
        forbidden = ops.logical_or(forbidden, numbers == UNKNOWN)
    if options.no_repeat_ngram_size:
        forbidden = ops.logical_or(forbidden, _repeated(tokens, t, options.no_repeat_ngram_size, n_tokens))
    forbidden = ops.where(forced >= 0, numbers != forced, forbidden)
    forbidden = ops.where(is_last, numbers != END, forbidden)
    return ops.where(forbidden, IMPOSSIBLE, ops.maximum(log_p, IMPOSSIBLE / 2))


def _repeated(tokens: Any, t: Any, size: int, n_tokens: int) -> Any:
    """(B, W, S) -> (B, W, V): tokens that would close an n-gram which stands in a hypothesis already."""
    rows, width, length = ops.shape(tokens)
    ends = ops.arange(length)  # where an n-gram ends
    same = ops.logical_and(ends >= size - 1, ends < t)[None, None]
    for back in range(1, size):
        then = _at(tokens, ops.maximum(t - back, 0))[:, :, None]
        same = ops.logical_and(same, ops.roll(tokens, back, axis=2) == then)
    same = ops.logical_and(ops.broadcast_to(same, (rows, width, length)), t >= size - 1)
    row = ops.broadcast_to(ops.arange(rows * width)[:, None], (rows * width, length))
    places = ops.reshape(row * n_tokens + ops.reshape(tokens, (rows * width, length)), (-1,))
    counts = ops.segment_max(ops.cast(ops.reshape(same, (-1,)), "int32"), places, rows * width * n_tokens)
    return ops.reshape(counts > 0, (rows, width, n_tokens))


def _best(log_p: Any, total: Any, t: Any, limits: Limits, options: Search) -> tuple[Any, Any, Any]:
    """The best 2 W continuations: tokens, hypotheses that they continue, and log probabilities, each (B, 2 W)."""
    n_tokens, width = log_p.shape[-1], options.beam_width
    gained = ops.maximum(total[:, :, None] + log_p, IMPOSSIBLE)
    gained = ops.reshape(gained, (ops.shape(gained)[0], width * n_tokens))
    gained, places = ops.top_k(gained, min(2 * width, width * n_tokens))
    places = ops.cast(places, "int32")
    return places % n_tokens, places // n_tokens, gained


def _drawn(log_p: Any, total: Any, t: Any, limits: Limits, options: Search) -> tuple[Any, Any, Any]:
    """A continuation that is drawn: (B, 1) each."""
    p = kept_probabilities(log_p[:, 0], limits.temperature, options.top_k, limits.top_p)  # (B, V)
    token = draw(p, _at(limits.noise, t))[:, None]  # (B, 1)
    gained = total + ops.take_along_axis(log_p[:, 0], token, axis=1)
    return token, ops.zeros_like(token), ops.maximum(gained, IMPOSSIBLE)


def kept_probabilities(log_p: Any, temperature: Any, top_k: int | None, top_p: Any) -> Any:
    """(B, V), (B,), (B,) -> (B, V): probabilities by temperature, top k and top p; they sum to 1."""
    n_tokens = log_p.shape[-1]
    scaled = ops.where(log_p <= IMPOSSIBLE / 2, IMPOSSIBLE, log_p / temperature[:, None])
    if top_k is not None and top_k < n_tokens:
        lowest = ops.top_k(scaled, top_k)[0][:, -1:]
        scaled = ops.where(scaled < lowest, IMPOSSIBLE, scaled)
    p = ops.softmax(scaled, axis=-1)
    ordered = ops.flip(ops.sort(p, axis=-1), axis=-1)
    before = ops.cumsum(ordered, axis=-1) - ordered  # what more probable tokens have together
    within = ops.logical_or(before < top_p[:, None], top_p[:, None] >= 1.0)
    lowest = ops.min(ops.where(within, ordered, 1.0), axis=-1, keepdims=True)
    p = ops.where(p < lowest, 0.0, p)
    return p / ops.sum(p, axis=-1, keepdims=True)


def draw(p: Any, noise: Any) -> Any:
    """(B, V), (B,) -> (B,): the token at whose interval of the summed probabilities a uniform number lies."""
    summed = ops.cumsum(p, axis=-1)
    below = ops.cast(summed <= noise[:, None] * summed[:, -1:], "int32")
    found = ops.sum(below, axis=-1)
    last = ops.max(ops.where(p > 0, ops.arange(p.shape[-1])[None], 0), axis=-1)  # rounding must not pass it
    return ops.cast(ops.minimum(found, ops.cast(last, found.dtype)), "int32")


def _collected(
    finished: _Finished, extended: _Hypotheses, chosen: Any, t: Any, limits: Limits, options: Search
) -> _Finished:
    """Add those of the best W continuations that end, and keep the W with the best scores."""
    width = options.beam_width
    n = min(width, chosen.shape[1])
    tokens, looked_at, total = (x[:, :n] for x in extended)
    length = ops.cast(t + 1, "float32")
    ends = ops.logical_and(chosen[:, :n] == END, total > IMPOSSIBLE / 2)
    penalized = total if limits.length_penalty is None else total / length ** limits.length_penalty[:, None]
    scores = ops.where(ends, penalized, IMPOSSIBLE)
    lengths = ops.where(ends, t, -1)
    new = (tokens, looked_at, ops.where(ends, total, IMPOSSIBLE), scores, lengths)
    both = _Finished(*(ops.concatenate([a, b], axis=1) for a, b in zip(finished, new)))
    best = ops.cast(ops.top_k(both.scores, width)[1], "int32")
    return _Finished(*(_of(x, best) for x in both))


def _going_on(extended: _Hypotheses, chosen: Any, width: int) -> tuple[_Hypotheses, Any]:
    """The best W continuations that do not end, and their numbers (B, W)."""
    total = ops.where(chosen == END, IMPOSSIBLE, extended.total)
    if total.shape[1] < width:  # a beam wider than there are continuations
        missing = width - total.shape[1]
        total = ops.pad(total, ((0, 0), (0, missing)), constant_values=IMPOSSIBLE)
    total, kept = ops.top_k(total, width)
    kept = ops.minimum(ops.cast(kept, "int32"), chosen.shape[1] - 1)
    total = ops.where(total <= IMPOSSIBLE / 2, IMPOSSIBLE, total)
    return _Hypotheses(_of(extended.tokens, kept), _of(extended.looked_at, kept), total), kept


def _of(x: Any, numbers: Any) -> Any:
    """(B, W, ...), (B, C) -> (B, C, ...): for each example the entries with these numbers."""
    rows, n = ops.shape(x)[:2]
    flat = ops.reshape(numbers + ops.arange(rows, dtype=numbers.dtype)[:, None] * n, (-1,))
    rest = ops.shape(x)[2:]
    taken = ops.take(ops.reshape(x, (rows * n, *rest)), flat, axis=0)
    return ops.reshape(taken, (rows, numbers.shape[1], *rest))


def _at(x: Any, t: Any) -> Any:
    """Step t, which may be behind the last one: (B, S) -> (B,), (B, W, S) -> (B, W)."""
    return ops.take(x, ops.minimum(t, ops.shape(x)[-1] - 1), axis=-1)


def _with(x: Any, t: Any, values: Any) -> Any:
    """(B, C, S) with values (B, C) at step t."""
    return ops.where((ops.arange(ops.shape(x)[2]) == t)[None, None], values[:, :, None], x)
