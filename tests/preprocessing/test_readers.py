"""Sentences as numbers: each number looked up by hand."""

import numpy as np
import pytest

from skrnn.preprocessing import (
    ArrayReader,
    FeatureReader,
    SequenceAugmentation,
    TokenReader,
    WordReader,
    default_reader,
)
from skrnn.preprocessing.forms import form_of
from skrnn.preprocessing.words import SHAPES, UNKNOWN, shape_of
from skrnn.sequences import Sequences

X = [["The", "cat", "saw", "the", "NYSE"], ["the", "unbelievable", "cat", "."]]


def test_every_number_by_hand():
    encoder = WordReader(min_count=2, max_affix_length=2, max_characters=4).fit(X)
    assert list(encoder.vocabularies_[0]) == ["cat", "the"]
    assert list(encoder.vocabularies_[2]) == ["ca", "th"]  # beginnings of two characters, seen twice
    assert list(encoder.vocabularies_[4]) == ["at", "he"]
    examples = encoder.read([["THE", "unbelievable", "x"], ["cat"]])
    values = examples.columns["words"].values
    assert examples.lengths("time").tolist() == [3, 1]
    assert values.dtype == np.int32

    def expected(word, read):
        low = word.lower()
        affixes = [low[:1], low[:2], low[-1:], low[-2:]]
        row = [encoder.vocabularies_[0].get(low, 0)]
        of_parts = encoder.vocabularies_[1:]
        names = [(k, None) for k in range(4)] + [(k, a) for k, v in enumerate(of_parts) for a in sorted(v)]
        row += [names.index((k, a if a in v else None)) for k, (v, a) in enumerate(zip(of_parts, affixes))]
        row += [shape_of(word)] + [encoder.alphabet_.get(c, 0) for c in read]
        return row + [0] * (4 - len(read))

    by_hand = [expected("THE", "THE"), expected("unbelievable", "unle"), expected("x", "x"), expected("cat", "cat")]
    np.testing.assert_array_equal(values, by_hand)
    assert values[1, 0] == values[2, 0] == UNKNOWN


