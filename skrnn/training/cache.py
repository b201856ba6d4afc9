"""The one bounded cache of compiled programs in a process."""

from __future__ import annotations

import numbers
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple

import keras

from skrnn.keras_objects.private import release_kernels
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.training.plan import Plan
from skrnn.training.processes import check_process
from skrnn.training.program import Program

# Programs that are evicted before what TensorFlow keeps of them is given back: after that the others are prepared anew.
RELEASED_AT_ONCE = 16

FUNCTIONS = ("train", "evaluate", "forward")


class CacheInfo(NamedTuple):
    """Counts of a `ProgramCache` since it was last cleared.

    Attributes
    ----------
    hits, misses : int
        Programs that lay idle when they were wanted, and programs that had to be built.
    compile_seconds : float
        Spent in building programs and in the first call of each of their functions (an epoch, an evaluation, a
        prediction), which compiles it. What that call computes is in it too.
    idle : int
        Programs that lie idle now.
    """

    hits: int
    misses: int
    compile_seconds: float
    idle: int


class ProgramCache:
    """Programs by what is baked into them, lent to one user at a time.

    Two fits of one architecture in two threads get a program each, so neither disturbs the other. A program whose
    user failed is thrown away. Each process has its own.

    Parameters
    ----------
    limit : int, default=16
        Idle programs kept; beyond it the one unused for longest goes. 0 keeps none.

    Examples
    --------
    >>> from skrnn.training import program_cache
    >>> program_cache.clear()
    >>> program_cache.info()
    CacheInfo(hits=0, misses=0, compile_seconds=0.0, idle=0)
    >>> with program_cache.bounded(4):
    ...     program_cache.limit
    4
    >>> program_cache.limit
    16
    """

    def __init__(self, limit: int = 16) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[Any, Program]] = OrderedDict()
        self._hits, self._misses, self._seconds = 0, 0, 0.0
        self._evicted = 0
        self._limit = _checked(limit)
        self._bounds: OrderedDict[object, int] = OrderedDict()

    @property
    def limit(self) -> int:
        """Idle programs kept now. Inside `bounded` a new limit waits for the end of the ``with``."""
        with self._lock:
            return self._bound()

    @limit.setter
    def limit(self, limit: int) -> None:
        limit = _checked(limit)
        with self._lock:
            self._limit = limit
            self._evict()

    @contextmanager
    def bounded(self, limit: int) -> Iterator[ProgramCache]:
        """Keep another number of idle programs for the length of a ``with``.

        Parameters
        ----------
        limit : int
            Idle programs kept, in all threads. Of several such limits the one set last holds.
        """
        token, limit = object(), _checked(limit)
        with self._lock:
            self._bounds[token] = limit
            self._evict()
        try:
            yield self
        finally:
            with self._lock:
                del self._bounds[token]
                self._evict()

    @contextmanager
    def borrow(self, plan: Plan) -> Iterator[Program]:
        """Lend a program for the plan, built if none is idle, for the length of a ``with``.

        Parameters
        ----------
        plan : Plan
            What to run.

        Raises
        ------
        RuntimeError
            In a process that was forked after the backend had run.
        """
        check_process()
        program = self._take(plan.key) or self._build(plan)
        yield program
        with self._lock:
            self._idle[id(program)] = (plan.key, program)
            self._evict()

    def _build(self, plan: Plan) -> Program:
        start = time.perf_counter()
        with keras_seeds():  # one build at a time
            program = program_class()(plan)
        self._count_compiling(time.perf_counter() - start)
        with self._lock:
            self._misses += 1
        for name in FUNCTIONS:
            self._time_first_call(program, name)
        return program

    def _time_first_call(self, program: Program, name: str) -> None:
        function = getattr(program, name)

        @wraps(function)
        def first_call(*args: Any) -> Any:
            delattr(program, name)
            start = time.perf_counter()
            result = function(*args)
            self._count_compiling(time.perf_counter() - start)
            return result

        setattr(program, name, first_call)

    def _count_compiling(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds

    def _take(self, key: Any) -> Program | None:
        with self._lock:
            for name in reversed(self._idle):
                if self._idle[name][0] == key:
                    self._hits += 1
                    return self._idle.pop(name)[1]
        return None

    def info(self) -> CacheInfo:
        """Hits, misses, seconds spent in compiling, and programs that lie idle."""
        with self._lock:
            return CacheInfo(self._hits, self._misses, self._seconds, len(self._idle))

    def clear(self) -> None:
        """Throw all idle programs away and start counting anew.

        Their memory is free at Python's next collection of cycles (`gc.collect`).
        """
        with self._lock:
            self._idle.clear()
            self._release()
            self._hits, self._misses, self._seconds = 0, 0, 0.0

    def _bound(self) -> int:
        return next(reversed(self._bounds.values())) if self._bounds else self._limit

    def _evict(self) -> None:
        while len(self._idle) > self._bound():
            self._idle.popitem(last=False)
            self._evicted += 1
        if self._evicted >= RELEASED_AT_ONCE:
            self._release()

    def _release(self) -> None:
        """Give the memory back that the backend keeps for evicted programs."""
        self._evicted = 0
        if keras.backend.backend() == "tensorflow":
            release_kernels()


def _checked(limit: int) -> int:
    if not isinstance(limit, numbers.Integral) or limit < 0:
        raise ValueError(f"limit must be a whole number of programs, 0 or more. Got {limit!r}.")
    return int(limit)


def program_class() -> type[Program]:
    """Return the program for Keras' backend: its own, or the portable one."""
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
