"""A network built by the user's own function, in scikeras' tradition."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from skrnn.keras_objects.private import all_layers
from skrnn.keras_objects.recipe import fingerprint
from skrnn.keras_objects.seeding import keras_seeds


@dataclass
class FunctionNetwork:
    """What a user's function builds.

    Attributes
    ----------
    function : callable
        Returns a `keras.Model`, compiled or not.
    arguments : dict
        What the function is called with.
    architecture : object
        Classes and configuration of the model it built, or None where the model has none.
    """

    function: Callable[..., keras.Model]
    arguments: dict[str, Any]
    architecture: Any = None

    @property
    def fingerprint(self) -> Any:
        """Hashable identity; a model without a configuration equals only itself."""
        if self.architecture is None:
            return (type(self), object())
        return (type(self), self.function, fingerprint(self.architecture))

    @property
    def graph_fingerprint(self) -> Any:
        """The same."""
        return self.fingerprint

    def build(self, fused: bool = True) -> keras.Model:
        """Call the function.

        Parameters
        ----------
        fused : bool, default=True
            Without effect: the layers are the user's.

        Raises
        ------
        TypeError
            If it returns no `keras.Model`.
        ValueError
            If the model is not built, or has more than one input or output.
        """
        model = self.function(**self.arguments)
        if not isinstance(model, keras.Model):
            raise TypeError(f"model must return a keras.Model. Got {type(model).__name__}.")
        if not model.built:
            raise ValueError("model must return a built keras.Model. Give it an Input of shape (None, n_features_in_).")
        for kind in ("inputs", "outputs"):
            tensors = getattr(model, kind, None)
            if tensors is not None and len(tensors) != 1:
                raise ValueError(f"model must have one of {kind}. Got {len(tensors)}.")
        model.supports_masking = True  # it takes a mask, and Keras warns unless told
        return model

    def first_build(self, seed: int) -> keras.Model:
        """Build with random numbers that follow from seed, and note the architecture."""
        with keras_seeds(seed):
            model = self.build()
        try:
            layers = tuple(type(layer) for layer in all_layers(model))
            self.architecture = (layers, _nameless(model.get_config()))
        except (NotImplementedError, TypeError, ValueError):
            self.architecture = None
        return model


def output_width(model: keras.Model, n_features: int, per_step: bool) -> int:
    """Width K of a model's output.

    Raises
    ------
    ValueError
        If the output is not (B, K), or (B, T, K) where there is one for each step.
    """
    outputs = getattr(model, "outputs", None)
    if outputs:
        shape = tuple(outputs[0].shape)
    else:
        step = keras.ops.zeros((1, 1, n_features))
        shape = tuple(model(step, mask=keras.ops.ones((1, 1), dtype="bool")).shape)
    if len(shape) != 2 + per_step:
        wanted = "(batch, time, outputs)" if per_step else "(batch, outputs)"
        raise ValueError(f"model must have an output of shape {wanted}. Got {shape}.")
    return int(shape[-1])


def call_arguments(function: Callable, offered: dict[str, Any], routed: dict[str, Any]) -> dict[str, Any]:
    """Choose what to call a model function with.

    Parameters
    ----------
    function : callable
        The user's.
    offered : dict
        ``meta``, ``compile_kwargs`` and ``params``, passed where the function names them.
    routed : dict
        ``model__*`` parameters, all passed.

    Raises
    ------
    TypeError
        If the function does not know a routed parameter.
    """
    parameters = inspect.signature(function).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [name for name in routed if name not in parameters and not open_ended]
    if unknown:
        raise TypeError(
            f"the model function has no parameter {unknown[0]!r}, given as model__{unknown[0]}. "
            f"It takes {', '.join(parameters) or 'none'}."
        )
    return {k: v for k, v in offered.items() if k in parameters or open_ended} | routed


def _nameless(config: Any) -> Any:
    """The configuration without the names and seeds that Keras numbers anew in every build."""
    names: dict[str, str] = {}

    def visit(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: visit(v, k) for k, v in value.items() if k not in ("seed", "build_config")}
        if isinstance(value, (list, tuple)):
            return [visit(v, key) for v in value]
        if key in ("name", "keras_history", "input_layers", "output_layers") and isinstance(value, str):
            return names.setdefault(value, f"layer{len(names)}")
        return value

    return visit(config)
