"""What both benchmark scripts need: the command line, the search, the seeds and the table."""

from __future__ import annotations

import argparse
import math
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import sklearn
import tensorflow as tf
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skrnn


@dataclass
class Row:
    """One line of the table of results."""

    task: str
    tuned: str
    chosen: str
    tuned_on: str
    ours: str
    baseline: str
    published: str
    search_seconds: float
    fit_seconds: float


def options(description: str, tasks: Iterable[str]) -> argparse.Namespace:
    """Read the command line: which tasks, and whether a smoke run is enough."""
    tasks = list(tasks)
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(tasks)}; default: all")
    parser.add_argument("--quick", action="store_true", help="one seed and few epochs, to see that all runs")
    chosen = parser.parse_args()
    unknown = [task for task in chosen.tasks if task not in tasks]
    if unknown:
        parser.error(f"tasks are {', '.join(tasks)}. Got {', '.join(unknown)}.")
    chosen.tasks = chosen.tasks or tasks
    return chosen


def cosine(highest: float, epochs: int) -> keras.callbacks.Callback:
    """Lower the learning rate from epoch to epoch along half a cosine: less noise in the last weights."""
    return keras.callbacks.LearningRateScheduler(partial(_cosine_rate, highest, epochs))


def _cosine_rate(highest: float, epochs: int, epoch: int, rate: float) -> float:
    return highest * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))


def search(pipeline: Any, grid: Any, X: Any, y: Any, *, scoring: Any, cv: Any) -> tuple[GridSearchCV, float]:
    """Search the grid on training data, without the refit; also the seconds it took."""
    begin = time.perf_counter()
    found = GridSearchCV(pipeline, grid, scoring=scoring, cv=cv, refit=False, error_score="raise").fit(X, y)
    seconds = time.perf_counter() - begin
    means, stds = found.cv_results_["mean_test_score"], found.cv_results_["std_test_score"]
    for i in np.argsort(-means):
        print(f"  {means[i]: .4f} +- {stds[i]:.4f}  {short(found.cv_results_['params'][i])}", flush=True)
    return found, seconds


def over_seeds(
    pipeline: Any, params: dict[str, Any], seeds: Sequence[int], fit_and_score: Callable[[Any], float]
) -> tuple[list[float], float]:
    """Fit the chosen candidate anew with each seed: its scores, and the seconds of one fit and score."""
    last_step = pipeline.steps[-1][0]
    scores, begin = [], time.perf_counter()
    for seed in seeds:
        model = clone(pipeline).set_params(**params, **{f"{last_step}__random_state": seed})
        scores.append(fit_and_score(model))
        print(f"  seed {seed}: {scores[-1]:.4f}", flush=True)
    return scores, (time.perf_counter() - begin) / len(seeds)


def spread(scores: Sequence[float], digits: int = 3) -> str:
    """Mean and standard deviation over seeds (N - 1 in the denominator)."""
    mean = f"{np.mean(scores):.{digits}f}"
    return f"{mean} ± {np.std(scores, ddof=1):.{digits}f}" if len(scores) > 1 else f"{mean} (one seed)"


def short(params: dict[str, Any]) -> str:
    """Parameters without the names of the pipeline's steps; callbacks have no short form."""
    named = ((name.split("__", 1)[-1], value) for name, value in params.items())
    return ", ".join(f"{name}={value}" for name, value in named if name != "callbacks")


def print_table(rows: Sequence[Row]) -> None:
    """Print the results as Markdown."""
    heads = ("Task", "Tuned (chosen)", "Tuned on", "Test score", "Baseline", "Published", "Search", "One fit")
    print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        cells = (
            row.task,
            f"{row.tuned} ({row.chosen})",
            row.tuned_on,
            f"**{row.ours}**",
            row.baseline,
            row.published,
            f"{row.search_seconds:.0f} s",
            f"{row.fit_seconds:.1f} s",
        )
        print("| " + " | ".join(cells) + " |")


def print_versions() -> None:
    """Print what the numbers were measured with."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"\nPython {platform.python_version()}, TensorFlow {tf.__version__}, Keras {keras.__version__}, "
        f"scikit-learn {sklearn.__version__}, skrnn {skrnn.__version__}; {cpus} CPU cores, "
        f"{len(tf.config.list_physical_devices('GPU'))} GPUs."
    )
