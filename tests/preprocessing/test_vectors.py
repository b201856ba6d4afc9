"""Word vectors: both formats, what is read of them, what is found; wrong files name the line."""

import copy
import gzip
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone

from skrnn.preprocessing import WordVectors

WORDS = ["the", "The", "naïve", "dog", ". . .", "3.5"]


@pytest.fixture
def table():
    return np.random.default_rng(0).normal(size=(len(WORDS), 4)).astype(np.float32)


def as_text(words, table, header=False, end="\n"):
    lines = [" ".join([word, *map(repr, map(float, row))]) for word, row in zip(words, table)]
    return end.join([*([f"{len(table)} {table.shape[1]}"] if header else []), *lines, ""])


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="tiny.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"], ids=["glove", "word2vec", "windows"])
@pytest.mark.parametrize("header", [False, True])
def test_both_formats(write, table, header, end):
    vectors = WordVectors.load(write(as_text(WORDS, table, header, end)))
    assert vectors.words == tuple(WORDS)
    assert vectors.vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors.vectors, table)
    assert (len(vectors), vectors.n_dims) == (6, 4)


def test_compressed_files(write, table, tmp_path):
    text = as_text(WORDS, table).encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.50d.txt", text)
        file.writestr("a.100d.txt", b"")
    for vectors in (
        WordVectors.load(write(gzip.compress(text), "a.txt.gz")),
        WordVectors.load(tmp_path / "a.zip", member="a.50d.txt"),
        WordVectors.load(write(b"\xef\xbb\xbf" + text)),
        WordVectors.load(write(text.replace(b" ", b"\t").replace(b".\t.\t.", b". . ."))),
    ):
        assert vectors.words == tuple(WORDS)
        np.testing.assert_array_equal(vectors.vectors, table)


def test_words_to_read_bring_their_lower_case(write, table):
    path = write(as_text(WORDS, table, header=True))
    vectors = WordVectors.load(path, words=iter(["DOG", "The", ". . .", "cat"]))
    assert vectors.words == ("the", "The", "dog", ". . .")
    np.testing.assert_array_equal(vectors.vectors, table[[0, 1, 3, 4]])


