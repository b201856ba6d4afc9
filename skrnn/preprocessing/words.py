"""`WordReader`: sentences of strings, or of tuples of strings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.forms import NAMES, form_of
from skrnn.preprocessing.reader import Reader, ReaderSpec
from skrnn.preprocessing.vectors import as_word_vectors
from skrnn.sequences.check import unboxed
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.sklearn_private import Interval, validate_params

# The number of everything that is not in a vocabulary, and of padding.
UNKNOWN = 0

# Shapes of a word, by number. 0 fills up.
SHAPES = ("", "lower", "Title", "UPPER", "miXed", "123", "a1", "1.5", "...")

# Features of the shape of a word.
SHAPE_DIM = 8


@dataclass(frozen=True)
class WordSpec(ReaderSpec):
    """Numbers of words, of their prefixes, suffixes, shapes and characters, and vectors.

    Attributes
    ----------
    words, dim : int
        Different words, without the unknown, and features of each.
    parts, part_dim : int
        Different further strings, prefixes and suffixes of all tokens, and features of each.
    n_strings, n_affixes : int
        Strings, and prefixes and suffixes, of a token.
    max_characters, alphabet, character_dim, character_filters : int
        Characters read of a word, different ones, features of each, and features read from them all.
    vector_dim : int
        Numbers of a vector from outside; 0 for none.
    word_dropout : float
        Share of the words that training takes for unknown.
    trainable_vectors : bool
        Whether vectors from outside are trained.
    spatial_dropout : float
        Dropout rate of the features, with one mask for all steps.
    """

    words: int
    dim: int
    parts: int = 0
    part_dim: int = 0
    n_strings: int = 1
    n_affixes: int = 0
    max_characters: int = 0
    alphabet: int = 0
    character_dim: int = 0
    character_filters: int = 0
    vector_dim: int = 0
    word_dropout: float = 0.0
    trainable_vectors: bool = False
    spatial_dropout: float = 0.0

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Numbers, and vectors where there are any."""
        width = self.n_strings + self.n_affixes + 1 + self.max_characters
        words = ColumnSpec("words", (width,), "int32", "time")
        return (words, ColumnSpec("vectors", (self.vector_dim,), "float32", "time"))[: 2 if self.vector_dim else 1]


