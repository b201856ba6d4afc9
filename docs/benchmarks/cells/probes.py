"""Probes of memory for every recurrence: the adding problem, copying memory, digits by rows and by pixels.

All cells get the same number of weights, as near as whole units allow: cells whose units do not see each other (linear
recurrences, IndRNN and mLSTM) in two layers, the others in one. Of two learning rates the better one on a validation
part, with the first seed, is taken for all seeds; all else is the same for all. Scores are on test parts that nothing
was chosen on. Each fit runs on one core, two beside each other; `time` measures epochs of one task alone, on all cores.
The echo state network learns its read-out alone, in closed form, and by gradient where there is a label at each step.

    python docs/benchmarks/cells/probes.py run probes.csv [--cells lstm gru] [--tasks adding-100]
    python docs/benchmarks/cells/probes.py time times.csv [--cells lstm gru]
    python docs/benchmarks/cells/probes.py table probes.csv times.csv

`run` and `time` append to the file and skip what is in it.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

WEIGHTS = 6000
RATES = (0.003, 0.01)
RESERVOIR = 500  # units of "esn", of which the read-out alone is learned, in closed form
OPTIONS = {"cfc": {"backbone_units": 32}}  # whose default, 128, leaves no weights for units
TIMED = "adding-100"  # the task whose epochs are timed


class Task(NamedTuple):
    """What is learned.

    `data` gives (X, y) for training, validation and test; `seeds` how many fits; `rates_of` the task whose learning
    rate is taken over, where it is not chosen here.
    """

    data: Callable[[], list[tuple[Any, Any]]]
    kind: str
    epochs: int
    seeds: int
    rates_of: str | None = None


def adding(length: int) -> list[tuple[Any, Any]]:
    from skrnn.datasets import make_adding_problem

    return [make_adding_problem(n, length, random_state=seed) for seed, n in enumerate((4000, 500, 1000))]


def copying() -> list[tuple[Any, Any]]:
    from skrnn.datasets import make_copying_memory

    return [make_copying_memory(n, 20, 5, random_state=seed) for seed, n in enumerate((4000, 500, 1000))]


def digits(pixels: bool) -> list[tuple[Any, Any]]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pictures = load_digits()
    X = pictures.images / 16.0
    X = X.reshape(len(X), 64, 1) if pixels else X
    X, X_test, y, y_test = train_test_split(X, pictures.target, test_size=500, stratify=pictures.target, random_state=0)
    X, X_held, y, y_held = train_test_split(X, y, test_size=200, stratify=y, random_state=0)
    return [(X, y), (X_held, y_held), (X_test, y_test)]


TASKS = {
    "digits-rows": Task(lambda: digits(False), "classifier", 20, 2),
    "copying": Task(copying, "tagger", 20, 2),
    "adding-100": Task(lambda: adding(100), "regressor", 12, 2),
    "digits-pixels": Task(lambda: digits(True), "classifier", 40, 2),
    "adding-400": Task(lambda: adding(400), "regressor", 8, 1, "adding-100"),
}


def count(cell: str, units: Any, n_features: int) -> int:
    """Trainable weights of a stack of recurrences."""
    from skrnn.layers import RecurrenceSpec

    total, width = 0, n_features
    for size in units if isinstance(units, tuple) else (units,):
        layer = RecurrenceSpec.from_cell(cell, size, OPTIONS.get(cell)).make(True, False, fused=False)
        layer.build((None, None, width))
        total += sum(v.shape.num_elements() for v in layer.trainable_variables)
        width = layer.cell.output_size
    return total


def units_for(cell: str, n_features: int) -> Any:
    """The most units whose weights keep to `WEIGHTS`."""
    from skrnn.cells import CELLS, LinearCell

    if cell == "esn":
        return RESERVOIR
    layers = 2 if issubclass(CELLS[cell], LinearCell) or cell in ("indrnn", "mlstm") else 1
    low, high = 1, 512
    while high - low > 1:
        middle = (low + high) // 2
        fits = count(cell, (middle,) * layers, n_features) <= WEIGHTS
        low, high = (middle, high) if fits else (low, middle)
    return (low,) * layers


def fit(task: str, cell: str, rate: float, seed: int) -> dict[str, Any]:
    """One fit and its scores."""
    from skrnn import RNNClassifier, RNNRegressor, RNNTagger

    chosen = TASKS[task]
    (X, y), held, test = chosen.data()
    units = units_for(cell, X[0].shape[-1])
    options: dict[str, Any] = {"epochs": chosen.epochs, "learning_rate": rate, "random_state": seed}
    if cell == "esn" and chosen.kind == "tagger":
        options["learning_rate"] = RATES[-1]
    elif cell == "esn":
        options = {"readout": "ridge", "random_state": seed}
    if chosen.kind == "tagger":
        options["head"] = "softmax"
    estimator = {"classifier": RNNClassifier, "regressor": RNNRegressor, "tagger": RNNTagger}[chosen.kind]
    options |= {f"cell__{k}": v for k, v in OPTIONS.get(cell, {}).items()}
    model = estimator(cell, units=units, **options).fit(X, y)
    return {
        "task": task,
        "cell": cell,
        "rate": rate,
        "seed": seed,
        "validation": round(float(model.score(*held)), 4),
        "test": round(float(model.score(*test)), 4),
        "weights": count(cell, units, X[0].shape[-1]),
        "units": "+".join(map(str, units if isinstance(units, tuple) else (units,))),
    }


def work(jobs: Any, results: Any, core: int) -> None:
    """Fit what comes, on one core."""
    os.sched_setaffinity(0, {core})
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    for job in iter(jobs.get, None):
        try:
            results.put(fit(*job))
        except Exception as error:  # told, and the others go on
            results.put((job, repr(error)))


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open() as file:
        return list(csv.DictReader(file))


def run(path: Path, cells: list[str], tasks: list[str], cores: list[int]) -> None:
    """Fit all that is not in the file."""
    done = {(r["task"], r["cell"], float(r["rate"]), int(r["seed"])): float(r["validation"]) for r in read(path)}
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    workers = [context.Process(target=work, args=(jobs, results, core), daemon=True) for core in cores]
    for worker in workers:
        worker.start()
    waiting = 0

    def add(task: str, cell: str, rate: float, seed: int) -> None:
        nonlocal waiting
        if (task, cell, rate, seed) not in done:
            jobs.put((task, cell, rate, seed))
            waiting += 1

    def best(task: str, cell: str) -> float | None:
        scores = {rate: done.get((task, cell, rate, 0)) for rate in rates(cell)}
        known = {rate: score for rate, score in scores.items() if score is not None}
        return max(known, key=known.__getitem__) if len(known) == len(scores) else None

    def rates(cell: str) -> tuple[float, ...]:
        return (0.0,) if cell == "esn" else RATES

    def more_seeds(task: str, cell: str) -> None:
        rate = best(task, cell)
        for seed in range(1, TASKS[task].seeds) if rate is not None else ():
            add(task, cell, rate, seed)
        for other in tasks:
            if TASKS[other].rates_of == task and rate is not None:
                for seed in range(TASKS[other].seeds):
                    add(other, cell, rate, seed)

    for task in tasks:
        for cell in cells:
            if TASKS[task].rates_of is None:
                for rate in rates(cell):
                    add(task, cell, rate, 0)
            more_seeds(TASKS[task].rates_of or task, cell)
    while waiting:
        result = results.get()
        waiting -= 1
        if isinstance(result, tuple):
            print(*result, file=sys.stderr, flush=True)
            continue
        append(path, result)
        print(*result.values(), flush=True)
        new = (result["task"], result["cell"], result["rate"], result["seed"])
        done[new] = result["validation"]
        if new[3] == 0:
            more_seeds(new[0], new[1])
    for _ in workers:
        jobs.put(None)


def time_epochs(path: Path, cells: list[str]) -> None:
    """Seconds of an epoch of `TIMED`, the median of those after the first, and of the first with all before it."""
    import keras
    import numpy as np

    from skrnn import RNNRegressor

    (X, y), *_ = TASKS[TIMED].data()
    done = {r["cell"] for r in read(path)}
    for cell in cells:
        if cell in done:
            continue
        ends = [time.perf_counter()]

        class Clock(keras.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None, ends: list[float] = ends) -> None:
                ends.append(time.perf_counter())

        options = {"readout": "ridge"} if cell == "esn" else {"epochs": 4, "callbacks": Clock(), "jit_compile": True}
        options |= {f"cell__{k}": v for k, v in OPTIONS.get(cell, {}).items()}
        RNNRegressor(cell, units=units_for(cell, 2), random_state=0, **options).fit(X, y)
        seconds = np.diff(ends) if len(ends) > 1 else np.array([time.perf_counter() - ends[0]] * 2)
        row = {"cell": cell, "epoch_s": round(float(np.median(seconds[1:])), 3), "first_s": round(seconds[0], 2)}
        append(path, row)
        print(*row.values(), flush=True)


def append(path: Path, row: dict[str, Any]) -> None:
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def table(path: Path, times: Path | None) -> None:
    """Print one row a cell: mean and range of the test scores of the seeds, seconds of an epoch, weights."""
    rows = read(path)
    seconds = {r["cell"]: r for r in read(times)} if times else {}
    tasks = [task for task in TASKS if any(r["task"] == task for r in rows)]
    print("| cell | " + " | ".join(tasks) + " | units | weights | s an epoch | first |")
    print("|---" * (len(tasks) + 5) + "|")
    for cell in sorted({r["cell"] for r in rows}):
        line = [f"`{cell}`"]
        last: dict[str, str] = {}
        for task in tasks:
            rate = chosen_rate(rows, TASKS[task].rates_of or task, cell)
            kept = [r for r in rows if (r["cell"], r["task"], r["rate"]) == (cell, task, rate)]
            scores = [float(r["test"]) for r in kept]
            spread = (
                f" ({min(scores):.2f} to {max(scores):.2f})" if scores and max(scores) - min(scores) >= 0.01 else ""
            )
            line.append(f"{sum(scores) / len(scores):.3f}{spread}" if scores else "")
            last = kept[0] if kept and (task == TIMED or not last) else last
        timed = seconds.get(cell, {})
        line += [last.get("units", ""), last.get("weights", ""), timed.get("epoch_s", ""), timed.get("first_s", "")]
        print("| " + " | ".join(line) + " |")


def chosen_rate(rows: list[dict[str, str]], task: str, cell: str) -> str | None:
    first = [r for r in rows if r["cell"] == cell and r["task"] == task and r["seed"] == "0"]
    return max(first, key=lambda r: float(r["validation"]))["rate"] if first else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "time", "table"))
    parser.add_argument("file", type=Path)
    parser.add_argument("times", type=Path, nargs="?")
    parser.add_argument("--cells", nargs="+")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--cores", nargs="+", type=int, default=sorted(os.sched_getaffinity(0))[:2])
    chosen = parser.parse_args()
    if chosen.what == "table":
        table(chosen.file, chosen.times)
        return
    if chosen.cells is None:
        from skrnn.cells import CELLS

        chosen.cells = sorted(CELLS)
    if chosen.what == "time":
        time_epochs(chosen.file, chosen.cells)
    else:
        run(chosen.file, chosen.cells, chosen.tasks, chosen.cores)


if __name__ == "__main__":
    main()
