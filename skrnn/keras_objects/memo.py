"""What classes of Keras build from plain options, remembered: a second fit of an architecture builds nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import keras

from skrnn.keras_objects.recipe import fingerprint

REMEMBERED = 256
PLAIN = (bool, int, float, str, bytes, type(None))


def remembered(build: Callable[..., Any], cls: type, options: dict[str, Any]) -> Any:
    """Return ``build(cls, options)``, or what it returned before for equal options.

    Every variable of Keras takes tens of kilobytes of native memory that never come back, and a millisecond or more,
    so what can be known without building is not built again. Remembered are classes of Keras and skrnn with numbers
    and strings as options: a class of the user's may read more than its options, and other options may change.

    Parameters
    ----------
    build : callable
        A function of a module, whose results nobody changes.
    cls : type
        What to build.
    options : dict
        Its arguments.

    Returns
    -------
    object
    """
    own = cls.__module__.split(".")[0] in ("keras", "skrnn")
    if not own or not all(isinstance(v, PLAIN) for v in options.values()):
        return build(cls, options)
    settings = (keras.backend.backend(), keras.config.floatx(), keras.config.dtype_policy().name)
    return _build(_Call(build, cls, settings, fingerprint(options), dict(options)))


@dataclass(frozen=True)
class _Call:
    build: Callable[..., Any]
    cls: type
    settings: tuple[str, ...]
    key: Any  # of the options, with their types: 1, 1.0 and True are three
    options: dict[str, Any] = field(compare=False)


@lru_cache(maxsize=REMEMBERED)
def _build(call: _Call) -> Any:
    return call.build(call.cls, call.options)
