"""The search against a plain one in NumPy, and against all outputs there are."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from skrnn.heads.search import FREE, Limits, Search, draw, kept_probabilities, search
from skrnn.sequences.vocabulary import END, UNKNOWN

V, H = 7, 5


class Toy:
    """A recurrence over tokens with random weights; in NumPy, and the same as a step function of tensors."""

    def __init__(self, seed, n_examples, scale=2.0):
        rng = np.random.default_rng(seed)
        self.table = rng.normal(size=(V, H)).astype("float32")
        self.kernel = rng.normal(size=(H, H)).astype("float32")
        self.out = (scale * rng.normal(size=(H, V))).astype("float32")
        self.start = rng.normal(size=(n_examples, H)).astype("float32")
        self.memory = rng.normal(size=(H, 4)).astype("float32")

    def numpy_step(self, token, h):
        h = np.tanh(self.table[token] + h @ self.kernel)
        return h @ self.out, h, h @ self.memory

    def step(self, tokens, states):
        h = ops.tanh(ops.take(self.table, tokens, axis=0) + ops.matmul(states[0], self.kernel))
        return ops.matmul(h, self.out), [h], ops.matmul(h, self.memory)


def log_softmax(x):
    x = x - x.max()
    return x - np.log(np.exp(x).sum())


def plain_search(toy, example, options, longest, shortest=0, forced=(), penalty=1.0):
    """Beam search for one example: (tokens, log probability, score, looked at) of each hypothesis, best first."""
    width = options.beam_width
    alive = [((), 0.0, toy.start[example].astype(np.float64), ())]
    finished = []
    for t in range(longest + 1):
        found = []
        for tokens, total, h, looked in alive:
            scores, after, weights = toy.numpy_step(tokens[-1] if tokens else END, h)
            log_p = log_softmax(scores)
            for token in range(V):
                if t < len(forced):
                    allowed = token == forced[t]
                elif t == longest:
                    allowed = token == END
                else:
                    n = options.no_repeat_ngram_size
                    new = (*tokens, token)
                    seen = {tokens[k : k + n] for k in range(len(tokens) - n + 1)} if n else set()
                    repeats = n and len(new) >= n and new[-n:] in seen
                    allowed = not repeats and not (token == END and t < shortest)
                    allowed = allowed and (options.unknown or token != UNKNOWN)
                if allowed:
                    found.append(((*tokens, token), total + log_p[token], after, (*looked, int(weights.argmax()))))
        found.sort(key=lambda hypothesis: -hypothesis[1])
        for tokens, total, _, looked in found[:width]:
            if tokens[-1] == END:
                finished.append((tokens, total, total / len(tokens) ** penalty, looked))
        finished = sorted(finished, key=lambda hypothesis: -hypothesis[2])[:width]
        if len(finished) == width:
            break
        alive = [hypothesis for hypothesis in found[: 2 * width] if hypothesis[0][-1] != END][:width]
        if not alive:
            break
    return finished


def run(toy, options, longest, shortest=None, forced=None, penalty=1.0):
    n = len(toy.start)
    longest = np.broadcast_to(longest, (n,)).astype("int32")
    shortest = np.zeros(n, "int32") if shortest is None else np.broadcast_to(shortest, (n,)).astype("int32")
    table = np.full((n, longest.max() + 1), FREE, "int32")
    for i, prefix in enumerate(forced or []):
        table[i, : len(prefix)] = prefix
    penalties = np.full(n, penalty, "float32")
    limits = Limits(*map(ops.convert_to_tensor, (table, longest, shortest, penalties)))
    found = search(toy.step, [ops.convert_to_tensor(toy.start)], limits, options)
    return [ops.convert_to_numpy(x) for x in found]


def check(toy, options, longest, shortest=None, forced=None, penalty=1.0):
    tokens, lengths, log_p, scores, looked_at = run(toy, options, longest, shortest, forced, penalty)
    for i in range(len(toy.start)):
        prefix = (forced or [()] * len(toy.start))[i]
        least = 0 if shortest is None else shortest
        most = np.broadcast_to(longest, (len(toy.start),))[i]
        wanted = plain_search(toy, i, options, most, least, prefix, penalty)
        assert (lengths[i] >= 0).sum() == len(wanted)
        for k, (row, total, score, looked) in enumerate(wanted):
            assert tuple(tokens[i, k, : lengths[i, k] + 1]) == row
            assert log_p[i, k] == pytest.approx(total, rel=1e-4, abs=1e-4)
            assert scores[i, k] == pytest.approx(score, rel=1e-4, abs=1e-4)
            assert tuple(looked_at[i, k, : len(row)]) == looked


@pytest.mark.core
@pytest.mark.parametrize(
    ("options", "penalty"),
    [
        (Search(), 1.0),
        (Search(beam_width=3), 1.0),
        (Search(beam_width=5), 0.0),
        (Search(beam_width=4, unknown=True), 2.0),
        (Search(beam_width=3, no_repeat_ngram_size=2), 1.0),
        (Search(beam_width=2, no_repeat_ngram_size=1), 0.5),
        (Search(beam_width=12), 1.0),
    ],
    ids=str,
)
def test_equals_a_plain_search(options, penalty):
    for seed in range(4):
        check(Toy(seed, n_examples=6), options, longest=8, penalty=penalty)


def test_limits_of_each_example_and_prefixes():
    options = Search(beam_width=3)
    for seed in range(4):
        toy = Toy(seed, n_examples=4)
        check(toy, options, longest=np.array([2, 9, 1, 5]))
        check(toy, options, longest=9, shortest=6)
        check(toy, options, longest=9, forced=[(3, 4), (), (5,), (2, 2, 2)])


def test_a_wide_beam_finds_the_best_of_all_outputs():
    toy, longest = Toy(1, n_examples=3), 3
    options = Search(beam_width=300)
    tokens, lengths, _, scores, _ = run(toy, options, longest, penalty=0.7)
    for i in range(3):
        best = (-np.inf, None)
        for length in range(longest + 1):
            for row in itertools.product(range(UNKNOWN + 1, V), repeat=length):
                h, total = toy.start[i], 0.0
                for before, token in zip((END, *row), (*row, END)):
                    out, h, _ = toy.numpy_step(before, h)
                    total += log_softmax(out)[token]
                best = max(best, (total / (length + 1) ** 0.7, row))
        assert tuple(tokens[i, 0, : lengths[i, 0]]) == best[1]
        assert scores[i, 0] == pytest.approx(best[0], rel=1e-4)


def test_an_example_does_not_depend_on_those_beside_it():
    toy = Toy(5, n_examples=8)
    together = run(toy, Search(beam_width=4), 8)
    for i in range(8):
        toy_alone = Toy(5, n_examples=8)
        toy_alone.start = toy.start[i : i + 1]
        alone = run(toy_alone, Search(beam_width=4), 8)
        for a, b in zip(together[:3], alone[:3]):
            np.testing.assert_allclose(a[i], b[0], rtol=1e-5, atol=1e-5)


def test_draws_by_the_noise():
    toy, options = Toy(2, n_examples=5), Search(sampled=True, top_k=4)
    noise = np.random.default_rng(0).uniform(size=(5, 7)).astype("float32")
    drawn = {"noise": noise, "temperature": np.full(5, 0.8, "float32"), "top_p": np.full(5, 0.9, "float32")}
    table, longest, shortest = np.full((5, 7), FREE, "int32"), np.full(5, 6, "int32"), np.zeros(5, "int32")
    limits = Limits(*map(ops.convert_to_tensor, (table, longest, shortest)))
    limits = limits._replace(**{name: ops.convert_to_tensor(x) for name, x in drawn.items()})
    found = [ops.convert_to_numpy(x) for x in search(toy.step, [ops.convert_to_tensor(toy.start)], limits, options)]
    for i in range(5):
        h, tokens, total = toy.start[i], [], 0.0
        while not tokens or tokens[-1] != END:
            scores, h, _ = toy.numpy_step(tokens[-1] if tokens else END, h)
            log_p = log_softmax(scores)
            allowed = np.where(np.arange(V) == UNKNOWN, -np.inf, log_p / 0.8)
            if len(tokens) == 6:
                allowed = np.where(np.arange(V) == END, allowed, -np.inf)
            allowed[allowed < np.sort(allowed)[-4]] = -np.inf
            p = np.exp(allowed - allowed.max())
            p /= p.sum()
            order = np.argsort(-p)
            before = np.cumsum(p[order]) - p[order]
            p[order[before >= 0.9]] = 0.0
            p /= p.sum()
            token = int(np.searchsorted(np.cumsum(p), noise[i, len(tokens)], side="right"))
            tokens.append(token)
            total += log_p[token]
        assert found[0][i, 0, : found[1][i, 0] + 1].tolist() == tokens
        assert found[2][i, 0] == pytest.approx(total, rel=1e-4, abs=1e-5)


def test_what_is_drawn_has_its_probabilities():
    p = np.array([0.5, 0.0, 0.3, 0.2], "float32")
    noise = (np.arange(10_000) + 0.5) / 10_000
    drawn = ops.convert_to_numpy(draw(ops.convert_to_tensor(np.tile(p, (10_000, 1))), noise.astype("float32")))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 10_000, p, atol=1e-3)
    at_one = draw(ops.convert_to_tensor(np.array([[0.5, 0.5, 0.0]], "float32")), np.array([1.0], "float32"))
    assert int(at_one[0]) == 1  # noise that was rounded up to 1 draws nothing impossible


def test_probabilities_that_are_kept():
    log_p = np.log(np.array([[0.4, 0.3, 0.2, 0.1]], "float32"))

    def kept(temperature=1.0, top_k=None, top_p=1.0):
        given = [ops.convert_to_tensor(np.array(x, "float32")) for x in (log_p, [temperature], [top_p])]
        return ops.convert_to_numpy(kept_probabilities(given[0], given[1], top_k, given[2]))

    np.testing.assert_allclose(kept(), [[0.4, 0.3, 0.2, 0.1]], rtol=1e-5)
    np.testing.assert_allclose(kept(top_k=2), [[4 / 7, 3 / 7, 0, 0]], rtol=1e-5)
    np.testing.assert_allclose(kept(top_p=0.65), [[4 / 7, 3 / 7, 0, 0]], rtol=1e-5)
    np.testing.assert_allclose(kept(top_p=0.75), [[4 / 9, 3 / 9, 2 / 9, 0]], rtol=1e-5)
    np.testing.assert_allclose(kept(top_k=1, temperature=0.1), [[1, 0, 0, 0]], rtol=1e-5)
    sharp = np.exp(log_p / 0.5)
    np.testing.assert_allclose(kept(temperature=0.5), sharp / sharp.sum(), rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
def test_one_graph_serves_all_sizes():
    import tensorflow as tf

    toy = Toy(3, n_examples=9)
    traces = []

    @tf.function(input_signature=[tf.TensorSpec((None, H)), tf.TensorSpec((None, None), tf.int32)])
    def graph(start, forced):
        traces.append(1)
        longest = tf.fill([tf.shape(start)[0]], tf.shape(forced)[1] - 1)
        limits = Limits(forced, longest, tf.zeros_like(longest), tf.ones_like(longest, tf.float32))
        return search(toy.step, [start], limits, Search(beam_width=3))[:3]

    for n, length in ((1, 4), (9, 4), (5, 9)):
        small = Toy(3, n_examples=9)
        small.start = toy.start[:n]
        wanted = run(small, Search(beam_width=3), length)
        found = graph(small.start, np.full((n, length + 1), FREE, "int32"))
        for a, b in zip(found, wanted):
            np.testing.assert_allclose(a.numpy(), b, rtol=1e-4, atol=1e-4)
    assert len(traces) == 1
