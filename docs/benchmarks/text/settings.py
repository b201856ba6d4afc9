"""What the scripts share: versions and machine, in words."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

PACKAGES = ("skrnn", "tensorflow", "keras", "scikit-learn", "numpy")


def measured_with() -> str:
    """Versions and machine, in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"\nPython {platform.python_version()}, {found}; {cores} CPU cores, load {os.getloadavg()[0]:.1f}."
