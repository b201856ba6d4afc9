"""Where Keras draws seeds: Python's `random`, lent to it and put back."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_BUILDING = threading.RLock()


@contextmanager
def keras_seeds(seed: int = 0) -> Iterator[None]:
    """Let Keras objects that are built inside draw their seeds from seed.

    A Keras layer or initializer without a seed draws one from Python's global `random`. Inside this context that
    generator is seeded, and afterwards it goes on as if nothing had been drawn.
    """
    with _BUILDING:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)
