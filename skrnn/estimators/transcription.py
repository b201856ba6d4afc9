"""What `RNNTranscriber` does inside: its target, the search for labels, and labels at their times."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.label_scores import label_scores
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.heads import PrefixSearch
from skrnn.layers.ctc import IMPOSSIBLE
from skrnn.preprocessing import ArrayReader, Reader
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.sklearn_private import Interval
from skrnn.targets import LabelListTarget, Target
from skrnn.targets.token_lists import check_tokenizer
from skrnn.training.predict import predict


class TimedLabel(NamedTuple):
    """A label, or a word, where it was heard.

    Attributes
    ----------
    label : str, or what the labels are
    start, end : float
        Where its first step begins, and its last one ends.
    confidence : float
        0 to 1: the largest probability of a label in its steps; of a word the geometric mean of those of its labels.
    """

    label: Any
    start: float
    end: float
    confidence: float


class TranscriptionEstimator(SequenceEstimator):
    """Base of `RNNTranscriber`: ranges of its parameters, hooks of a fit, parts of a prediction."""

    _parameter_constraints: dict[str, Any] = {
        **{
            k: v
            for k, v in CONSTRAINTS.items()
            if k not in ("pooling", "loss", "metrics", "readout", "pretrained", "frozen_epochs")
        },
        "target_tokenizer": "no_validation",  # check_tokenizer says what it must have
        "blank": [str],
        "beam_width": [Interval(Integral, 1, None, closed="left")],
        "language_model": "no_validation",  # fitted_language_model says what it may be
        "language_model_weight": [Interval(Real, 0, None, closed="left")],
        "length_bonus": [Real],
        "scoring": [str, callable, None],
        "average_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    # -- hooks ----------------------------------------------------------------------------------------------------

    def _new_target(self, y: Any, reader: Reader) -> Target:
        if self.target_tokenizer is not None:
            check_tokenizer(self.target_tokenizer, "target_tokenizer")
        return LabelListTarget(self.target_tokenizer, self.blank, _frames_per_step(reader)).learn_form(y)

    # -- parts of a prediction --------------------------------------------------------------------------------------

    def _hypotheses(self, X: Any) -> list[list[tuple[NDArray[np.int64], float]]]:
        """What the search found for each example, the best first: numbers of labels, and scores."""
        check_is_fitted(self)
        examples = self._read_as_fitted(X)
        partner = label_scores(self.language_model, list(self.classes_[1:]))
        how = PrefixSearch(int(self.beam_width), partner)
        options = (self.language_model_weight, self.length_bonus)
        columns = {
            spec.name: Column(np.full(len(examples), value, np.float32)) for spec, value in zip(how.columns, options)
        }
        decoded = predict(self._plan, self.weights_, examples.with_columns(columns), how)
        paths, scores = decoded.columns["paths"].values, decoded.columns["scores"].values
        offsets = examples.offsets["time"]
        found = []
        for i, (a, b) in enumerate(zip(offsets[:-1], offsets[1:])):
            rows = paths[a:b].T
            found.append([(row[row > 0], float(score)) for row, score in zip(rows, scores[i]) if score > IMPOSSIBLE])
        return found

    def _pairs(self, X: Any, y: Any) -> Examples:
        check_is_fitted(self)
        return self._target.outputs(y, self._read_as_fitted(X))

    def _timed(self, X: Any, y: Any, seconds_per_step: float, words: bool) -> list[list[TimedLabel]]:
        """Labels, or words, at their times."""
        examples = self._pairs(X, y)
        rows = self._target.rows(y, empty=True)
        decoded = predict(self._plan, self.weights_, examples, "alignment")
        places, confidence = (decoded.columns[name].values for name in ("places", "confidence"))
        lengths = _lengths_of(self.reader_, X, examples)
        frames, offsets = _frames_per_step(self.reader_), examples.offsets["time"]
        timed = []
        for row, n, a, b in zip(rows, lengths, offsets[:-1], offsets[1:]):
            labels = []
            for k, label in enumerate(row, 1):
                steps = np.flatnonzero(places[a:b] == k)
                start, end = frames * steps[0], min(frames * (steps[-1] + 1), n)
                sure = confidence[a:b][steps].max()
                labels.append(
                    TimedLabel(label, float(start * seconds_per_step), float(end * seconds_per_step), float(sure))
                )
            timed.append(_joined(labels) if words else labels)
        return timed


def _frames_per_step(reader: Reader) -> int:
    return int(reader.frames_per_step) if isinstance(reader, ArrayReader) else 1


def _lengths_of(reader: Reader, X: Any, examples: Examples) -> NDArray[np.int64]:
    """Steps of X as it is given."""
    if _frames_per_step(reader) == 1:
        return examples.lengths("time")
    return reader.lengths(X)  # type: ignore[attr-defined]


def _joined(labels: list[TimedLabel]) -> list[TimedLabel]:
    """Words of characters, with blanks between them."""
    words: list[list[TimedLabel]] = [[]]
    for label in labels:
        if str(label.label).isspace():
            words.append([])
        else:
            words[-1].append(label)
    return [
        TimedLabel(
            "".join(c.label for c in word),
            word[0].start,
            word[-1].end,
            float(np.exp(np.mean(np.log([max(c.confidence, 1e-30) for c in word])))),
        )
        for word in words
        if word
    ]
