"""`RNNTagger` with the settings of settings.py against its peers, on the same data in one run.

Without --test it scores what is held out of the training data, and leaves the test parts alone.

    pip install "skrnn[benchmarks]"
    SKRNN_DATA=/path/to/data python docs/benchmarks/tagging/compare.py [ewt] [chunks] [arem] [--seeds 0 1 2] [--test]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from peers import TASKS, Task, peer_of
from settings import tagger

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import Result, in_turn, print_results, seconds

# Least score, and for text least share of the peer's speed.
TARGETS = {"ewt": 0.950, "chunks": 0.942, "arem": None}
LEAST_SPEED = 0.5
MOST_SECONDS = 360  # of a fit on EWT


def fit(name: str, model: Any, task: Task) -> tuple[float, float]:
    """Fit and score: the score, and the seconds of the fit."""
    begin = time.perf_counter()
    model.fit(task.X, task.y)
    duration = time.perf_counter() - begin
    score = task.score(task.y_test, model.predict(task.X_test))
    print(f"  {name}: {task.name_of_score} {score:.4f}, fit {duration:.1f} s", flush=True)
    return score, duration


def speeds(models: dict[str, Any], task: Task, repeats: int) -> dict[str, float]:
    """Steps a second of each, by the median of predictions in turn; features are made anew each time."""
    calls = {name: lambda model=model: seconds(lambda: model.predict(task.X_test)) for name, model in models.items()}
    steps = sum(map(len, task.X_test))
    found = {name: steps / float(np.median(times)) for name, times in in_turn(calls, repeats).items()}
    for name, speed in found.items():
        print(f"  {name}: {speed:,.0f} steps a second", flush=True)
    return found


def compare(name: str, task: Task, seeds: list[int], repeats: int) -> list[Result]:
    """Lines of the table for a task."""
    print(f"\n{name}: {len(task.X)} sequences, {len(task.X_test)} for the score", flush=True)
    peer, ours = peer_of(name), [tagger(name, random_state=seed) for seed in seeds]
    peer_score, peer_seconds = fit(type(peer).__name__, peer, task)
    fits = [fit(f"RNNTagger, seed {seed}", model, task) for seed, model in zip(seeds, ours)]
    scores, durations = (list(column) for column in zip(*fits))
    found = speeds({"peer": peer, "ours": ours[0]}, task, repeats)
    return [
        _score_line(name, task, scores, f"{type(peer).__name__} {peer_score:.4f}", peer_score),
        Result(
            f"{name}, fit",
            f"{np.median(durations):.0f} s",
            f"{peer_seconds:.0f} s",
            f"{np.median(durations):.0f} s",
            *((f"at most {MOST_SECONDS} s", max(durations) <= MOST_SECONDS) if name == "ewt" else ()),
        ),
        Result(
            f"{name}, steps tagged in a second",
            f"{found['ours']:,.0f}",
            f"{found['peer']:,.0f}",
            f"{found['ours'] / found['peer']:.2f}x",
            *((f"at least {LEAST_SPEED:g}x", found["ours"] / found["peer"] >= LEAST_SPEED) if name != "arem" else ()),
        ),
    ]


def _score_line(name: str, task: Task, scores: list[float], peer: str, peer_score: float) -> Result:
    least, mean = TARGETS[name], float(np.mean(scores))
    line = Result(f"{name}, {task.name_of_score}", ", ".join(f"{s:.4f}" for s in scores), peer, f"mean {mean:.4f}")
    line.target = "ahead" if least is None else f"at least {least:.3f}"
    line.met = mean > peer_score if least is None else mean >= least
    return line


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(TASKS)}; default: all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the tagger; default: 0 1 2")
    parser.add_argument("--repeats", type=int, default=5, help="predictions that speed is the median of; default: 5")
    parser.add_argument("--limit", type=int, help="fit on so many sequences only, to see that all runs")
    parser.add_argument("--test", action="store_true", help="score the test part")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.tasks if name not in TASKS]
    if unknown:
        parser.error(f"tasks are {', '.join(TASKS)}. Got {', '.join(unknown)}.")
    lines = []
    for name in chosen.tasks or TASKS:
        task = TASKS[name](test=chosen.test)
        task.X, task.y = task.X[: chosen.limit], task.y[: chosen.limit]
        lines += compare(name, task, chosen.seeds, chosen.repeats)
    print_results(lines)


if __name__ == "__main__":
    main()