def test_strings_of_a_token_have_vocabularies_of_their_own():
    columns = [[(word, word[0].upper()) for word in sentence] for sentence in X]
    encoder = WordReader(min_count=1, max_affix_length=0, max_characters=0).fit(columns)
    assert encoder.n_features_in_ == 2
    assert len(encoder.vocabularies_) == 2
    row = encoder.read([[("cat", "N")]]).columns["words"].values[0]
    assert row.tolist() == [encoder.vocabularies_[0]["cat"], encoder.vocabularies_[1]["n"], SHAPES.index("lower")]
    assert encoder.read([[("cat", "?")]]).columns["words"].values[0, 1] == UNKNOWN
    assert encoder.spec.parts >= 1 + len(encoder.vocabularies_[1])


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
    encoder = WordReader(max_affix_length=0, max_characters=0, vectors=Vectors()).fit(X)
    assert encoder.coverage_ == pytest.approx(3 / 9)  # The and the twice; of cat there is another way to write
    table = encoder.read([["THE", "the", "Cat", "cat", "?"]]).columns["vectors"].values
    np.testing.assert_array_equal(table, [[1, 2], [1, 2], [3, 4], [0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("X", "form"),
    [
        (X, "words"),
        ([np.array(s) for s in X], "words"),
        (np.array([["a", "b"], ["c", "d"]]), "words"),
        ([[("a", "b")]], "columns"),
        ([[["a", "b"]]], "columns"),
        (np.array([[["a", "b"]]]), "columns"),
        ([[{"a": 1}]], "features"),
        ([[], ["a"]], "words"),
        ([np.ones((3, 2))], "numbers"),
        ([[1, 2], [3]], "numbers"),
        ([[[1.0], [2.0]]], "numbers"),
        (np.ones((3, 2)), "numbers"),
        (Sequences.from_list([[1.0]]), "numbers"),
    ],
    ids=str,
)
def test_forms(X, form):
    assert form_of(X) == form


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
    ],
)
def test_errors_of_sentences(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        WordReader().fit(bad)


def test_a_list_of_words_is_no_list_of_sentences():
    with pytest.raises(ValueError, match="X must hold sentences, each a list of tokens. Got the single 'The'"):
        form_of(["The", "cat"])


def test_vectors_of_another_size():
    class Short(Vectors):
        words = ["the"]

    with pytest.raises(ValueError, match=r"vectors must have shape \(1, E\), one a word. Got \(2, 2\)"):
        WordReader(vectors=Short()).fit(X)
    with pytest.raises(TypeError, match="vectors must be WordVectors, KeyedVectors of gensim, or .* Got {}"):
        WordReader(vectors={}).fit(X)


def test_features_of_dictionaries():
    data = [[{"w": "a", "n": 2.5, "b": True}, {"w": "b", "l": ["x", "y"]}], [{"in": {"w": "a", "n": 1}}]]
    encoder = FeatureReader(min_count=1).fit(data)
    assert sorted(encoder.vocabulary_) == ["b", "in:n", "in:w:a", "l:x", "l:y", "n", "w:a", "w:b"]
    columns = encoder.read(data).columns
    numbers, values = columns["features"].values, columns["values"].values
    names = {number: name for name, number in encoder.vocabulary_.items()}
    rows = [{names[n]: v for n, v in zip(row, of) if n} for row, of in zip(numbers, values)]
    assert rows == [{"w:a": 1, "n": 2.5, "b": 1}, {"w:b": 1, "l:x": 1, "l:y": 1}, {"in:w:a": 1, "in:n": 1}]
    assert list(FeatureReader(min_count=2).fit(data + data[:1]).vocabulary_) == ["b", "l:x", "l:y", "n", "w:a", "w:b"]
    assert not encoder.read([[{"new": 1.0}]]).columns["values"].values.any()


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
        FeatureReader(min_count=1).fit(bad)


def test_the_default_reader_follows_the_form():
    assert isinstance(default_reader(X), WordReader)
    assert isinstance(default_reader([[("a", "b")]]), WordReader)
    assert isinstance(default_reader([[{"a": 1}]]), FeatureReader)
    for numbers in (np.ones((3, 2)), [[1, 2], [3]], [np.ones((3, 2))], Sequences.from_list([[1.0]])):
        assert isinstance(default_reader(numbers), ArrayReader)


def test_tokens_stay_integers():
    """Numbers that float32 does not have, and on disk."""
    large = 2**24 + 1
    reader = TokenReader(dim=2)
    tokens = reader.fit_read([[large, 0], [5]]).columns["tokens"].values
    assert tokens.tolist() == [large, 0, 5]
    assert tokens.dtype == np.int32
    assert reader.n_tokens_ == large + 1
    with pytest.raises(ValueError, match=f"tokens below {large + 1}, as in fit. Got {large + 1}; TokenReader"):
        reader.read([[large + 1]])
    with pytest.raises(ValueError, match="X must hold tokens below n_tokens=3. Got 5"):
        TokenReader(n_tokens=3).fit([[5]])


def test_readers_are_estimators_of_scikit_learn():
    from sklearn.base import clone

    for reader in (ArrayReader(), FeatureReader(7), TokenReader(3, 9), WordReader(min_count=5)):
        assert clone(reader).get_params() == reader.get_params()


def test_an_augmentation_is_checked_by_the_fit():
    reader = ArrayReader(augmentation=SequenceAugmentation(feature_masks=1, feature_mask_width=5))
    with pytest.raises(ValueError, match="feature_mask_width must be at most 2, the number of features. Got 5"):
        reader.fit([np.ones((4, 2))])
    with pytest.raises(ValueError, match="frames_per_step"):
        ArrayReader(frames_per_step=0).fit([np.ones((4, 2))])


def test_steps_that_lack_are_zero_and_augmentation_comes_before_steps_are_joined():
    X = [np.arange(10.0).reshape(5, 2), np.ones((2, 2))]
    reader = ArrayReader(frames_per_step=2, augmentation=SequenceAugmentation(gain=1.0))
    examples = reader.fit_read(X)
    np.testing.assert_array_equal(examples.columns["steps"].values[2], [8, 9, 0, 0])
    assert examples.offsets["time"].tolist() == [0, 3, 4]
    changed = reader.augmented(examples, np.random.default_rng(0)).columns["steps"].values
    moved = changed - examples.columns["steps"].values
    np.testing.assert_allclose(moved[:3], moved[0, 0], rtol=1e-4, atol=1e-5)  # one number for a sequence
    assert moved[3, 0] != moved[0, 0]
    np.testing.assert_array_equal(reader.read(X).columns["steps"].values, examples.columns["steps"].values)
