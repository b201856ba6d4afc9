"""Linear-chain conditional random field: losses of single steps, marginals, best paths, for every backend of Keras.

Inside, time comes first. What is exponentiated is shifted and normalised at each step, so that the two loops of a
training step are one small matrix product each, in a range that any number of steps leaves alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

# The score of what must not be. Its exponential is zero in every type, and sums with it stay finite.
FORBIDDEN = -1e4

# Stands in for a zero that is divided by, or whose logarithm is taken.
TINY = 1e-35


def step_losses(labels: Any, emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """Loss of each step of a batch.

    Parameters
    ----------
    labels : int tensor (B, T)
        Labels from 0 to K - 1, or -1 for none.
    emissions : tensor (B, T, K)
        Scores of the labels at each step.
    mask : bool tensor (B, T)
        Real steps, which stand at the front of a row.
    transitions : tensor (K, K)
        Scores of label j (column) after label i (row).
    start, end : tensor (K,)
        Scores of the first and of the last label.

    Returns
    -------
    tensor (B, T)
        0 where there is no label.

    Notes
    -----
    A step costs ``-log p(y_t | y_1, ..., y_{t-1}, x)``, so that those of a sequence add up to the negative logarithm
    of the likelihood of its labels; steps without one are summed over. Given x, the labels are a Markov chain,

    ``p(y_t = j | y_{t-1} = i, x) = P_ij v_tj / r_ti``, ``P = exp(transitions)``, ``v_t = exp(emissions_t) b_t``,
    ``r_t = P v_t``, ``b_{t-1} = r_t``, ``b_T = exp(end)``,

    so a loop from the end is all that the losses need, each of which is no less than zero whatever is rounded. Their
    gradient by the emissions, G, whatever the weights of the steps, is a loop from the start: what the loss of the
    step itself gives, D, and what reaches it through the chain, ``G_t = D_t + ((G_{t-1} / r_t) P) v_t``.

    References
    ----------
    J. Lafferty, A. McCallum, F. Pereira (2001), Conditional random fields: probabilistic models for segmenting and
    labeling sequence data, ICML, 282-289.
    """
    labels = ops.transpose(ops.cast(labels, "int32"))  # (T, B)
    mask = ops.transpose(ops.cast(mask, "bool"))
    known = ops.logical_and(mask, labels >= 0)
    scores = _from_start(ops.convert_to_tensor(emissions), start)

    @ops.custom_gradient
    def losses(scores: Any, transitions: Any, end: Any) -> Any:
        chain = _Chain.of(scores, transitions, end, mask)
        observed = _Observed.of(chain, labels, known, mask)

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            weights = ops.transpose(arguments[-1] if upstream is None else upstream)[:, :, None]  # (T, B, 1)
            return _gradients(chain, observed, weights, mask)

        return ops.transpose(_losses(chain, observed)), gradient

    return losses(scores, ops.convert_to_tensor(transitions), ops.convert_to_tensor(end))


def log_likelihood(labels: Any, emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """Logarithm of the probability of the labels that there are, (B,); parameters as of `step_losses`."""
    return -ops.sum(step_losses(labels, emissions, mask, transitions, start, end), axis=1)


def marginals(emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """Probabilities of the labels at each step, (B, T, K), zero where there is no step.

    Parameters are those of `step_losses`. There is no gradient.
    """
    mask = ops.transpose(ops.cast(mask, "bool"))
    scores = _from_start(ops.convert_to_tensor(emissions), start)
    chain = _Chain.of(scores, ops.convert_to_tensor(transitions), ops.convert_to_tensor(end), mask)
    none = ops.zeros_like(chain.v)
    p = _reach(chain, none, none[:, :, :1] > 0) * chain.v
    return ops.transpose(_normalised(p), (1, 0, 2))


def best_paths(emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """The most probable labels of each row, int32 (B, T), 0 where there is no step, by Viterbi's algorithm.

    Parameters are those of `step_losses`.

    References
    ----------
    A. Viterbi (1967), Error bounds for convolutional codes and an asymptotically optimum decoding algorithm, IEEE
    Transactions on Information Theory 13(2), 260-269.
    """
    mask = ops.transpose(ops.cast(mask, "bool"))
    scores = _from_start(ops.convert_to_tensor(emissions), start)  # (T, B, K)
    into = ops.transpose(ops.convert_to_tensor(transitions))  # (K, K): to (row) from (column)
    end = ops.convert_to_tensor(end)

    def forward(arrived: Any, at: list[Any]) -> tuple[Any, Any]:
        best = arrived + at[0]
        best = best - ops.max(best, axis=1, keepdims=True)
        return ops.max(best[:, None, :] + into, axis=2), best

    best = _scan(forward, ops.zeros_like(scores[0]), [scores])  # (T, B, K)
    follows = ops.cast(_following(mask, fill=False), scores.dtype)[:, :, None]  # (T, B, 1)

    def backward(after: Any, at: list[Any]) -> tuple[Any, Any]:
        best, follows = at
        onward = ops.where(follows > 0, ops.take(into, after, axis=0), end)  # (B, K)
        label = ops.cast(ops.argmax(best + onward, axis=1), "int32")
        return label, ops.cast(label, best.dtype)[:, None]

    paths = _scan(backward, ops.zeros_like(mask[0], dtype="int32"), [best, follows], reverse=True, width=1)
    return ops.transpose(ops.where(mask, ops.cast(paths[:, :, 0], "int32"), 0))


@dataclass
class _Chain:
    """The labels given x, a Markov chain. T steps, B rows, K labels.

    Attributes
    ----------
    p : (K, K)
        exp(transitions), shifted: the greatest is 1.
    v : (T, B, K)
        exp(emissions) times what comes after, sums to 1 at each step; zero where there is no step.
    log_v : (T, B, K)
        Its logarithm, also where v itself is too small for its type.
    r : (T, B, K)
        v_t summed over the ways that lead from label i at t - 1; 1 where there is no step.
    """

    p: Any
    v: Any
    log_v: Any
    r: Any

    @classmethod
    def of(cls, scores: Any, transitions: Any, end: Any, mask: Any) -> _Chain:
        p = ops.exp(transitions - ops.max(transitions))
        back = ops.transpose(p)
        shifted = scores - ops.max(scores, axis=2, keepdims=True)
        real = mask[:, :, None]
        e = ops.where(real, ops.exp(shifted), 0.0)
        last = ops.exp(end - ops.max(end))  # (K,)

        def backward(b: Any, at: list[Any]) -> tuple[Any, Any]:
            before = ops.matmul(b * at[0], back)
            total = ops.sum(before, axis=1, keepdims=True)
            # A step that is not real leads to nothing; before it, the last real step begins from the end again.
            return ops.where(total > 0, before / total, last), b

        b = _scan(backward, ops.zeros_like(e[0]) + last, [e], reverse=True)  # (T, B, K)
        v = b * e
        total = ops.maximum(ops.sum(v, axis=2, keepdims=True), TINY)
        v = v / total
        log_v = ops.log(ops.maximum(b, TINY)) + shifted - ops.log(total)
        return cls(p, v, log_v, ops.where(real, ops.maximum(ops.matmul(v, back), TINY), 1.0))


@dataclass
class _Observed:
    """The chain after the labels that are known before a step.

    Attributes
    ----------
    hot : (T, B, K)
        1 at the label of a step, zeros without one.
    known : (T, B, 1)
        Whether there is a label.
    whole : scalar
        Whether all real steps have one.
    reach : (T, B, K)
        Times v: probabilities of the labels at t given all labels before it.
    """

    hot: Any
    known: Any
    whole: Any
    reach: Any

    @classmethod
    def of(cls, chain: _Chain, labels: Any, known: Any, mask: Any) -> _Observed:
        hot = ops.one_hot(ops.where(known, labels, -1), chain.v.shape[-1], dtype=chain.v.dtype)
        whole = ops.all(ops.equal(known, mask))
        known = known[:, :, None]

        def by_labels() -> Any:
            onward = ops.matmul(hot[:-1] / chain.r[1:], chain.p)
            return ops.concatenate([ops.ones_like(hot[:1]), onward], axis=0)

        return cls(hot, known, whole, ops.cond(whole, by_labels, lambda: _reach(chain, hot, known)))


def _losses(chain: _Chain, observed: _Observed) -> Any:
    """-log p(y_t | labels before, x), (T, B)."""
    log_p = ops.log(ops.maximum(ops.sum(observed.hot * observed.reach, axis=2), TINY))
    log_p = log_p + ops.sum(observed.hot * chain.log_v, axis=2)
    return ops.where(observed.known[:, :, 0], -log_p, 0.0)


def _reach(chain: _Chain, hot: Any, known: Any) -> Any:
    """`_Observed.reach` where labels are missing."""
    rates = 1.0 / _following(chain.r)

    def forward(reach: Any, at: list[Any]) -> tuple[Any, Any]:
        v, rate, hot, known = at
        q = ops.where(known > 0, hot, reach * v)
        return ops.matmul(q * rate, chain.p), reach

    return _scan(forward, ops.ones_like(hot[0]), [chain.v, rates, hot, ops.cast(known, hot.dtype)])


def _gradients(chain: _Chain, observed: _Observed, weights: Any, mask: Any) -> tuple[Any, Any, Any]:
    """Gradients by scores, transitions and end of the losses times weights, (T, B, 1)."""
    ahead, weights = _ahead(chain, observed, ops.where(observed.known, weights, 0.0))
    prior = observed.reach * chain.v  # p(y_t | labels before)
    q = ops.where(observed.known, observed.hot, prior)  # p(y_t | labels until t)
    # Also given the label that comes next: where there is one, that is the label itself.
    bridge = ops.where(observed.known, observed.hot, _normalised(q * ahead))
    before = ops.where(mask[:, :, None], _preceding(bridge), 0.0)
    way = before / chain.r
    given = ops.where(_preceding(ops.ones_like(mask[:, :, None])), ops.matmul(way, chain.p), 1.0) * chain.v
    d = weights * (given - bridge)  # (T, B, K)

    rates = 1.0 / _following(chain.r)

    def forward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        return ops.matmul(at[0] + carry * at[1], chain.p), carry

    through = _scan(forward, ops.zeros_like(d[0]), [d * rates, chain.v * rates])
    g = d + through * chain.v
    goal = chain.v * ahead
    taken = before / ops.maximum(ops.matmul(goal, ops.transpose(chain.p)), TINY)
    pairs = _sum_of_products(_preceding(g) / chain.r + weights * way, chain.v)
    pairs = chain.p * (pairs - _sum_of_products(weights * taken, goal))
    is_last = ops.logical_and(mask, ops.logical_not(_following(mask, fill=False)))
    return g, pairs, ops.sum(ops.where(is_last[:, :, None], g, 0.0), axis=(0, 1))


def _ahead(chain: _Chain, observed: _Observed, weights: Any) -> tuple[Any, Any]:
    """Probability of the next label, at t or later, given label i at t, up to a factor; and its weight, (T, B, 1)."""
    hot, known = observed.hot, ops.cast(observed.known, observed.hot.dtype)

    def backward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        v, r, hot, known, weight = at
        width = hot.shape[1]
        ahead = ops.where(known > 0, hot, carry[:, :width])
        weight = ops.where(known > 0, weight, carry[:, width:])
        before = ops.matmul(v * ahead, ops.transpose(chain.p)) / r
        total = ops.sum(before, axis=1, keepdims=True)
        before = ops.where(total > 0, before / total, 1.0)
        return ops.concatenate([before, weight], axis=1), ops.concatenate([ahead, weight], axis=1)

    def by_loop() -> Any:
        first = ops.concatenate([ops.ones_like(hot[0]), ops.zeros_like(weights[0])], axis=1)
        return _scan(backward, first, [chain.v, chain.r, hot, known, weights], reverse=True)

    both = ops.cond(observed.whole, lambda: ops.concatenate([hot, weights], axis=2), by_loop)
    return both[:, :, :-1], both[:, :, -1:]


def _from_start(emissions: Any, start: Any) -> Any:
    """(B, T, K) -> (T, B, K), with the scores of the first label in the first step."""
    scores = ops.transpose(emissions, (1, 0, 2))
    return ops.concatenate([scores[:1] + ops.convert_to_tensor(start), scores[1:]], axis=0)


def _preceding(x: Any) -> Any:
    """What stood one step before; zeros at the first step."""
    return ops.concatenate([ops.zeros_like(x[:1]), x[:-1]], axis=0)


def _following(x: Any, fill: Any = 1.0) -> Any:
    """What stands one step later; `fill` at the last step."""
    return ops.concatenate([x[1:], ops.full_like(x[:1], fill)], axis=0)


def _normalised(x: Any) -> Any:
    return x / ops.maximum(ops.sum(x, axis=-1, keepdims=True), TINY)


def _sum_of_products(a: Any, b: Any) -> Any:
    """(T, B, K), (T, B, K) -> (K, K): the sum of all outer products of steps."""
    width = a.shape[-1]
    return ops.matmul(ops.transpose(ops.reshape(a, (-1, width))), ops.reshape(b, (-1, width)))


def _scan(
    step: Callable[[Any, list[Any]], tuple[Any, Any]],
    carry: Any,
    inputs: list[Any],
    reverse: bool = False,
    width: int | None = None,
) -> Any:
    """Run ``step(carry, inputs at t) -> (carry, output at t)`` over the first axis; outputs (T, B, width)."""
    if keras.backend.backend() != "tensorflow":
        return ops.scan(step, carry, inputs, reverse=reverse)[1]
    from skrnn.layers.scan import scan

    def with_lists(t: Any, carry: Any, at: Any) -> tuple[Any, Any]:
        after, output = step(carry[0], at)
        return [after], [output]

    widths = [carry.shape[-1] if width is None else width]
    return scan(with_lists, ops.shape(inputs[0])[0], [carry], inputs, widths, reverse)[1][0]