class WordReader(Reader):
    """Read sentences of words: what estimators do by default with lists of strings, or of tuples of strings.

    A word is known by itself, by its prefixes and suffixes, its shape (lower, Title, UPPER, digits, ...), its
    characters, and its vector where there are vectors. Words, prefixes and suffixes are looked up in lower case, as
    shape and characters tell how they are written. Further strings of a token, such as its part of speech, are looked
    up alone.

    Parameters
    ----------
    dim : int, default=100
        Features of a word. Further strings of a token, prefixes and suffixes have a quarter of it each.
    max_affix_length : int, default=4
        Prefixes and suffixes of 1 to so many characters are features. 0 takes none.
    max_characters : int, default=16
        Characters read of a word by a small convolution; of a longer word the first and the last. 0 reads none.
    character_dim : int, default=25
        Features of a character.
    character_filters : int, default=50
        Features read from the characters of a word.
    word_dropout : float in [0, 1), default=0.05
        Share of the words, of their prefixes and of their suffixes that training takes for unknown, so that there is
        something to learn about unknown words. Further strings of a token stay known.
    min_count : int, default=2
        Words with fewer occurrences in the X of the fit are mapped to the unknown word.
    vectors : WordVectors, path-like or gensim's KeyedVectors, default=None
        Pretrained vectors of words, beside the features that are learned. A path, of a text
        file of word2vec or GloVe, is read in every fit; `skrnn.preprocessing.WordVectors` is read once. A word is
        looked up as it is written, then in lower case.
    trainable_vectors : bool, default=False
        Train the vectors of the words of the fit: what is learned is added to them. Vectors of other words stay.
    spatial_dropout : float in [0, 1), default=0.0
        Dropout rate of the features of words, with one mask for all words of a sentence, beside `dropout` of the
        estimator, which acts on all layers.

    Attributes
    ----------
    n_features_in_ : int
        Strings of a token.
    vocabularies_ : list of dict
        For each string of a token, then for each of the prefixes and suffixes, from a word to its number, from 1.
    alphabet_ : dict
        From a character to its number, from 1.
    coverage_ : float or None
        Share of the steps of the fit whose word has a vector.

    Notes
    -----
    Vocabularies come from the X of the fit alone, so in cross-validation from the training part. Their sizes in the
    network are rounded up, so that those of folds share compiled programs.

    Examples
    --------
    >>> from skrnn.preprocessing import WordReader
    >>> reader = WordReader(min_count=1, max_affix_length=0, max_characters=4).fit([["I", "see", "NY"], ["I", "go"]])
    >>> reader.read([["You", "see"]]).columns["words"].values
    array([[0, 2, 3, 6, 0, 0],
           [4, 1, 7, 4, 4, 0]], dtype=int32)
    """

    forms = ("words", "columns")

    _parameter_constraints: dict[str, Any] = {
        "dim": [Interval(Integral, 1, None, closed="left")],
        "max_affix_length": [Interval(Integral, 0, None, closed="left")],
        "max_characters": [Interval(Integral, 0, None, closed="left")],
        "character_dim": [Interval(Integral, 1, None, closed="left")],
        "character_filters": [Interval(Integral, 1, None, closed="left")],
        "word_dropout": [Interval(Real, 0, 1, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "vectors": "no_validation",  # as_word_vectors says what it may be
        "trainable_vectors": ["boolean"],
        "spatial_dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        dim: int = 100,
        max_affix_length: int = 4,
        max_characters: int = 16,
        character_dim: int = 25,
        character_filters: int = 50,
        word_dropout: float = 0.05,
        min_count: int = 2,
        vectors: Any = None,
        trainable_vectors: bool = False,
        spatial_dropout: float = 0.0,
    ) -> None:
        self.dim = dim
        self.max_affix_length = max_affix_length
        self.max_characters = max_characters
        self.character_dim = character_dim
        self.character_filters = character_filters
        self.word_dropout = word_dropout
        self.min_count = min_count
        self.vectors = vectors
        self.trainable_vectors = trainable_vectors
        self.spatial_dropout = spatial_dropout

    def fit_read(self, X: Any) -> Examples:
        """Fit to sentences and read them."""
        validate_params(self)
        self._form = self._check_form(X)
        columns, lengths = token_columns(X)
        self.n_features_in_ = len(columns)
        counted = [Counter(normal_form(word) for word in column) for column in columns]
        counted += [Counter() for _ in range(2 * self.max_affix_length)]
        for word, count in counted[0].items():
            for counts, affix in zip(counted[self.n_features_in_ :], self._affixes(word)):
                counts[affix] += count
        kept = [sorted(word for word, n in counts.items() if n >= self.min_count) for counts in counted]
        self.vocabularies_ = [{word: i for i, word in enumerate(words, 1)} for words in kept]
        self.alphabet_ = {c: i for i, c in enumerate(sorted(set("".join(set(columns[0])))), 1)}
        self._vectors = as_word_vectors(self.vectors)
        self.coverage_ = None if self._vectors is None else self._vectors.coverage(columns[0]).tokens
        return self._encode(columns, lengths)

    def read(self, X: Any) -> Examples:
        """Read sentences of tokens that are strings, or tuples of as many strings, as in the fit."""
        form = form_of(X)
        if form != self._form:
            raise ValueError(f"X must hold {NAMES[self._form]}, as in fit. Got {NAMES[form]}.")
        return self._encode(*token_columns(X, self.n_features_in_))

    @property
    def spec(self) -> WordSpec:
        """Sizes of the vocabularies, and the options."""
        of_words, *of_parts = map(len, self.vocabularies_)
        return WordSpec(
            words=roomy(of_words),
            dim=int(self.dim),
            parts=roomy(len(of_parts) + sum(of_parts)) if of_parts else 0,
            part_dim=max(1, int(self.dim) // 4) if of_parts else 0,
            n_strings=self.n_features_in_,
            n_affixes=2 * int(self.max_affix_length),
            max_characters=int(self.max_characters),
            alphabet=roomy(len(self.alphabet_)),
            character_dim=int(self.character_dim),
            character_filters=int(self.character_filters),
            vector_dim=0 if self._vectors is None else self._vectors.n_dims,
            word_dropout=float(self.word_dropout),
            trainable_vectors=bool(self.trainable_vectors) and self._vectors is not None,
            spatial_dropout=float(self.spatial_dropout),
        )

    def _encode(self, columns: list[list[str]], lengths: NDArray[np.int64]) -> Examples:
        numbers = self._numbers()
        of_affixes = numbers[self.n_features_in_ :]
        parts = [
            _by_distinct(column, lambda word, number=number: [number(normal_form(word))], np.int32)
            for column, number in zip(columns, numbers)
        ]
        parts.append(_by_distinct(columns[0], lambda word: self._spelling(word, of_affixes), np.int32))
        encoded = {"words": Column(np.concatenate(parts, axis=1), "time")}
        if self._vectors is not None:
            encoded["vectors"] = Column(_by_distinct(columns[0], self._vector, np.float32), "time")
        return Examples(encoded, {"time": offsets_of(lengths)})

    def _numbers(self) -> list[Callable[[str], int]]:
        """For each vocabulary, from a word to the row of its table: words have one, all others another.

        There the unknown of the k-th kind is row k, and the known ones of all kinds follow.
        """
        words, *others = self.vocabularies_
        firsts = len(others) + np.cumsum([0, *map(len, others)]) - 1  # a number in a vocabulary counts from 1
        looked_up = [
            lambda word, v=v, k=k, first=int(first): v[word] + first if word in v else k
            for k, (v, first) in enumerate(zip(others, firsts))
        ]
        return [lambda word: words.get(word, UNKNOWN), *looked_up]

    def _spelling(self, word: str, of_affixes: list[Callable[[str], int]]) -> list[int]:
        """Prefixes and suffixes, shape and characters of a word."""
        affixes = [number(affix) for number, affix in zip(of_affixes, self._affixes(normal_form(word)))]
        read, most = word, self.max_characters
        if len(word) > most:
            half = most // 2
            read = word[: most - half] + (word[-half:] if half else "")
        numbers = [self.alphabet_.get(c, UNKNOWN) for c in read]
        return [*affixes, shape_of(word), *numbers, *[UNKNOWN] * (most - len(numbers))]

    def _affixes(self, word: str) -> list[str]:
        sizes = range(1, self.max_affix_length + 1)
        return [word[:k] for k in sizes] + [word[-k:] for k in sizes]

    def _vector(self, word: str) -> NDArray:
        vectors = self._vectors
        assert vectors is not None
        return vectors[word] if word in vectors else np.zeros(vectors.n_dims, np.float32)


def roomy(n: int, costly: bool = False) -> int:
    """More than n: so vocabularies of folds mostly have the same size, and share a compiled program.

    One of 32, 48, 64, 96, ...; from 16,384 on, where rows cost more than programs, an eighth more at most. Where each
    row is `costly`, as scores of tokens are, that is so from the beginning.
    """
    step = max(16, 2 ** ((n - 1).bit_length() - (2 if n < 2**14 and not costly else 4)))
    return max(32, -(-n // step) * step)


def normal_form(word: str) -> str:
    """The word as vocabularies know it: in lower case."""
    return word.lower()


def shape_of(word: str) -> int:
    """Position in `SHAPES`."""
    if word.isalpha():
        if word.islower():
            return 1
        if word.isupper() and len(word) > 1:
            return 3
        return 2 if word[0].isupper() and (len(word) == 1 or word[1:].islower()) else 4
    if word.isdigit():
        return 5
    if not any(c.isdigit() for c in word):
        return 8 if not any(c.isalpha() for c in word) else 4
    return 6 if any(c.isalpha() for c in word) else 7


def token_columns(X: Any, n_columns: int | None = None) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Check sentences, and lay the strings of all their tokens under each other.

    Parameters
    ----------
    X : list of sentences
    n_columns : int, optional
        Strings of a token; those of the first one by default.

    Returns
    -------
    columns : list of list of str
        The first, second, ... string of each token.
    lengths : ndarray of shape (N,)
        Tokens of each sentence.

    Raises
    ------
    ValueError
        If a sentence is empty, or a token is not made of as many strings as the others.
    """
    sentences, lengths = checked_sentences(X)
    flat = [token for sentence in sentences for token in sentence]
    if n_columns is None:
        n_columns = 1 if isinstance(flat[0], str) else len(flat[0])
    for place, token in enumerate(flat):
        plain = isinstance(token, str)
        if n_columns == 1 and plain:
            continue
        if plain or not isinstance(token, (list, tuple, np.ndarray)) or len(token) != n_columns or not _strings(token):
            row = int(np.searchsorted(np.cumsum(lengths), place, side="right"))
            step = place - int(lengths[:row].sum())
            wanted = "strings" if n_columns == 1 else f"{n_columns} strings each"
            raise ValueError(f"X[{row}] must hold tokens of {wanted}. Got {shown(token)} at step {step}.")
    if n_columns == 1:
        return [[token if isinstance(token, str) else token[0] for token in flat]], lengths
    return [list(column) for column in zip(*flat)], lengths


def _strings(token: Iterable[Any]) -> bool:
    return all(isinstance(part, str) for part in token)


def checked_sentences(X: Any) -> tuple[Sequence[Any], NDArray[np.int64]]:
    """Sentences that are lists with at least one token, and their lengths."""
    X = unboxed(X)
    sentences = list(X)
    if not sentences:
        raise ValueError("Found array with 0 sample(s): X must hold at least one sentence, a minimum of 1 is required.")
    for i, sentence in enumerate(sentences):
        if not isinstance(sentence, (list, tuple, np.ndarray)):
            raise ValueError(f"X[{i}] must be a list of tokens. Got {shown(sentence)}.")
        if len(sentence) == 0:
            raise ValueError(f"X[{i}] must have at least one step. Got an empty sequence.")
    return sentences, np.array([len(sentence) for sentence in sentences], np.int64)


def _by_distinct(words: list[str], encode: Any, dtype: Any) -> NDArray:
    """Encode each distinct word once: (total steps, width)."""
    places: dict[str, int] = {}
    rows = [places.setdefault(word, len(places)) for word in words]
    return np.array([encode(word) for word in places], dtype)[rows]
