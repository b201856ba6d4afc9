"""Parameters of the estimators: their ranges, and routed names such as ``optimizer__beta_1``."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import keras

from skrnn.estimators.wrapper import route_params, unflatten_params
from skrnn.keras_objects.recipe import Recipe, Snapshot, argument_names, is_keras_object, record
from skrnn.layers import POOLINGS
from skrnn.preprocessing import Reader
from skrnn.sequences.messages import nearest, shown
from skrnn.sequences.sklearn_private import HasMethods, Interval, Options, StrOptions

# A routed name begins with one of these and two underscores.
PREFIXES = ("callbacks", "cell", "loss", "metrics", "model", "optimizer", "reader", "readout")

CONSTRAINTS: dict[str, Any] = {
    "cell": [str, type, keras.layers.Layer],
    "units": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
    "bidirectional": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    "pooling": [StrOptions(set(POOLINGS))],
    "reader": [Reader, None],
    "pretrained": "no_validation",  # language_model_of says what it may be
    "frozen_epochs": [Interval(Integral, 0, None, closed="left")],
    "model": [callable, None],
    "optimizer": [str, type, keras.optimizers.Optimizer],
    "learning_rate": [
        Interval(Real, 0, None, closed="neither"),
        keras.optimizers.schedules.LearningRateSchedule,
        None,
    ],
    "global_clipnorm": [Interval(Real, 0, None, closed="neither"), None],
    "loss": "no_validation",  # training/objectives.py says what it may be
    "metrics": "no_validation",
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1})],
    "jit_compile": ["boolean", StrOptions({"auto"})],
    "callbacks": "no_validation",
    "early_stopping": ["boolean"],
    "readout": [StrOptions({"ridge"}), HasMethods(["fit", "predict"]), None],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def check_routed_names(owner: Any, names: Any) -> None:
    """Raise a TypeError for a name that is neither a parameter nor routed, naming the nearest."""
    own = own_names(owner)
    for name in names:
        prefix, _, rest = name.partition("__")
        if name not in own and not (prefix in PREFIXES and prefix in own and rest):
            known = [*own, *(f"{p}__" for p in PREFIXES if p in own)]
            raise TypeError(f"{owner.__name__} has no parameter {name!r}{nearest(name, known)}.")


def own_names(owner: Any) -> list[str]:
    """Names in the signature of the constructor, sorted."""
    return list(_names_of(owner))


@lru_cache(maxsize=256)
def _names_of(owner: Any) -> tuple[str, ...]:
    """Sorted names, kept: reading a signature takes 0.1 ms, and a fit asks often."""
    return tuple(sorted(p.name for p in own_parameters(owner)))


def own_parameters(owner: Any) -> list[inspect.Parameter]:
    """Parameters of the constructor, and of those that its ``**kwargs`` go to; ``**routed`` is of routed names only."""
    found: dict[str, inspect.Parameter] = {}
    for cls in owner.__mro__:
        if "__init__" not in vars(cls):
            continue
        parameters = list(inspect.signature(vars(cls)["__init__"]).parameters.values())[1:]
        for p in parameters:
            if p.kind is not p.VAR_KEYWORD:
                found.setdefault(p.name, p if not found else p.replace(kind=p.KEYWORD_ONLY))
        if not any(p.kind is p.VAR_KEYWORD and p.name != "routed" for p in parameters):
            break
    return list(found.values())


def routed(params: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Parameters ``prefix__name`` by name."""
    return route_params(params, destination=prefix, pass_filter=set())


def units_of_layers(units: Any) -> list[int | None]:
    """Units of each stacked layer.

    Raises
    ------
    ValueError
        If a tuple is empty or holds anything but positive integers.
    """
    if not isinstance(units, (tuple, list)):
        return [units]
    if not units or not all(isinstance(u, Integral) and not isinstance(u, bool) and int(u) > 0 for u in units):
        raise ValueError(f"units must be a positive integer, or a tuple of them, one a layer. Got {units!r}.")
    return list(units)


def make_callbacks(callbacks: Any, options: dict[str, Any]) -> list[keras.callbacks.Callback]:
    """Build or copy the callbacks of one fit, so that none is shared between fits.

    Parameters
    ----------
    callbacks : None, callback, list or dict
        Keras callbacks, classes or instances.
    options : dict
        ``callbacks__*`` parameters of classes, as scikeras routes them.

    Raises
    ------
    TypeError
        For anything that is no callback, or an unknown option.
    """
    if callbacks is None:
        if options:
            raise TypeError(f"callbacks__{next(iter(options))} needs a callback. Got callbacks=None.")
        return []
    listed = list(callbacks.values()) if isinstance(callbacks, Mapping) else callbacks
    listed = listed if isinstance(listed, (list, tuple)) else [listed]
    for callback in listed:
        kind = callback if inspect.isclass(callback) else type(callback)
        if not issubclass(kind, keras.callbacks.Callback):
            raise TypeError(f"callbacks must be Keras callbacks, classes or instances. Got {shown(callback)}.")
    _check_callback_options([c for c in listed if inspect.isclass(c)], options)
    built = unflatten_params(items=callbacks, params=options)
    built = list(built.values()) if isinstance(built, Mapping) else built
    return [_copied(c) for c in (built if isinstance(built, (list, tuple)) else [built])]


def _check_callback_options(classes: list[type], options: dict[str, Any]) -> None:
    known = {name for cls in classes for name in argument_names(cls) or ()}
    for option in options:
        name = option.rsplit("__", 1)[-1]
        if classes and name not in known:
            raise TypeError(f"no callback takes {name!r}, given as callbacks__{option}{nearest(name, known)}.")


def _copied(callback: keras.callbacks.Callback) -> keras.callbacks.Callback:
    try:
        return copy.deepcopy(callback)
    except Exception as error:
        raise TypeError(
            f"callbacks are copied for each fit, and {type(callback).__name__} cannot be copied ({error}). "
            "Give the class, and its arguments as callbacks__*."
        ) from error


def holds_keras_objects(value: Any) -> bool:
    """Tell whether value is a Keras object, or a list or dict with one inside."""
    if type(value) in (list, tuple):
        return any(holds_keras_objects(v) for v in value)
    if isinstance(value, dict):
        return any(holds_keras_objects(v) for v in value.values())
    return is_keras_object(value)


def as_data(value: Any) -> Any:
    """Replace Keras objects by recipes, inside lists and dicts too."""
    if is_keras_object(value):
        return record(value)
    if type(value) in (list, tuple):
        return type(value)(as_data(v) for v in value)
    if isinstance(value, dict):
        return {k: as_data(v) for k, v in value.items()}
    return value


def from_data(value: Any) -> Any:
    """Undo `as_data`."""
    if isinstance(value, (Recipe, Snapshot)):
        return value.make()
    if type(value) in (list, tuple):
        return type(value)(from_data(v) for v in value)
    if isinstance(value, dict):
        return {k: from_data(v) for k, v in value.items()}
    return value
