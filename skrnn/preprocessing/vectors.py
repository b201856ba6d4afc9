"""Pretrained word vectors from files in the formats of word2vec and GloVe, or from gensim."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrnn.datasets.text_lines import open_bytes
from skrnn.preprocessing.vector_files import decode_word, parse_numbers, read_lines
from skrnn.sequences.messages import shown


class Coverage(NamedTuple):
    """Shares, from 0 to 1, of all tokens and of the different ones (types) that have a vector."""

    tokens: float
    types: float


class WordVectors:
    """A vector for each of many words.

    Make them with `load` from a file, with `from_keyed_vectors` from gensim, or from words and an array. They never
    change, so copies (of `sklearn.base.clone` in every fit of a search, too) share the memory.

    Parameters
    ----------
    words : iterable of V str
        The words. If one occurs again, its first vector counts, as in gensim.
    vectors : array-like of shape (V, E)
        Their vectors.

    Attributes
    ----------
    words : tuple of str
        The different words, in order.
    vectors : ndarray of shape (V, E), float32
        Their vectors; read-only.

    Raises
    ------
    ValueError
        If there are no words, or not one vector of finite numbers a word.
    TypeError
        If a word is no string.

    Examples
    --------
    >>> from skrnn.preprocessing import WordVectors
    >>> vectors = WordVectors(["the", "dog"], [[0.1, 0.2], [0.3, 0.4]])
    >>> vectors
    WordVectors(2 words of 2 numbers)
    >>> vectors["The"]  # in lower case where the word itself has none
    array([0.1, 0.2], dtype=float32)
    >>> vectors.find(["dog", "cat"])
    array([ 1, -1])
    >>> vectors.coverage([["The", "dog"], ["The", "cat"]])
    Coverage(tokens=0.75, types=0.666...)
    """

    def __init__(self, words: Iterable[str], vectors: ArrayLike) -> None:
        words = list(words)
        with np.errstate(over="ignore"):  # too large a number is told below
            table = np.array(vectors, dtype=np.float32)  # (V, E), a copy
        if table.ndim != 2 or len(table) != len(words) or table.size == 0:
            raise ValueError(f"vectors must have shape ({len(words)}, E), one a word. Got {table.shape}.")
        rows: dict[str, int] = {}
        for i, word in enumerate(words):
            if not isinstance(word, str):
                raise TypeError(f"words[{i}] must be a string. Got {shown(word)}.")
            rows.setdefault(word, i)
        bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
        if len(bad):
            raise ValueError(f"vectors[{bad[0]}] must hold finite numbers of float32. Got {table[bad[0]]}.")
        if len(rows) < len(words):
            table = table[list(rows.values())]
        table.setflags(write=False)
        self.words = tuple(rows)
        self.vectors = table
        self._rows = {word: i for i, word in enumerate(rows)}

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        words: Iterable[str] | None = None,
        *,
        header: bool | None = None,
        member: str | None = None,
    ) -> WordVectors:
        r"""Read a text file of word2vec, fastText or GloVe: a word and its numbers a line.

        Parameters
        ----------
        path : path-like
            The file, plain, ``.gz`` or ``.zip``, in UTF-8.
        words : iterable of str or None, default=None
            Read the vectors of these words, and of their lower-case forms, only. A file of two million words then takes
            the memory of a vocabulary, and lines of other words are passed over unchecked. None reads all.
        header : bool or None, default=None
            Whether the first line tells the numbers of words and of dimensions, as in word2vec's format and not in
            GloVe's. None looks: two whole numbers and nothing else are such a line.
        member : str or None, default=None
            Which file of a ``.zip``, by its name or the end of it.

        Returns
        -------
        vectors : WordVectors

        Raises
        ------
        FileNotFoundError
            If the file does not exist.
        ValueError
            If a line has another number of dimensions, what is no finite number or no UTF-8 (the message names the file
            and the line), if lines are missing, or if none of the words is there.

        Notes
        -----
        Words may contain blanks (". . ." and others in GloVe 840B) as long as the last part of the word is no number.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from skrnn.preprocessing import WordVectors
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "tiny.vec"
        ...     _ = path.write_text("3 2\nthe 0.1 0.2\ndog 0.3 0.4\ncat 0.5 0.6\n")
        ...     WordVectors.load(path, words=["The", "cat"]).words
        ('the', 'cat')
        """
        wanted = None if words is None else {form.encode() for word in words for form in (word, word.lower())}
        found: dict[bytes, tuple[str, NDArray[np.float32]]] = {}
        with open_bytes(path, member) as file:
            for place, word, numbers in read_lines(file, path, wanted, header):
                if word not in found and (wanted is None or word in wanted):
                    found[word] = decode_word(word, place), parse_numbers(numbers, place)
        if not found:
            what = "one word" if wanted is None else f"one of the {len(wanted)} words (with lower-case forms)"
            raise ValueError(f"{path} must hold at least {what}. Got none.")
        return cls((text for text, _ in found.values()), np.stack([vector for _, vector in found.values()]))

    @classmethod
    def from_keyed_vectors(cls, keyed_vectors: Any, words: Iterable[str] | None = None) -> WordVectors:
        """Take vectors over from gensim (4 or newer).

        Parameters
        ----------
        keyed_vectors : gensim.models.KeyedVectors, or a model with them as ``wv``
            Any object with `index_to_key` and `vectors`.
        words : iterable of str or None, default=None
            Take these words, and their lower-case forms, only; None takes all.

        Returns
        -------
        vectors : WordVectors

        Raises
        ------
        TypeError
            If the object has no such attributes.
        ValueError
            If none of the words is there.

        Examples
        --------
        >>> from gensim.models import Word2Vec  # doctest: +SKIP
        >>> from skrnn.preprocessing import WordVectors
        >>> WordVectors.from_keyed_vectors(Word2Vec(sentences, vector_size=50).wv)  # doctest: +SKIP
        WordVectors(1872 words of 50 numbers)
        """
        source = getattr(keyed_vectors, "wv", keyed_vectors)
        if not (hasattr(source, "index_to_key") and hasattr(source, "vectors")):
            raise TypeError(
                "keyed_vectors must have index_to_key and vectors, as KeyedVectors of gensim 4 have. "
                f"Got {type(keyed_vectors).__name__}."
            )
        keys = list(source.index_to_key)
        if words is None:
            return cls(keys, source.vectors)
        wanted = {form for word in words for form in (word, word.lower())}
        rows = [i for i, key in enumerate(keys) if key in wanted]
        if not rows:
            raise ValueError(
                f"keyed_vectors must hold at least one of the {len(wanted)} words (with lower-case forms). Got none."
            )
        return cls([keys[i] for i in rows], np.asarray(source.vectors)[rows])

    @property
    def n_dims(self) -> int:
        """E, the length of a vector."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Tell whether a word, or its lower-case form, has a vector."""
        return isinstance(word, str) and self._find(word) >= 0

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        """Vector of a word, or else of its lower-case form, (E,)."""
        row = self._find(word)
        if row < 0:
            raise KeyError(word)
        return self.vectors[row]

    def find(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Find words, or else their lower-case forms.

        Parameters
        ----------
        words : iterable of n str

        Returns
        -------
        rows : ndarray of shape (n,)
            Row in `vectors` of each; -1 where there is none.
        """
        return np.fromiter((self._find(word) for word in words), np.int64)

    def coverage(self, words: Iterable[Any]) -> Coverage:
        """Tell how much of a text has vectors, in any case or in lower case.

        Parameters
        ----------
        words : iterable of str, or of sentences of str
            The text.

        Returns
        -------
        coverage : Coverage
            Named tuple ``(tokens, types)`` of shares.

        Raises
        ------
        ValueError
            If there are no words.
        """
        counts = Counter(_each_word(words))
        if not counts:
            raise ValueError("words must hold at least one word. Got none.")
        found = {word: n for word, n in counts.items() if self._find(word) >= 0}
        return Coverage(sum(found.values()) / counts.total(), len(found) / len(counts))

    def _find(self, word: str) -> int:
        row = self._rows.get(word, -1)
        return row if row >= 0 else self._rows.get(word.lower(), -1)

    def __copy__(self) -> WordVectors:
        return self

    def __deepcopy__(self, memo: Any) -> WordVectors:
        return self  # nothing in it changes, and it may be large

    def __reduce__(self) -> Any:
        return WordVectors, (self.words, self.vectors)  # read-only again

    def __repr__(self) -> str:
        return f"WordVectors({len(self)} words of {self.n_dims} numbers)"


def _each_word(words: Iterable[Any]) -> Iterator[str]:
    for item in [words] if isinstance(words, str) else words:
        if isinstance(item, str):
            yield item
        else:
            yield from item


def as_word_vectors(vectors: Any) -> WordVectors | None:
    """Read what an estimator takes for vectors of words.

    Parameters
    ----------
    vectors : None, path-like, WordVectors, gensim's KeyedVectors, or an object with words and vectors
        A path is loaded.

    Raises
    ------
    TypeError
        For anything else.
    """
    if vectors is None or isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, (str, os.PathLike)):
        return WordVectors.load(vectors)
    if hasattr(vectors, "words") and hasattr(vectors, "vectors"):
        return WordVectors(vectors.words, vectors.vectors)
    source = getattr(vectors, "wv", vectors)
    if hasattr(source, "index_to_key") and hasattr(source, "vectors"):
        return WordVectors.from_keyed_vectors(vectors)
    raise TypeError(f"vectors must be WordVectors, KeyedVectors of gensim, or a path. Got {shown(vectors)}.")
