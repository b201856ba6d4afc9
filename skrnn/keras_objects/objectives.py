"""Losses, metrics and optimizers: from names, classes and routed parameters to recipes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras

from skrnn.keras_objects.memo import remembered
from skrnn.keras_objects.recipe import Recipe, Snapshot, argument_names, record
from skrnn.sequences.messages import nearest, shown

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


def make_loss(loss: Any, options: dict[str, Any]) -> Any:
    """Read a Keras loss: name, class, instance or function.

    Parameters
    ----------
    loss : str, class, `keras.losses.Loss` or callable
        A function takes (y, y_pred) and gives one number a sequence (or a step).
    options : dict
        Arguments of the class, ``loss__*`` of the estimators.

    Returns
    -------
    Snapshot or callable
    """
    if isinstance(loss, str):
        loss = _loss_class(loss)
    if inspect.isclass(loss):
        check_names(loss, options, "loss")
        loss = loss(**options)
    elif options:
        raise TypeError(f"loss__{next(iter(options))} needs a loss given by name or class. Got {shown(loss)}.")
    if not callable(loss):
        raise TypeError(f"loss must be a Keras loss, by name, class or instance, or a function. Got {shown(loss)}.")
    return record(loss) if isinstance(loss, keras.losses.Loss) else loss


def loss_name(loss: Any) -> str:
    """Name of a loss in lower case without underscores, such as "binarycrossentropy"."""
    kind = loss.cls if isinstance(loss, Snapshot) else loss
    return getattr(kind, "__name__", type(kind).__name__).replace("_", "").lower()


def _loss_class(name: str) -> Any:
    classes = {n.lower(): c for n, c in vars(keras.losses).items() if inspect.isclass(c) and n != "Loss"}
    try:
        found = keras.losses.get(name)
    except ValueError:
        known = sorted(n for n, f in vars(keras.losses).items() if callable(f) and n not in ("get", "serialize"))
        raise ValueError(f"loss must be a loss of Keras. Got {name!r}{nearest(name, known)}.") from None
    key = (found.__name__ if inspect.isfunction(found) else type(found).__name__).replace("_", "").lower()
    return classes.get(key, found)


def make_optimizer(
    optimizer: Any, learning_rate: Any, global_clipnorm: float | None, options: dict[str, Any]
) -> Recipe:
    """Read a Keras optimizer: name, class or instance.

    Parameters
    ----------
    optimizer : str, class or `keras.optimizers.Optimizer`
        An instance is used as it is, with its own rate and clipping.
    learning_rate : float, LearningRateSchedule or None
        None is the optimizer's own. Gives way to a rate in `options`.
    global_clipnorm : float or None
        Greatest norm of all gradients together. Gives way to clipping in `options`.
    options : dict
        Arguments of the class, ``optimizer__*`` of the estimators.

    Returns
    -------
    Recipe
    """
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if options:
            raise TypeError(
                f"optimizer__{next(iter(options))} needs an optimizer given by name or class. Got an instance."
            )
        return optimizer_recipe(optimizer)
    if isinstance(optimizer, str):
        optimizer = _optimizer_class(optimizer)
    if not (inspect.isclass(optimizer) and issubclass(optimizer, keras.optimizers.Optimizer)):
        raise TypeError(f"optimizer must be a Keras optimizer, by name, class or instance. Got {shown(optimizer)}.")
    check_names(optimizer, options, "optimizer")
    if learning_rate is not None:
        options = {"learning_rate": learning_rate, **options}
    if global_clipnorm is not None and not any(name in options for name in CLIPPING):
        options = {**options, "global_clipnorm": global_clipnorm}
    # A rate is loaded, and is no reason to build another optimizer.
    rate = {k: v for k, v in options.items() if k == "learning_rate" and isinstance(v, float)}
    recipe = remembered(_built_recipe, optimizer, {k: v for k, v in options.items() if k not in rate})
    return Recipe(recipe.cls, recipe.config | {k: float(v) for k, v in rate.items()})


def _built_recipe(cls: type[keras.optimizers.Optimizer], options: dict[str, Any]) -> Recipe:
    return optimizer_recipe(cls(**options))


def _optimizer_class(name: str) -> type[keras.optimizers.Optimizer]:
    # Keras finds classes by building them; what users registered comes first, as it does there.
    known = {n.lower(): c for n, c in vars(keras.optimizers).items() if inspect.isclass(c)}
    if name.lower() in known and not any(keras.saving.get_registered_object(n) for n in (name, name.lower())):
        return known[name.lower()]
    try:
        return type(keras.optimizers.get(name))
    except ValueError:
        raise ValueError(f"optimizer must be one of Keras. Got {name!r}{nearest(name, known)}.") from None


def optimizer_recipe(optimizer: keras.optimizers.Optimizer) -> Recipe:
    """Recipe of an optimizer, without its numbered name; its learning rate becomes a plain float."""
    recipe = Recipe.of(optimizer)
    config = {k: v for k, v in recipe.config.items() if k != "name"}
    rate = config.get("learning_rate")
    if not isinstance(rate, dict) and rate is not None:
        config["learning_rate"] = float(rate)
    return Recipe(recipe.cls, config)


def make_metrics(metrics: Any, options: dict[str, Any], accuracy: str | None) -> tuple[Any, ...]:
    """Read Keras metrics: one, a list or a dict of names, classes, instances or functions.

    Parameters
    ----------
    metrics : None, metric, list or dict
        "accuracy" (or "acc") stands for the accuracy that fits the targets.
    options : dict
        Arguments of the classes: ``metrics__name`` for all, ``metrics__0__name`` or ``metrics__key__name`` for one.
    accuracy : str or None
        Class name of the accuracy that fits; None where none does.

    Returns
    -------
    tuple of Recipe or callable
    """
    if metrics is None:
        return ()
    named = metrics.items() if isinstance(metrics, Mapping) else enumerate(_listed(metrics))
    made = []
    for key, metric in named:
        own = {k: v for k, v in options.items() if "__" not in k}
        own |= {k.split("__", 1)[1]: v for k, v in options.items() if k.split("__", 1)[0] == str(key) and "__" in k}
        made.append(_make_metric(metric, own, accuracy))
    return tuple(_with_steady_names(made))


def _with_steady_names(metrics: list[Any]) -> list[Any]:
    """Name metrics as if they were the first of the process: Keras counts names up, and `monitor` waits for one."""
    steady: list[Any] = []
    taken: set[str] = set()
    for metric in metrics:
        if isinstance(metric, Recipe) and "name" in metric.config:
            name = first = _first_name(metric.cls, metric.config["name"])
            number = 0
            while name in taken:
                number += 1
                name = f"{first}_{number}"
            taken.add(name)
            metric = replace(metric, config={**metric.config, "name": name})
        steady.append(metric)
    return steady


def _first_name(cls: type, name: str) -> str:
    """The name without the number that Keras put behind it; a name that is not Keras' own stays."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"\W+", "", cls.__name__))
    own = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).lower()
    return own if re.fullmatch(re.escape(own) + r"_\d+", name) else name


