"""`FeatureReader`: sentences of token dictionaries, as users of sklearn-crfsuite have them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from skrnn.preprocessing.forms import NAMES, form_of
from skrnn.preprocessing.reader import Reader, ReaderSpec
from skrnn.preprocessing.words import checked_sentences, roomy
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.sklearn_private import Interval, validate_params


@dataclass(frozen=True)
class FeatureSpec(ReaderSpec):
    """Numbers of features and their values, as many as the richest step has.

    Attributes
    ----------
    vocabulary : int
        Different features.
    dim : int
        Features of the sum of their vectors.
    """

    vocabulary: int
    dim: int

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Numbers and values, whose width may change."""
        numbers = ColumnSpec("features", (None,), "int32", "time")
        return (numbers, ColumnSpec("values", (None,), "float32", "time"))


class FeatureReader(Reader):
    """Read sentences of dictionaries: what estimators do by default with lists of dictionaries.

    A step is the sum of the learned vectors of its features, each times its value.

    Parameters
    ----------
    dim : int, default=100
        Features of the sum.
    min_count : int, default=2
        Features with fewer occurrences in the X of the fit are left out.

    Attributes
    ----------
    n_features_in_ : int
        1.
    vocabulary_ : dict
        From the name of a feature to its number, from 1.

    Notes
    -----
    Features are named as python-crfsuite names them: a string value makes the feature ``"key:value"`` with value 1, a
    number is the value of ``"key"``, a bool is 1 or 0, a list or set has ``"key:item"`` for each of its strings, and
    the keys of a dictionary inside stand behind its own, ``"key:inner"``. Features that the fit did not see are left
    out.

    Examples
    --------
    >>> from skrnn.preprocessing import FeatureReader
    >>> reader = FeatureReader(min_count=1).fit([[{"word": "I", "upper": True}, {"word": "go", "length": 2}]])
    >>> sorted(reader.vocabulary_)
    ['length', 'upper', 'word:I', 'word:go']
    >>> columns = reader.read([[{"length": 3, "word": "go", "new": "x"}]]).columns
    >>> columns["features"].values, columns["values"].values
    (array([[1, 4]], dtype=int32), array([[3., 1.]], dtype=float32))
    """

    forms = ("features",)
    n_features_in_ = 1

    _parameter_constraints: dict[str, Any] = {
        "dim": [Interval(Integral, 1, None, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, dim: int = 100, min_count: int = 2) -> None:
        self.dim = dim
        self.min_count = min_count

    def fit_read(self, X: Any) -> Examples:
        """Fit to sentences and read them."""
        validate_params(self)
        self._check_form(X)
        sentences, _ = checked_sentences(X)
        counts: Counter[str] = Counter()
        for i, sentence in enumerate(sentences):
            for step, token in enumerate(sentence):
                counts.update(name for name, _ in _features(token, i, step))
        kept = sorted(name for name, count in counts.items() if count >= self.min_count)
        if not kept:
            raise ValueError("X must hold features in its dictionaries. Got none that is frequent enough.")
        self.vocabulary_ = {name: i for i, name in enumerate(kept, 1)}
        return self._encode(X)

    def read(self, X: Any) -> Examples:
        """Read sentences of dictionaries."""
        form = form_of(X)
        if form not in self.forms:
            raise ValueError(f"X must hold dictionaries, as in fit. Got {NAMES[form]}.")
        return self._encode(X)

    @property
    def spec(self) -> FeatureSpec:
        """Size of the vocabulary, and the features of the sum."""
        return FeatureSpec(roomy(len(self.vocabulary_)), int(self.dim))

    def _encode(self, X: Any) -> Examples:
        sentences, lengths = checked_sentences(X)
        known = self.vocabulary_
        steps = [
            [(known[name], value) for name, value in _features(token, i, step) if name in known]
            for i, sentence in enumerate(sentences)
            for step, token in enumerate(sentence)
        ]
        width = max(1, max(len(step) for step in steps))
        numbers, values = np.zeros((len(steps), width), np.int32), np.zeros((len(steps), width), np.float32)
        counts = np.array([len(step) for step in steps])
        rows = np.repeat(np.arange(len(steps)), counts)
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        numbers[rows, places] = [number for step in steps for number, _ in step]
        values[rows, places] = [value for step in steps for _, value in step]
        columns = {"features": Column(numbers, "time"), "values": Column(values, "time")}
        return Examples(columns, {"time": offsets_of(lengths)})


def _features(token: Any, row: int, step: int) -> Iterator[tuple[str, float]]:
    """Names and values of the features of one token."""
    if not isinstance(token, dict):
        raise ValueError(f"X[{row}] must hold dictionaries. Got {shown(token)} at step {step}.")
    for key, value in token.items():
        if isinstance(value, str):
            yield f"{key}:{value}", 1.0
        elif isinstance(value, (bool, np.bool_)):
            yield str(key), float(value)
        elif isinstance(value, Real):
            if not math.isfinite(value):
                raise ValueError(f"X[{row}] must hold finite numbers. Got {value!r} of {key!r} at step {step}.")
            yield str(key), float(value)
        elif isinstance(value, dict):
            yield from ((f"{key}:{name}", inner) for name, inner in _features(value, row, step))
        elif isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in value):
            yield from ((f"{key}:{item}", 1.0) for item in value)
        else:
            raise ValueError(
                f"X[{row}] must hold strings, numbers, bools, lists of strings or dictionaries of them as features. "
                f"Got {shown(value)} of {key!r} at step {step}."
            )
