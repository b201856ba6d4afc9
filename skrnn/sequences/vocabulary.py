"""Tokens and their numbers: rows of any hashable tokens, and the vocabulary of those that a fit knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.check import check_no_mask, no_sequences, unboxed
from skrnn.sequences.examples import Column
from skrnn.sequences.frames import is_absent, is_frame
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import Sequences

# Numbers of the tokens that every vocabulary has: the one that begins and ends a sequence, and the unknown.
END, UNKNOWN = 0, 1
FIRST_KNOWN = 2

Row = list[Any]


def is_text(rows: Any) -> bool:
    """Whether rows are strings, which have to be cut into tokens, rather than lists of tokens."""
    rows = unboxed(rows)
    if isinstance(rows, (str, bytes)) or is_frame(rows) or not hasattr(rows, "__len__") or not len(rows):
        return False
    return isinstance(next(iter(rows)), str)


def text_rows(rows: Any, name: str) -> list[str]:
    """Check strings.

    Raises
    ------
    ValueError
        If a row is no string.
    """
    rows = unboxed(rows)
    if isinstance(rows, (str, bytes)) or is_frame(rows) or not hasattr(rows, "__iter__"):
        got = "a data frame; take one column" if is_frame(rows) else shown(rows, 60)
        raise ValueError(f"{name} must be a list of strings. Got {got}.")
    rows = list(rows)
    for i, row in enumerate(rows):
        if not isinstance(row, str):
            raise ValueError(f"{name} must hold strings only. Got {shown(row)} at {i}.")
    return [str(row) for row in rows]


def token_rows(rows: Any, name: str, empty: bool = False) -> list[Row]:
    """Check lists of tokens.

    Parameters
    ----------
    rows : list of lists of tokens, array of shape (N, S), or Sequences with one feature
        Tokens are strings, integers, or anything else that can be a key of a dictionary.
    name : str
        What messages call it.
    empty : bool, default=False
        Whether a row may have no token.

    Returns
    -------
    list of N lists

    Raises
    ------
    ValueError
        If it is no list of lists of tokens.
    """
    rows = unboxed(rows)
    if isinstance(rows, Sequences):
        rows = [row[:, 0] if rows.n_features == 1 else row for row in rows]
    check_no_mask(rows, name)
    if isinstance(rows, (str, bytes, dict, set)) or not hasattr(rows, "__len__"):
        raise ValueError(f"{name} must be a list of lists of tokens, or of strings. Got {shown(rows)}.")
    if not len(rows):
        raise no_sequences(name)
    return [_tokens(row, f"{name}[{i}]", empty) for i, row in enumerate(rows)]


def _tokens(row: Any, place: str, empty: bool) -> Row:
    if isinstance(row, (str, bytes, dict, set)) or not hasattr(row, "__len__"):
        raise ValueError(f"{place} must be a list of tokens. Got {shown(row)}.")
    tokens = row.tolist() if isinstance(row, np.ndarray) else list(row)
    if not tokens and not empty:
        raise ValueError(f"{place} must have at least one token. Got none.")
    for step, token in enumerate(tokens):
        if not isinstance(token, str) and (not isinstance(token, Hashable) or is_absent(token)):
            raise ValueError(f"{place} must hold tokens: strings, or integers. Got {shown(token)} at step {step}.")
    return tokens


class Vocabulary:
    """Tokens and their numbers, from 2; 0 is the end of a sequence, and 1 what is unknown.

    Parameters
    ----------
    tokens : sequence of tokens
        The known ones.

    Examples
    --------
    >>> from skrnn.sequences.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary.of([["to", "be", "or", "not", "to", "be"]], min_count=2)
    >>> vocabulary.tokens
    ['to', 'be']
    >>> vocabulary.encode([["not", "to"], ["be"]]).tolist()
    [1, 2, 3]
    """

    def __init__(self, tokens: Sequence[Any]) -> None:
        self.tokens = list(tokens)
        self.numbers = {token: number for number, token in enumerate(self.tokens, FIRST_KNOWN)}

    @classmethod
    def of(cls, rows: Iterable[Row], min_count: int = 1, max_tokens: int | None = None) -> Vocabulary:
        """Count tokens: those with fewer occurrences than `min_count` are unknown.

        Parameters
        ----------
        rows : lists of tokens
        min_count : int, default=1
        max_tokens : int, default=None
            The most frequent ones are kept, of equally frequent ones those that came first; None keeps all.
        """
        counts: Counter[Any] = Counter()
        for row in rows:
            counts.update(row)
        return cls([token for token, n in counts.most_common(max_tokens) if n >= min_count])

    def __len__(self) -> int:
        return FIRST_KNOWN + len(self.tokens)

    def size_column(self, n: int) -> Column:
        """The number of tokens for each of n examples: the column "n_tokens" of heads that score tokens."""
        return Column(np.full(n, len(self), np.int32))

    def encode(self, rows: Iterable[Row]) -> NDArray[np.int32]:
        """Numbers of all tokens, behind each other."""
        numbers = self.numbers
        return np.array([numbers.get(token, UNKNOWN) for row in rows for token in row], np.int32)

    def decode(self, numbers: Iterable[int], unknown: Any = "<unk>") -> Row:
        """Tokens of numbers; what is unknown becomes another."""
        return [self.tokens[n - FIRST_KNOWN] if n >= FIRST_KNOWN else unknown for n in numbers]
