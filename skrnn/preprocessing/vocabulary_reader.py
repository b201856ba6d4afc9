"""`VocabularyReader`: lists of tokens, each with a vector that is learned."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from skrnn.preprocessing.integer_tokens import TokenSpec
from skrnn.preprocessing.reader import Reader
from skrnn.preprocessing.words import roomy
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.sklearn_private import Interval, validate_params
from skrnn.sequences.vocabulary import END, Vocabulary, token_rows


class VocabularyReader(Reader):
    """Read lists of tokens, each of which has a vector that is learned, and nothing else.

    Tokens are known as they are written. `WordReader` reads more of a word: its characters, prefixes and suffixes.

    Parameters
    ----------
    dim : int, default=128
        Features of a token.
    min_count : int, default=1
        Tokens with fewer occurrences in the X of the fit are mapped to the unknown token.
    max_tokens : int, default=None
        Keep only the most frequent ones; None keeps all.
    spatial_dropout : float in [0, 1), default=0.0
        Dropout rate of the features of tokens, with one mask for all tokens of a sequence, beside `dropout` of the
        estimator, which acts on all layers.
    starts : bool, default=False
        Put the token that begins a sequence in front of each, as a language model does, so that a sequence may be
        empty.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        ``vocabulary_.tokens`` are the known ones.
    n_features_in_ : int
        1.

    Examples
    --------
    >>> from skrnn.preprocessing import VocabularyReader
    >>> reader = VocabularyReader().fit([["to", "be"], ["be"]])
    >>> reader.read([["be", "or"]]).columns["tokens"].values
    array([2, 1], dtype=int32)
    """

    forms = ("words",)
    n_features_in_ = 1

    _parameter_constraints: dict[str, Any] = {
        "dim": [Interval(Integral, 1, None, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "spatial_dropout": [Interval(Real, 0, 1, closed="left")],
        "starts": ["boolean"],
    }

    def __init__(
        self,
        dim: int = 128,
        min_count: int = 1,
        max_tokens: int | None = None,
        spatial_dropout: float = 0.0,
        starts: bool = False,
    ) -> None:
        self.dim = dim
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.spatial_dropout = spatial_dropout
        self.starts = starts

    def fit_read(self, X: Any) -> Examples:
        """Fit to lists of tokens and read them."""
        validate_params(self)
        rows = token_rows(X, "X", empty=self.starts)
        self.vocabulary_ = Vocabulary.of(rows, self.min_count, self.max_tokens)
        return self._read_rows(rows)

    def read(self, X: Any) -> Examples:
        """Read lists of tokens; those that the fit did not see are unknown."""
        return self._read_rows(token_rows(X, "X", empty=self.starts))

    def _read_rows(self, rows: list[list[Any]]) -> Examples:
        numbers = self.vocabulary_.encode(rows)
        lengths = np.array([len(row) for row in rows], np.int64)
        if self.starts:
            numbers = np.insert(numbers, offsets_of(lengths)[:-1], END).astype(np.int32, copy=False)
            lengths = lengths + 1
        return Examples({"tokens": Column(numbers, "time")}, {"time": offsets_of(lengths)})

    @property
    def spec(self) -> TokenSpec:
        """V, and the features of a token; the table has room, so that folds share programs."""
        return TokenSpec(roomy(len(self.vocabulary_), costly=True), int(self.dim), float(self.spatial_dropout))
