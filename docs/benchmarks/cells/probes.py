"""Probes of memory for every recurrence: the adding problem, copying memory, digits by rows and by pixels.

All cells get the same number of weights, as near as whole units allow: cells whose units do not see each other (linear
recurrences, IndRNN and mLSTM) in two layers, the others in one. Of two learning rates the better one on a validation
part, with the first seed, is taken for all seeds; all else is the same for all. Scores are on test parts that nothing
was chosen on. Each fit runs on one core, two beside each other; `time` measures epochs of one task alone, on all cores.
The echo state network learns its read-out alone, in closed form, and by gradient where there is a label at each step.

    python docs/benchmarks/cells/probes.py run probes.csv [--cells lstm gru] [--tasks adding-100]
    python docs/benchmarks/cells/probes.py time times.csv [--cells lstm gru]
    python docs/benchmarks/cells/probes.py table probes.csv times.csv
    python docs/benchmarks/cells/probes.py tune tuned.csv [--cells cornn ltc]
    python docs/benchmarks/cells/probes.py tuned tuned.csv

`run`, `time` and `tune` append to the file and skip what is in it. `tune` tries other options of the cells whose
defaults, those of their papers, do not suit the adding problem, and `tuned` prints what it found.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

WEIGHTS = 6000
RATES = (0.003, 0.01)
RESERVOIR = 500  # units of "esn", of which the read-out alone is learned, in closed form
OPTIONS = {"cfc": {"backbone_units": 32}}  # whose default, 128, leaves no weights for units
TIMED = "adding-100"  # the task whose epochs are timed
# What `tune` tries beside the defaults. "time" is no option of the cell: each step gets a time stamp, so many units
# after the one before, as a feature of its own.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "antisymmetric": [{"epsilon": e, "gated": gated} for e in (0.03, 0.1, 0.3) for gated in (False, True)],
    "cfc": [{"mode": "no_gate"}, {"mode": "pure"}, {"backbone_layers": 0}, {"time": 0.1}, {"time": 0.01}],
    "clockwork": [{"periods": p} for p in ([1, 2, 4, 8], [1, 4, 16, 64], [1, 8, 64])] + [{"activation": "relu"}],
    "cornn": [
        dict(zip(("dt", "gamma", "epsilon"), values))
        for values in ((0.1, 2.7, 4.7), (0.25, 1.0, 1.0), (0.5, 1.0, 1.0), (0.06, 66.0, 15.0), (1.0, 0.5, 0.5))
    ],
    "hgrn": [{"gate_activation": "sigmoid"}],
    "irnn": [{"kernel_initializer": "glorot_uniform"}, {"scale": 0.95, "kernel_initializer": "glorot_uniform"}],
    "lmu": [{"order": 32}, {"order": 64}, {"activation": "relu"}],
    "ltc": [{"time": 0.1}, {"time": 0.03}, {"time": 0.01}],
}
TUNED = ("adding-100", "digits-pixels")


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
    "digits-rows": Task(lambda: digits(False), "classifier", 20, 3),
    "copying": Task(copying, "tagger", 20, 3),
    "adding-100": Task(lambda: adding(100), "regressor", 12, 3),
    "digits-pixels": Task(lambda: digits(True), "classifier", 40, 3),
    "adding-400": Task(lambda: adding(400), "regressor", 8, 2, "adding-100"),
}


def count(cell: str, units: Any, n_features: int, options: dict[str, Any]) -> int:
    """Trainable weights of a stack of recurrences."""
    from skrnn.layers import RecurrenceSpec

    total, width = 0, n_features
    for size in units if isinstance(units, tuple) else (units,):
        layer = RecurrenceSpec.from_cell(cell, size, options).make(True, False, fused=False)
        layer.build((None, None, width))
        total += sum(v.shape.num_elements() for v in layer.trainable_variables)
        width = layer.cell.output_size
    return total


def units_for(cell: str, n_features: int, options: dict[str, Any]) -> Any:
    """The most units whose weights keep to `WEIGHTS`."""
    from skrnn.cells import CELLS, LinearCell

    if cell == "esn":
        return RESERVOIR
    layers = 2 if issubclass(CELLS[cell], LinearCell) or cell in ("indrnn", "mlstm") else 1
    low, high = len(options.get("periods", [0])), 512
    while high - low > 1:
        middle = (low + high) // 2
        fits = count(cell, (middle,) * layers, n_features, options) <= WEIGHTS
        low, high = (middle, high) if fits else (low, middle)
    return (low,) * layers


def fit(task: str, cell: str, rate: float, seed: int, own: dict[str, Any] | None = None) -> dict[str, Any]:
    """One fit and its scores, with options of the cell in the place of `OPTIONS`."""
    from skrnn import RNNClassifier, RNNRegressor, RNNTagger

    chosen = TASKS[task]
    of_cell = {**OPTIONS.get(cell, {}), **(own or {})}
    unit = of_cell.pop("time", None)
    (X, y), held, test = chosen.data()
    if unit is not None:
        of_cell["time_feature"] = X[0].shape[-1]
        X, held, test = stamped(X, unit), (stamped(held[0], unit), held[1]), (stamped(test[0], unit), test[1])
    units = units_for(cell, X[0].shape[-1], of_cell)
    options: dict[str, Any] = {"epochs": chosen.epochs, "learning_rate": rate, "random_state": seed}
    if cell == "esn" and chosen.kind == "tagger":
        options["learning_rate"] = RATES[-1]
    elif cell == "esn":
        options = {"readout": "ridge", "random_state": seed}
    if chosen.kind == "tagger":
        options["head"] = "softmax"
    estimator = {"classifier": RNNClassifier, "regressor": RNNRegressor, "tagger": RNNTagger}[chosen.kind]
    options |= {f"cell__{k}": v for k, v in of_cell.items()}
    model = estimator(cell, units=units, **options)
    try:
        model.fit(X, y)
        validation, test_score = (float(model.score(*part)) for part in (held, test))
    except ValueError as error:
        if "must stay finite" not in str(error):
            raise
        validation, test_score = -math.inf, math.nan  # training diverged
    return {
        "task": task,
        "cell": cell,
        "rate": rate,
        "seed": seed,
        "validation": round(validation, 4),
        "test": round(test_score, 4),
        "weights": count(cell, units, X[0].shape[-1], of_cell),
        "units": "+".join(map(str, units if isinstance(units, tuple) else (units,))),
        **({} if own is None else {"options": json.dumps(own)}),
    }


def stamped(X: Any, unit: float) -> list[Any]:
    """Sequences (T, D) with the time of each step as their last feature."""
    import numpy as np

    return [np.column_stack([x, unit * np.arange(1, len(x) + 1)]) for x in X]


def work(jobs: Any, results: Any, core: int) -> None:
    """Fit what comes, on one core."""
    os.sched_setaffinity(0, {core})
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    for job in iter(jobs.get, None):
        try:
            results.put((job, fit(*job)))
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
    jobs, results = start(cores)
    waiting: set[tuple[str, str, float, int]] = set()

    def add(*job: Any) -> None:
        if job not in done and job not in waiting:
            jobs.put(job)
            waiting.add(job)

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
        job, result = take(results, path)
        waiting.discard(job)
        if result is not None:
            done[job] = result["validation"]
            if job[3] == 0:
                more_seeds(job[0], job[1])


def start(cores: list[int]) -> tuple[Any, Any]:
    """A queue of jobs and one of results, with a worker on each core between them, which ends with this process."""
    context = multiprocessing.get_context("spawn")
    jobs, results = context.Queue(), context.Queue()
    for core in cores:
        context.Process(target=work, args=(jobs, results, core), daemon=True).start()
    return jobs, results


def take(results: Any, path: Path) -> tuple[Any, dict[str, Any] | None]:
    """Wait for a job and its result, and write it to the file; without a result its error was told."""
    job, result = results.get()
    if isinstance(result, str):
        print(job, result, file=sys.stderr, flush=True)
        return job, None
    append(path, result)
    print(*result.values(), flush=True)
    return job, result


def tune(path: Path, cells: list[str], cores: list[int]) -> None:
    """Fit all variants, with the first seed and each rate."""
    done = {(r["task"], r["cell"], float(r["rate"]), r["options"]) for r in read(path)}
    jobs, results = start(cores)
    waiting = 0
    for task, cell in product(TUNED, [cell for cell in cells if cell in VARIANTS]):
        for own, rate in product([{}, *VARIANTS[cell]], RATES):
            if (task, cell, rate, json.dumps(own)) not in done:
                jobs.put((task, cell, rate, 0, own))
                waiting += 1
    for _ in range(waiting):
        take(results, path)


def tuned(path: Path) -> None:
    """Print one row a variant: the test score of the rate that was better on the validation part."""
    rows = read(path)
    print("| cell | options | " + " | ".join(TUNED) + " |")
    print("|---" * (len(TUNED) + 2) + "|")
    for cell, own in dict.fromkeys((r["cell"], r["options"]) for r in sorted(rows, key=lambda r: r["cell"])):
        line = [f"`{cell}`", ", ".join(f"`{k}={v!r}`" for k, v in json.loads(own).items()) or "default"]
        for task in TUNED:
            found = [r for r in rows if (r["task"], r["cell"], r["options"]) == (task, cell, own)]
            line.append(max(found, key=lambda r: float(r["validation"]))["test"] if found else "")
        print("| " + " | ".join(line) + " |")


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
        RNNRegressor(cell, units=units_for(cell, 2, OPTIONS.get(cell, {})), random_state=0, **options).fit(X, y)
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
            mean = sum(scores) / len(scores) if scores else None
            line.append("" if mean is None else "diverged" if math.isnan(mean) else f"{mean:.3f}{spread}")
            last = kept[0] if kept and (task == TIMED or not last) else last
        timed = seconds.get(cell, {})
        line += [last.get("units", ""), last.get("weights", ""), timed.get("epoch_s", ""), timed.get("first_s", "")]
        print("| " + " | ".join(line) + " |")


def chosen_rate(rows: list[dict[str, str]], task: str, cell: str) -> str | None:
    first = [r for r in rows if r["cell"] == cell and r["task"] == task and r["seed"] == "0"]
    return max(first, key=lambda r: float(r["validation"]))["rate"] if first else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "time", "table", "tune", "tuned"))
    parser.add_argument("file", type=Path)
    parser.add_argument("times", type=Path, nargs="?")
    parser.add_argument("--cells", nargs="+")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--cores", nargs="+", type=int, default=sorted(os.sched_getaffinity(0))[:2])
    chosen = parser.parse_args()
    if chosen.what == "table":
        table(chosen.file, chosen.times)
        return
    if chosen.what == "tuned":
        tuned(chosen.file)
        return
    if chosen.cells is None:
        from skrnn.cells import CELLS

        chosen.cells = sorted(CELLS)
    if chosen.what == "time":
        time_epochs(chosen.file, chosen.cells)
    elif chosen.what == "tune":
        tune(chosen.file, chosen.cells, chosen.cores)
    else:
        run(chosen.file, chosen.cells, chosen.tasks, chosen.cores)


if __name__ == "__main__":
    main()
