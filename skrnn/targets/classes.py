"""One class, or several labels, for each sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, check_consistent_length, column_or_1d

from skrnn.sequences.check import unboxed
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.labels import as_labels
from skrnn.sequences.messages import listed
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.target_shapes import has_time_axis
from skrnn.targets.class_weight import check_class_weight, weights_of_classes
from skrnn.targets.target import Checked, Target, TargetSpec


class ClassSpec(TargetSpec):
    """One class per example, as its number."""

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """One integer."""
        return (ColumnSpec("y", (), "int32", self.axis),)

    @property
    def loss(self) -> str | None:
        """The cross-entropy."""
        return "binary_crossentropy" if self.n == 2 else "sparse_categorical_crossentropy"


class IndicatorSpec(TargetSpec):
    """Zeros and ones of K labels per example."""

    @property
    def loss(self) -> str | None:
        """The cross-entropy of each label."""
        return "binary_crossentropy"


def class_target(y: Any) -> Target:
    """The target for y: `IndicatorTarget` for a table of several columns, `ClassTarget` for anything else."""
    if y is None or isinstance(y, Sequences):
        return ClassTarget()
    if sparse.issparse(y):
        return IndicatorTarget()
    try:
        table = as_labels(y)
    except (ValueError, TypeError):  # rows of unequal length or a mask, which the target refuses
        return ClassTarget()
    return IndicatorTarget() if table.ndim == 2 and table.shape[1] > 1 else ClassTarget()


class ClassTarget(Target):
    """One class for each sequence, of any type that sorts."""

    @property
    def kind(self) -> str:  # type: ignore[override]
        """How many classes there are."""
        return "binary" if self.spec.n == 2 else "multiclass"

    @property
    def classes_(self) -> NDArray:
        """The classes, sorted."""
        return self.attributes["classes_"]

    @property
    def spec(self) -> TargetSpec:
        """K classes."""
        return ClassSpec(len(self.classes_))

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check class labels (N,)."""
        y = _as_table(y)
        if y.ndim == 2 and y.shape[1] > 1:
            _check_kind(y, examples)
            self._refuse_other_kind()
        labels = column_or_1d(y, warn=True)
        _check_kind(labels, examples)
        return Checked(labels)

    def _refuse_other_kind(self) -> None:
        if "classes_" in self.attributes:
            k = len(self.classes_)
            raise ValueError(f"y must have the {k} classes of the first fit. Got y of another kind.")
        raise _several_classes()

    def fit(self, values: NDArray, weights: NDArray[np.float64], classes: Any) -> None:
        """Note the classes; one without weight is absent."""
        known = np.unique(values[weights > 0] if classes is None else as_labels(classes, "classes"))
        if classes is None and len(known) < 2 <= len(np.unique(values)):
            raise ValueError("y must hold at least 2 classes with positive sample_weight. Got 1 class.")
        if len(known) < 2:
            raise ValueError(f"y must hold at least 2 classes. Got 1 class: {known.tolist()[0]!r}.")
        self.attributes = {"classes_": known}

    def columns(self, values: NDArray, examples: Examples) -> dict[str, Column]:
        """Numbers of the classes."""
        unknown = np.setdiff1d(values, self.classes_)
        if len(unknown):
            known = listed(self.classes_)
            raise ValueError(f"y must hold the classes of the first fit, {known}. Got {unknown.tolist()[0]!r}.")
        return {"y": Column(np.searchsorted(self.classes_, values).astype(np.int32))}

    def weigh(self, examples: Examples, class_weight: Any) -> Examples:
        """Multiply the weights by those of the classes."""
        if class_weight is None:
            return examples
        codes = examples.columns["y"].values
        weights = examples.columns["weight"].values * weights_of_classes(class_weight, self.classes_, codes)[codes]
        return examples.with_columns({"weight": Column(weights)})

    def strata(self, examples: Examples) -> NDArray:
        """The classes."""
        return self.given(examples)

    def given(self, examples: Examples) -> NDArray:
        """The classes as they were given."""
        return self.classes_[examples.columns["y"].values]

    def probabilities(self, decoded: Examples) -> NDArray[np.float64]:
        """Probabilities of the classes, (N, K)."""
        outputs = decoded.columns["y"].values.astype(np.float64)  # (N, K), or (N, 1)
        if outputs.shape[1] == 1:
            return np.hstack([1.0 - outputs, outputs])
        return outputs / outputs.sum(axis=1, keepdims=True)

    def present(self, decoded: Examples) -> NDArray:
        """The most probable class of each sequence, (N,)."""
        return self.classes_[self.probabilities(decoded).argmax(axis=1)]


