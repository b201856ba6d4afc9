"""Sentences as numbers: each number looked up by hand."""

import numpy as np
import pytest

from skrnn.preprocessing.feature_dicts import FeatureEncoder
from skrnn.preprocessing.tokens import SHAPES, UNKNOWN, WordEncoder, shape_of, token_kind
from skrnn.sequences import Sequences

X = [["The", "cat", "saw", "the", "NYSE"], ["the", "unbelievable", "cat", "."]]


def test_every_number_by_hand():
    encoder = WordEncoder(min_count=2, affixes=2, characters=4).fit(X)
    assert list(encoder.vocabularies_[0]) == ["cat", "the"]
    assert list(encoder.vocabularies_[2]) == ["ca", "th"]  # beginnings of two characters, seen twice
    assert list(encoder.vocabularies_[4]) == ["at", "he"]
    sequences = encoder.transform([["THE", "unbelievable", "x"], ["cat"]])
    assert isinstance(sequences, Sequences)
    assert sequences.lengths.tolist() == [3, 1]
    assert sequences.values.dtype == np.float32

    def expected(word, read):
        low = word.lower()
        affixes = [low[:1], low[:2], low[-1:], low[-2:]]
        row = [encoder.vocabularies_[0].get(low, 0)]
        row += [v.get(a, 0) for v, a in zip(encoder.vocabularies_[1:], affixes)]
        row += [shape_of(word)] + [encoder.alphabet_.get(c, 0) for c in read]
        return row + [0] * (4 - len(read))

    by_hand = [expected("THE", "THE"), expected("unbelievable", "unle"), expected("x", "x"), expected("cat", "cat")]
    np.testing.assert_array_equal(sequences.values, by_hand)
    assert sequences.values[1, 0] == sequences.values[2, 0] == UNKNOWN


def test_strings_of_a_token_have_vocabularies_of_their_own():
    columns = [[(word, word[0].upper()) for word in sentence] for sentence in X]
    encoder = WordEncoder(min_count=1, affixes=0, characters=0).fit(columns)
    assert encoder.n_strings_ == 2
    assert len(encoder.vocabularies_) == 2
    row = encoder.transform([[("cat", "N")]])[0][0]
    assert row.tolist() == [encoder.vocabularies_[0]["cat"], encoder.vocabularies_[1]["n"], SHAPES.index("lower")]


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("cat", "lower"),
        ("Cat", "Title"),
        ("I", "Title"),
        ("NYSE", "UPPER"),
        ("iPhone", "miXed"),
        ("well-known", "miXed"),
        ("1987", "123"),
        ("B2B", "a1"),
        ("1,000.50", "1.5"),
        ("...", "..."),
        ("Éa", "Title"),
        ("中", "miXed"),
    ],
)
def test_shapes(word, shape):
    assert SHAPES[shape_of(word)] == shape


class Vectors:
    words = ["the", "Cat"]
    vectors = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_vectors():
    encoder = WordEncoder(affixes=0, characters=0, vectors=Vectors()).fit(X)
    assert encoder.coverage_ == pytest.approx(3 / 9)  # The and the twice; of cat there is another way to write
    table = encoder.transform([["THE", "the", "Cat", "cat", "?"]])[0][:, -2:]
    np.testing.assert_array_equal(table, [[1, 2], [1, 2], [3, 4], [0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (X, "words"),
        ([np.array(s) for s in X], "words"),
        (np.array([["a", "b"], ["c", "d"]]), "words"),
        ([[("a", "b")]], "columns"),
        ([[["a", "b"]]], "columns"),
        (np.array([[["a", "b"]]]), "columns"),
        ([[{"a": 1}]], "features"),
        ([[], ["a"]], "words"),
        ([np.ones((3, 2))], None),
        ([[1, 2], [3]], None),
        ([[[1.0], [2.0]]], None),
        (np.ones((3, 2)), None),
        (Sequences.from_list([[1.0]]), None),
        ([], None),
        (3, None),
    ],
    ids=str,
)
def test_kinds(X, kind):
    assert token_kind(X) == kind


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ([["a"], []], r"X\[1\] must have at least one step. Got an empty sequence"),
        ([["a"], "b"], r"X\[1\] must be a list of tokens. Got 'b'"),
        ([["a"], ["b", 3]], r"X\[1\] must hold tokens of strings. Got 3 at step 1"),
        ([["a"], ["b", None]], r"X\[1\] must hold tokens of strings. Got None at step 1"),
        ([["a", ("b", "c")]], r"X\[0\] must hold tokens of strings. Got \('b', 'c'\) at step 1"),
        ([[("a", "b")], [("c", "d"), ("e",)]], r"X\[1\] must hold tokens of 2 strings each. Got \('e',\) at step 1"),
        ([[("a", "b")], ["cd"]], r"X\[1\] must hold tokens of 2 strings each. Got 'cd' at step 0"),
        ([], "X must hold at least one sentence"),
    ],
)
def test_errors_of_sentences(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        WordEncoder().fit(bad)


def test_a_list_of_words_is_no_list_of_sentences():
    with pytest.raises(ValueError, match="X must hold sentences, each a list of tokens. Got the single 'The'"):
        token_kind(["The", "cat"])


def test_vectors_of_another_size():
    class Short(Vectors):
        words = ["the"]

    with pytest.raises(ValueError, match=r"vectors must have shape \(1, E\), one a word. Got \(2, 2\)"):
        WordEncoder(vectors=Short()).fit(X)
    with pytest.raises(TypeError, match="vectors must be WordVectors, KeyedVectors of gensim, or .* Got {}"):
        WordEncoder(vectors={}).fit(X)


def test_features_of_dictionaries():
    data = [[{"w": "a", "n": 2.5, "b": True}, {"w": "b", "l": ["x", "y"]}], [{"in": {"w": "a", "n": 1}}]]
    encoder = FeatureEncoder().fit(data)
    assert sorted(encoder.vocabulary_) == ["b", "in:n", "in:w:a", "l:x", "l:y", "n", "w:a", "w:b"]
    values = encoder.transform(data).values
    width = values.shape[1] // 2
    names = {number: name for name, number in encoder.vocabulary_.items()}
    rows = [{names[n]: v for n, v in zip(row[:width], row[width:]) if n} for row in values]
    assert rows == [{"w:a": 1, "n": 2.5, "b": 1}, {"w:b": 1, "l:x": 1, "l:y": 1}, {"in:w:a": 1, "in:n": 1}]
    assert list(FeatureEncoder(min_count=2).fit(data + data[:1]).vocabulary_) == ["b", "l:x", "l:y", "n", "w:a", "w:b"]
    assert not encoder.transform([[{"new": 1.0}]]).values.any()


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ([[{"a": 1}], [{"a": float("nan")}]], r"X\[1\] must hold finite numbers. Got nan of 'a' at step 0"),
        ([[{"a": 1}, {"a": None}]], r"X\[0\] must hold strings, numbers, bools.* Got None of 'a' at step 1"),
        ([[{"a": [1]}]], r"Got \[1\] of 'a'"),
        ([[{"a": 1}, "b"]], r"X\[0\] must hold dictionaries. Got 'b' at step 1"),
        ([[{}]], "X must hold features in its dictionaries. Got none"),
    ],
)
def test_errors_of_dictionaries(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        FeatureEncoder().fit(bad)
