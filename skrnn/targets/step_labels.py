"""One label for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.label_schemes import check_paths, check_transitions, forbidden_pairs
from skrnn.sequences.labels import NO_LABEL, as_labels, check_step_labels
from skrnn.sequences.messages import listed
from skrnn.sequences.ragged import split_rows
from skrnn.targets.class_weight import weights_of_classes
from skrnn.targets.target import Checked, Target, TargetSpec


@dataclass(frozen=True)
class StepLabelSpec(TargetSpec):
    """One of K labels per step, as its number, `NO_LABEL` for none.

    Attributes
    ----------
    head : {"crf", "softmax"}
        How labels are chosen.
    forbidden : tuple of pairs of int
        Labels (from, to) that must not follow on each other; see `skrnn.sequences.label_schemes`.
    """

    head: str = "crf"
    forbidden: tuple[tuple[int, int], ...] = ()

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """One integer per step."""
        return (ColumnSpec("y", (), "int32", self.axis),)

    @property
    def loss(self) -> str | None:
        """The cross-entropy, without a random field."""
        return None if self.head == "crf" else "sparse_categorical_crossentropy"


class StepLabelTarget(Target):
    """One label for each step of X, of any type that sorts; None, or -1 among integers, is none.

    Parameters
    ----------
    head : {"crf", "softmax"}
        How labels are chosen.
    constraints : {"bio", "bioes"}, list of pairs of labels, or None
        Labels that must not follow on each other.
    """

    kind = "tags"
    axis = "time"

    def __init__(self, head: str = "crf", constraints: Any = None) -> None:
        super().__init__()
        self.head = head
        self.constraints = constraints
        self.forbidden: tuple[tuple[int, int], ...] = ()

    @property
    def classes_(self) -> NDArray:
        """The labels, sorted."""
        return self.attributes["classes_"]

    @property
    def spec(self) -> TargetSpec:
        """K labels, and what must not follow on each other."""
        return StepLabelSpec(len(self.classes_), self.axis, self.head, self.forbidden)

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check labels against the steps of X."""
        return Checked(check_step_labels(y, examples.lengths(self.axis)))

    def fit(self, values: Any, weights: NDArray[np.float64], classes: Any) -> None:
        """Note the labels, and which must not follow on each other; a label without weight is absent."""
        labels, known = values
        found = np.unique(labels[known & (weights > 0)] if classes is None else as_labels(classes, "classes"))
        if len(found) < 2:
            got = "none" if not len(found) else f"1 class: {found.tolist()[0]!r}"
            raise ValueError(f"y must hold at least 2 classes, of positive weight. Got {got}.")
        forbidden = tuple(forbidden_pairs(found.tolist(), self.constraints))
        if forbidden and self.head != "crf":
            raise ValueError(f"constraints need head='crf'. Got head={self.head!r}.")
        check_paths(forbidden, found.tolist())
        self.attributes, self.forbidden = {"classes_": found}, forbidden

    def columns(self, values: Any, examples: Examples) -> dict[str, Column]:
        """Numbers of the labels."""
        codes = self._codes(*values)
        check_transitions(codes, examples.offsets["time"], self.classes_, self.forbidden)
        return {"y": Column(codes.astype(np.int32), self.axis)}

    def _codes(self, labels: NDArray, known: NDArray[np.bool_]) -> NDArray[np.int64]:
        classes = self.classes_
        codes = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
        strange = known & (classes[codes] != labels)
        if strange.any():
            got = labels[strange].tolist()[0]
            raise ValueError(f"y must hold the labels of the first fit, {listed(classes)}. Got {got!r}.")
        return np.where(known, codes, NO_LABEL)

    def weigh(self, examples: Examples, class_weight: Any) -> Examples:
        """Multiply the weights by those of the labels; no label weighs 0, and what weighs 0 has no label."""
        codes, weights = examples.columns["y"].values, examples.columns["weight"].values
        by_class = weights_of_classes(class_weight, self.classes_, codes)
        weights = weights * np.where(codes == NO_LABEL, 0.0, by_class[codes])
        codes = np.where(weights > 0, codes, np.int32(NO_LABEL))
        return examples.with_columns({"y": Column(codes, self.axis), "weight": Column(weights, self.axis)})

    def given(self, examples: Examples) -> NDArray:
        """Labels as they were given; any where there is none, whose weight is 0."""
        return self.classes_[np.maximum(examples.columns["y"].values, 0)]

    def present(self, decoded: Examples) -> NDArray:
        """The labels: an object array of one array per sequence."""
        labels, axis = decoded.columns["y"]
        return split_rows(self.classes_[labels], decoded.offsets[str(axis)])

    def probabilities(self, decoded: Examples) -> NDArray:
        """Probabilities of the labels at each step: an object array of arrays (T_i, K) in float64."""
        values, axis = decoded.columns["y"]
        values = values.astype(np.float64)
        if self.head == "softmax":
            values = values / values.sum(axis=1, keepdims=True)
        return split_rows(values, decoded.offsets[str(axis)])
