"""The conditional random field against enumeration of all paths, and against logarithms in float64."""

import itertools

import numpy as np
import pytest
from backend_gradients import FLOAT, TENSORFLOW, gradients
from differences import central_differences
from keras import ops
from scipy.special import logsumexp, softmax

from skrnn.layers import CRF, crf, forbidden_pairs
from skrnn.layers.crf_output import penalties


def enumerated(emissions, transitions, start, end):
    """All paths through (T, K) scores, and the logarithms of their probabilities."""
    steps, k = emissions.shape
    paths = np.array(list(itertools.product(range(k), repeat=steps)))
    scores = start[paths[:, 0]] + end[paths[:, -1]]
    scores = scores + emissions[np.arange(steps), paths].sum(axis=1)
    scores = scores + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    return paths, scores - logsumexp(scores)


def enumerated_losses(labels, lengths, emissions, transitions, start, end):
    """-log p(y_t | y_1, ..., y_{t-1}, x), (B, T), by sums over paths."""
    result = np.zeros(labels.shape)
    for b, length in enumerate(lengths):
        paths, log_p = enumerated(emissions[b, :length], transitions, start, end)
        agrees = np.ones(len(paths), bool)
        before = 0.0
        for t in range(length):
            if labels[b, t] >= 0:
                agrees &= paths[:, t] == labels[b, t]
            now = logsumexp(log_p[agrees])
            result[b, t], before = before - now, now
    return result


def enumerated_gradients(labels, lengths, weights, emissions, transitions, start, end):
    """Gradients of `enumerated_losses` times weights: differences of expected counts over paths."""
    k = len(start)
    sums = [np.zeros(emissions.shape), np.zeros((k, k)), np.zeros(k), np.zeros(k)]
    for b, length in enumerate(lengths):
        paths, log_p = enumerated(emissions[b, :length], transitions, start, end)
        agrees = np.ones(len(paths), bool)
        share = np.exp(log_p)  # of each path, given the labels so far
        for t in range(length):
            before = share
            if labels[b, t] >= 0:
                agrees &= paths[:, t] == labels[b, t]
            share = softmax(np.where(agrees, log_p, -np.inf))
            change = weights[b, t] * (before - share)
            for step in range(length):
                np.add.at(sums[0][b, step], paths[:, step], change)
            for step in range(1, length):
                np.add.at(sums[1], (paths[:, step - 1], paths[:, step]), change)
            np.add.at(sums[2], paths[:, 0], change)
            np.add.at(sums[3], paths[:, -1], change)
    return sums


def data(k, steps, rows=4, unlabelled=0.0, seed=0):
    rng = np.random.default_rng(seed)
    lengths = np.r_[steps, rng.integers(1, steps + 1, rows - 1)]
    mask = np.arange(steps) < lengths[:, None]
    labels = np.where(rng.random((rows, steps)) < unlabelled, -1, rng.integers(0, k, (rows, steps)))
    scores = [2.0 * rng.normal(size=(rows, steps, k)), *(rng.normal(size=s) for s in ((k, k), k, k))]
    return labels, lengths, mask, scores


def forbid(labels, scores):
    """No label 1 after 0, no 0 at the end; and labels that keep to it."""
    scores[1][0, 1] = scores[3][0] = crf.FORBIDDEN
    labels[labels == 0] = 2


CASES = [(2, 1), (3, 1), (2, 6), (3, 5), (4, 4)]


