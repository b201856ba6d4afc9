"""What `RNNLanguageModel` does inside: its reader, target and head, and streams of long texts."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.planning import timeless_layers
from skrnn.estimators.streams import check_stream, pieces_of, streams_of
from skrnn.layers import Carried
from skrnn.layers.stepping import check_steppable
from skrnn.preprocessing import Reader, Tokenizer, VocabularyReader
from skrnn.preprocessing.tokenizers import as_objects
from skrnn.sequences.examples import Examples
from skrnn.sequences.messages import shown
from skrnn.sequences.sklearn_private import Interval
from skrnn.sequences.vocabulary import is_text, text_rows, token_rows
from skrnn.targets import NextTokenTarget, Target
from skrnn.targets.token_lists import check_tokenizer
from skrnn.training.predict import predict


class LanguageEstimator(SequenceEstimator):
    """Base of `RNNLanguageModel`: ranges of its parameters, hooks of a fit, parts of a prediction."""

    _parameter_constraints: dict[str, Any] = {
        **{
            k: v
            for k, v in CONSTRAINTS.items()
            if k
            not in (
                "bidirectional",
                "pooling",
                "model",
                "loss",
                "metrics",
                "readout",
                "reader",
                "pretrained",
                "frozen_epochs",
            )
        },
        "dim": [Interval(Integral, 1, None, closed="left")],
        "tied_embeddings": ["boolean"],
        "tokenizer": "no_validation",  # check_tokenizer says what it must have
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "sequence_length": [Interval(Integral, 1, None, closed="left"), None],
        "average_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    # -- hooks ----------------------------------------------------------------------------------------------------

    def _new_tokenizer(self, X: Any) -> Any:
        if isinstance(X, str):
            raise ValueError(f"X must be a list of texts; one text is [text]. Got the single {shown(X)}.")
        if not is_text(X):
            return None
        tokenizer = Tokenizer() if self.tokenizer is None else clone(self.tokenizer)
        check_tokenizer(tokenizer, "tokenizer")
        return tokenizer.fit(text_rows(X, "X"))

    def _new_reader(self, X: Any) -> Reader:
        return VocabularyReader(self.dim, self.min_count, self.max_tokens, starts=True)

    def _new_target(self, y: Any, reader: Reader) -> Target:
        return NextTokenTarget().of(reader.vocabulary_)  # type: ignore[attr-defined]

    def _head_options(self, params: dict[str, Any]) -> dict[str, Any]:
        for spec in timeless_layers(self, params):
            check_steppable(spec.make(True, False))
        return {"tied_dim": int(self.dim) if self.tied_embeddings else None}

    def _carried_rows(self, examples: Examples) -> int | None:
        return None if self.sequence_length is None else int(self.batch_size)

    def _own_callbacks(self, epochs: int, done: int) -> list[Any]:
        return [] if self.sequence_length is None else [_Beginnings()]

    def _hold_out(self, examples: Examples, target: Target, groups: Any, seed: int) -> Any:
        if self.sequence_length is None:
            return super()._hold_out(examples, target, groups, seed)
        share = self.validation_fraction if self.early_stopping else 0.0
        if groups is not None and share:
            raise ValueError("groups need sequence_length=None, as early_stopping holds out the end of a joined text.")
        check_stream(examples, self.batch_size, share)
        n = examples.offsets["time"][-1]
        cut = n - int(np.ceil(share * n))
        training = streams_of(examples, cut, int(self.batch_size), int(self.sequence_length))
        return training, (pieces_of(examples, cut, int(self.sequence_length)) if share else None), None

    def _trainer(self, epochs: int | None, seed: int, target: Target, validates: bool, done: int) -> Any:
        trainer = super()._trainer(epochs, seed, target, validates, done)
        trainer.in_order = self.sequence_length is not None
        return trainer

    # -- what displays ask for --------------------------------------------------------------------------------------

    def tokens_of(self, X: Any) -> list[list[Any]]:
        """Sequences, in the form of X, as lists of tokens."""
        check_is_fitted(self)
        return token_rows(self.reader_.tokens(X), "X", empty=True)

    # -- parts of a prediction --------------------------------------------------------------------------------------

    def _decoded_next(self, X: Any) -> Examples:
        check_is_fitted(self)
        examples = self._read_as_fitted(X)
        size = self._target.vocabulary.size_column(len(examples))
        return predict(self._plan, self.weights_, examples.with_columns({"n_tokens": size}), "next")

    def _log_likelihoods(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Of all tokens and ends, and where each sequence begins."""
        check_is_fitted(self)
        examples = self._target.encode(None, self._read_as_fitted(X), fit=False)
        decoded = predict(self._plan, self.weights_, examples, "log_likelihood")
        values, axis = decoded.columns["log_likelihood"]
        return values.astype(np.float64), decoded.offsets[str(axis)]

    def _prompt(self, prompt: Any) -> list[Any]:
        tokenizer = self.reader_.tokenizer
        if isinstance(prompt, str):
            if tokenizer is None:
                raise ValueError(f"prompt must be a list of tokens, as X in fit. Got the string {shown(prompt)}.")
            return list(tokenizer.transform([prompt])[0])
        return list(prompt)

    def _joined(self, rows: list[list[Any]]) -> NDArray:
        tokenizer = self.reader_.tokenizer
        return as_objects(rows if tokenizer is None else list(tokenizer.inverse_transform(rows)))


class _Beginnings(keras.callbacks.Callback):
    """Lets the states of all streams begin anew with an epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set them to zero."""
        for layer in self.model.layers:
            if isinstance(layer, Carried):
                layer.reset()


def check_sampling(
    n: Any, temperature: Any, top_k: Any, top_p: Any, max_length: Any, min_length: Any, ngram: Any
) -> None:
    """Raise a ValueError for an option of `sample` that is out of range."""
    whole = {"n": (n, 1), "max_length": (max_length, 1), "min_length": (min_length, 0), "top_k": (top_k, 1)}
    whole["no_repeat_ngram_size"] = (ngram, 0)
    for name, (value, least) in whole.items():
        if value is None and name == "top_k":
            continue
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be an integer from {least}. Got {value!r}.")
    if not _is_number(temperature) or not 0 < temperature < np.inf:
        raise ValueError(f"temperature must be above 0. Got {temperature!r}.")
    if top_p is not None and not (_is_number(top_p) and 0 < top_p <= 1):
        raise ValueError(f"top_p must be above 0, and at most 1. Got {top_p!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))
