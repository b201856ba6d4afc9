"""Error rates against a plain edit distance, and against jiwer."""

import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skrnn.metrics import SCORERS, label_error_rate, word_error_rate


def distance(a, b):
    """The least number of changes, by a table."""
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[:, 0], table[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (x != y))
    return table[-1, -1]


def draw(seed, n=30):
    rng = np.random.default_rng(seed)
    return [rng.choice(["a", "bb", "c", "d"], size=rng.integers(0, 8)).tolist() for _ in range(n)]


@pytest.mark.parametrize("seed", range(3))
def test_equals_a_plain_edit_distance(seed):
    true, pred = draw(seed), draw(seed + 100)
    wanted = sum(map(distance, true, pred)) / sum(map(len, true))
    assert label_error_rate(true, pred) == pytest.approx(wanted)
    assert word_error_rate(true, pred) == pytest.approx(wanted)
    texts = [[" ".join(row) for row in rows] for rows in (true, pred)]
    assert word_error_rate(*texts) == pytest.approx(wanted)
    wanted = sum(map(distance, *texts)) / sum(map(len, texts[0]))
    assert label_error_rate(*texts) == pytest.approx(wanted)
    in_arrays = [np.array(rows, dtype=object) for rows in texts]
    assert label_error_rate(*in_arrays) == pytest.approx(wanted)


def test_equals_jiwer():
    jiwer = pytest.importorskip("jiwer")
    true, pred = ([" ".join(row) for row in draw(seed) if row][:20] for seed in (7, 8))
    assert word_error_rate(true, pred) == pytest.approx(jiwer.wer(true, pred))
    assert label_error_rate(true, pred) == pytest.approx(jiwer.cer(true, pred))


def test_numbers_are_labels():
    assert label_error_rate([[1, 2, 3], [4]], [[1, 3], [4, 5]]) == 0.5


def test_nothing_is_true():
    assert label_error_rate([[]], [[]]) == 0
    assert word_error_rate([""], [""]) == 0
    assert label_error_rate([[], ["a"]], [["b"], ["a"]]) == 1
    with pytest.raises(ValueError, match="y_true must hold at least one label, as y_pred does. Got none."):
        label_error_rate([[]], [["a"]])


def test_errors():
    with pytest.raises(ValueError, match="must both hold strings, or both lists"):
        label_error_rate(["a"], [["a"]])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        word_error_rate(["a", "b"], ["a"])


def test_without_rapidfuzz(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    with pytest.raises(ImportError, match=r"pip install skrnn\[audio\]"):
        label_error_rate(["a"], ["a"])


def test_scorers_are_better_the_higher():
    class Echo(BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X

    for name in ("neg_label_error_rate", "neg_word_error_rate"):
        assert SCORERS[name](Echo(), [["a", "x"]], [["a", "b"]]) == -0.5
