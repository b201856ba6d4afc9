"""Whether a network fits into the memory of the machine, asked before there is any of it."""

from __future__ import annotations

import math
import os
from typing import Any

import keras

# Weights, their gradient, and two moments of Adam.
COPIES = 4

BYTES = 4


def check_size(model: keras.Model) -> None:
    """Raise where a model, of which no weight has a value yet, has more weights than memory holds.

    Raises
    ------
    ValueError
        With the number of weights, and the largest.
    """
    sizes: list[tuple[int, Any]] = [(math.prod(v.shape), v) for v in model.weights]
    needed, there = sum(n for n, _ in sizes) * BYTES * COPIES, memory_of_machine()
    if there is None or needed <= there:
        return
    most, variable = max(sizes, key=lambda pair: pair[0])
    raise ValueError(
        f"the network must fit into memory. Got {sum(n for n, _ in sizes):.2g} weights, {most:.2g} of them of shape "
        f"{tuple(variable.shape)}, which take {needed / 2**30:.2g} GiB to train, and this machine has "
        f"{there / 2**30:.2g}. Lower units, or the number of tokens."
    )


def memory_of_machine() -> int | None:
    """Bytes of main memory, or None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
