"""Linear-chain conditional random field: losses of single steps, marginals, best paths, for every backend of Keras.

Inside, time comes first. What is exponentiated is shifted and normalised at each step, so that the two loops of a
training step are one small matrix product each, in a range that any number of steps leaves alone. Where scores lie so
far apart that probabilities underflow all the same, and where labels are missing, the loops of `crf_logarithms` are
taken instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from skrnn.layers import crf_logarithms
from skrnn.layers.crf_steps import following, preceding, scan_steps

# The score of what must not be. Its exponential is zero in every type, and sums with it stay finite.
FORBIDDEN = -1e4

# Stands in for a zero that is divided by, or whose logarithm is taken.
TINY = 1e-35

# What underflows in single precision is below 1e-37. Beside a sum above this it is rounding, too.
LEAST = 1e-28


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
    ``r_t = P v_t``, ``b_{t-1} = r_t``, ``b_T = 1``, with start and end added to the first and the last emissions,

    so a loop from the end is all that the losses need. Their gradient by the emissions, G, whatever the weights of
    the steps, is a loop from the start: what the loss of the step itself gives, D, and what reaches it through the
    chain, ``G_t = D_t + ((G_{t-1} / r_t) P) v_t``. A batch with missing labels, or with scores that differ by more
    than single precision bears, is computed in logarithms, which takes several times as long.

    References
    ----------
    J. Lafferty, A. McCallum, F. Pereira (2001), Conditional random fields: probabilistic models for segmenting and
    labeling sequence data, ICML, 282-289.
    """
    labels = ops.transpose(ops.cast(labels, "int32"))  # (T, B)
    mask = ops.transpose(ops.cast(mask, "bool"))
    known = ops.logical_and(mask, labels >= 0)
    scores = _with_borders(emissions, mask, start, end)
    hot = ops.one_hot(ops.where(known, labels, -1), scores.shape[-1], dtype=scores.dtype)

    @ops.custom_gradient
    def losses(scores: Any, transitions: Any) -> Any:
        chain = _Chain.of(scores, transitions, mask)
        reach = _reach_of_labels(chain, hot)
        seen = ops.where(known, ops.sum(hot * reach, axis=2), 1.0)
        safe = ops.logical_and(ops.all(ops.equal(known, mask)), ops.logical_and(chain.safe, ops.all(seen > LEAST)))
        far = (scores, transitions, mask, hot, known)

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            weights = ops.transpose(arguments[-1] if upstream is None else upstream)[:, :, None]  # (T, B, 1)
            weights = ops.where(known[:, :, None], weights, 0.0)
            return ops.cond(
                safe,
                lambda: _gradients(chain, hot, reach, weights, mask),
                lambda: crf_logarithms.gradients(*far, weights),
            )

        result = ops.cond(safe, lambda: _losses(chain, hot, seen, known), lambda: crf_logarithms.losses(*far))
        return ops.transpose(ops.maximum(result, 0.0)), gradient

    return losses(scores, ops.convert_to_tensor(transitions))


