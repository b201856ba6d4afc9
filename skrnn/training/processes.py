"""Where the backend can run: not in a process that was forked after it had started its threads."""

from __future__ import annotations

import os
import sys
from typing import Any

import keras

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
        self.threads_lost |= self.has_run or _is_initialized()


def _is_initialized() -> bool:
    """Whether somebody else ran TensorFlow or JAX, if only to make a Keras optimizer.

    Neither says so in public. A name that a later version lacks counts as not run; then the fits of skrnn decide.
    """
    context: Any = sys.modules.get("tensorflow.python.eager.context")
    bridge: Any = sys.modules.get("jax._src.xla_bridge")
    tensorflow = getattr(getattr(context, "_context", None), "_initialized", False)
    return bool(tensorflow or getattr(bridge, "_backends", False))


_HERE = _Process()
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_HERE.forked)