def test_reading_few_words_of_many_takes_little_memory(write):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(5000, 20)).round(3)
    path = write(as_text([f"w{i}" for i in range(5000)], table))
    tracemalloc.start()
    vectors = WordVectors.load(path, words=["w17", "w4000"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(vectors.vectors, table[[17, 4000]], rtol=1e-6)
    assert peak < table.nbytes / 4


def test_a_header_by_word_of_the_user(write):
    path = write("2 1\n7 3\n")
    assert WordVectors.load(path, header=False).words == ("2", "7")
    with pytest.raises(ValueError, match=r"tiny\.txt must hold the 2 words that its first line tells\. Got 1\."):
        WordVectors.load(path)
    with pytest.raises(ValueError, match=r"line 1: a header must be two whole numbers.* Got b'a 0\.5\\n'\."):
        WordVectors.load(write("a 0.5\n"), header=True)


def test_the_first_of_equal_words_counts(write):
    vectors = WordVectors.load(write("3 1\na 1\nb 2\na 3\n"))
    assert (vectors.words, vectors.vectors.tolist()) == (("a", "b"), [[1], [2]])
    vectors = WordVectors(["a", "b", "a"], [[1], [2], [3]])
    assert (vectors.words, vectors.vectors.tolist()) == (("a", "b"), [[1], [2]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nb 1\n", r"tiny\.txt, line 2: a word must have 2 numbers\. Got 1: b'b 1\\n'\."),
        ("a 1 2\n\nb 1 2 3\n", r"tiny\.txt, line 3: a word must have 2 numbers\. Got 3: b'b 1 2 3\\n'\."),
        ("2 3\na 1 2\nb 1 2 3\n", r"line 2: a word must have 3 numbers\. Got 2: b'a 1 2\\n'\."),
        ("a\nb\n", r"line 1: a word must have at least one number\. Got 0: b'a\\n'\."),
        ("a 1 2\nb 1 x\n", r"line 2: all but the word must be numbers \(.*b'x'\)\."),
        ("a 1 2\nb 1 nan\n", r"line 2: all but the word must be finite numbers of float32\. Got \[ *1\. nan\]\."),
        ("a 1 2\nb 1 1e39\n", r"line 2: all but the word must be finite numbers of float32\. Got \[ *1\. inf\]\."),
        ("3 1\na 1\nb 2\n", r"must hold the 3 words that its first line tells\. Got 2\."),
        ("", r"tiny\.txt must hold at least one word\. Got none\."),
        ("0 3\n", r"tiny\.txt must hold at least one word\. Got none\."),
        (b"a 1\nn\xe9 2\n", r"line 2: the word must be in UTF-8\. Got b'n\\xe9'\."),
    ],
)
def test_wrong_files_are_one_sentence(write, text, message):
    with pytest.raises(ValueError, match=message):
        WordVectors.load(write(text))


def test_other_errors(write):
    with pytest.raises(ValueError, match=r"must hold at least one of the 2 words \(with lower-case .*\)\. Got none\."):
        WordVectors.load(write("a 1\n"), words=["X"])
    with pytest.raises(FileNotFoundError, match=r"The file none\.txt does not exist\."):
        WordVectors.load("none.txt")
    with pytest.raises(ValueError, match=r"vectors must have shape \(2, E\), one a word\. Got \(1, 2\)\."):
        WordVectors(["a", "b"], [[1, 2]])
    with pytest.raises(ValueError, match=r"vectors must have shape \(0, E\), one a word\. Got \(0, 2\)\."):
        WordVectors([], np.ones((0, 2)))
    with pytest.raises(ValueError, match=r"vectors\[1\] must hold finite numbers of float32\. Got \[inf\]\."):
        WordVectors(["a", "b"], [[1], [1e39]])
    with pytest.raises(TypeError, match=r"words\[1\] must be a string\. Got 3\."):
        WordVectors(["a", 3], [[1], [2]])
    with pytest.raises(KeyError, match="cat"):
        WordVectors(["a"], [[1]])["cat"]
    with pytest.raises(ValueError, match=r"words must hold at least one word\. Got none\."):
        WordVectors(["a"], [[1]]).coverage([[], []])


def test_words_are_found_as_they_are_or_in_lower_case(table):
    vectors = WordVectors(WORDS, table)
    assert vectors.find(["The", "the", "THE", "Dog", "cat", "NAÏVE"]).tolist() == [1, 0, 0, 3, -1, 2]
    np.testing.assert_array_equal(vectors["DOG"], table[3])
    assert "DOG" in vectors
    assert "cat" not in vectors
    assert 3 not in vectors


def test_coverage_counts_tokens_and_types(table):
    vectors = WordVectors(WORDS, table)
    sentences = [["The", "dog", "saw", "the", "dog"], ["Dog", "saw"]]
    # Types: The, the, dog, Dog are found, saw is not.
    assert vectors.coverage(sentences) == (5 / 7, 4 / 5)
    assert vectors.coverage([word for row in sentences for word in row]) == (5 / 7, 4 / 5)
    assert vectors.coverage(np.array(["dog", "cat"])).types == 1 / 2


def test_they_never_change_so_copies_share_them(table):
    class Estimator(BaseEstimator):
        def __init__(self, vectors=None):
            self.vectors = vectors

    vectors = WordVectors(WORDS, table)
    table[0] = 7
    assert vectors["the"][0] != 7
    with pytest.raises(ValueError, match="read-only"):
        vectors.vectors[0] = 7
    assert clone(Estimator(vectors)).vectors is vectors
    assert copy.copy(vectors) is vectors
    again = pickle.loads(pickle.dumps(vectors))
    assert again.words == vectors.words
    assert not again.vectors.flags.writeable
    np.testing.assert_array_equal(again.vectors, vectors.vectors)


def test_keyed_vectors_by_their_attributes(table):
    keyed = SimpleNamespace(index_to_key=WORDS, vectors=table)
    for source in (keyed, SimpleNamespace(wv=keyed)):
        np.testing.assert_array_equal(WordVectors.from_keyed_vectors(source).vectors, table)
    some = WordVectors.from_keyed_vectors(keyed, words=["DOG", "naïve"])
    assert some.words == ("naïve", "dog")
    np.testing.assert_array_equal(some.vectors, table[2:4])
    with pytest.raises(ValueError, match=r"keyed_vectors must hold at least one of the 1 words .* Got none\."):
        WordVectors.from_keyed_vectors(keyed, words=["cat"])
    with pytest.raises(TypeError, match=r"keyed_vectors must have index_to_key and vectors.* Got dict\."):
        WordVectors.from_keyed_vectors({"a": [1]})


def test_gensim_writes_what_is_read(tmp_path, table):
    models = pytest.importorskip("gensim.models")
    keyed = models.KeyedVectors(vector_size=4)
    keyed.add_vectors([word for word in WORDS if " " not in word], np.delete(table, 4, axis=0))
    for header in (True, False):
        path = str(tmp_path / f"{header}.txt.gz")
        keyed.save_word2vec_format(path, write_header=header)
        for vectors in (WordVectors.load(path), WordVectors.from_keyed_vectors(keyed)):
            assert list(vectors.words) == keyed.index_to_key
            np.testing.assert_array_equal(vectors.vectors, keyed.vectors)


def test_import_loads_no_gensim():
    code = "import sys, skrnn.preprocessing; sys.exit('gensim' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