@pytest.mark.core
@pytest.mark.parametrize("unlabelled", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize(("k", "steps"), CASES)
def test_losses_and_gradients_equal_enumeration(k, steps, forbidden, unlabelled):
    labels, lengths, mask, scores = data(k, steps, unlabelled=unlabelled)
    if forbidden and k > 2:
        forbid(labels, scores)
    weights = np.random.default_rng(1).random(labels.shape)

    def enumerated_loss(*scores):
        return (weights * enumerated_losses(labels, lengths, *scores)).sum()

    def loss(emissions, *others):
        losses = crf.step_losses(labels.astype("int32"), emissions, mask, *others)
        return ops.sum(losses * ops.convert_to_tensor(weights.astype(FLOAT)))

    tight = {"atol": 1e-9} if TENSORFLOW else {"atol": 1e-4}
    losses = crf.step_losses(labels.astype("int32"), *with_mask(mask, scores, FLOAT))
    np.testing.assert_allclose(ops.convert_to_numpy(losses), enumerated_losses(labels, lengths, *scores), **tight)
    for place, gradient in enumerate(gradients(loss, scores)):
        expected = central_differences(enumerated_loss, scores, place)
        np.testing.assert_allclose(gradient, expected, atol=1e-6 if TENSORFLOW else 1e-4)


def with_mask(mask, scores, dtype="float32"):
    """Arguments of the functions of `crf` after the labels."""
    emissions, *others = (s.astype(dtype) for s in scores)
    return [emissions, mask, *others]


@pytest.mark.core
@pytest.mark.parametrize(("k", "steps"), CASES)
@pytest.mark.parametrize("forbidden", [False, True])
def test_marginals_and_best_paths_equal_enumeration(k, steps, forbidden):
    labels, lengths, mask, scores = data(k, steps, seed=2)
    if forbidden and k > 2:
        forbid(labels, scores)
    arguments = with_mask(mask, scores)
    p = ops.convert_to_numpy(crf.marginals(*arguments))
    best = ops.convert_to_numpy(crf.best_paths(*arguments))
    for b, length in enumerate(lengths):
        paths, log_p = enumerated(scores[0][b, :length], *scores[1:])
        probabilities = np.exp(log_p)
        expected = [[probabilities[paths[:, t] == j].sum() for j in range(k)] for t in range(length)]
        np.testing.assert_allclose(p[b, :length], expected, atol=1e-6)
        np.testing.assert_array_equal(best[b, :length], paths[probabilities.argmax()])
        assert not p[b, length:].any()
        assert not best[b, length:].any()


def log_space(labels, emissions, transitions, start, end):
    """-log p(labels | x), marginals (T, K) and the best path, in logarithms, float64."""
    steps, _ = emissions.shape
    alpha, beta = np.zeros_like(emissions), np.zeros_like(emissions)
    alpha[0], beta[-1], best = start + emissions[0], end, [start + emissions[0]]
    for t in range(1, steps):
        alpha[t] = np.logaddexp.reduce(alpha[t - 1][:, None] + transitions, axis=0) + emissions[t]
        best.append((best[-1][:, None] + transitions).max(axis=0) + emissions[t])
    for t in range(steps - 2, -1, -1):
        beta[t] = np.logaddexp.reduce(transitions + emissions[t + 1] + beta[t + 1], axis=1)
    log_z = np.logaddexp.reduce(alpha[-1] + end)
    path = [int((best[-1] + end).argmax())]
    for t in range(steps - 2, -1, -1):
        path.append(int((best[t] + transitions[:, path[-1]]).argmax()))
    score = start[labels[0]] + end[labels[-1]] + emissions[np.arange(steps), labels].sum()
    score += transitions[labels[:-1], labels[1:]].sum()
    return log_z - score, np.exp(alpha + beta - log_z), path[::-1]


@pytest.mark.core
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_two_thousand_steps_in_single_precision(scale):
    rng = np.random.default_rng(0)
    steps, k = 2000, 5
    scores = [scale * rng.normal(size=(1, steps, k)), rng.normal(size=(k, k)), rng.normal(size=k), rng.normal(size=k)]
    scores = [s.astype("float32") for s in scores]
    labels, mask = rng.integers(0, k, (1, steps)).astype("int32"), np.ones((1, steps), bool)
    exact = [s.astype("float64") for s in scores]
    loss, p, path = log_space(labels[0], exact[0][0], *exact[1:])
    arguments = with_mask(mask, scores)
    got = ops.convert_to_numpy(crf.log_likelihood(labels, *arguments))
    np.testing.assert_allclose(-got[0], loss, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(crf.marginals(*arguments))[0], p, atol=2e-5)
    np.testing.assert_array_equal(ops.convert_to_numpy(crf.best_paths(*arguments))[0], path)
    d_emissions = gradients(lambda e, *rest: -crf.log_likelihood(labels, e, mask, *rest)[0], scores)[0]
    np.testing.assert_allclose(d_emissions[0], p - np.eye(k)[labels[0]], atol=1e-4)


@pytest.mark.core
@pytest.mark.parametrize("unlabelled", [0.0, 0.5])
@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize("scales", [(20, 20), (300, 300), (300, 1), (1, 300), (30, 1)])
def test_scores_that_lie_far_apart(scales, forbidden, unlabelled):
    """Where probabilities underflow in single precision: losses, gradients, marginals, against all paths in float64."""
    k, steps = 4, 5
    for seed in range(4 if TENSORFLOW else 1):  # others compile each
        labels, lengths, mask, scores = data(k, steps, unlabelled=unlabelled, seed=seed)
        scores = [(s * scales[place > 0] / (2 if place == 0 else 1)).round(3) for place, s in enumerate(scores)]
        if forbidden:
            forbid(labels, scores)
        scores = [s.astype("float32").astype("float64") for s in scores]
        weights = np.random.default_rng(1).random(labels.shape).astype("float32")
        arguments = with_mask(mask, scores)
        losses = ops.convert_to_numpy(crf.step_losses(labels.astype("int32"), *arguments))
        assert losses.min() >= 0
        expected = enumerated_losses(labels, lengths, *scores)
        np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=2e-3)

        def loss(emissions, *others, labels=labels, mask=mask, weights=weights):
            steps = crf.step_losses(labels.astype("int32"), emissions, mask, *others)
            return ops.sum(steps * ops.convert_to_tensor(weights.astype(FLOAT)))

        exact = enumerated_gradients(labels, lengths, weights, *scores)
        for gradient, expected in zip(gradients(loss, scores), exact):
            np.testing.assert_allclose(gradient, expected, atol=2e-3)
        p = ops.convert_to_numpy(crf.marginals(*arguments))
        np.testing.assert_allclose(p.sum(axis=2), mask, atol=1e-5)
        for b, length in enumerate(lengths):
            paths, log_p = enumerated(scores[0][b, :length], *scores[1:])
            expected = [[np.exp(log_p)[paths[:, t] == j].sum() for j in range(k)] for t in range(length)]
            np.testing.assert_allclose(p[b, :length], expected, atol=1e-3)


