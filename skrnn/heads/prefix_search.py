"""The search for labels from class probabilities of frames: the best path, and beam search over prefixes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras import ops

from skrnn.layers.ctc import IMPOSSIBLE, NOTHING
from skrnn.layers.stepping import over_steps
from skrnn.sequences.examples import ColumnSpec

# Prefixes are compared by two hashes of 32 bits, so that two of 10 million are confused with a probability of 1e-5.
FACTORS = (1_000_003, 69_069)
NO_HASH = -1


class LabelModel(ABC):
    """Log probabilities of the next label given those before it: what a search may weigh prefixes by.

    Equal only to itself, as it holds weights.
    """

    @abstractmethod
    def begin(self, rows: Any) -> tuple[Any, list[Any]]:
        """Log probabilities (R, V) of the first label of R sequences, and states (R, ...).

        Class 0 stands for the end of the sequence.
        """

    @abstractmethod
    def step(self, labels: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Log probabilities (R, V) of what follows labels (R,), and states."""


@dataclass(frozen=True)
class PrefixSearch:
    """How to look for labels: frozen, and part of what a decoding graph is compiled for.

    Attributes
    ----------
    beam_width : int
        W, prefixes that are kept at each frame. 1 takes the most probable class of each frame instead (best path).
    label_model : LabelModel or None
        What prefixes are weighed by beside the frames.
    """

    beam_width: int = 10
    label_model: LabelModel | None = None

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """What the search reads beside X."""
        return ColumnSpec("language_model_weight"), ColumnSpec("length_bonus")


class Labels(NamedTuple):
    """What a search found, W hypotheses for each example, the best first.

    Attributes
    ----------
    paths : int tensor (B, T, W)
        The label that a hypothesis was extended by at each frame; 0 for none.
    scores : tensor (B, W)
        Log probabilities, with what a label model and a length bonus add; at most -1e8 where there is no hypothesis.
    """

    paths: Any
    scores: Any


def best_path(log_p: Any, frames: Any) -> Labels:
    """The most probable class of each frame.

    Parameters
    ----------
    log_p : tensor (B, T, V)
        Log probabilities of the classes, 0 being the blank.
    frames : bool tensor (B, T)
        Real frames.

    Returns
    -------
    Labels
        Of one path, whose score is its own log probability.
    """
    best = ops.where(frames, ops.cast(ops.argmax(log_p, axis=-1), "int32"), 0)
    before = ops.pad(best, ((0, 0), (1, 0)))[:, :-1]
    score = ops.sum(ops.where(frames, ops.max(log_p, axis=-1), 0.0), axis=1, keepdims=True)
    return Labels(ops.where(best == before, 0, best)[:, :, None], score)


class _Beam(NamedTuple):
    """W prefixes of each of B examples.

    Attributes
    ----------
    numbers : tensor (3, B, W)
        Log probabilities of the paths that end in a blank, of those that end in the last label, and what a label model
        and the length bonus add.
    names : int tensor (5, B, W)
        The last label, two hashes of the prefix, and two of the prefix before the last label.
    """

    numbers: Any
    names: Any


