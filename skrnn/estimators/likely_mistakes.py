"""Warnings of data that may be laid out in another way than is meant: nothing is refused that may be right."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing import ColumnsReader, Reader
from skrnn.sequences.check import frame_columns, unboxed
from skrnn.sequences.examples import Examples
from skrnn.sequences.ragged import Sequences
from skrnn.targets import IndicatorTarget, NumberTarget, Target

# Features of a step, as a multiple of the steps, from which on features and steps may be exchanged.
MANY_FEATURES = 20

# Ratio of the sizes of a feature in large and in small sequences.
UNLIKE_SIZES = 1000

# Rows from which on strings that mostly differ are likely texts.
LEAST_TEXTS = 20

# Sequences that are looked at.
LOOKED_AT = 1000


def warn_of_mistakes(
    X: Any, y: Any, reader: Reader, examples: Examples, target: Target, both_ways: bool, time: int | None
) -> None:
    """Warn of what a first fit was likely not meant to learn.

    Parameters
    ----------
    X, y : any form
        As they were given.
    reader : Reader
        Fitted.
    examples : Examples
        X and y as they were read.
    target : Target
        What is learned.
    both_ways : bool
        Whether the network reads a sequence in both directions.
    time : int or None
        Column of the time stamps.
    """
    found = [_wide_frame(X, reader), *_texts(reader, len(examples))]
    if "steps" in examples.columns and not examples.columns["steps"].on_disk:
        lengths = examples.lengths("time")
        values = examples.columns["steps"].values
        found += [
            _transposed(values, lengths),
            _padding(values, lengths),
            _sizes(values, examples.offsets["time"], time),
        ]
    if isinstance(target, IndicatorTarget) and "time" in examples.offsets:
        found.append(_labels_of_steps(target.spec.n, examples.lengths("time")))
    if both_ways and target.axis == "time":
        found.append(_next_step(X, y, isinstance(target, NumberTarget)))
    for sentence in filter(None, found):
        warnings.warn(sentence, UserWarning, stacklevel=5)


def _wide_frame(X: Any, reader: Reader) -> str | None:
    """Of a data frame whose columns have no names of steps, such as t0, t1, ... or dates."""
    names = None if isinstance(reader, ColumnsReader) else frame_columns(unboxed(X))
    if names is None or len({re.sub(r"[\d.:\-\s]+", "#", name) for name in names}) < 2:
        return None
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return (
        f"X is one data frame, so each of its {len(X)} rows is a sequence of {len(names)} steps ({shown}) with one "
        "feature. If a row is a step, make a row for each sequence: X, ids = sequences_from_long(frame, id=..., "
        "time=...)."
    )


def _texts(reader: Reader, n: int) -> list[str]:
    """Of static columns of strings that nearly all differ, so that they are no categories."""
    if not isinstance(reader, ColumnsReader) or n < LEAST_TEXTS:
        return []
    return [
        f"column {name!r} of X holds {len(known)} different strings in {n} rows, which are read as categories. "
        "If they are texts, Tokenizer in a ColumnTransformer cuts them into tokens."
        for name, known in reader.categories_.items()
        if len(known) > n / 2
    ]


def _transposed(values: NDArray, lengths: NDArray[np.int64]) -> str | None:
    steps, features = int(lengths[0]), values.shape[1]
    if features < MANY_FEATURES * steps or (lengths != steps).any():
        return None
    return (
        f"X holds sequences of {steps} step{'s' * (steps > 1)} with {features} features. If they have {features} "
        "steps, in the layout (N, D, T) of other libraries, transpose them: X.transpose(0, 2, 1) is (N, T, D)."
    )


def _padding(values: NDArray, lengths: NDArray[np.int64]) -> str | None:
    """Where missing values are read, and sequences of one length end in steps that have nothing else."""
    steps = int(lengths[0])
    if values.dtype.kind != "f" or steps < 3 or len(lengths) < 2 or (lengths != steps).any():
        return None
    ends = np.isnan(values.reshape(len(lengths), steps, -1)[:, -2:]).all(axis=(1, 2))
    if not ends.mean() > 0.1:
        return None
    return (
        f"{ends.sum()} of {len(lengths)} sequences end in steps of NaN alone, which are read as missing values. If "
        "they are padding, Sequences.from_padded(X, lengths=...) takes them away."
    )


def _sizes(values: NDArray, offsets: NDArray[np.int64], time: int | None) -> str | None:
    """Of a feature that is some thousand times larger in some sequences than in others."""
    n = min(LOOKED_AT, len(offsets) - 1)
    if n < 10 or values.dtype.kind != "f":
        return None
    sizes = np.maximum.reduceat(np.abs(np.nan_to_num(values[: offsets[n]])), offsets[:n], axis=0)  # (n, D)
    for feature in range(values.shape[1]):
        present = np.sort(sizes[sizes[:, feature] > 0, feature])
        if feature == time or len(present) < 10:
            continue
        small, large = present[len(present) // 10], present[-1 - len(present) // 10]
        if large > UNLIKE_SIZES * small:
            return (
                f"feature {feature} of X is {large / small:.0f} times larger in some sequences than in others. If "
                "units or gains differ, scale each sequence by itself, such as x / np.abs(x).max(axis=0)."
            )
    return None


def _labels_of_steps(n: int, lengths: NDArray[np.int64]) -> str | None:
    if n < 3 or (lengths != n).any():
        return None
    return (
        f"y has {n} columns, which are learned as {n} labels of each sequence, and X has {n} steps. RNNTagger learns a "
        "label for each step."
    )


def _next_step(X: Any, y: Any, numbers: bool) -> str | None:
    """Of a network that sees in X what it should foretell."""
    held = (list, tuple, np.ndarray, Sequences)
    X, y = (form if isinstance(form, held) else np.asarray(form) for form in (unboxed(X), unboxed(y)))
    rows = [(x, labels) for x, labels in zip(X, y) if len(x) > 2][:5]
    if not rows or not all(_follows(x, labels, numbers) for x, labels in rows):
        return None
    return "y is the next step of X, which a bidirectional network has seen. Set bidirectional=False to foretell it."


def _follows(x: Any, y: Any, numbers: bool) -> bool:
    """Whether y at each step is what a column of x holds at the next."""
    x, y = np.asarray(x), np.asarray(y)
    if len(x) != len(y):
        return False
    x, y = x.reshape(len(x), -1)[1:], y.reshape(len(y), -1)[:-1, :1]
    if x.dtype.kind == "f" and not numbers:
        return False
    try:
        return bool((x == y).all(axis=0).any())
    except (TypeError, AttributeError):
        return False
