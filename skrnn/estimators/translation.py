"""What `RNNTranslator` does inside: its reader, target and head, and the search for outputs."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.hypotheses import Hypothesis, as_lengths, search_columns, split_hypotheses
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.planning import timeless_layers
from skrnn.heads import Search
from skrnn.layers import ATTENTIONS
from skrnn.preprocessing import Reader, Tokenizer, VocabularyReader
from skrnn.preprocessing.forms import form_of
from skrnn.sequences.check import unboxed
from skrnn.sequences.examples import Examples
from skrnn.sequences.sklearn_private import HasMethods, Interval, StrOptions
from skrnn.sequences.vocabulary import UNKNOWN, is_text, text_rows, token_rows
from skrnn.targets import Target, TokenListTarget
from skrnn.targets.token_lists import check_tokenizer
from skrnn.training.predict import predict
from skrnn.training.schedules import EpochValue

# The longest output, where `max_length` is None, as a multiple of the longest target of the fit.
ROOM = 2


class TranslationEstimator(SequenceEstimator):
    """Base of `RNNTranslator`: ranges of its parameters, hooks of a fit, parts of a prediction."""

    _parameter_constraints: dict[str, Any] = {
        **{
            k: v
            for k, v in CONSTRAINTS.items()
            if k not in ("pooling", "model", "loss", "metrics", "readout", "pretrained", "frozen_epochs")
        },
        "attention_type": [StrOptions(set(ATTENTIONS)), None],
        "input_feeding": ["boolean"],
        "target_dim": [Interval(Integral, 1, None, closed="left")],
        "tied_embeddings": ["boolean"],
        "source_tokenizer": [HasMethods(["fit", "transform"]), None],
        "target_tokenizer": "no_validation",  # check_tokenizer says what it must have
        "target_min_count": [Interval(Integral, 1, None, closed="left")],
        "target_max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple, list, callable],
        "beam_width": [Interval(Integral, 1, None, closed="left")],
        "length_penalty": [Interval(Real, 0, None, closed="left")],
        "max_length": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, None, closed="neither"), None],
        "min_length": [Interval(Integral, 0, None, closed="left"), Interval(Real, 0, None, closed="left")],
        "no_repeat_ngram_size": [Interval(Integral, 0, None, closed="left")],
        "copy_unknown": ["boolean", dict],
        "scoring": [str, callable, None],
        "average_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    # -- hooks ----------------------------------------------------------------------------------------------------

    def _new_reader(self, X: Any) -> Reader:
        self._check_copying(X, self.attention_type)
        if self.reader is not None:
            return clone(self.reader)
        return VocabularyReader() if form_of(X) == "words" else super()._new_reader(X)

    def _new_target(self, y: Any, reader: Reader) -> Target:
        check_tokenizer(Tokenizer() if self.target_tokenizer is None else self.target_tokenizer, "target_tokenizer")
        target = TokenListTarget(self.target_tokenizer, self.target_min_count, self.target_max_tokens)
        return target.learn_form(y)

    def _own_callbacks(self, epochs: int, done: int) -> list[Any]:
        share = self.teacher_forcing
        if isinstance(share, Real):
            return [] if share == 1 else [EpochValue("decoder", "teacher_forcing", lambda epoch: float(share))]
        if callable(share):
            return [EpochValue("decoder", "teacher_forcing", lambda epoch: _as_share(share(epoch)))]
        first, last = share
        slope = (last - first) / max(1, epochs - 1)
        return [EpochValue("decoder", "teacher_forcing", lambda epoch: first + slope * epoch)]

    def _head_options(self, params: dict[str, Any]) -> dict[str, Any]:
        if isinstance(self.teacher_forcing, (tuple, list)):
            if len(self.teacher_forcing) != 2:
                raise ValueError(f"teacher_forcing must be a pair (first, last). Got {self.teacher_forcing!r}.")
            for share in self.teacher_forcing:
                _as_share(share)
        sampled = not (isinstance(self.teacher_forcing, Real) and self.teacher_forcing == 1)
        if self.recurrent_dropout and (sampled or self.input_feeding):
            raise ValueError(
                "recurrent_dropout needs teacher_forcing=1 and input_feeding=False, whose loop has none. "
                f"Got {self.recurrent_dropout}."
            )
        return {
            "recurrences": timeless_layers(self, params),
            "dim": int(self.target_dim),
            "attention": self.attention_type,
            "input_feeding": bool(self.input_feeding),
            "sampled": sampled,
            "dropout": float(self.dropout),
            "tied_embeddings": bool(self.tied_embeddings),
            "label_smoothing": float(self.label_smoothing),
        }

    def _new_tokenizer(self, X: Any) -> Any:
        if not is_text(X):
            return None
        tokenizer = Tokenizer() if self.source_tokenizer is None else clone(self.source_tokenizer)
        return tokenizer.fit(text_rows(X, "X"))

    # -- what displays ask for --------------------------------------------------------------------------------------

    def tokens_of(self, outputs: Any) -> list[list[Any]]:
        """Outputs, in the form of y, as lists of tokens."""
        check_is_fitted(self)
        return self._target.rows(outputs, empty=True)

    def source_tokens_of(self, X: Any) -> list[list[Any]] | None:
        """Sources as lists of tokens; None where they are numbers."""
        check_is_fitted(self)
        cut = self.reader_.tokens(X)
        return token_rows(cut, "X") if form_of(cut) == "words" else None

    # -- parts of a prediction --------------------------------------------------------------------------------------

    def _hypotheses(self, X: Any, prefix: Any) -> list[list[Output]]:
        """What the beam found for each source, the best first."""
        check_is_fitted(self)
        examples, target = self._read_as_fitted(X), self._target
        sources = None if self.copy_unknown is False else self.reader_.tokens(X)
        if sources is not None:
            self._check_copying(sources, self._plan.network.head.attention)
        lengths = examples.lengths("time")
        longest = as_lengths(ROOM * target.longest if self.max_length is None else self.max_length, lengths, least=1)
        shortest = as_lengths(self.min_length, lengths, least=0)
        prefixes = None if prefix is None else self._prefixes(prefix, len(examples))
        how = Search(
            beam_width=int(self.beam_width),
            no_repeat_ngram_size=int(self.no_repeat_ngram_size),
            unknown=self.copy_unknown is not False,
        )
        penalty = float(self.length_penalty)
        columns = search_columns(examples, target.vocabulary, shortest, longest, prefixes, length_penalty=penalty)
        found = split_hypotheses(predict(self._plan, self.weights_, columns, how))
        if sources is None:
            return [[Output(target.vocabulary.decode(h.numbers), h.score) for h in hypotheses] for hypotheses in found]
        rows = token_rows(sources, "X")
        return [[Output(self._with_copies(h, x), h.score) for h in hypotheses] for hypotheses, x in zip(found, rows)]

    def _with_copies(self, hypothesis: Hypothesis, source: list[Any]) -> list[Any]:
        """Tokens of a hypothesis; what is unknown is taken from the source, where attention looked."""
        tokens = self._target.vocabulary.decode(hypothesis.numbers)
        for k in np.flatnonzero(hypothesis.numbers == UNKNOWN):
            word = source[hypothesis.looked_at[k]]
            tokens[k] = self.copy_unknown.get(word, word) if isinstance(self.copy_unknown, Mapping) else word
        return tokens

    def _prefixes(self, prefix: Any, n: int) -> list[list[Any]]:
        """A prefix for each source: one for all, or a list of N."""
        one = isinstance(prefix, str) or not (is_text(prefix) and self._target.of_text) and not _holds_rows(prefix)
        rows = self._target.rows([prefix] * n if one else prefix, "prefix", empty=True)
        check_consistent_length(np.empty(n), rows)
        return rows

    def _pairs(self, X: Any, y: Any) -> Examples:
        check_is_fitted(self)
        return self._target.outputs(y, self._read_as_fitted(X))

    def _check_copying(self, X: Any, attention: str | None) -> None:
        if self.copy_unknown is False:
            return
        if attention is None:
            raise ValueError("copy_unknown needs an attention_type, to tell which token of X to copy. Got None.")
        if form_of(X) != "words":
            raise ValueError("copy_unknown needs an X of strings or lists of tokens. Got numbers.")


class Output(NamedTuple):
    """Tokens of an output, and its score."""

    tokens: list[Any]
    score: float


def _as_share(share: Any) -> float:
    if not isinstance(share, (int, float, np.number)) or not 0 <= share <= 1:
        raise ValueError(f"teacher_forcing must be from 0 to 1. Got {share!r}.")
    return float(share)


def _holds_rows(prefix: Any) -> bool:
    """Whether a prefix is a list of lists of tokens."""
    prefix = unboxed(prefix)
    return len(prefix) > 0 and isinstance(prefix[0], (list, tuple, np.ndarray))