def prefix_search(
    log_p: Any, frames: Any, weight: Any, bonus: Any, beam_width: int, label_model: LabelModel | None = None
) -> Labels:
    """Beam search over prefixes of labels, each of which has the probability of all its paths.

    Parameters
    ----------
    log_p : tensor (B, T, V)
        Log probabilities of the classes, 0 being the blank.
    frames : bool tensor (B, T)
        Real frames, which come first in a row.
    weight, bonus : tensor (B,)
        Prefixes are compared by their log probability, plus weight times that of the label model, plus bonus for each
        label.
    beam_width : int
        W.
    label_model : LabelModel, optional

    Returns
    -------
    Labels

    Notes
    -----
    A frame extends a prefix by a label, or leaves it: by a blank, or by its last label once more, which extends it only
    behind a blank. A prefix that another one is extended to gets its paths [1]_. With a beam that holds all prefixes,
    the scores are exact.

    References
    ----------
    .. [1] A. Hannun, A. Maas, D. Jurafsky, A. Ng (2014), First-pass large vocabulary continuous speech recognition
       using bi-directional recurrent DNNs, arXiv:1408.2873.
    """
    rows, n_classes = ops.shape(log_p)[0], log_p.shape[-1]
    rank = ops.broadcast_to(ops.arange(beam_width, dtype="int32")[None], (rows, beam_width))
    first = beam_width * ops.arange(rows, dtype="int32")[:, None]  # place of the first prefix of each example, (B, 1)
    nothing = ops.full((rows, beam_width), NOTHING, log_p.dtype)
    begin = ops.stack([ops.where(rank == 0, 0.0, nothing), nothing, ops.zeros_like(nothing)])
    vacant = _names(NO_HASH - 1 - rank)
    begin_names = ops.where(rank == 0, _names(ops.zeros_like(rank)), vacant)
    gains, states = _first_gains(label_model, rows, beam_width, n_classes, log_p.dtype)
    weight, bonus = ops.cast(weight, log_p.dtype)[:, None, None], ops.cast(bonus, log_p.dtype)[:, None]

    def step(carry: Any, at: Any) -> Any:
        (numbers, names, gains, *states), (log_p, real) = carry, at
        stays, values = _after_frame(_Beam(numbers, names), log_p, first)
        added = numbers[2][:, :, None] + bonus[:, :, None]  # (B, W, 1), or (B, W, V) of each further label
        added = added if label_model is None else added + weight * gains
        is_stay = ops.arange(n_classes) == 0
        keys = ops.where(is_stay, (_log_sum(stays[0], stays[1]) + stays[2])[:, :, None], values + added)
        score, chosen = ops.top_k(ops.reshape(keys, (rows, beam_width * n_classes)), beam_width)
        chosen, real = ops.cast(chosen, "int32"), real[:, None]
        parent = ops.where(real, chosen // n_classes, rank)
        label = ops.where(real, chosen % n_classes, 0)
        here = parent + first
        gained = _taken(added, here * added.shape[2] + (0 if label_model is None else label))
        after = _extended(_Beam(ops.stack(stays), names), here, label, score, gained)
        names = ops.where(real, ops.where(score > IMPOSSIBLE, after.names, vacant), names)
        numbers = ops.where(real, after.numbers, numbers)
        total = _log_sum(numbers[0], numbers[1]) + numbers[2]
        if label_model is not None:
            gains, states = _next_gains(label_model, gains, states, here, label)
            total = total + weight[:, :, 0] * gains[:, :, 0]
        return (numbers, names, gains, *states), (here, label, total)

    given = (ops.transpose(log_p, (1, 0, 2)), ops.transpose(frames))
    parents, labels, scores = over_steps(step, (begin, begin_names, gains, *states), given)
    scores, order = ops.top_k(scores[-1], beam_width)
    return Labels(_traced(parents, labels, ops.cast(order, "int32") + first), scores)


def _names(hashes: Any) -> Any:
    """Names of prefixes without a label, (5, B, W): of the empty one, or of none, which nothing is extended to."""
    return ops.stack([ops.zeros_like(hashes), hashes, hashes, *[ops.full_like(hashes, NO_HASH)] * 2])


def _after_frame(beam: _Beam, log_p: Any, first: Any) -> tuple[tuple[Any, Any, Any], Any]:
    """Log probabilities after a frame.

    Returns
    -------
    stays : tuple of 3 tensors (B, W)
        Numbers of the prefixes as they are.
    values : tensor (B, W, V)
        Log probability of each prefix with each further label.
    """
    blank, own, added = ops.unstack(beam.numbers, axis=0)
    last, hash_1, hash_2, before_1, before_2 = ops.unstack(beam.names, axis=0)
    width, n_classes = blank.shape[1], log_p.shape[-1]
    total = _log_sum(blank, own)
    # extends[b, i, j]: prefix j is prefix i and one label more, whose paths it gets.
    extends = ops.logical_and(
        hash_1[:, :, None] == before_1[:, None], hash_2[:, :, None] == before_2[:, None]
    )  # (B, W, W)
    comes = ops.where(last[:, :, None] == last[:, None], blank[:, :, None], total[:, :, None])
    merged = ops.max(ops.where(extends, comes, NOTHING), axis=1)
    of_last = _taken(log_p, last + first // width * n_classes)
    stays = (total + log_p[:, :1], _log_sum(own, merged) + of_last, added)
    # What differs from the sum of both: the same label again, which needs a blank before, and what is merged.
    is_last = ops.cast(last[:, :, None] == ops.arange(n_classes, dtype="int32"), log_p.dtype)  # (B, W, V)
    same = (blank - total)[:, :, None] * ops.eye(width, dtype=log_p.dtype)
    differs = ops.matmul(ops.where(extends, NOTHING, same), is_last)
    return stays, total[:, :, None] + log_p[:, None] + differs


def _extended(beam: _Beam, here: Any, label: Any, score: Any, gained: Any) -> _Beam:
    """The chosen prefixes: those at these places as they are, or with a label more."""
    numbers, names = (ops.take(ops.reshape(x, (x.shape[0], -1)), here, axis=1) for x in (beam.numbers, beam.names))
    is_new = label > 0
    new = ops.stack([ops.full_like(score, NOTHING), score - gained, gained])
    _, hash_1, hash_2, *_ = ops.unstack(names, axis=0)
    hashes = [hash * factor + label + 1 for hash, factor in zip((hash_1, hash_2), FACTORS)]
    new_names = ops.stack([label, *hashes, hash_1, hash_2])
    return _Beam(ops.where(is_new, new, numbers), ops.where(is_new, new_names, names))


def _first_gains(
    label_model: LabelModel | None, rows: Any, width: int, n_classes: int, dtype: Any
) -> tuple[Any, list[Any]]:
    """Log probabilities of the first label by the label model, (B, W, V), and its states."""
    if label_model is None:
        return ops.zeros((1, 1, 1), dtype), []
    gains, states = label_model.begin(rows * width)
    return ops.cast(ops.reshape(gains, (rows, width, n_classes)), dtype), states


def _next_gains(label_model: LabelModel, gains: Any, states: list[Any], here: Any, label: Any) -> tuple[Any, list[Any]]:
    """Log probabilities of what follows the chosen prefixes, (B, W, V); those without a new label keep theirs."""
    chosen, is_new = ops.reshape(here, (-1,)), ops.reshape(label > 0, (-1, 1))
    states = [ops.take(state, chosen, axis=0) for state in states]
    kept = ops.take(ops.reshape(gains, (-1, gains.shape[2])), chosen, axis=0)
    new, after = label_model.step(ops.reshape(label, (-1,)), states)
    gains = ops.reshape(ops.where(is_new, ops.cast(new, kept.dtype), kept), ops.shape(gains))
    return gains, [ops.where(is_new, a, s) for a, s in zip(after, states)]


def _traced(parents: Any, labels: Any, last: Any) -> Any:
    """From choices at each frame, (T, B, W), to the labels of each hypothesis at its frames, (B, T, W)."""

    def back(here: Any, at: Any) -> Any:
        parent, label = at
        return _taken(parent, here), _taken(label, here)

    found = over_steps(back, last, (ops.flip(parents, axis=0), ops.flip(labels, axis=0)))
    return ops.transpose(ops.flip(found, axis=0), (1, 0, 2))


def _taken(x: Any, places: Any) -> Any:
    """Entries at places of what lies flat."""
    return ops.take(ops.reshape(x, (-1,)), places)


def _log_sum(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)), with fewer operations than Keras' own, which looks for what is not finite."""
    return ops.maximum(a, b) + ops.softplus(-ops.abs(a - b))
