"""Keras objects as data: a class and its configuration, to copy, pickle, compare and build anew."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from skrnn.keras_objects.private import all_layers
from skrnn.keras_objects.seeding import keras_seeds


@dataclass(frozen=True)
class Recipe:
    """A class and the configuration to build it with ``cls.from_config``.

    Keras pickles its objects by registered name, which fails for a user's own class. A recipe holds the classes
    themselves, so pickle and cloudpickle treat them like any other.

    Attributes
    ----------
    cls : type
        What to build.
    config : dict
        Its configuration.
    classes : tuple of type
        Classes of users inside it, such as the cell of an `RNN`.
    """

    cls: Any
    config: dict[str, Any] = field(default_factory=dict)
    classes: tuple[type, ...] = ()

    @classmethod
    def of(cls, instance: Any) -> Recipe:
        """Take the recipe from an instance.

        Raises
        ------
        ValueError
            If the instance has no working ``get_config``.
        """
        name = type(instance).__name__
        if not has_own_config(instance):
            raise ValueError(f"{name} must implement get_config, so that copies of it can be made.")
        try:
            config = instance.get_config()
        except NotImplementedError:
            raise ValueError(f"{name} must implement get_config, so that copies of it can be made.") from None
        return cls(type(instance), config, _classes_inside(instance))

    def make(self, **changes: Any) -> Any:
        """Build a new instance, with some changes to the configuration."""
        with self.scope():
            return self.cls.from_config({**self.config, **changes})

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Let Keras find the classes by name, and leave Python's `random` as it is."""
        with keras_seeds(), keras.saving.custom_object_scope({c.__name__: c for c in self.classes}):
            yield

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal recipes build equal objects."""
        return (self.cls, self.classes, fingerprint(self.config))


@dataclass(frozen=True)
class Snapshot:
    """A class and the attributes of an instance, for losses.

    ``get_config`` of losses is no recipe: that of `keras.losses.Huber` leaves out delta, and that of a user's loss
    what its author forgot.
    """

    cls: Any
    state: dict[str, Any]

    def make(self) -> Any:
        """Build a new instance."""
        instance = self.cls.__new__(self.cls)
        vars(instance).update(copy.deepcopy(self.state))
        return instance

    @property
    def fingerprint(self) -> Any:
        """Hashable identity."""
        return (self.cls, fingerprint(self.state))


def record(instance: Any) -> Recipe | Snapshot:
    """Turn a Keras object into data, by its configuration or, for a loss, by its attributes."""
    if isinstance(instance, keras.losses.Loss):
        return Snapshot(type(instance), dict(vars(instance)))
    return Recipe.of(instance)


def _classes_inside(instance: Any) -> tuple[type, ...]:
    layers = all_layers(instance) if isinstance(instance, keras.layers.Layer) else [instance]
    classes = dict.fromkeys(type(layer) for layer in layers)
    return tuple(c for c in classes if c.__module__.split(".")[0] != "keras")


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
    if isinstance(value, (Recipe, Snapshot)):
        return value.fingerprint
    if isinstance(value, dict):
        return tuple((k, fingerprint(v)) for k, v in sorted(value.items(), key=lambda item: str(item[0])))
    if isinstance(value, (list, tuple)):
        return (type(value), *(fingerprint(v) for v in value))
    if isinstance(value, np.ndarray):
        return ("array", value.shape, str(value.dtype), value.tobytes())
    if is_keras_object(value):
        return record(value).fingerprint
    if isinstance(value, keras.dtype_policies.DTypePolicy):
        return ("dtype policy", value.name)
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
