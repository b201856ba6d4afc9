"""A list of labels, or a string, whose places along X are not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from skrnn.preprocessing.tokenizers import Tokenizer
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.messages import listed, shown
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.vocabulary import FIRST_KNOWN, UNKNOWN, Vocabulary
from skrnn.targets.target import Checked, TargetSpec
from skrnn.targets.token_lists import AXIS, TokenListTarget


@dataclass(frozen=True)
class LabelListSpec(TargetSpec):
    """Labels as their numbers from 1; 0 is the blank.

    Attributes
    ----------
    n : int
        K + 1 classes.
    """

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """The numbers, along an axis of their own; losses are one per example."""
        return (ColumnSpec("y", (), "int32", AXIS),)


class LabelListTarget(TokenListTarget):
    """Lists of labels, or strings, which are shorter than X, and may be empty.

    Parameters
    ----------
    tokenizer : transformer, or None
        From strings to lists of labels and back. None cuts at each character.
    blank : str
        Name of the class that is no label.
    frames_per_step : int
        Steps of X, as it is given, in one step that is learned from.
    """

    axis = None  # of the losses
    kind = "label lists"

    def __init__(self, tokenizer: Any = None, blank: str = "<blank>", frames_per_step: int = 1) -> None:
        super().__init__(Tokenizer(analyzer="char") if tokenizer is None else tokenizer)
        self.blank, self.frames_per_step = blank, frames_per_step

    @property
    def spec(self) -> LabelListSpec:  # type: ignore[override]
        """The labels, and the blank."""
        return LabelListSpec(len(self.attributes["classes_"]))

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check y against X."""
        rows = self.rows(y, empty=True)
        check_consistent_length(np.empty(len(examples)), rows)
        for i, row in enumerate(rows):
            if self.blank in row:
                raise ValueError(
                    f"y[{i}] must not hold {self.blank!r}, which is the blank. Set blank to a name that is no label."
                )
        return Checked(rows, {AXIS: offsets_of(np.array([len(row) for row in rows], np.int64))})

    def fit(self, values: Any, weights: NDArray[np.float64], classes: Any) -> None:
        """Note the labels, in their order where they have one."""
        found = {label for row in values for label in row}
        if not found:
            raise ValueError("y must hold at least one label. Got none.")
        try:
            labels = sorted(found)
        except TypeError:  # numbers beside strings
            labels = sorted(found, key=lambda label: (type(label).__name__, str(label)))
        names = np.empty(1 + len(labels), dtype=object)
        names[:] = [self.blank, *labels]
        self.attributes = {"classes_": names, "vocabulary_": Vocabulary(labels)}

    def columns(self, values: Any, examples: Examples) -> dict[str, Column]:
        """Numbers of the labels, of which there must be no more than the steps have room for."""
        numbers = self.vocabulary.encode(values)
        strange = np.flatnonzero(numbers == UNKNOWN)
        if len(strange):
            i = int(np.searchsorted(examples.offsets[AXIS], strange[0], side="right")) - 1
            label = values[i][strange[0] - examples.offsets[AXIS][i]]
            known = listed(self.vocabulary.tokens)
            raise ValueError(f"y[{i}] must hold labels of the first fit, {known}. Got {shown(label)}.")
        numbers = numbers - (FIRST_KNOWN - 1)
        self._check_room(numbers, examples)
        return {"y": Column(numbers.astype(np.int32), AXIS)}

    def _check_room(self, numbers: NDArray, examples: Examples) -> None:
        offsets, steps = examples.offsets[AXIS], examples.lengths("time")
        wanted = steps_needed(numbers, offsets)
        short = np.flatnonzero(wanted > steps)
        if len(short):
            i = short[0]
            n, per_step = offsets[i + 1] - offsets[i], self.frames_per_step
            repeats = wanted[i] - n
            of_repeats = f" and {repeats} between equal ones" if repeats else ""
            unit = "steps" if per_step == 1 else f"steps of {per_step} frames each"
            raise ValueError(
                f"X[{i}] must have at least {wanted[i]} {unit}, one for each of the {n} labels of y[{i}]{of_repeats}. "
                f"Got {steps[i]}."
            )

    def outputs(self, y: Any, examples: Examples) -> Examples:
        """Add labels to X that are given after the fit."""
        checked = self.check(y, examples)
        examples = examples.with_columns({}, checked.offsets)
        return examples.with_columns(self.columns(checked.values, examples))

    def labels_of(self, numbers: Any) -> list[Any]:
        """Labels of their numbers."""
        return list(self.attributes["classes_"][numbers])


def steps_needed(numbers: NDArray, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Steps that labels need, (N,): one each, and one more between two equal ones."""
    repeats = np.zeros(len(numbers), np.int64)
    repeats[1:] = numbers[1:] == numbers[:-1]
    begins = offsets[:-1][np.diff(offsets) > 0]
    repeats[begins] = 0
    total = np.concatenate([[0], np.cumsum(repeats)])
    return np.diff(offsets) + total[offsets[1:]] - total[offsets[:-1]]
