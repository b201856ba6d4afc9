"""Folds over text share compiled programs, though their vocabularies differ."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, cross_val_score

from skrnn import RNNClassifier, RNNTagger
from skrnn.preprocessing import TokenReader
from skrnn.preprocessing.words import roomy
from skrnn.training import program_cache


def sentences(n, n_words, seed):
    rng = np.random.default_rng(seed)
    drawn = np.where(rng.random((n, 8)) < 0.7, rng.pareto(1.0, (n, 8)) * 10, rng.integers(0, n_words, (n, 8)))
    numbers = np.minimum(drawn, n_words - 1).astype(int)
    return [row[: rng.integers(3, 9)].tolist() for row in numbers]


def parities(sentence):
    return ["N" if number % 2 else "V" for number in sentence]


@pytest.mark.parametrize("kind", ["words", "tuples", "dictionaries", "characters", "classifier", "tokens"])
def test_folds_share_programs(kind):
    numbers = sentences(240, 500, seed=0)
    words = [[f"w{k}" for k in row] for row in numbers]
    y = [parities(row) for row in numbers]
    make = {"units": 4, "epochs": 1, "random_state": 0}
    model, X = RNNTagger(**make), words
    if kind == "tuples":
        X = [[(w, w[-1:]) for w in row] for row in words]
    elif kind == "dictionaries":
        X = [[{"word": w, "end": w[-1:]} for w in row] for row in words]
    elif kind == "characters":
        X, y = [list("".join(row)) for row in words], [list("".join(row)) for row in words]
        y = [["digit" if c.isdigit() else "letter" for c in row] for row in y]
    elif kind != "words":
        reader = None if kind == "classifier" else TokenReader()
        model, y = RNNClassifier(**make, reader=reader), [row[0] for row in y]
        X = words if kind == "classifier" else numbers
        if kind == "tokens":
            X = [[min(k, 400) for k in row] for row in numbers]
            X = [[*row, 400] for row in X]  # the largest is in every fold
    program_cache.clear()
    cross_val_score(model, X, y, cv=KFold(5), error_score="raise")
    assert program_cache.info().misses <= 2


def test_room():
    sizes = np.arange(1, 60_000)
    room = np.array([roomy(int(n)) for n in sizes])
    assert (room >= sizes).all()
    assert (np.diff(room) >= 0).all()
    few = sizes <= 2**14
    assert (room[few] <= np.maximum(32, sizes[few] * 1.5)).all()
    assert (room[~few] <= sizes[~few] * 1.126).all()
    assert len(np.unique(room[few])) == 19  # 32, 48, 64, 96, ..., 16,384
