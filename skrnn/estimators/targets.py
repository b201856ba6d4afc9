"""Targets: from what users give as y to what a network learns, and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, check_consistent_length, column_or_1d

from skrnn.sequences.check import check_step_targets, check_targets, has_time_axis
from skrnn.sequences.messages import listed
from skrnn.sequences.ragged import Sequences


@dataclass
class Target:
    """Checked targets.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel", "regression", "tags"}
        What is learned.
    values : ndarray
        Class codes (N,), indicators (N, K), numbers (N, K), or numbers of all steps (total steps, K).
    n : int
        K: classes, labels or outputs.
    per_step : bool
        Whether there is a time axis.
    labels : ndarray or None
        What the user gave, for class weights and stratified splits; None for numbers.
    fitted : dict
        Attributes that the estimator keeps.
    forbidden : tuple of pairs of int
        Labels of steps that must not follow on each other; see `skrnn.layers.forbidden_pairs`.
    """

    kind: str
    values: NDArray
    n: int
    per_step: bool = False
    labels: Any = None
    fitted: dict[str, Any] = field(default_factory=dict)
    forbidden: tuple[tuple[int, int], ...] = ()

    @property
    def given(self) -> NDArray:
        """Labels as the user gave them, or numbers."""
        return self.values if self.labels is None else self.labels


@dataclass
class Head:
    """The output that fits a target and a loss.

    Attributes
    ----------
    units : int
        Width of the output.
    activation : str
        "sigmoid", "softmax" or "linear".
    y : ndarray of shape (N, units), or (N, 1) class indices, or (total steps, units)
        Encoded targets.
    sparse : bool
        Whether y holds class indices.
    accuracy : str or None
        Keras' metric that "accuracy" stands for.
    """

    units: int
    activation: str
    y: NDArray
    sparse: bool = False
    accuracy: str | None = None


def check_labels(X: Sequences, y: Any) -> tuple[str, NDArray]:
    """Check class labels (N,), or indicators of labels (N, K).

    Returns
    -------
    kind : {"classes", "multilabel"}
    labels : ndarray

    Raises
    ------
    ValueError
        If y is missing, has a time axis, another length than X, or is not of classes.
    """
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    if sparse.issparse(y):
        y = y.toarray()
    if isinstance(y, Sequences) or (has_time_axis(y) and (np.ndim(y[0]) != 1 or len({len(row) for row in y}) > 1)):
        raise ValueError("y must hold one class a sequence. Got labels with a time axis.")
    y = np.asarray(list(y) if isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1 else y)
    if y.ndim < 2 or y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    check_consistent_length(X, y)
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError("y must be (N,) classes or an indicator (N, K) of zeros and ones. Got several classes a row.")
    return ("multilabel" if kind == "multilabel-indicator" else "classes"), y


def class_target(labels: NDArray, classes: NDArray) -> Target:
    """Encode labels, all of them in sorted classes, as codes.

    Raises
    ------
    ValueError
        If there is one class only, or a label is not in classes.
    """
    if len(classes) < 2:
        raise ValueError(f"y must hold at least 2 classes. Got 1 class: {classes.tolist()[0]!r}.")
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(f"y must hold the classes of the first fit, {listed(classes)}. Got {unknown.tolist()[0]!r}.")
    codes = np.searchsorted(classes, labels)
    kind = "binary" if len(classes) == 2 else "multiclass"
    return Target(kind, codes, len(classes), labels=labels, fitted={"classes_": classes})


def multilabel_target(labels: NDArray) -> Target:
    """Indicators (N, K) as floats."""
    k = labels.shape[1]
    return Target("multilabel", labels.astype(np.float32), k, labels=labels, fitted={"classes_": np.arange(k)})


def class_head(target: Target, loss: str, units: int | None = None) -> Head:
    """Choose the output for classes.

    Parameters
    ----------
    target : Target
        Of classes or labels.
    loss : str
        `loss_name`: "sparse..." wants class indices, "categorical..." and "kldivergence" one column a class.
    units : int, optional
        Width of a model that is there already.

    Raises
    ------
    ValueError
        If a model's width fits neither.
    """
    codes, k = target.values, target.n
    if target.kind == "multilabel":
        head = Head(k, "sigmoid", codes, accuracy="BinaryAccuracy")
    elif loss.startswith("sparse"):
        head = Head(k, "softmax", codes[:, None].astype(np.int32), sparse=True, accuracy="SparseCategoricalAccuracy")
    elif k == 2 and units != 2 and not loss.startswith(("categorical", "kldivergence")):
        head = Head(1, "sigmoid", codes[:, None].astype(np.float32), accuracy="BinaryAccuracy")
    else:
        head = Head(k, "softmax", np.eye(k, dtype=np.float32)[codes], accuracy="CategoricalAccuracy")
    if units is not None and units != head.units:
        raise ValueError(f"model must have {head.units} outputs for {k} classes and this loss. Got {units}.")
    return head


def number_target(X: Sequences, y: Any) -> Target:
    """Check numbers (N,), (N, K), or with a time axis."""
    if y is not None and has_time_axis(y):
        values = check_step_targets(X, y).values
        flat = np.ndim(next(iter(y))) == 1
        return Target(
            "regression",
            values,
            values.shape[1],
            True,
            fitted={"_y_is_flat": flat, "n_outputs_": values.shape[1]},
        )
    y = check_targets(X, y)
    values = y[:, None] if y.ndim == 1 else y
    return Target(
        "regression",
        values,
        values.shape[1],
        fitted={"_y_is_flat": y.ndim == 1, "n_outputs_": values.shape[1]},
    )
