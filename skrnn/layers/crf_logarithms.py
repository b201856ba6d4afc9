"""What `crf` computes, in logarithms: for scores however far apart, and for sequences that miss labels.

All functions take scores (T, B, K), those of the first and of the last label included, scores of transitions (K, K)
and the mask of real steps (T, B). Each step makes a table of K x K, which none of them keeps.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from skrnn.layers.crf_steps import following, preceding, scan_steps

# The logarithm of nothing. Sums with it stay finite.
LOW = -1e30


def losses(scores: Any, transitions: Any, mask: Any, hot: Any, known: Any) -> Any:
    """-log p(y_t | labels before, x), (T, B).

    Parameters
    ----------
    hot : tensor (T, B, K)
        1 at the label of a step, zeros without one.
    known : bool tensor (T, B)
        Whether there is a label.
    """
    v, r = _chain(scores, transitions, mask)
    reach = _reach(v, r, transitions, hot, known)
    return ops.where(known, -ops.sum(hot * (reach + v), axis=2), 0.0)


def marginals(scores: Any, transitions: Any, mask: Any) -> Any:
    """Probabilities of the labels, (T, B, K), zero where there is no step."""
    v, r = _chain(scores, transitions, mask)
    reach = _reach(v, r, transitions, ops.zeros_like(v), ops.zeros_like(mask))
    return ops.where(mask[:, :, None], ops.softmax(reach + v), 0.0)


def gradients(scores: Any, transitions: Any, mask: Any, hot: Any, known: Any, weights: Any) -> tuple[Any, Any]:
    """Gradients by scores and transitions of the losses times weights, (T, B, 1), which are zero without a label."""
    v, r = _chain(scores, transitions, mask)
    ahead, weights = _ahead(v, r, transitions, mask, hot, known, weights)
    labelled, real = known[:, :, None], ops.cast(mask, v.dtype)[:, :, None]
    # p(y_t | labels until t, and the one that comes next): where there is one at t, that is the label itself.
    bridge = ops.where(labelled, hot, ops.softmax(_reach(v, r, transitions, hot, known) + v + ahead)) * real
    first = ops.concatenate([ops.exp(v[:1]), ops.zeros_like(v[1:])], axis=0)
    k = v.shape[-1]

    def forward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        v, r, ahead, first, bridge, before, weight = at
        ways = transitions + v[:, None, :]  # (B, K, K): from label i to label j
        onward = ops.exp(ways - r[:, :, None])  # p(y_t = j | y_{t-1} = i)
        given = ops.matmul(before[:, None, :], onward)[:, 0] + first
        g = weight * (given - bridge) + ops.matmul(carry[:, None, :k], onward)[:, 0]
        taken = ops.softmax(ways + ahead[:, None, :])  # p(y_t = j | y_{t-1} = i, the next label)
        pairs = (carry[:, :k] + weight * before)[:, :, None] * onward - (weight * before)[:, :, None] * taken
        return ops.concatenate([g, carry[:, k:] + ops.reshape(pairs, (-1, k * k))], axis=1), g

    zeros = ops.zeros_like(v[0])  # (B, K)
    begin = ops.concatenate([zeros, *[zeros] * k], axis=1)
    streams = [v, r, ahead, first, bridge, preceding(bridge) * real, weights]
    last, g = scan_steps(forward, begin, streams, width=k)
    return g, ops.reshape(ops.sum(last[:, k:], axis=0), (k, k))


def _chain(scores: Any, transitions: Any, mask: Any) -> tuple[Any, Any]:
    """The labels given x, a Markov chain: ``p(y_t = j | y_{t-1} = i) = exp(transitions_ij + v_tj - r_ti)``.

    Returns
    -------
    v : tensor (T, B, K)
        Scores of the labels and of what comes after; `LOW` where there is no step.
    r : tensor (T, B, K)
        Of the ways that lead from label i at t - 1; 0 where there is no step.
    """
    k = scores.shape[-1]

    def backward(after: Any, at: list[Any]) -> tuple[Any, Any]:
        score, real = at
        v = score + after
        v = ops.where(real > 0, v - ops.logsumexp(v, axis=1, keepdims=True), LOW)
        r = ops.where(real > 0, ops.logsumexp(transitions + v[:, None, :], axis=2), 0.0)
        return r, ops.concatenate([v, r], axis=1)

    streams = [scores, ops.cast(mask, scores.dtype)[:, :, None]]
    both = scan_steps(backward, ops.zeros_like(scores[0]), streams, reverse=True, width=2 * k)[1]
    return both[:, :, :k], both[:, :, k:]


def _reach(v: Any, r: Any, transitions: Any, hot: Any, known: Any) -> Any:
    """Plus v: logarithms of the probabilities of the labels at t given all labels before it, (T, B, K)."""

    def forward(reach: Any, at: list[Any]) -> tuple[Any, Any]:
        v, r, hot, known = at
        q = ops.where(known > 0, ops.where(hot > 0, 0.0, LOW), reach + v)
        return ops.logsumexp((q - r)[:, :, None] + transitions, axis=1), reach

    known = ops.cast(known, v.dtype)[:, :, None]
    return scan_steps(forward, ops.zeros_like(v[0]), [v, following(r, fill=0.0), hot, known])[1]


def _ahead(v: Any, r: Any, transitions: Any, mask: Any, hot: Any, known: Any, weights: Any) -> tuple[Any, Any]:
    """Of the next label, at t or later: log-probability given label i at t, up to a number; weight (T, B, 1)."""
    k = v.shape[-1]

    def backward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        v, r, real, hot, known, weight = at
        ahead = ops.where(known > 0, ops.where(hot > 0, 0.0, LOW), carry[:, :k])
        weight = ops.where(known > 0, weight, carry[:, k:])
        before = ops.logsumexp(transitions + (v + ahead)[:, None, :], axis=2) - r
        before = ops.where(real > 0, before - ops.max(before, axis=1, keepdims=True), 0.0)
        return ops.concatenate([before, weight], axis=1), ops.concatenate([ahead, weight], axis=1)

    first = ops.concatenate([ops.zeros_like(v[0]), ops.zeros_like(weights[0])], axis=1)
    real, known = (ops.cast(flag, v.dtype)[:, :, None] for flag in (mask, known))
    both = scan_steps(backward, first, [v, r, real, hot, known, weights], reverse=True)[1]
    return both[:, :, :k], both[:, :, k:]
