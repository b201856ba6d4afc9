"""Sentences of token dictionaries, as users of sklearn-crfsuite have them, as numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np

from skrnn.preprocessing.tokens import checked_sentences
from skrnn.sequences.ragged import Sequences, offsets_of


class FeatureEncoder:
    """Turn sentences of dictionaries into `Sequences` of numbers of features and their values.

    Parameters
    ----------
    min_count : int, default=1
        Features that stand more seldom in the sentences of the fit are left out.

    Attributes
    ----------
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
    >>> from skrnn.preprocessing.feature_dicts import FeatureEncoder
    >>> encoder = FeatureEncoder().fit([[{"word": "I", "upper": True}, {"word": "go", "length": 2}]])
    >>> sorted(encoder.vocabulary_)
    ['length', 'upper', 'word:I', 'word:go']
    >>> encoder.transform([[{"length": 3, "word": "go", "new": "x"}]])[0]
    array([[1., 4., 3., 1.]], dtype=float32)
    """

    def __init__(self, min_count: int = 1) -> None:
        self.min_count = min_count

    def fit(self, X: Any) -> FeatureEncoder:
        """Learn the names of the features.

        Parameters
        ----------
        X : list of list of dict

        Returns
        -------
        self
        """
        sentences, _ = checked_sentences(X)
        counts: Counter[str] = Counter()
        for i, sentence in enumerate(sentences):
            for step, token in enumerate(sentence):
                counts.update(name for name, _ in _features(token, i, step))
        kept = sorted(name for name, count in counts.items() if count >= self.min_count)
        if not kept:
            raise ValueError("X must hold features in its dictionaries. Got none that is frequent enough.")
        self.vocabulary_ = {name: i for i, name in enumerate(kept, 1)}
        return self

    def transform(self, X: Any) -> Sequences:
        """Encode sentences.

        Parameters
        ----------
        X : list of list of dict

        Returns
        -------
        Sequences
            Of D = 2 M features: numbers of M features, 0 for none, and their M values. M is the greatest number of
            features of a step of this X.
        """
        sentences, lengths = checked_sentences(X)
        known = self.vocabulary_
        steps = [
            [(known[name], value) for name, value in _features(token, i, step) if name in known]
            for i, sentence in enumerate(sentences)
            for step, token in enumerate(sentence)
        ]
        width = max(1, max(len(step) for step in steps))
        values = np.zeros((len(steps), 2 * width), np.float32)
        counts = np.array([len(step) for step in steps])
        rows = np.repeat(np.arange(len(steps)), counts)
        columns = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        values[rows, columns] = [number for step in steps for number, _ in step]
        values[rows, width + columns] = [value for step in steps for _, value in step]
        return Sequences(values, offsets_of(lengths))


def _features(token: Any, row: int, step: int) -> Iterator[tuple[str, float]]:
    """Names and values of the features of one token."""
    if not isinstance(token, dict):
        raise ValueError(f"X[{row}] must hold dictionaries. Got {token!r:.60} at step {step}.")
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
                f"Got {value!r:.60} of {key!r} at step {step}."
            )
