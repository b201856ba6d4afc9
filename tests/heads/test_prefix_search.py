"""The search for labels against sums over all paths, and against a plain search in Python."""

import keras
import numpy as np
import pytest
from keras import ops
from paths import all_paths

from skrnn.heads.prefix_search import LabelModel, best_path, prefix_search
from skrnn.layers.ctc import IMPOSSIBLE


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def draw(seed, rows, n_frames, n_classes, scale=2.0):
    rng = np.random.default_rng(seed)
    log_p = log_softmax(scale * rng.normal(size=(rows, n_frames, n_classes))).astype("float32")
    lengths = rng.integers(1, n_frames + 1, size=rows)
    lengths[0] = n_frames
    return log_p, np.arange(n_frames) < lengths[:, None]


class Bigrams(LabelModel):
    """Log probabilities of a label after the one before it, by a table; row and column 0 are the ends."""

    def __init__(self, seed, n_classes):
        self.table = log_softmax(2 * np.random.default_rng(seed).normal(size=(n_classes, n_classes))).astype("float32")

    def begin(self, rows):
        return ops.broadcast_to(ops.convert_to_tensor(self.table[:1]), (rows, len(self.table))), [ops.zeros((rows, 1))]

    def step(self, labels, states):
        return ops.take(ops.convert_to_tensor(self.table), labels, axis=0), [states[0] + 1]


def plain_search(log_p, width, model=None, weight=0.0, bonus=0.0):
    """Prefixes with their log probabilities of paths that end in a blank and in the last label: (labels, score)."""

    def added(prefix, ended=False):
        table = np.zeros((log_p.shape[1],) * 2) if model is None else model.table
        pairs = zip((0, *prefix), prefix)
        return sum(weight * table[a, b] + bonus for a, b in pairs) + ended * weight * table[(0, *prefix)[-1], 0]

    beam = {(): (0.0, -np.inf)}
    for at in log_p.astype(np.float64):
        found = {}

        def reach(prefix, blank, own, found=found):
            before = found.get(prefix, (-np.inf, -np.inf))
            found[prefix] = (np.logaddexp(before[0], blank), np.logaddexp(before[1], own))

        for prefix, (blank, own) in beam.items():
            total = np.logaddexp(blank, own)
            reach(prefix, total + at[0], own + at[prefix[-1]] if prefix else -np.inf)
            for c in range(1, len(at)):
                reach((*prefix, c), -np.inf, (blank if prefix and prefix[-1] == c else total) + at[c])
        ranked = sorted(found, key=lambda p, found=found: -np.logaddexp(*found[p]) - added(p))
        beam = {prefix: found[prefix] for prefix in ranked[:width]}
    scored = [(prefix, np.logaddexp(*p) + added(prefix, ended=True)) for prefix, p in beam.items()]
    return sorted(scored, key=lambda pair: -pair[1])


def run(log_p, frames, width, model=None, weight=0.0, bonus=0.0):
    rows = len(log_p)
    numbers = [ops.full((rows,), x, "float32") for x in (weight, bonus)]
    found = prefix_search(ops.convert_to_tensor(log_p), ops.convert_to_tensor(frames), *numbers, width, model)
    paths, scores = (ops.convert_to_numpy(x) for x in found)
    return [
        [(tuple(paths[b, :, k][paths[b, :, k] > 0]), scores[b, k]) for k in range(width) if scores[b, k] > IMPOSSIBLE]
        for b in range(rows)
    ]


def check(found, wanted):
    assert len(found) == len(wanted)
    for (labels, score), (true, right) in zip(found, wanted):
        assert score == pytest.approx(right, rel=1e-4, abs=1e-4)
        assert labels == true


@pytest.mark.core
def test_a_beam_that_holds_all_prefixes_is_exact():
    log_p, frames = draw(0, 3, 4, 3)
    for b, found in enumerate(run(log_p, frames, 60)):
        total = {}
        for _, said, p in all_paths(log_p[b, frames[b]].astype(np.float64)):
            total[said] = np.logaddexp(total.get(said, -np.inf), p)
        check(found, sorted(total.items(), key=lambda pair: -pair[1]))


@pytest.mark.core
@pytest.mark.parametrize("width", [1, 2, 5, 10])
def test_equals_a_plain_search(width):
    log_p, frames = draw(1, 6, 30, 7)
    for b, found in enumerate(run(log_p, frames, width)):
        check(found, plain_search(log_p[b, frames[b]], width))


@pytest.mark.core
@pytest.mark.parametrize(("weight", "bonus"), [(0.7, 0.0), (0.5, 1.0), (0.0, -0.5)])
def test_a_label_model_and_a_bonus_weigh_prefixes(weight, bonus):
    log_p, frames = draw(2, 4, 20, 6)
    model = Bigrams(3, 6) if weight else None
    for b, found in enumerate(run(log_p, frames, 6, model, weight, bonus)):
        check(found, plain_search(log_p[b, frames[b]], 6, model, weight, bonus))


@pytest.mark.core
def test_more_hypotheses_do_not_change_the_score_of_the_first_but_by_its_paths():
    log_p, frames = draw(4, 5, 25, 5, scale=1.0)
    narrow, wide = (run(log_p, frames, width) for width in (3, 30))
    assert all(w[0][1] >= n[0][1] - 1e-4 for n, w in zip(narrow, wide))


@pytest.mark.core
def test_the_best_path():
    log_p, frames = draw(5, 6, 12, 4)
    found = best_path(ops.convert_to_tensor(log_p), ops.convert_to_tensor(frames))
    paths, scores = (ops.convert_to_numpy(x) for x in found)
    for b in range(6):
        real = log_p[b, frames[b]]
        best = real.argmax(axis=1)
        wanted = [c if c and (t == 0 or best[t - 1] != c) else 0 for t, c in enumerate(best)]
        assert paths[b, : len(real), 0].tolist() == wanted
        assert not paths[b, len(real) :].any()
        assert scores[b, 0] == pytest.approx(real.max(axis=1).sum(), rel=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own search")
def test_equals_tensorflow():
    import tensorflow as tf

    log_p, _ = draw(6, 4, 40, 8)
    last = np.roll(log_p, -1, axis=2)  # there the blank is the last class
    n_frames = tf.fill([4], 40)
    wanted, log_probabilities = tf.nn.ctc_beam_search_decoder(
        np.ascontiguousarray(last.transpose(1, 0, 2)), n_frames, beam_width=20, top_paths=1
    )
    dense = tf.sparse.to_dense(wanted[0], default_value=-1).numpy()
    for b, found in enumerate(run(log_p, np.ones((4, 40), bool), 20)):
        assert [c - 1 for c in found[0][0]] == [c for c in dense[b] if c >= 0]
        assert found[0][1] == pytest.approx(log_probabilities.numpy()[b, 0], rel=1e-3)
