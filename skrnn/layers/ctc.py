"""Connectionist temporal classification: losses of label sequences without an alignment, and the best alignment.

Frames are the steps of X, labels those of y. Class 0 is the blank. A path has a class at each frame; it reads as the
labels that are left when repeated classes are merged and blanks removed. The probability of labels is the sum over all
paths that read so [1]_.

Labels y_1 ... y_S have the states ``start, blank, y_1, blank, y_2, ..., y_S, blank``, of which there are n = 2 S + 2.
A frame leads from a state to itself, to the next one, or over a blank between two different labels to the next label.
What follows are walks through the states, in logarithms, so that the scale of the scores does not matter; after each
few frames they are taken relative to the best state, so that any number of frames keeps the precision.

References
----------
.. [1] A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber (2006), Connectionist temporal classification: labelling
   unsegmented sequence data with recurrent neural networks, ICML.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from keras import ops

from skrnn.layers.crf_steps import scan_steps

# The logarithm of nothing. Sums of some thousands stay finite in single precision.
NOTHING = -1e9

# Log-likelihoods below this are those of labels without a path; those of others are larger by orders of magnitude.
IMPOSSIBLE = -1e8

# Frames in an iteration of the loop, which has a cost of its own.
AT_ONCE = 8


def losses(scores: Any, labels: Any, frames: Any, real: Any, training: bool = False, jit_compile: bool = False) -> Any:
    """Negative log-likelihoods of labels.

    Parameters
    ----------
    scores : tensor (B, T, V)
        Of the classes at each frame, before the softmax.
    labels : int tensor (B, S)
        From 1 to V - 1; a row may have none.
    frames : bool tensor (B, T)
        Real frames, which come first in a row. There is one at least.
    real : bool tensor (B, S)
        Real labels, which come first in a row.
    training : bool, default=False
        Have a gradient, which takes twice the time.
    jit_compile : bool, default=False
        Compile with XLA what has a gradient, on TensorFlow.

    Returns
    -------
    tensor (B,)
        Above 1e8 where labels need more frames than there are, with a gradient of zero.

    Notes
    -----
    Labels need a frame each, and one more between two equal ones. The gradient by the scores of a frame is the softmax
    less the share of the paths, by probability, that have each class there. These shares come from a walk from the
    first frame and one from the last. TensorFlow runs both at the same time.
    """
    if not training:
        emissions = _emissions(log_softmax(scores), labels, frames, real)
        carry, largest = _walked(_backward(emissions, labels, frames, real), keep=False)
        return -_log_likelihood(carry, largest)

    @ops.custom_gradient
    def with_gradient(scores: Any) -> Any:
        walks = _compiled_walks() if jit_compile else _walks
        found, slopes = walks(scores, labels, frames, real)

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            upstream = arguments[-1] if upstream is None else upstream
            return slopes * upstream[:, None, None]

        return found, gradient

    return with_gradient(ops.convert_to_tensor(scores))


def _walks(scores: Any, labels: Any, frames: Any, real: Any) -> tuple[Any, Any]:
    """Losses (B,) and their gradients by the scores, (B, T, V)."""
    log_p = log_softmax(scores)
    emissions = _emissions(log_p, labels, frames, real)
    onward, back = _forward(emissions, labels), _backward(emissions, labels, frames, real)
    (_, before), (carry, after) = _walked(onward, keep=True), _walked(back, keep=True)  # (T', B, n)
    log_likelihood = _log_likelihood(carry, ops.max(after[AT_ONCE - 1 :: AT_ONCE], axis=2))
    reached = before[:, :, 1:] + ops.flip(after[:, :, 1:], axis=(0, 2)) - emissions[:, :, 1:]
    shares = ops.softmax(reached, axis=2)[: ops.shape(scores)[1]]  # (T, B, n - 1)
    classes = ops.one_hot(_interleaved(labels, 0)[:, 1:], scores.shape[-1], dtype=log_p.dtype)  # (B, n - 1, V)
    taken = ops.matmul(ops.transpose(shares, (1, 0, 2)), classes)  # (B, T, V)
    possible = ops.logical_and(frames, (log_likelihood > IMPOSSIBLE)[:, None])[:, :, None]
    return -log_likelihood, ops.where(possible, ops.exp(log_p) - taken, 0.0)


@lru_cache(maxsize=1)
def _compiled_walks() -> Callable[..., tuple[Any, Any]]:
    """`_walks` by XLA on TensorFlow, for few numbers of frames and labels, as each is compiled."""
    from skrnn.layers.rows import padded_rows, padded_size
    from skrnn.layers.scan import compiled

    walks = compiled(_walks)

    def padded(scores: Any, labels: Any, frames: Any, real: Any) -> tuple[Any, Any]:
        (rows, n_frames), n_labels = ops.shape(scores)[:2], ops.shape(labels)[1]
        of_rows = (0, padded_rows(rows) - rows)
        of_frames, of_labels = (
            (of_rows, (0, padded_size(n_frames) - n_frames)),
            (of_rows, (0, padded_size(n_labels) - n_labels)),
        )
        given = zip((scores, labels, frames, real), ((*of_frames, (0, 0)), of_labels, of_frames, of_labels))
        found, slopes = walks(*(ops.pad(x, widths) for x, widths in given))
        return found[:rows], slopes[:rows, :n_frames]

    return padded


def best_alignment(log_p: Any, labels: Any, frames: Any, real: Any) -> Any:
    """The most probable path that reads as given labels.

    Parameters
    ----------
    log_p : tensor (B, T, V)
        Log probabilities of the classes.
    labels, frames, real
        As of `losses`; where there is no path, the result may be any.

    Returns
    -------
    int tensor (B, T)
        For each frame the place of its label in the row, from 1 to S, or 0 for a blank.
    """
    walk = _backward(_emissions(log_p, labels, frames, real), labels, frames, real)
    n_frames, n = ops.shape(frames)[1], ops.shape(walk.skips)[1]

    def onward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        choices = []
        for emission in ops.split(at[0], AT_ONCE, axis=0):
            ways = ops.stack(_ways(carry, walk.skips))  # (3, B, n)
            choices.append(ops.cast(ops.argmax(ways, axis=0), emission.dtype))
            carry = ops.max(ways, axis=0) + emission
        return _relative(carry)[0], ops.concatenate(choices, axis=0)

    carry, choices = scan_steps(onward, walk.begin, [_at_once(walk.emissions)])
    choices = ops.reshape(choices, ops.shape(walk.emissions))
    last = ops.where(carry[:, -1] >= carry[:, -2], n - 1, n - 2)
    places = ops.arange(n, dtype="int32")

    def traced(place: Any, at: list[Any]) -> tuple[Any, Any]:
        here = places[None] == ops.cast(place, "int32")  # (B, n)
        step = ops.sum(ops.where(here, at[0], 0.0), axis=1, keepdims=True)
        return place - step, place

    last = ops.cast(last, choices.dtype)[:, None]
    _, path = scan_steps(traced, last, [choices], reverse=True, width=1)
    state = n - ops.cast(ops.transpose(ops.flip(path[:, :, 0], axis=0))[:, :n_frames], "int32")  # (B, T)
    return ops.where(ops.logical_and(frames, state % 2 == 0), state // 2, 0)


def log_softmax(scores: Any) -> Any:
    """Log probabilities of the classes."""
    shifted = scores - ops.max(scores, axis=-1, keepdims=True)
    return shifted - ops.log(ops.sum(ops.exp(shifted), axis=-1, keepdims=True))


class _Walk(NamedTuple):
    """A walk through the states of B rows, which only goes up in their order.

    Attributes
    ----------
    emissions : tensor (T', B, n)
        What each state costs at each frame; T' is a multiple of `AT_ONCE`.
    skips : tensor (B, n)
        0 where a frame leads to a state from the one before the last, else `NOTHING`.
    begin : tensor (B, n)
        0 at the state before the first frame, else `NOTHING`.
    """

    emissions: Any
    skips: Any
    begin: Any


def _forward(emissions: Any, labels: Any) -> _Walk:
    """From the first frame and label to the last."""
    before = ops.concatenate([ops.full_like(labels[:, :1], -1), labels[:, :-1]], axis=1)
    skips = _interleaved(_logarithm(labels != before, emissions), NOTHING)
    begin = _logarithm(ops.broadcast_to(_places(skips) == 0, ops.shape(skips)), emissions)
    return _Walk(emissions, skips, begin)


def _backward(emissions: Any, labels: Any, frames: Any, real: Any) -> _Walk:
    """From the last frame and label to the first, with places and frames counted from behind.

    Row b stays in its state before the first frame, at place ``n - 2 S_b - 2``, until its last frame comes.
    """
    after = ops.concatenate([ops.where(real, labels, -1)[:, 1:], ops.full_like(labels[:, :1], -1)], axis=1)
    skips = _interleaved(_logarithm(labels != after, emissions), NOTHING)
    skips, emissions = (
        ops.concatenate([ops.full_like(x[..., :1], NOTHING), ops.flip(x[..., 1:], axis=-1)], axis=-1)
        for x in (skips, emissions)
    )
    n_labels = ops.sum(ops.cast(real, "int32"), axis=1, keepdims=True)
    is_first = _places(skips) == ops.shape(skips)[1] - 2 * n_labels - 2  # (B, n)
    missing = ops.logical_not(_filled(ops.transpose(frames), False))  # (T', B)
    waits = ops.logical_and(missing[:, :, None], is_first[None])
    return _Walk(ops.flip(ops.where(waits, 0.0, emissions), axis=0), skips, _logarithm(is_first, emissions))


def _emissions(log_p: Any, labels: Any, frames: Any, real: Any) -> Any:
    """Log probabilities of the states' classes, (T', B, n); `NOTHING` where there is no such frame or state."""
    n_classes = log_p.shape[-1]
    classes = _interleaved(labels, 0)
    is_state = _places(classes) <= 2 * ops.sum(ops.cast(real, "int32"), axis=1, keepdims=True) + 1
    is_state = ops.logical_and(is_state, _places(classes) > 0)  # (B, n)
    rows, n_frames = ops.shape(log_p)[:2]
    by_class = ops.reshape(ops.transpose(log_p, (0, 2, 1)), (rows * n_classes, n_frames))
    numbers = ops.cast(classes, "int32") + n_classes * ops.arange(rows, dtype="int32")[:, None]
    emissions = ops.transpose(ops.take(by_class, numbers, axis=0), (2, 0, 1))  # (T, B, n)
    there = ops.logical_and(ops.transpose(frames)[:, :, None], is_state[None])
    return _filled(ops.where(there, emissions, NOTHING), NOTHING)


def _walked(walk: _Walk, keep: bool) -> tuple[Any, Any]:
    """Sums over all ways.

    Returns
    -------
    carry : tensor (B, n)
        After the last frame, relative to the best state.
    reached : tensor (T', B, n), or (T' / AT_ONCE, B) without `keep`
        Logarithms of what reaches each state at each frame, relative to the best state some frames before; or only the
        largest after each few frames.
    """

    def step(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        reached = []
        for emission in ops.split(at[0], AT_ONCE, axis=0):
            stay, onward, skip = _ways(carry, walk.skips)
            largest = ops.maximum(ops.maximum(stay, onward), skip)
            total = ops.exp(stay - largest) + ops.exp(onward - largest) + ops.exp(skip - largest)
            carry = largest + ops.log(total) + emission
            reached.append(carry)
        carry, largest = _relative(carry)
        return carry, ops.concatenate(reached if keep else [largest] * AT_ONCE, axis=0)

    width = None if keep else 1
    carry, reached = scan_steps(step, walk.begin, [_at_once(walk.emissions)], width=width)
    if keep:
        return carry, ops.reshape(reached, ops.shape(walk.emissions))
    return carry, reached[:, : ops.shape(carry)[0], 0]


def _log_likelihood(carry: Any, largest: Any) -> Any:
    """Of a walk that ends in the last state or the one before, from what it carries and has subtracted: (B,)."""
    return ops.logsumexp(carry[:, -2:], axis=1) + ops.sum(largest, axis=0)


def _ways(carry: Any, skips: Any) -> tuple[Any, Any, Any]:
    """What leads to each state from itself, from the one before, and from the one before that, (B, n)."""
    before = ops.pad(carry, ((0, 0), (2, 0)), constant_values=NOTHING)
    return carry, before[:, 1:-1], before[:, :-2] + skips


def _relative(carry: Any) -> tuple[Any, Any]:
    """Logarithms less the largest of the row, and that, (B, 1)."""
    largest = ops.max(carry, axis=1, keepdims=True)
    return carry - largest, largest


def _interleaved(of_labels: Any, others: Any) -> Any:
    """Values of the labels (B, S) at their states, and another value at all other states: (B, n)."""
    rows, n_labels = ops.shape(of_labels)
    pairs = ops.stack([ops.full_like(of_labels, others), of_labels], axis=2)
    return ops.pad(ops.reshape(pairs, (rows, 2 * n_labels)), ((0, 0), (1, 1)), constant_values=others)


def _places(of_states: Any) -> Any:
    """Numbers of the states, (1, n)."""
    return ops.arange(ops.shape(of_states)[1], dtype="int32")[None]


def _logarithm(flags: Any, like: Any) -> Any:
    """0 where there is something, else `NOTHING`."""
    return ops.cast(ops.where(flags, 0.0, NOTHING), like.dtype)


def _filled(by_frame: Any, value: Any) -> Any:
    """(T, B, ...) with frames of a value behind the last one, to a multiple of `AT_ONCE`."""
    missing = -ops.shape(by_frame)[0] % AT_ONCE
    rest = [(0, 0)] * (len(by_frame.shape) - 1)
    return ops.pad(by_frame, ((0, missing), *rest), constant_values=value)


def _at_once(emissions: Any) -> Any:
    """(T', B, n) -> (T' / AT_ONCE, AT_ONCE B, n)."""
    frames, rows, n = ops.shape(emissions)
    return ops.reshape(emissions, (frames // AT_ONCE, AT_ONCE * rows, n))
