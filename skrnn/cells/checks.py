"""Options of cells, checked: one sentence says what, what it must be, and what it was."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any


def check_integer(name: str, value: Any, least: int = 1) -> int:
    """Return value, an integer of at least `least`.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}. Got {value!r}.")
    return int(value)


def check_number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, *, open_low: bool = False
) -> float:
    """Return value, a number from low to high; with `open_low` greater than low.

    Raises
    ------
    ValueError
        If it is not.
    """
    real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not real or value > high or value < low or (open_low and value == low):
        least = f"above {low:g}" if open_low else f"of at least {low:g}"
        bounds = [least] * math.isfinite(low) + [f"at most {high:g}"] * math.isfinite(high)
        raise ValueError(
            f"{name} must be {' and '.join(['a number', *bounds]).replace(' and ', ' ', 1)}. Got {value!r}."
        )
    return float(value)


def check_share(name: str, value: Any) -> float:
    """Return value, a number in [0, 1).

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be a number in [0, 1). Got {value!r}.")
    return float(value)


def check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """Return value, one of the choices.

    Raises
    ------
    ValueError
        If it is not.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}. Got {value!r}.")
    return value


def check_divisor(name: str, value: Any, units: int) -> int:
    """Return value, a positive integer that divides units.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1 or units % value:
        raise ValueError(f"{name} must be an integer that divides units = {units}. Got {value!r}.")
    return int(value)