@pytest.mark.core
@pytest.mark.parametrize("scale", [1.0, 10.0, 30.0])
def test_both_ways_of_computing_agree(scale):
    """The products that a batch of complete labels takes, and the logarithms that any other takes."""
    labels, _, mask, scores = data(5, 9, seed=3)
    scores[0] *= scale / 2
    arguments = with_mask(mask, scores)
    whole = ops.convert_to_numpy(crf.step_losses(labels.astype("int32"), *arguments))
    labels[0, 0] = -1  # of one row: the others' losses stay as they are
    partial = ops.convert_to_numpy(crf.step_losses(labels.astype("int32"), *arguments))
    np.testing.assert_allclose(partial[1:], whole[1:], rtol=1e-5, atol=1e-5)
    far = [scores[0].copy(), *scores[1:]]
    far[0][0, 0, 0] += 500.0  # of one row again
    np.testing.assert_allclose(
        ops.convert_to_numpy(crf.marginals(*with_mask(mask, far)))[1:],
        ops.convert_to_numpy(crf.marginals(*arguments))[1:],
        atol=1e-5,
    )


@pytest.mark.core
def test_extreme_scores_stay_finite():
    """Labels that are all but impossible, and ways that are forbidden: no NaN in losses and gradients."""
    rng = np.random.default_rng(0)
    scores = [1e3 * rng.normal(size=(3, 7, 3)), rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)]
    scores[1][0, 1] = scores[1][2, 2] = scores[2][1] = crf.FORBIDDEN
    labels = rng.integers(-1, 3, (3, 7)).astype("int32")
    mask = np.arange(7) < np.array([7, 3, 1])[:, None]
    losses = crf.step_losses(labels, *with_mask(mask, scores))
    assert np.isfinite(ops.convert_to_numpy(losses)).all()
    for gradient in gradients(lambda e, *rest: ops.sum(crf.step_losses(labels, e, mask, *rest)), scores):
        assert np.isfinite(gradient).all()


@pytest.mark.core
def test_padding_changes_nothing():
    labels, lengths, mask, scores = data(3, 6, unlabelled=0.3)
    whole = ops.convert_to_numpy(crf.step_losses(labels.astype("int32"), *with_mask(mask, scores)))
    for b, length in enumerate(lengths):
        alone = [s[b : b + 1, :length] for s in (labels.astype("int32"), scores[0].astype("float32"), mask)]
        losses = ops.convert_to_numpy(crf.step_losses(*alone, *with_mask(mask, scores)[2:]))
        np.testing.assert_allclose(losses[0], whole[b, :length], atol=1e-5)
        assert not whole[b, length:].any()


@pytest.mark.core
def test_layer():
    """The layer forbids what it is told, gives scores on, and survives its configuration."""
    layer = CRF(forbidden=[(0, 1), (-1, 2), (1, -1)])
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), x)
    transitions, start, end = (ops.convert_to_numpy(s) for s in layer.scores())
    assert transitions[0, 1] == start[2] == end[1] == crf.FORBIDDEN
    assert np.count_nonzero(transitions) == np.count_nonzero(start) == np.count_nonzero(end) == 1
    p = ops.convert_to_numpy(layer.marginals(x, np.ones((2, 4), bool)))
    assert p[:, 0, 2].max() == p[:, -1, 1].max() == 0
    again = CRF.from_config(layer.get_config())
    again.build((None, None, 3))
    for a, b in zip(again.scores(), layer.scores()):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
    best = ops.convert_to_numpy(layer.best_paths(100 * x, np.ones((2, 4), bool)))
    assert not ((best[:, :-1] == 0) & (best[:, 1:] == 1)).any()
    assert not (best[:, 0] == 2).any()


def test_penalties_of_a_scheme():
    labels = ["B-X", "I-X", "O"]
    transitions, start, end = penalties(forbidden_pairs(labels, "bio"), 3)
    np.testing.assert_array_equal(transitions < 0, [[False] * 3, [False] * 3, [False, True, False]])
    np.testing.assert_array_equal(start < 0, [False, True, False])
    assert not end.any()
