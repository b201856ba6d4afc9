"""Where the backend can run: not in a process that was forked after it had started its threads."""

from __future__ import annotations

import os

import keras

from skrnn.keras_objects.private import is_backend_initialized

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def check_process() -> None:
    """Make sure that the backend can run here; call it before anything that runs it.

    Raises
    ------
    RuntimeError
        In a process that was forked after the backend had run.
    """
    if _HERE.threads_lost:
        backend = keras.backend.backend()
        raise RuntimeError(
            f"skrnn cannot run in a process that was forked after {BACKENDS.get(backend, backend)} had started, whose "
            'threads stay behind so that it would hang: use joblib\'s loky backend or the "spawn" start method of '
            "multiprocessing, or fork before the first fit."
        )
    _HERE.has_run = True


class _Process:
    """What is known of this process."""

    def __init__(self) -> None:
        self.has_run = False
        self.threads_lost = False

    def forked(self) -> None:
        """Become the child of a fork."""
        self.threads_lost |= self.has_run or is_backend_initialized()


_HERE = _Process()
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_HERE.forked)
