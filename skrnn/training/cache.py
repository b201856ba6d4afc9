"""The one bounded cache of compiled programs in a process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras

from skrnn.cells.seeding import keras_seeds
from skrnn.training.plan import Plan
from skrnn.training.program import Program


class CacheInfo(NamedTuple):
    """Counts of a `ProgramCache` since it was last cleared."""

    hits: int
    misses: int
    build_seconds: float
    idle: int


class ProgramCache:
    """Programs by what is baked into them, lent to one user at a time.

    Two fits of one architecture in two threads get a program each, so neither disturbs the other. A program whose
    user failed is thrown away.

    Parameters
    ----------
    limit : int, default=16
        Idle programs kept; beyond it the one unused for longest goes.

    Examples
    --------
    >>> from skrnn.training import program_cache
    >>> program_cache.clear()
    >>> program_cache.info()
    CacheInfo(hits=0, misses=0, build_seconds=0.0, idle=0)
    """

    def __init__(self, limit: int = 16) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[Any, Program]] = OrderedDict()
        self._hits, self._misses, self._seconds = 0, 0, 0.0

    @contextmanager
    def borrow(self, plan: Plan) -> Iterator[Program]:
        """Lend a program for the plan, built if none is idle, for the length of a ``with``."""
        program = self._take(plan.key)
        if program is None:
            start = time.perf_counter()
            with keras_seeds():  # one build at a time
                program = program_class()(plan)
            seconds = time.perf_counter() - start
            with self._lock:
                self._misses += 1
                self._seconds += seconds
        yield program
        with self._lock:
            self._idle[id(program)] = (plan.key, program)
            while len(self._idle) > self.limit:
                self._idle.popitem(last=False)

    def _take(self, key: Any) -> Program | None:
        with self._lock:
            for name in reversed(self._idle):
                if self._idle[name][0] == key:
                    self._hits += 1
                    return self._idle.pop(name)[1]
        return None

    def info(self) -> CacheInfo:
        """Hits, misses, seconds spent in building, and programs that lie idle."""
        with self._lock:
            return CacheInfo(self._hits, self._misses, self._seconds, len(self._idle))

    def clear(self) -> None:
        """Throw all idle programs away and start counting anew."""
        with self._lock:
            self._idle.clear()
            self._hits, self._misses, self._seconds = 0, 0, 0.0


def program_class() -> type[Program]:
    """Return the road for Keras' backend: its own, or the portable one."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from skrnn.training.tensorflow_program import TensorFlowProgram

        return TensorFlowProgram
    if backend == "jax":
        from skrnn.training.jax_program import JaxProgram

        return JaxProgram
    from skrnn.training.keras_program import KerasProgram

    return KerasProgram


program_cache = ProgramCache()
