"""Sentences of token strings as numbers: words, their shape, their characters, and vectors from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.vectors import as_word_vectors
from skrnn.sequences.check import unboxed
from skrnn.sequences.ragged import Sequences, offsets_of

# What stands for anything not in a vocabulary, and fills up.
UNKNOWN = 0

# Shapes of a word, by number. 0 fills up.
SHAPES = ("", "lower", "Title", "UPPER", "miXed", "123", "a1", "1.5", "...")


def token_kind(X: Any) -> str | None:
    """Tell what the steps of X are.

    Parameters
    ----------
    X : any form of X

    Returns
    -------
    {"words", "columns", "features"} or None
        Strings, tuples (or lists) of strings, or dictionaries. None is for numbers in any form.

    Raises
    ------
    ValueError
        If X is a list of strings and not of sentences.
    """
    X = unboxed(X)
    if isinstance(X, np.ndarray) and X.dtype.kind == "U" and X.ndim in (2, 3):
        return "words" if X.ndim == 2 else "columns"
    if isinstance(X, Sequences) or not isinstance(X, (list, tuple, np.ndarray)):
        return None
    for sentence in X:
        if isinstance(sentence, (str, dict)):
            raise ValueError(f"X must hold sentences, each a list of tokens. Got the single {sentence!r:.60}.")
        if not isinstance(sentence, (list, tuple, np.ndarray)):
            return None
        for token in sentence:
            return _kind_of(token)
    return None


def _kind_of(token: Any) -> str | None:
    if isinstance(token, str):
        return "words"
    if isinstance(token, dict):
        return "features"
    if isinstance(token, (list, tuple, np.ndarray)) and len(token) and isinstance(token[0], str):
        return "columns"
    return None


class WordEncoder:
    """Turn sentences of tokens into `Sequences` of numbers.

    A token becomes one row: a number for each of its strings, and of the first, the word, numbers of its beginnings and
    endings, its shape, its characters, and its vector where there are vectors. Words, beginnings and endings are looked
    up in lower case, as shape and characters tell how they are written.

    Parameters
    ----------
    min_count : int, default=2
        Words that stand more seldom in the sentences of the fit are unknown.
    affixes : int, default=4
        Beginnings and endings of a word, of 1 to so many characters. 0 takes none.
    characters : int, default=16
        Characters read of a word; of a longer one the first and the last. 0 reads none.
    vectors : WordVectors, path-like or gensim's KeyedVectors, default=None
        See `as_word_vectors`.

    Attributes
    ----------
    n_strings_ : int
        Strings of a token.
    vocabularies_ : list of dict
        For each string of a token, then for each of the beginnings and endings, from a word to its number, from 1.
    alphabet_ : dict
        From a character to its number, from 1.
    coverage_ : float or None
        Share of the steps of the fit whose word has a vector.

    Examples
    --------
    >>> from skrnn.preprocessing.tokens import WordEncoder
    >>> encoder = WordEncoder(min_count=1, affixes=0, characters=4).fit([["I", "see", "NY"], ["I", "go"]])
    >>> encoder.transform([["You", "see"]])[0].astype(int)
    array([[0, 2, 3, 6, 0, 0],
           [4, 1, 7, 4, 4, 0]])
    """

    def __init__(self, min_count: int = 2, affixes: int = 4, characters: int = 16, vectors: Any = None) -> None:
        self.min_count = min_count
        self.affixes = affixes
        self.characters = characters
        self.vectors = vectors

    def fit(self, X: Any) -> WordEncoder:
        """Learn the vocabularies.

        Parameters
        ----------
        X : list of sentences
            A sentence is a list of tokens, a token a string, or a tuple of as many strings everywhere.

        Returns
        -------
        self
        """
        columns, _ = token_columns(X)
        self.n_strings_ = len(columns)
        counted = [Counter(normal_form(word) for word in column) for column in columns]
        counted += [Counter() for _ in range(2 * self.affixes)]
        for word, count in counted[0].items():
            for counts, affix in zip(counted[self.n_strings_ :], self._affixes(word)):
                counts[affix] += count
        kept = [sorted(word for word, n in counts.items() if n >= self.min_count) for counts in counted]
        self.vocabularies_ = [{word: i for i, word in enumerate(words, 1)} for words in kept]
        self.alphabet_ = {c: i for i, c in enumerate(sorted(set("".join(set(columns[0])))), 1)}
        self._vectors = as_word_vectors(self.vectors)
        self.coverage_ = None if self._vectors is None else self._vectors.coverage(columns[0]).tokens
        return self

    def transform(self, X: Any) -> Sequences:
        """Encode sentences.

        Parameters
        ----------
        X : list of sentences
            As in `fit`.

        Returns
        -------
        Sequences
            Of D = number of strings + 2 affixes + 1 + characters + E features, float32.
        """
        columns, lengths = token_columns(X, self.n_strings_)
        parts = [
            _by_distinct(column, lambda word, v=vocabulary: [v.get(normal_form(word), UNKNOWN)])
            for column, vocabulary in zip(columns, self.vocabularies_)
        ]
        parts.append(_by_distinct(columns[0], self._spelling))
        if self._vectors is not None:
            parts.append(_by_distinct(columns[0], self._vector))
        return Sequences(np.concatenate(parts, axis=1, dtype=np.float32), offsets_of(lengths))

    def _spelling(self, word: str) -> list[int]:
        """Beginnings and endings, shape and characters of a word."""
        known = zip(self.vocabularies_[self.n_strings_ :], self._affixes(normal_form(word)))
        affixes = [vocabulary.get(affix, UNKNOWN) for vocabulary, affix in known]
        read = word
        if len(word) > self.characters:
            half = self.characters // 2
            read = word[: self.characters - half] + (word[-half:] if half else "")
        numbers = [self.alphabet_.get(c, UNKNOWN) for c in read]
        return [*affixes, shape_of(word), *numbers, *[UNKNOWN] * (self.characters - len(numbers))]

    def _affixes(self, word: str) -> list[str]:
        sizes = range(1, self.affixes + 1)
        return [word[:k] for k in sizes] + [word[-k:] for k in sizes]

    def _vector(self, word: str) -> NDArray:
        vectors = self._vectors
        assert vectors is not None
        return vectors[word] if word in vectors else np.zeros(vectors.n_dims, np.float32)


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
            raise ValueError(f"X[{row}] must hold tokens of {wanted}. Got {token!r:.60} at step {step}.")
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
            raise ValueError(f"X[{i}] must be a list of tokens. Got {sentence!r:.60}.")
        if len(sentence) == 0:
            raise ValueError(f"X[{i}] must have at least one step. Got an empty sequence.")
    return sentences, np.array([len(sentence) for sentence in sentences], np.int64)


def _by_distinct(words: list[str], encode: Any) -> NDArray[np.float32]:
    """Encode each distinct word once: (total steps, width)."""
    places: dict[str, int] = {}
    rows = [places.setdefault(word, len(places)) for word in words]
    return np.array([encode(word) for word in places], np.float32)[rows]