class IndicatorTarget(Target):
    """Several labels for each sequence: an indicator (N, K) of zeros and ones."""

    kind = "multilabel"

    @property
    def spec(self) -> TargetSpec:
        """K labels."""
        return IndicatorSpec(len(self.attributes["classes_"]))

    def check(self, y: Any, examples: Examples) -> Checked:
        """Check an indicator (N, K)."""
        y = _as_table(y)
        kind = _check_kind(y, examples)
        fitted = "classes_" in self.attributes
        if fitted and (kind != "multilabel-indicator" or y.shape[1] != self.spec.n):
            raise ValueError(f"y must have the {self.spec.n} classes of the first fit. Got y of another kind.")
        if kind != "multilabel-indicator":
            raise _several_classes()
        strange = np.setdiff1d(y, [0, 1])
        if len(strange):
            raise ValueError(f"y of several labels a sequence must hold zeros and ones. Got {strange[0]}.")
        return Checked(y)

    def fit(self, values: NDArray, weights: NDArray[np.float64], classes: Any) -> None:
        """Note how many labels there are."""
        self.attributes = {"classes_": np.arange(values.shape[1])}

    def columns(self, values: NDArray, examples: Examples) -> dict[str, Column]:
        """Zeros and ones as numbers."""
        return {"y": Column(values.astype(np.float32))}

    def weigh(self, examples: Examples, class_weight: Any) -> Examples:
        """Multiply the weights by the product of those of the labels, as scikit-learn does."""
        if class_weight is None:
            return examples
        for of_label in class_weight if isinstance(class_weight, list) else [class_weight]:
            if isinstance(of_label, dict):
                check_class_weight(of_label)
        weights = examples.columns["weight"].values * compute_sample_weight(class_weight, self.given(examples))
        return examples.with_columns({"weight": Column(weights)})

    def given(self, examples: Examples) -> NDArray:
        """Zeros and ones as integers."""
        return examples.columns["y"].values.astype(np.int64)

    def probabilities(self, decoded: Examples) -> NDArray[np.float64]:
        """Probabilities of the labels, (N, K), independent of each other."""
        return decoded.columns["y"].values.astype(np.float64)

    def present(self, decoded: Examples) -> NDArray:
        """An indicator (N, K) of the labels that are more probable than not."""
        return (self.probabilities(decoded) > 0.5).astype(int)


def _several_classes() -> ValueError:
    return ValueError(
        "y must be (N,) classes or an indicator (N, K) of zeros and ones. Got several classes a row. RNNTagger "
        "learns a label for each step."
    )


def _as_table(y: Any) -> NDArray:
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    if sparse.issparse(y):
        y = y.toarray()
    rows: Any = unboxed(y) if has_time_axis(y) else ()
    if isinstance(y, Sequences) or (len(rows) and (np.ndim(rows[0]) != 1 or len({len(row) for row in rows}) > 1)):
        raise ValueError("y must hold one class a sequence. Got labels with a time axis, which RNNTagger learns.")
    return as_labels(y)


def _check_kind(y: NDArray, examples: Examples) -> str:
    """scikit-learn's word for y, which must be of classes and as long as X."""
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    check_consistent_length(examples, y)
    check_classification_targets(y)
    return type_of_target(y, input_name="y")
