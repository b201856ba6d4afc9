"""A model built by the user's own function, in scikeras' tradition."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import keras

from skrnn.heads import Head
from skrnn.keras_objects.private import all_layers
from skrnn.keras_objects.recipe import fingerprint
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.preprocessing.reader import ReaderSpec
from skrnn.sequences.messages import listed


@dataclass
class FunctionBody:
    """What a user's function builds: a whole model, to which the head may add what it lacks.

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
    loops: ClassVar[list[str]] = []
    jit_compile: ClassVar[bool] = False

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

    def build(self, inputs: ReaderSpec, head: Head) -> keras.Model:
        """Call the function, and put behind its outputs what the head adds.

        Raises
        ------
        TypeError
            If it returns no `keras.Model`.
        ValueError
            If the model is not built, or has inputs that are no columns of X.
        """
        model = self.call(inputs)
        if not is_functional(model):
            if type(head).attach is not Head.attach:
                raise ValueError(
                    f"model must be functional, keras.Model(inputs, outputs), to put {type(head).__name__} behind it. "
                    f"Got {type(model).__name__}."
                )
            return model
        outputs = model.outputs[0] if len(model.outputs) == 1 else model.outputs
        attached = head.attach(outputs)
        if attached is not outputs:
            model = keras.Model(model.inputs if len(model.inputs) > 1 else model.inputs[0], attached)
            model.supports_masking = True
        return model

    def call(self, inputs: ReaderSpec) -> keras.Model:
        """Call the function, and check what it returns."""
        model = self.function(**self.arguments)
        if not isinstance(model, keras.Model):
            raise TypeError(f"model must return a keras.Model. Got {type(model).__name__}.")
        if not model.built:
            raise ValueError("model must return a built keras.Model. Give it an Input of shape (None, n_features_in_).")
        if is_functional(model):
            columns_of(model, inputs)
        model.supports_masking = True  # it takes a mask, and Keras warns unless told
        return model

    def first_build(self, inputs: ReaderSpec, seed: int) -> keras.Model:
        """Build with random numbers that follow from seed, and note the architecture."""
        with keras_seeds(seed):
            model = self.call(inputs)
        try:
            layers = tuple(type(layer) for layer in all_layers(model))
            self.architecture = (layers, _nameless(model.get_config()))
        except (NotImplementedError, TypeError, ValueError):
            self.architecture = None
        return model


def is_functional(model: keras.Model) -> bool:
    """Whether a model tells its inputs and outputs; a subclass of `keras.Model` with its own ``call`` does not."""
    return isinstance(model, keras.Sequential) or bool(getattr(model, "inputs", None))


def columns_of(model: keras.Model, inputs: ReaderSpec) -> list[str]:
    """Names of the columns of X that a model reads, in the order of its inputs.

    A model of one input takes the only column whatever its name; several inputs are named as the columns are.

    Raises
    ------
    ValueError
        If an input is no column.
    """
    names = [column.name for column in inputs.columns]
    if not is_functional(model) or len(model.inputs) == len(names) == 1:
        return names
    wanted = [tensor.name for tensor in model.inputs]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"model must have inputs named as columns of X: {listed(names)}. Got {unknown[0]!r}.")
    return wanted


def output_shapes(model: keras.Model, inputs: ReaderSpec) -> tuple[tuple[int | None, ...], ...]:
    """Shapes of a model's outputs, such as (None, K) or (None, None, K)."""
    if is_functional(model):
        return tuple(tuple(tensor.shape) for tensor in model.outputs)
    (column,) = inputs.columns
    steps = keras.ops.zeros((1, 1, *column.shape), dtype=column.dtype)
    return (tuple(model(steps, mask=keras.ops.ones((1, 1), dtype="bool")).shape),)


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
