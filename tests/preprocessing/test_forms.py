"""What is no set of sequences is one short sentence in every estimator; a column of sequences is one."""

import datetime
import pathlib

import numpy as np
import pandas as pd
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

LITTLE = {"cell": "gru", "units": 2, "epochs": 1, "random_state": 0}
TODAY = datetime.date(2026, 1, 1)
NO_SEQUENCES = {
    "a string": "Rex saw Ann",
    "bytes": b"abc",
    "a path": pathlib.Path("x"),
    "a date": TODAY,
    "a number": 3,
    "None": None,
    "a dictionary": {"a": [1, 2]},
    "a set": {1, 2},
    "a generator": (x for x in ([1.0], [2.0])),
    "groups": pd.DataFrame({"k": [0, 0, 1], "v": [1.0, 2.0, 3.0]}).groupby("k"),
    "strings": ["a fine film", "a dull film"],
    "an array of strings": np.array(["a", "b"]),
    "a Series of text": pd.Series(["a b", "c d"]),
    "generators": [(x for x in "ab"), (x for x in "ab")],
    "paths": [pathlib.Path("x"), pathlib.Path("y")],
    "dates": [TODAY, TODAY],
    "dates of steps": [[TODAY], [TODAY]],
    "bytes in a list": [b"ab", b"c"],
    "sets": [{1, 2}, {3}],
    "nothing": [None, None],
    "empty": [],
    "an empty array": np.array([]),
}


@pytest.fixture(scope="module")
def fitted():
    return RNNTagger(**LITTLE).fit([["a", "b"]] * 4, [["B", "O"]] * 4)


@pytest.mark.parametrize("name", NO_SEQUENCES)
def test_what_is_no_set_of_sequences_is_one_sentence(name, fitted):
    X = NO_SEQUENCES[name]
    before = fitted.predict([["a", "b"]])[0].tolist()
    for use in (
        lambda: fitted.predict(X),
        lambda: RNNClassifier(**LITTLE).fit(X, [0, 1]),
        lambda: RNNRegressor(**LITTLE).fit(X, [0.0, 1.0]),
    ):
        with pytest.raises(ValueError, match=r"X must (be|hold)|0 sample\(s\)") as caught:
            use()
        sentence = str(caught.value)
        assert len(sentence) < 150
        assert "Got numbers" not in sentence
        assert "Reshape" not in sentence
    assert fitted.predict([["a", "b"]])[0].tolist() == before


def test_a_column_of_sequences_is_sequences():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(int(n), 2)) for n in rng.integers(2, 6, size=8)]
    cells = np.empty((8, 1), dtype=object)
    cells[:, 0] = X
    want = RNNClassifier(**LITTLE).fit(X, [0, 1] * 4).predict_proba(X)
    for form in (pd.DataFrame({"s": X}), cells, pd.Series(X)):
        np.testing.assert_array_equal(RNNClassifier(**LITTLE).fit(form, [0, 1] * 4).predict_proba(form), want)


def test_a_column_of_sentences_is_sentences():
    X = [["a", "b"], ["b"], ["a"]]
    y = [["x", "y"], ["y"], ["x"]]
    want = RNNTagger(**LITTLE).fit(X, y).predict_marginals(X)
    frame = pd.DataFrame({"words": X})
    got = RNNTagger(**LITTLE).fit(frame, y).predict_marginals(frame)
    assert all(np.array_equal(a, b) for a, b in zip(got, want))
