"""A list of tokens, or a string, of any length."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_consistent_length

from skrnn.preprocessing.tokenizers import Tokenizer, as_objects
from skrnn.preprocessing.words import roomy
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.vocabulary import END, Vocabulary, is_text, text_rows, token_rows
from skrnn.targets.target import Checked, Target, TargetSpec

# Along it lie the tokens of y, each with its end.
AXIS = "target"


@dataclass(frozen=True)
class TokenListSpec(TargetSpec):
    """Tokens as their numbers, with the end behind them.

    Attributes
    ----------
    n : int
        V, of which the column "n_tokens" says how many there are.
    """

    axis: str | None = AXIS

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """The numbers, and how many tokens there are."""
        return ColumnSpec("y", (), "int32", self.axis), ColumnSpec("n_tokens", (), "int32")


class TokenListTarget(Target):
    """Lists of tokens, or strings, with lengths of their own.

    Parameters
    ----------
    tokenizer : transformer, or None
        From strings to lists of tokens and back. None cuts at white space.
    min_count, max_tokens : int, int or None
        As of `Vocabulary.of`.
    """

    axis: str | None = AXIS
    kind = "token lists"

    def __init__(self, tokenizer: Any = None, min_count: int = 1, max_tokens: int | None = None) -> None:
        super().__init__()
        self.min_count, self.max_tokens = min_count, max_tokens
        self.tokenizer = Tokenizer() if tokenizer is None else clone(tokenizer)
        self.longest = 0
        self.of_text = False

    def learn_form(self, y: Any) -> TokenListTarget:
        """Note whether y are strings, and fit the tokenizer to them.

        Raises
        ------
        TypeError
            If the tokenizer cannot join tokens.
        """
        self.of_text = is_text(y)
        if self.of_text:
            check_tokenizer(self.tokenizer, "target_tokenizer")
            self.tokenizer.fit(text_rows(y, "y"))
        return self

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens of the fit."""
        return self.attributes["vocabulary_"]

    @property
    def spec(self) -> TokenListSpec:
        """V, with room for more, so that folds share programs."""
        return TokenListSpec(roomy(len(self.vocabulary), costly=True))

    def rows(self, y: Any, name: str = "y", empty: bool = False) -> list[list[Any]]:
        """Lists of tokens of strings, or lists, as in the fit.

        Raises
        ------
        ValueError
            If they are of the other form, or a row is empty.
        """
        if y is None:
            raise ValueError("This estimator requires y to be passed, but the target y is None.")
        if hasattr(y, "__len__") and len(y) and is_text(y) != self.of_text:
            wanted, got = ("strings", "lists") if self.of_text else ("lists of tokens", "strings")
            raise ValueError(f"{name} must hold {wanted}, as in fit. Got {got}.")
        if self.of_text:
            y = self.tokenizer.transform(text_rows(y, name))
        return token_rows(y, name, empty)

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check y against X."""
        return self._checked(self.rows(y), examples)

    def outputs(self, y: Any, examples: Examples) -> Examples:
        """Add outputs to X that are given after the fit, and may be empty."""
        checked = self._checked(self.rows(y, empty=True), examples)
        examples = examples.with_columns({}, checked.offsets)
        return examples.with_columns(self.columns(checked.values, examples))

    @staticmethod
    def _checked(rows: list[list[Any]], examples: Examples) -> Checked:
        check_consistent_length(np.empty(len(examples)), rows)
        return Checked(rows, {AXIS: offsets_of(np.array([len(row) + 1 for row in rows], np.int64))})

    def fit(self, values: Any, weights: NDArray[np.float64], classes: Any) -> None:
        """Count the tokens."""
        self.longest = max(map(len, values))
        self.attributes = {"vocabulary_": Vocabulary.of(values, self.min_count, self.max_tokens)}

    def columns(self, values: Any, examples: Examples) -> dict[str, Column]:
        """Numbers of the tokens, an end behind each row."""
        ends = examples.offsets[AXIS][1:] - np.arange(1, len(values) + 1)
        numbers = np.insert(self.vocabulary.encode(values), ends, END).astype(np.int32, copy=False)
        return {"y": Column(numbers, AXIS), "n_tokens": self.vocabulary.size_column(len(values))}

    def present(self, decoded: Examples) -> NDArray:
        """Lists of tokens, or strings, of rows of numbers without ends."""
        numbers, axis = decoded.columns["y"]
        offsets = decoded.offsets[str(axis)]
        return self.joined([self.vocabulary.decode(numbers[a:b]) for a, b in zip(offsets[:-1], offsets[1:])])

    def joined(self, rows: list[list[Any]]) -> NDArray:
        """Lists of tokens in the form of y: an object array of lists, or of strings."""
        return as_objects(list(self.tokenizer.inverse_transform(rows)) if self.of_text and rows else rows)


def check_tokenizer(tokenizer: Any, name: str, inverse: bool = True) -> None:
    """Raise where a tokenizer lacks a method.

    Raises
    ------
    TypeError
        If it has no ``fit`` or ``transform``, or no ``inverse_transform`` where tokens are to be joined.
    """
    if inspect.isclass(tokenizer):
        raise TypeError(f"{name} must be an instance. Got the class {tokenizer.__name__}.")
    for method in ("fit", "transform", "inverse_transform")[: 3 if inverse else 2]:
        if not hasattr(tokenizer, method):
            what = type(tokenizer).__name__
            raise TypeError(f"{name} must have {method}, as skrnn.preprocessing.Tokenizer has. Got {what}.")
    if inverse and isinstance(tokenizer, Tokenizer) and callable(tokenizer.analyzer):
        raise TypeError(f"{name} must have inverse_transform. Got a Tokenizer with a function, which has no inverse.")
