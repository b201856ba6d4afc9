"""scikeras, imported without its side effects. The only module that knows scikeras.

Importing scikeras replaces how Keras models, losses, metrics and optimizers are pickled, for the whole process, and
with that a user's own loss can no longer be pickled unless it is registered with Keras. Where skrnn is what imports
it, Keras gets its own methods back and scikeras leaves `sys.modules`, so that a later import by the user is as
without skrnn. Where the user imported scikeras before, that one is used, and nothing of it is changed.
"""

from __future__ import annotations

import sys
from abc import ABCMeta
from importlib import import_module
from typing import Any

import keras

__all__ = ["Wrapper", "route_params", "unflatten_params"]

_MISSING = object()
_PATCHED = [
    (keras.Model, "__reduce__"),
    (keras.Model, "__deepcopy__"),
    (keras.losses.Loss, "__reduce__"),
    (keras.metrics.Metric, "__reduce__"),
    (keras.optimizers.Optimizer, "__reduce__"),
]
# Public names of scikeras without a meaning for skrnn.
UNUSED = ("current_epoch", "feature_encoder", "scorer", "target_encoder")


def _load() -> tuple[Any, Any]:
    """``scikeras.wrappers`` and ``scikeras._utils``: the user's, or a copy that nobody else sees."""
    if "scikeras" in sys.modules:
        return _import()
    before = [vars(cls).get(name, _MISSING) for cls, name in _PATCHED]
    try:
        wrappers, utils = _import()
    finally:
        for (cls, name), method in zip(_PATCHED, before):
            if method is not _MISSING:
                setattr(cls, name, method)
            elif name in vars(cls):
                delattr(cls, name)
        for name in [name for name in sys.modules if name.partition(".")[0] == "scikeras"]:
            del sys.modules[name]
    # scikit-learn no longer reads `_more_tags`, and its checks reject a class that has it and no `__sklearn_tags__`.
    if "_more_tags" in vars(wrappers.BaseWrapper):
        del wrappers.BaseWrapper._more_tags
    return wrappers, utils


def _import() -> tuple[Any, Any]:
    return import_module("scikeras.wrappers"), import_module("scikeras._utils")


_wrappers, _utils = _load()
BaseWrapper: Any = _wrappers.BaseWrapper
route_params, unflatten_params = _utils.route_params, _utils.unflatten_params


class _Unused:
    """A name that a base has and a subclass has not."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        what = f"type object {owner.__name__!r}" if instance is None else f"{owner.__name__!r} object"
        raise AttributeError(f"{what} has no attribute {self.name!r}")


class _Listed(ABCMeta):
    """Leaves names that a class has not out of its ``dir``."""

    def __dir__(cls) -> list[str]:
        return [name for name in super().__dir__() if name not in UNUSED or hasattr(cls, name)]


class Wrapper(BaseWrapper, metaclass=_Listed):
    """scikeras' `BaseWrapper` without the names that estimators of skrnn do not use."""

    current_epoch = _Unused()
    feature_encoder = _Unused()
    scorer = _Unused()
    target_encoder = _Unused()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in UNUSED or hasattr(self, name)]