def log_likelihood(labels: Any, emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """Logarithm of the probability of the labels that there are, (B,); parameters as of `step_losses`."""
    return -ops.sum(step_losses(labels, emissions, mask, transitions, start, end), axis=1)


def marginals(emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """Probabilities of the labels at each step, (B, T, K), zero where there is no step.

    Parameters are those of `step_losses`. There is no gradient.
    """
    mask = ops.transpose(ops.cast(mask, "bool"))
    scores, transitions = _with_borders(emissions, mask, start, end), ops.convert_to_tensor(transitions)
    chain = _Chain.of(scores, transitions, mask)
    p = ops.cond(
        chain.safe,
        lambda: _normalised(_reach(chain) * chain.v),
        lambda: crf_logarithms.marginals(scores, transitions, mask),
    )
    return ops.transpose(p, (1, 0, 2))


def best_paths(emissions: Any, mask: Any, transitions: Any, start: Any, end: Any) -> Any:
    """The most probable labels of each row, int32 (B, T), 0 where there is no step, by Viterbi's algorithm.

    Parameters are those of `step_losses`.

    References
    ----------
    A. Viterbi (1967), Error bounds for convolutional codes and an asymptotically optimum decoding algorithm, IEEE
    Transactions on Information Theory 13(2), 260-269.
    """
    mask = ops.transpose(ops.cast(mask, "bool"))
    scores = _with_borders(emissions, mask, start, end)  # (T, B, K)
    into = ops.transpose(ops.convert_to_tensor(transitions))  # (K, K): to (row) from (column)

    def forward(arrived: Any, at: list[Any]) -> tuple[Any, Any]:
        best = arrived + at[0]
        best = best - ops.max(best, axis=1, keepdims=True)
        return ops.max(best[:, None, :] + into, axis=2), best

    best = scan_steps(forward, ops.zeros_like(scores[0]), [scores])[1]  # (T, B, K)
    follows = ops.cast(following(mask, fill=False), scores.dtype)[:, :, None]  # (T, B, 1)

    def backward(after: Any, at: list[Any]) -> tuple[Any, Any]:
        best, follows = at
        onward = ops.where(follows > 0, ops.take(into, after, axis=0), 0.0)  # (B, K)
        label = ops.cast(ops.argmax(best + onward, axis=1), "int32")
        return label, ops.cast(label, best.dtype)[:, None]

    paths = scan_steps(backward, ops.zeros_like(mask[0], dtype="int32"), [best, follows], reverse=True, width=1)[1]
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
    safe : scalar
        Whether what is too small for its type is nothing beside the rest.
    """

    p: Any
    v: Any
    log_v: Any
    r: Any
    safe: Any

    @classmethod
    def of(cls, scores: Any, transitions: Any, mask: Any) -> _Chain:
        p = ops.exp(transitions - ops.max(transitions))
        back = ops.transpose(p)
        shifted = scores - ops.max(scores, axis=2, keepdims=True)
        real = mask[:, :, None]
        e = ops.where(real, ops.exp(shifted), 0.0)

        def backward(b: Any, at: list[Any]) -> tuple[Any, Any]:
            before = ops.matmul(b * at[0], back)
            total = ops.sum(before, axis=1, keepdims=True)
            # A step that is not real leads to nothing; the last real step has nothing after it.
            return ops.where(total > 0, before / total, 1.0), b

        b = scan_steps(backward, ops.ones_like(e[0]), [e], reverse=True)[1]  # (T, B, K)
        v = b * e
        total = ops.maximum(ops.sum(v, axis=2, keepdims=True), TINY)
        v = v / total
        log_v = ops.log(ops.maximum(b, TINY)) + shifted - ops.log(total)
        r = ops.where(real, ops.maximum(ops.matmul(v, back), TINY), 1.0)
        ways = ops.concatenate([ops.ones_like(r[:1]), r[1:]], axis=0)  # nothing leads to the first step
        return cls(p, v, log_v, r, ops.all(ops.where(real, ways * total, 1.0) > LEAST))


def _losses(chain: _Chain, hot: Any, seen: Any, known: Any) -> Any:
    """-log p(y_t | labels before, x), (T, B)."""
    return ops.where(known, -ops.log(ops.maximum(seen, TINY)) - ops.sum(hot * chain.log_v, axis=2), 0.0)


def _reach_of_labels(chain: _Chain, hot: Any) -> Any:
    """Times v: probabilities of the labels at t given the label before, which there is, (T, B, K)."""
    onward = ops.matmul(hot[:-1] / chain.r[1:], chain.p)
    return ops.concatenate([ops.ones_like(hot[:1]), onward], axis=0)


def _reach(chain: _Chain) -> Any:
    """Times v: probabilities of the labels at t, (T, B, K)."""

    def forward(reach: Any, at: list[Any]) -> tuple[Any, Any]:
        return ops.matmul(reach * at[0], chain.p), reach

    return scan_steps(forward, ops.ones_like(chain.v[0]), [chain.v / following(chain.r)])[1]


def _gradients(chain: _Chain, hot: Any, reach: Any, weights: Any, mask: Any) -> tuple[Any, Any]:
    """Gradients by scores and transitions of the losses times weights, (T, B, 1), where all steps have labels."""
    d = weights * (reach * chain.v - hot)  # (T, B, K)
    rates = 1.0 / following(chain.r)

    def forward(carry: Any, at: list[Any]) -> tuple[Any, Any]:
        return ops.matmul(at[0] + carry * at[1], chain.p), carry

    through = scan_steps(forward, ops.zeros_like(d[0]), [d * rates, chain.v * rates])[1]
    g = d + through * chain.v
    before = ops.where(mask[:, :, None], weights * preceding(hot), 0.0)
    pairs = chain.p * _sum_of_products((preceding(g) + before) / chain.r, chain.v)
    return g, pairs - _sum_of_products(before, hot)


def _with_borders(emissions: Any, mask: Any, start: Any, end: Any) -> Any:
    """(B, T, K) -> (T, B, K), with the scores of the first label in the first step, of the last in the last."""
    scores = ops.transpose(ops.convert_to_tensor(emissions), (1, 0, 2))
    is_last = ops.logical_and(mask, ops.logical_not(following(mask, fill=False)))
    scores = scores + ops.where(is_last[:, :, None], ops.convert_to_tensor(end), 0.0)
    return ops.concatenate([scores[:1] + ops.convert_to_tensor(start), scores[1:]], axis=0)


def _normalised(x: Any) -> Any:
    return x / ops.maximum(ops.sum(x, axis=-1, keepdims=True), TINY)


def _sum_of_products(a: Any, b: Any) -> Any:
    """(T, B, K), (T, B, K) -> (K, K): the sum of all outer products of steps."""
    width = a.shape[-1]
    return ops.matmul(ops.transpose(ops.reshape(a, (-1, width))), ops.reshape(b, (-1, width)))
