"""What all rows share: data, calls in turn, medians, ratios, the table, and what it was measured with."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("skrnn", "tensorflow", "keras", "scikit-learn", "scikeras", "torch", "skorch", "numpy")
# Of other work. PyTorch in particular suffers from it, as its threads wait for each other.
LOAD = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
HEAD = "| Row | skrnn | Compared with | Measured | Target | Met |\n|---|---|---|---|---|---|"


@dataclass
class Result:
    """One line of the table; without a target it is there for information."""

    row: str
    ours: str
    other: str
    measured: str
    target: str = "-"
    met: bool | None = None

    def __str__(self) -> str:
        met = "-" if self.met is None else "yes" if self.met else "**no**"
        return f"| {self.row} | {self.ours} | {self.other} | {self.measured} | {self.target} | {met} |"


def command_line(description: str | None, repeats: int) -> argparse.ArgumentParser:
    """What every row reads: how many repeats."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=repeats, help=f"default: {repeats}")
    return parser


def made_up(n: int, t: int, d: int, classes: int = 5, seed: int = 0) -> tuple[NDArray, NDArray]:
    """N sequences of noise (N, T, D), float32, and the feature with the largest mean as their class."""
    X = np.random.default_rng(seed).normal(size=(n, t, d)).astype(np.float32)
    return X, X[:, :, :classes].mean(axis=1).argmax(axis=1)


def seconds(call: Callable[[], Any]) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def in_turn(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[Any]]:
    """What the calls return, one after the other, each repeat beginning with the next of them.

    A machine that gets slower in between does so for all.
    """
    found: dict[str, list[Any]] = {name: [] for name in calls}
    names = list(calls)
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(calls[name]())
    return found


def text(duration: float) -> str:
    """Seconds or milliseconds, three digits."""
    value, unit = (duration, "s") if abs(duration) >= 1 else (1000 * duration, "ms")
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def show(name: str, durations: Sequence[float]) -> None:
    """Print the median and the range."""
    spread = f"{text(min(durations))} to {text(max(durations))}, {len(durations)} measured"
    print(f"  {name}: median {text(float(np.median(durations)))} ({spread})", flush=True)


def compare(
    row: str, ours: Sequence[float], name: str, other: Sequence[float], at_least: float | None = None
) -> Result:
    """How many times as long the other takes, by medians."""
    a, b = float(np.median(ours)), float(np.median(other))
    line = Result(row, text(a), f"{name} {text(b)}", f"{b / a:.2f}x")
    if at_least is not None:
        line.target, line.met = f"at least {at_least:g}x", b / a >= at_least
    return line


def print_results(results: Sequence[Result]) -> None:
    """Print lines of the table, and what they were measured with."""
    print("\n" + HEAD)
    for line in results:
        print(line)
    print("\n" + measured_with(), flush=True)


def measured_with() -> str:
    """Versions and machine, in words."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{', '.join(found)}; {cores} CPU cores ({_processor()}), {LOAD} before."


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    names = [line for line in listed.read_text().splitlines() if "model name" in line] if listed.exists() else []
    return names[0].split(":", 1)[1].strip() if names else platform.processor() or platform.machine()


def fresh_process(*arguments: str) -> tuple[float, str]:
    """Run Python anew, and give the seconds of the whole process and what it printed."""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    duration = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return duration, done.stdout
