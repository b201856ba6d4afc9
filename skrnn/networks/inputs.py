"""From the spec of a reader to inputs of a model and features of the steps."""

from __future__ import annotations

from dataclasses import asdict
from functools import singledispatch
from typing import Any, NamedTuple

import keras

from skrnn.layers import Beside, FeatureBag, OneHot, TokenEmbedding, WordFeatures
from skrnn.preprocessing.columns_reader import MAIN, ColumnsSpec
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
    beside : tuple of Inputs
        Further features of the same steps.
    sides : tuple of (name, Inputs)
        Features of other steps, each of which has recurrences of its own.
    static : tuple of KerasTensor (B, S)
        Features of the whole example.
    static_learned : bool
        Whether these come from weights.
    """

    tensors: list[Any]
    features: Any
    learned: bool = True
    beside: tuple[Any, ...] = ()
    sides: tuple[tuple[str, Any], ...] = ()
    static: tuple[Any, ...] = ()
    static_learned: bool = False


def keras_input(column: ColumnSpec, prefix: str = "") -> Any:
    """The input for a column; a float column has the type of Keras' policy."""
    shape = column.shape if column.axis is None else (None, *column.shape)
    return keras.Input(shape, name=prefix + column.name, dtype=None if column.dtype == "float32" else column.dtype)


@singledispatch
def build_inputs(spec: ReaderSpec, prefix: str = "") -> Inputs:
    """Build inputs and what turns them into features.

    Parameters
    ----------
    spec : ReaderSpec
        A new reader registers its own: ``@build_inputs.register``.
    prefix : str, default=""
        Stands before the names of inputs and layers, as a network may hold several readers of a kind.
    """
    raise TypeError(f"build_inputs knows no {type(spec).__name__}. Register a function for it.")


@build_inputs.register
def _array(spec: ArraySpec, prefix: str = "") -> Inputs:
    tensors = [keras_input(column, prefix) for column in spec.columns]
    return Inputs(tensors, tensors[0], learned=False)


@build_inputs.register
def _tokens(spec: TokenSpec, prefix: str = "") -> Inputs:
    tensors = [keras_input(column, prefix) for column in spec.columns]
    features = TokenEmbedding(spec.n_tokens, spec.dim, name=prefix + "embedding")(tensors[0])
    return Inputs(tensors, _dropped(features, spec.spatial_dropout))


@build_inputs.register
def _words(spec: WordSpec, prefix: str = "") -> Inputs:
    tensors = [keras_input(column, prefix) for column in spec.columns]
    options = {k: v for k, v in asdict(spec).items() if k not in ("vector_dim", "spatial_dropout")}
    layer = WordFeatures(**options, shape_dim=SHAPE_DIM, name=prefix + "word_features")
    return Inputs(tensors, _dropped(layer(tensors if len(tensors) > 1 else tensors[0]), spec.spatial_dropout))


def _dropped(features: Any, rate: float) -> Any:
    """Features with dropout, one mask for all steps."""
    return keras.layers.SpatialDropout1D(rate)(features) if rate else features


@build_inputs.register
def _features(spec: FeatureSpec, prefix: str = "") -> Inputs:
    tensors = [keras_input(column, prefix) for column in spec.columns]
    return Inputs(tensors, FeatureBag(spec.vocabulary, spec.dim, name=prefix + "feature_bag")(tensors))


@build_inputs.register
def _columns(spec: ColumnsSpec, prefix: str = "") -> Inputs:
    parts: dict[str, list[Inputs]] = {}
    for part in spec.parts:
        parts.setdefault(part.axis, []).append(build_inputs(part.spec, prefix + part.prefix))
    tensors = [tensor for of_axis in parts.values() for part in of_axis for tensor in part.tensors]
    static = []
    for column in spec.columns:
        if column.axis is None:
            tensors.append(keras_input(column, prefix))
            one_hot = column.name == "categories"
            static.append(OneHot(spec.categories, name=prefix + "one_hot")(tensors[-1]) if one_hot else tensors[-1])
    if static and spec.static_dim is not None:
        together = Beside(name=prefix + "static_columns")(static) if len(static) > 1 else static[0]
        static = [keras.layers.Dense(spec.static_dim, "relu", name=prefix + "static_features")(together)]
    axes = {axis: first._replace(beside=tuple(others)) for axis, (first, *others) in parts.items()}
    main = axes.pop(MAIN)
    return main._replace(
        tensors=tensors, sides=tuple(axes.items()), static=tuple(static), static_learned=spec.static_dim is not None
    )