def _make_metric(metric: Any, options: dict[str, Any], accuracy: str | None) -> Any:
    if metric in ("accuracy", "acc"):
        if accuracy is None:
            raise ValueError("metrics must measure numbers here. Got 'accuracy', which measures classes.")
        metric, options = getattr(keras.metrics, accuracy), {"name": "accuracy", **options}
    elif isinstance(metric, str):
        name = metric
        try:
            metric = keras.metrics.get(name)
        except ValueError:
            known = [n for n, m in vars(keras.metrics).items() if callable(m)]
            raise ValueError(f"metrics must be metrics of Keras. Got {name!r}{nearest(name, known)}.") from None
        metric = type(metric) if isinstance(metric, keras.metrics.Metric) else metric
    if inspect.isclass(metric):
        check_names(metric, options, "metrics")
        return remembered(_built_metric, metric, options)
    if options:
        raise TypeError(f"metrics__{next(iter(options))} needs a metric given by class. Got {shown(metric)}.")
    return _metric_as_data(metric)


def _built_metric(cls: type, options: dict[str, Any]) -> Any:
    return _metric_as_data(cls(**options))


def _metric_as_data(metric: Any) -> Any:
    if not callable(metric):
        raise TypeError(f"metrics must be Keras metrics or functions. Got {shown(metric)}.")
    return Recipe.of(metric) if isinstance(metric, keras.metrics.Metric) else metric


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def check_names(cls: type, options: dict[str, Any], prefix: str) -> None:
    """Raise a TypeError for an argument that the class does not take, naming the nearest."""
    known = argument_names(cls)
    for name in options:
        if known is not None and name not in known:
            raise TypeError(
                f"{cls.__name__} has no argument {name!r}, given as {prefix}__{name}{nearest(name, known)}."
            )
