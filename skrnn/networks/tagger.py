"""The network of the tagger: a reader of tokens, recurrences, scores of labels, and how labels follow on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from skrnn.layers import CRF, FeatureBag, RecurrenceSpec, TokenEmbedding, TokenReader
from skrnn.networks.recurrent import Stack, masked_model, softmax


@dataclass(frozen=True)
class TaggerNetwork(Stack):
    """What to build, as data.

    Attributes
    ----------
    n_features : int or None
        D of what comes in; None where it may change, for bags of features.
    layers : tuple of RecurrenceSpec
        From the input to the output.
    outputs : int
        K, the number of labels.
    reader : dict or None
        Arguments of `TokenReader`, for tokens that are strings.
    bag : tuple of int or None
        Arguments of `FeatureBag`, for tokens that are dictionaries.
    embedding : tuple of int or None
        Number of tokens and features of each, (V, E), for tokens that are integers.
    crf : bool
        Whether labels follow on each other by a `CRF`. Without it the output is a softmax.
    forbidden : tuple of pairs of int
        Of the `CRF`.
    bidirectional : bool
        Run each layer in both directions.
    dropout : float
        Share of the features of each step set to zero in training, before and after each recurrent layer.
    jit_compile : bool
        Compile the loops over time with XLA, where they are skrnn's own.
    """

    n_features: int | None
    layers: tuple[RecurrenceSpec, ...]
    outputs: int
    reader: dict[str, Any] | None = None
    bag: tuple[int, int] | None = None
    embedding: tuple[int, int] | None = None
    crf: bool = True
    forbidden: tuple[tuple[int, int], ...] = ()
    bidirectional: bool = True
    dropout: float = 0.0
    jit_compile: bool = False

    def build(self, fused: bool = True) -> keras.Model:
        """Build the model: (B, T, D), or (B, T) integer tokens, to (B, T, K).

        Real steps are told by the Keras mask of the input: ``model(x, mask=mask)``. With a `CRF` the outputs are
        scores, and the last layer turns them into labels: ``model.layers[-1].best_paths(scores, mask)``.

        Parameters
        ----------
        fused : bool, default=True
            Take skrnn's loops over time rather than Keras' layers; weights and results are the same.
        """
        inputs, h = self._read()  # (B, T, features)
        for depth, spec in enumerate(self.layers):
            # Features from outside come without dropout, as in the other estimators.
            h = self._dropped(h) if depth or h is not inputs else h
            layer = spec.make(True, self.bidirectional, fused=fused, jit_compile=self.jit_compile)
            h = layer(h)  # (B, T, H)
        h = self._dropped(h)
        if self.crf:
            scores = keras.layers.Dense(self.outputs, name="scores")(h)
            outputs = CRF(self.forbidden, name="labels")(scores)
        else:
            outputs = keras.layers.Dense(self.outputs, activation=softmax if fused else "softmax", name="labels")(h)
        return masked_model(inputs, outputs)

    def _read(self) -> tuple[Any, Any]:
        if self.embedding is not None:
            inputs = keras.Input((None,), dtype="int32", name="tokens")
            return inputs, TokenEmbedding(*self.embedding, name="embedding")(inputs)
        inputs = keras.Input((None, self.n_features), name="steps")
        if self.reader is not None:
            return inputs, TokenReader(**self.reader, name="reader")(inputs)
        if self.bag is not None:
            return inputs, FeatureBag(*self.bag, name="bag")(inputs)
        return inputs, inputs

    def _dropped(self, h: Any) -> Any:
        # A step at a time: of words in a row each loses features of its own.
        return keras.layers.Dropout(self.dropout)(h) if self.dropout else h
