"""`TokenReader`: sequences of integer tokens, each with a learned vector."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skrnn.preprocessing.reader import Reader, ReaderSpec, as_examples
from skrnn.preprocessing.words import roomy
from skrnn.sequences.check import check_sequences
from skrnn.sequences.examples import ColumnSpec, Examples
from skrnn.sequences.sklearn_private import Interval, validate_params


@dataclass(frozen=True)
class TokenSpec(ReaderSpec):
    """One integer per step, which is embedded.

    Attributes
    ----------
    n_tokens : int
        V.
    dim : int
        Features of a token.
    spatial_dropout : float
        Dropout rate of the features, with one mask for all steps.
    """

    n_tokens: int
    dim: int
    spatial_dropout: float = 0.0

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """The tokens."""
        return (ColumnSpec("tokens", (), "int32", "time"),)


class TokenReader(Reader):
    """Read sequences of integers from 0 to V - 1, each of which has a vector that is learned.

    Parameters
    ----------
    dim : int, default=32
        Features of a token.
    n_tokens : int, default=None
        V, the number of tokens. None is the largest token of the fit plus one; larger ones are then an error later.

    Attributes
    ----------
    n_tokens_ : int
        V.
    n_features_in_ : int
        1.

    Examples
    --------
    >>> from skrnn import RNNClassifier
    >>> from skrnn.preprocessing import TokenReader
    >>> model = RNNClassifier(reader=TokenReader(dim=4), units=4, epochs=2, random_state=0)
    >>> model.fit([[0, 3, 1], [2, 2], [3, 1], [0, 2]], [0, 1, 0, 1]).reader_.n_tokens_
    4
    """

    forms = ("numbers",)
    n_features_in_ = 1

    _parameter_constraints: dict[str, Any] = {
        "dim": [Interval(Integral, 1, None, closed="left")],
        "n_tokens": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, dim: int = 32, n_tokens: int | None = None) -> None:
        self.dim = dim
        self.n_tokens = n_tokens

    def fit_read(self, X: Any) -> Examples:
        """Fit to X and read it."""
        validate_params(self)
        self._check_form(X)
        sequences = check_sequences(X, tokens=True, owner=self._owner)
        largest = int(sequences.largest())
        self.n_tokens_ = largest + 1 if self.n_tokens is None else int(self.n_tokens)
        if largest >= self.n_tokens_:
            raise ValueError(f"X must hold tokens below n_tokens={self.n_tokens_}. Got {largest}.")
        return as_examples("tokens", sequences.squeezed())

    def read(self, X: Any) -> Examples:
        """Read X, of tokens below V."""
        self._check_form(X)
        sequences = check_sequences(X, tokens=True, owner=self._owner)
        largest = int(sequences.largest())
        if largest >= self.n_tokens_:
            raise ValueError(
                f"X must hold tokens below {self.n_tokens_}, as in fit. Got {largest}; "
                "TokenReader(n_tokens=...) makes room for more."
            )
        return as_examples("tokens", sequences.squeezed())

    @property
    def spec(self) -> TokenSpec:
        """V, and the features of a token. Where V comes from X the table has room, so that folds share programs."""
        return TokenSpec(roomy(self.n_tokens_) if self.n_tokens is None else self.n_tokens_, int(self.dim))
