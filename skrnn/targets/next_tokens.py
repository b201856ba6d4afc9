"""The token behind each step of X: what a language model learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.words import roomy
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.vocabulary import END, Vocabulary
from skrnn.targets.target import Checked, Target, TargetSpec


@dataclass(frozen=True)
class NextTokenSpec(TargetSpec):
    """The number of the next token at each step of X, and behind the last one that of the end.

    Attributes
    ----------
    n : int
        V, of which the column "n_tokens" says how many there are.
    """

    axis: str | None = "time"

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """The numbers, and how many tokens there are."""
        return ColumnSpec("y", (), "int32", self.axis), ColumnSpec("n_tokens", (), "int32")


class NextTokenTarget(Target):
    """The next token of X itself, with the vocabulary of its reader; there is no y."""

    axis = "time"
    kind = "next tokens"

    def fit(self, values: Any, weights: NDArray[np.float64], classes: Any) -> None:
        """There is nothing to learn: the vocabulary is the reader's."""

    def of(self, vocabulary: Vocabulary) -> NextTokenTarget:
        """Take the vocabulary of the reader."""
        self.attributes = {"vocabulary_": vocabulary}
        return self

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens of the fit."""
        return self.attributes["vocabulary_"]

    def check(self, y: Any, examples: Examples) -> Checked:
        """Without a y there is nothing to check."""
        return Checked(None)

    def columns(self, values: Any, examples: Examples) -> dict[str, Column]:
        """Numbers of the next tokens."""
        tokens, offsets = examples.columns["tokens"].values, examples.offsets["time"]
        following = np.append(tokens[1:], np.int32(END))
        following[offsets[1:] - 1] = END
        return {"y": Column(following, "time"), "n_tokens": self.vocabulary.size_column(len(examples))}

    @property
    def spec(self) -> NextTokenSpec:
        """V, with room for more, as the reader's table has."""
        return NextTokenSpec(roomy(len(self.vocabulary), costly=True))

    def present(self, decoded: Examples) -> NDArray:
        """The most probable next token of each example; None is the end."""
        numbers = decoded.columns["next"].values.argmax(axis=1)
        tokens = np.empty(len(numbers), dtype=object)
        tokens[:] = [None if n == END else self.vocabulary.decode([n])[0] for n in numbers]
        return tokens
