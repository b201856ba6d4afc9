"""From the spec of a reader to inputs of a model and features of the steps."""

from __future__ import annotations

from dataclasses import asdict
from functools import singledispatch
from typing import Any, NamedTuple

import keras

from skrnn.layers import FeatureBag, TokenEmbedding, WordFeatures
from skrnn.preprocessing.feature_dicts import FeatureSpec
from skrnn.preprocessing.integer_tokens import TokenSpec
from skrnn.preprocessing.reader import ArraySpec, ReaderSpec
from skrnn.preprocessing.words import SHAPE_DIM, WordSpec
from skrnn.sequences.examples import ColumnSpec


class Inputs(NamedTuple):
    """The beginning of a model.

    Attributes
    ----------
    tensors : list of KerasTensor
        One for each column of the reader, in order.
    features : KerasTensor (B, T, F)
        What the body reads.
    learned : bool
        Whether the features come from weights, so that dropout acts on them; those from outside are left as they are.
    """

    tensors: list[Any]
    features: Any
    learned: bool = True


def keras_input(column: ColumnSpec) -> Any:
    """The input for a column; a float column has the type of Keras' policy."""
    shape = column.shape if column.axis is None else (None, *column.shape)
    return keras.Input(shape, name=column.name, dtype=None if column.dtype == "float32" else column.dtype)


@singledispatch
def build_inputs(spec: ReaderSpec) -> Inputs:
    """Build inputs and what turns them into features.

    Parameters
    ----------
    spec : ReaderSpec
        A new reader registers its own: ``@build_inputs.register``.
    """
    raise TypeError(f"build_inputs knows no {type(spec).__name__}. Register a function for it.")


@build_inputs.register
def _array(spec: ArraySpec) -> Inputs:
    tensors = [keras_input(column) for column in spec.columns]
    return Inputs(tensors, tensors[0], learned=False)


@build_inputs.register
def _tokens(spec: TokenSpec) -> Inputs:
    tensors = [keras_input(column) for column in spec.columns]
    return Inputs(tensors, TokenEmbedding(spec.n_tokens, spec.dim, name="embedding")(tensors[0]))


@build_inputs.register
def _words(spec: WordSpec) -> Inputs:
    tensors = [keras_input(column) for column in spec.columns]
    options = {k: v for k, v in asdict(spec).items() if k != "vector_dim"}
    layer = WordFeatures(**options, shape_dim=SHAPE_DIM, name="word_features")
    return Inputs(tensors, layer(tensors if len(tensors) > 1 else tensors[0]))


@build_inputs.register
def _features(spec: FeatureSpec) -> Inputs:
    tensors = [keras_input(column) for column in spec.columns]
    return Inputs(tensors, FeatureBag(spec.vocabulary, spec.dim, name="feature_bag")(tensors))
