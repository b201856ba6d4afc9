"""Layouts that are likely not meant are warned of, with the remedy; what is meant is not."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger, Sequences

rng = np.random.default_rng(0)
N = 20
Y = np.arange(N) % 2
MAKE = {"cell": "gru", "units": 2, "epochs": 1, "random_state": 0}


def sentences(action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return [str(w.message) for w in caught if w.category is UserWarning]


def fit(X, y=Y, kind=RNNClassifier, **params):
    return lambda: kind(**{**MAKE, **params}).fit(X, y)


STRING_FRAME = pd.DataFrame(rng.normal(size=(N, 3)), columns=["speed", "gear", "load"])
UNITS = [rng.normal(size=(4, 2)) * [1.0, 5000.0 if k % 2 else 1.0] for k in range(N)]
PADDED = rng.normal(size=(N, 6, 2))
for k in range(N):
    PADDED[k, 6 - k % 5 :] = np.nan
TOKENS = rng.integers(0, 5, (N, 7))

MISTAKES = {
    "(N, 1, T)": (fit(rng.normal(size=(N, 1, 200))), r"200 features.*X.transpose\(0, 2, 1\) is \(N, T, D\)"),
    "(N, D, T)": (fit(rng.normal(size=(N, 3, 100))), r"3 steps with 100 features.*transpose"),
    "a list of (1, T)": (fit(list(rng.normal(size=(N, 1, 50)))), "1 step with 50 features.*transpose"),
    "indicator (N, T)": (
        fit(rng.normal(size=(N, 5, 2)), rng.integers(0, 2, (N, 5))),
        "RNNTagger learns a label for each",
    ),
    "a table": (
        fit(STRING_FRAME),
        r"rows is a sequence of 3 steps \(speed, gear, load\).*sequences_from_long\(frame, id=",
    ),
    "padding by NaN": (fit(PADDED, cell="grud"), r"end in steps of NaN alone.*from_padded\(X, lengths=...\)"),
    "units": (fit(UNITS), r"feature 1 of X is \d+ times larger in some sequences.*each sequence by itself"),
    "next word": (
        fit(
            [[f"w{t}" for t in row] for row in TOKENS[:, :-1]],
            [[f"w{t}" for t in row] for row in TOKENS[:, 1:]],
            RNNTagger,
        ),
        "y is the next step of X.*bidirectional=False",
    ),
    "next token": (fit(TOKENS[:, :-1, None], TOKENS[:, 1:], RNNTagger), "y is the next step of X"),
    "next number": (
        fit(
            UNITS_OF_ONE := rng.normal(size=(N, 6, 2)),
            [*np.roll(UNITS_OF_ONE, -1, 1)[:, :, 1]],
            RNNRegressor,
            bidirectional=True,
        ),
        "y is the next step of X",
    ),
}


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_likely_mistakes(name):
    action, sentence = MISTAKES[name]
    found = sentences(action)
    assert len(found) == 1, found
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match=sentence):
            action()
    assert len(found[0]) < 400


MEANT = {
    "3-D": fit(rng.normal(size=(N, 9, 3))),
    "features, few steps": fit(rng.normal(size=(N, 3, 40))),
    "ragged, wide": fit([rng.normal(size=(1 + k % 4, 300)) for k in range(N)]),
    "steps in a frame": fit(pd.DataFrame(rng.normal(size=(N, 4)), columns=["t0", "t1", "t2", "t10"])),
    "days in a frame": fit(pd.DataFrame(rng.normal(size=(N, 2)), columns=["2026-01-01", "2026-01-02"])),
    "numbers in a frame": fit(pd.DataFrame(rng.normal(size=(N, 4)))),
    "labels, other steps": fit(rng.normal(size=(N, 6, 2)), rng.integers(0, 2, (N, 5))),
    "labels, ragged": fit([rng.normal(size=(3 + k % 3, 2)) for k in range(N)], rng.integers(0, 2, (N, 3))),
    "gaps": fit(np.where(rng.random((N, 6, 2)) < 0.3, np.nan, 1.0), cell="grud"),
    "features of other sizes": fit(rng.normal(size=(N, 4, 2)) * [1.0, 1e6]),
    "a feature of few": fit(np.where(np.arange(N)[:, None, None] < 2, 1e6, 1.0) * rng.normal(size=(N, 4, 1))),
    "next word, forwards": fit(TOKENS[:, :-1, None], TOKENS[:, 1:], RNNTagger, bidirectional=False),
    "a tag": fit(TOKENS[:, :-1, None], TOKENS[:, :-1] % 2, RNNTagger),
    "one step each": fit([[1], [2]] * 10, [[0], [1]] * 10, RNNTagger),
}


@pytest.mark.parametrize("name", sorted(MEANT))
def test_what_is_meant_is_not_warned_of(name):
    assert sentences(MEANT[name]) == []


def test_one_series_at_predict():
    X = rng.normal(size=(N, 6, 1))
    model = RNNClassifier(**MAKE).fit(X, Y)
    series = rng.normal(size=(9, 1))
    found = sentences(lambda: model.predict(series))
    assert len(found) == 1
    assert "X of shape (9, 1) is 9 sequences of one step. One sequence of 9 steps is X[None]." in found[0]
    for meant in (series[None], series.T, series[:1], [series], Sequences.from_list([series]), list(series)):
        assert sentences(lambda X=meant: model.predict(X)) == []
    one_step = RNNClassifier(**MAKE).fit(X[:, :1], Y)
    assert sentences(lambda: one_step.predict(series)) == []


def test_the_second_fit_of_a_warm_start_and_a_prediction_do_not_warn_again():
    X = rng.normal(size=(N, 1, 200))
    model = RNNClassifier(**MAKE, warm_start=True)
    assert len(sentences(lambda: model.fit(X, Y))) == 1
    assert sentences(lambda: model.fit(X, Y)) == []
    assert sentences(lambda: model.predict(X)) == []


ERRORS = {
    "one series of several features": (
        lambda: RNNClassifier(**MAKE).fit(rng.normal(size=(N, 6, 3)), Y).predict(np.ones((9, 3))),
        r"expecting 3 features as input. One sequence is X\[None\]\.",
    ),
    "ragged (D, T)": (
        fit([rng.normal(size=(3, 5 + k)) for k in range(N)]),
        r"X\[1\] must have shape \(time, 5\). Got \(3, 6\). If features are rows, transpose: \[x.T for x in X\]\.",
    ),
    "padding by NaN": (
        fit(PADDED[1:], Y[1:]),
        r"NaN.*If the sequence ends there, Sequences.from_padded\(X, lengths=...\) takes the rest away\.",
    ),
    "classes (N, T)": (fit(np.ones((N, 5, 2)), rng.integers(0, 4, (N, 5))), "RNNTagger learns a label for each step"),
    "ragged classes": (
        fit([np.ones((2 + k % 2, 1)) for k in range(N)], [[0, 1, 0][: 2 + k % 2] for k in range(N)]),
        "labels with a time axis, which RNNTagger learns",
    ),
}


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_errors_name_the_remedy(name):
    action, sentence = ERRORS[name]
    with pytest.raises(ValueError, match=sentence) as error:
        action()
    assert len(str(error.value)) < 400
