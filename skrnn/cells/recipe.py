"""Keras objects as data: a class and its configuration, to copy, pickle, compare and build anew."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class Recipe:
    """A class and the configuration to build it with ``cls.from_config``.

    Keras pickles its objects by registered name, which fails for a user's own class. A recipe holds the class
    itself, so pickle and cloudpickle treat it like any other.
    """

    cls: type
    config: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, instance: Any) -> Recipe:
        """Take the recipe from an instance.

        Raises
        ------
        ValueError
            If the instance has no working ``get_config``.
        """
        try:
            return cls(type(instance), instance.get_config())
        except NotImplementedError:
            name = type(instance).__name__
            raise ValueError(f"{name} must implement get_config, so that copies of it can be made.") from None

    def make(self) -> Any:
        """Build a new instance."""
        return self.cls.from_config(dict(self.config))

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal recipes build equal objects."""
        return (self.cls, fingerprint(self.config))


def is_keras_object(value: Any) -> bool:
    """Tell whether value is a Keras layer, loss, metric, optimizer or the like, but not a model."""
    kinds = (
        keras.layers.Layer,
        keras.losses.Loss,
        keras.metrics.Metric,
        keras.optimizers.Optimizer,
        keras.optimizers.schedules.LearningRateSchedule,
        keras.initializers.Initializer,
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
    )
    return isinstance(value, kinds) and not isinstance(value, keras.Model)


def has_own_config(value: Any) -> bool:
    """Tell whether ``get_config`` describes the object fully.

    Keras' own classes and all layers (which record their arguments) do; a user's subclass of a loss or metric
    does only if it writes ``get_config`` or adds no arguments.
    """
    if isinstance(value, keras.layers.Layer):
        return True
    for cls in type(value).__mro__:
        if cls.__module__.split(".")[0] == "keras" or "get_config" in vars(cls):
            return True
        if "__init__" in vars(cls):
            return False
    return False


def fingerprint(value: Any) -> Any:
    """Turn a value into something hashable that is equal only for values that build equal graphs."""
    if isinstance(value, Recipe):
        return value.fingerprint
    if isinstance(value, dict):
        return tuple((k, fingerprint(v)) for k, v in sorted(value.items(), key=lambda item: str(item[0])))
    if isinstance(value, (list, tuple)):
        return (type(value), *(fingerprint(v) for v in value))
    if isinstance(value, np.ndarray):
        return ("array", value.shape, str(value.dtype), value.tobytes())
    if is_keras_object(value) and has_own_config(value):
        return Recipe.of(value).fingerprint
    if isinstance(value, (bool, int, float, str, bytes, type(None))):
        return (type(value), value)
    try:
        hash(value)
    except TypeError:
        return _Same(value)
    return value


class _Same:
    """Identity as a key, for objects that cannot be compared."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def argument_names(cls: Any) -> set[str] | None:
    """Names that the constructor of a class takes, its bases included; None where it takes any."""
    names: set[str] = set()
    for base in cls.__mro__ if inspect.isclass(cls) else (cls,):
        init = vars(base).get("__init__") if inspect.isclass(base) else base
        if init is None or base is object:
            continue
        try:
            parameters = inspect.signature(init).parameters.values()
        except (TypeError, ValueError):
            return None
        names |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return names - {"self"}
