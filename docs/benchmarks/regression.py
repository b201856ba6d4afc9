"""Errors of `RNNRegressor`: many outputs a sequence, one output a step, one output a window.

    SKRNN_DATA=/path/to/data python docs/benchmarks/regression.py [--quick] [task ...]

- ``ett``: oil temperature of a power transformer. 96 hours of 7 variables in, the next 24 hours of the
  temperature out, all at once. Months are split 12 / 4 / 4: training, validation (chooses), test.
- ``turbofans``: life left of turbofan engines, y at every cycle, one direction.
- ``turbofan_windows``: the same, from windows of the last 50 cycles to one number, both directions.

A bidirectional network must not learn y at every cycle of whole training runs: these end with the failure, so
the backward direction would count the cycles to the end and be right without looking at a sensor, and be lost
on test engines, whose records stop earlier. With one direction, the output at a cycle is the same whether the
record stops there or goes on. Windows are cut before they are seen, so both directions are fair.
"""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
from numpy.typing import NDArray
from report import Row, cosine, options, over_seeds, print_table, print_versions, search, short, spread
from sklearn.feature_selection import VarianceThreshold
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import RNNRegressor
from skrnn.datasets import data_home, load_turbofans
from skrnn.preprocessing import PerStep

SEEDS = range(5)
PAST, AHEAD, MONTH = 96, 24, 30 * 24  # hours; 30 days are a month in the usual split of this set
MAX_LIFE, SHORTEST, WINDOW = 125, 31, 50  # cycles
LIFE_PUBLISHED = "deep LSTM 16.14 (Zheng 2017) and 14.93 (arXiv 2604.27234), bidirectional 13.65 (Wang 2018)"

HIGHEST_RATE = 0.005  # of the engines, going down along a cosine

GRIDS: dict[str, dict[str, list[Any]]] = {
    "ett": {"levels": [{"drop": False}, {"drop": True}], "cell": ["lstm", "gru"], "epochs": [3, 10]},
    "turbofans": {"cell": ["lstm", "gru"], "dropout": [0.2, 0.4]},
    "turbofan_windows": {"optimizer__weight_decay": [0.3, 1.0]},
}
# The same for all candidates of a task; from first trials on training engines, some of them held out.
FIXED: dict[str, dict[str, Any]] = {
    "ett": {"units": 32, "batch_size": 64, "learning_rate": 0.001, "dropout": 0.2},
    "turbofans": {"units": 64, "epochs": 30, "batch_size": 4, "optimizer__weight_decay": 0.3},
    "turbofan_windows": {"cell": "gru", "units": 32, "bidirectional": True, "epochs": 5, "batch_size": 64},
}


def run_ett(quick: bool) -> Row:
    """Learn how far the temperature will be from its last value, in the next 24 hours."""
    table, train_end, val_end, test_end = load_hours(), 12 * MONTH, 16 * MONTH, 20 * MONTH
    table = StandardScaler().fit(table[:train_end]).transform(table)
    step = 4
    X, y = hour_windows(table, 0, train_end, step)
    X_val, y_val = hour_windows(table, train_end - PAST, val_end, step)
    X_test, y_test = (X_val, y_val) if quick else hour_windows(table, val_end - PAST, test_end, 1)
    print(f"\nett: {len(X)} windows for training, {len(X_val)} for validation, {len(X_test)} for the test")
    rnn = RNNRegressor(random_state=0, **FIXED["ett"])
    pipeline = Pipeline([("levels", FunctionTransformer(drop_levels)), ("rnn", rnn)])
    fold = PredefinedSplit(np.repeat([-1, 0], [len(X), len(X_val)]))
    both = np.concatenate([X, X_val]), np.concatenate([y, y_val])
    grid = {f"rnn__{k}": v for k, v in GRIDS["ett"].items() if k != "levels"}
    grid |= {"levels__kw_args": GRIDS["ett"]["levels"]} | ({"rnn__epochs": [1]} if quick else {})
    found, search_seconds = search(pipeline, grid, *both, scoring="neg_mean_squared_error", cv=fold)

    scores, fit_seconds = over_seeds(
        pipeline,
        found.best_params_,
        SEEDS[:1] if quick else SEEDS,
        lambda model: float(np.mean((model.fit(X, y).predict(X_test) - y_test) ** 2)),
    )
    return Row(
        task=f"ETTh1, {PAST} hours x 7 to the next {AHEAD} of OT, {len(X_test)} test windows, MSE (z-scored)",
        tuned=", ".join(GRIDS["ett"]),
        chosen=short(found.best_params_),
        tuned_on="the 4 validation months",
        ours=spread(scores, 4),
        baseline=f"last value {np.mean(y_test**2):.4f} (validation {np.mean(y_val**2):.4f})",
        published="from OT alone: LSTMa 0.114, Informer 0.098 (Zhou et al. 2021)",
        search_seconds=search_seconds,
        fit_seconds=fit_seconds,
    )


def load_hours() -> NDArray[np.float64]:
    """Read the variables by hour, (17420, 7); OT is the last."""
    with (data_home() / "ett" / "ETTh1.csv").open(newline="") as file:
        return np.array([row[1:] for row in list(csv.reader(file))[1:]], dtype=np.float64)


def hour_windows(
    table: NDArray[np.float64], begin: int, end: int, step: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut (N, PAST, 7), and the AHEAD values of OT that follow, less the last one seen: (N, AHEAD)."""
    starts = np.arange(begin, end - PAST - AHEAD + 1, step)
    X = table[starts[:, None] + np.arange(PAST)]
    future = table[starts[:, None] + PAST + np.arange(AHEAD), -1]
    return X, future - X[:, -1:, -1]


def drop_levels(X: NDArray[np.float64], drop: bool = True) -> NDArray[np.float64]:
    """Give each variable relative to its last value, (N, T, D): other seasons have levels never seen."""
    return X - X[:, -1:] if drop else X


def run_turbofans(quick: bool) -> Row:
    """Learn the life left at every cycle of whole runs; score it at the last cycle of the test engines."""
    X, y = load_turbofans("train", max_life=MAX_LIFE)
    print(f"\nturbofans: {len(X)} engines, {min(map(len, X))} to {max(map(len, X))} cycles")
    pipeline = make_pipeline_of("turbofans")
    cv = KFold(2 if quick else 3, shuffle=True, random_state=0)  # an engine is one sequence
    grids = grids_of("turbofans", quick)
    found, search_seconds = search(pipeline, grids, X, y, scoring=minus_error_at_cuts, cv=cv)

    X_test, y_test = engines_to_test(quick)
    scores, fit_seconds = over_seeds(
        pipeline,
        found.best_params_,
        SEEDS[:1] if quick else SEEDS,
        lambda model: error([steps[-1] for steps in model.fit(X, y).predict(X_test)], y_test),
    )
    mean_life = np.mean(np.concatenate([life[SHORTEST - 1 :] for life in y]))
    return Row(
        task="C-MAPSS FD001, life at the last cycle of 100 test engines, y at every cycle, RMSE (cycles)",
        tuned=", ".join(GRIDS["turbofans"]),
        chosen=short(found.best_params_),
        tuned_on=f"training engines, {cv.n_splits}-fold, cut at every cycle from the {SHORTEST}st",
        ours=spread(scores, 2),
        baseline=f"mean of the training engines {error(mean_life, y_test):.1f}",
        published=LIFE_PUBLISHED,
        search_seconds=search_seconds,
        fit_seconds=fit_seconds,
    )


def run_turbofan_windows(quick: bool) -> Row:
    """Learn the life left from the last cycles before a cut, in both directions."""
    X, y = load_turbofans("train", max_life=MAX_LIFE)
    windows, life, engines = cut_windows(X, y, every=5)
    print(f"\nturbofan_windows: {len(windows)} windows of at most {WINDOW} cycles from {len(X)} engines")
    pipeline = make_pipeline_of("turbofan_windows")
    cv = GroupKFold(2 if quick else 3)
    splits = list(cv.split(windows, life, engines))
    found, search_seconds = search(
        pipeline,
        grids_of("turbofan_windows", quick),
        windows,
        life,
        scoring="neg_root_mean_squared_error",
        cv=splits,
    )

    X_test, y_test = engines_to_test(quick)
    ends = [x[-WINDOW:] for x in X_test]
    scores, fit_seconds = over_seeds(
        pipeline,
        found.best_params_,
        SEEDS[:1] if quick else SEEDS,
        lambda model: error(model.fit(windows, life).predict(ends), y_test),
    )
    return Row(
        task=f"C-MAPSS FD001, life from the last {WINDOW} cycles, both directions, RMSE (cycles)",
        tuned=", ".join(GRIDS["turbofan_windows"]),
        chosen=short(found.best_params_),
        tuned_on=f"training engines, {cv.n_splits}-fold grouped by engine, cut at every fifth cycle",
        ours=spread(scores, 2),
        baseline=f"mean of the training engines {error(life.mean(), y_test):.1f}",
        published=LIFE_PUBLISHED,
        search_seconds=search_seconds,
        fit_seconds=fit_seconds,
    )


def engines_to_test(quick: bool) -> tuple[list[NDArray], NDArray]:
    """Load the test engines; a smoke run takes training engines cut at their hundredth cycle instead."""
    if not quick:
        return load_turbofans("test", max_life=MAX_LIFE)
    X, y = load_turbofans("train", max_life=MAX_LIFE)
    return [x[:100] for x in X], np.array([life[99] for life in y])


def cut_windows(
    X: list[NDArray], y: list[NDArray], every: int
) -> tuple[list[NDArray], NDArray[np.float32], NDArray[np.int64]]:
    """Cut the last cycles before every fifth cycle: windows (T_i, 24), their life (N,), their engine (N,)."""
    windows, life, engines = [], [], []
    for engine, (x, left) in enumerate(zip(X, y)):
        for end in range(len(x), SHORTEST - 1, -every):
            windows.append(x[max(0, end - WINDOW) : end])
            life.append(left[end - 1])
            engines.append(engine)
    return windows, np.array(life), np.array(engines)


def minus_error_at_cuts(model: Any, X: list[NDArray], y: list[NDArray]) -> float:
    """Score as on the test engines: each cycle may be the last on record, and is equally likely."""
    errors = [np.clip(steps, 0, MAX_LIFE) - left for steps, left in zip(model.predict(X), y)]
    per_engine = [np.mean(each[SHORTEST - 1 :] ** 2) for each in errors]
    return -float(np.sqrt(np.mean(per_engine)))


def error(predicted: Any, life: NDArray) -> float:
    """Root mean squared error, cycles. Life is capped, so predictions are."""
    return float(np.sqrt(np.mean((np.clip(predicted, 0, MAX_LIFE) - life) ** 2)))


def make_pipeline_of(task: str) -> Pipeline:
    """Scale every step and drop what never moves, then the network."""
    rnn = RNNRegressor(optimizer="adamw", random_state=0, **FIXED[task])
    # Scaled to a variance of 1, a sensor that never moves stays at 0.
    moving = PerStep(make_pipeline(StandardScaler(), VarianceThreshold(0.5)))
    return Pipeline([("scale", moving), ("rnn", rnn)])


def grids_of(task: str, quick: bool) -> list[dict[str, list[Any]]]:
    """Grids with the names of the pipeline; the learning rate of the engines goes down with the epochs."""
    named = {f"rnn__{name}": values for name, values in GRIDS[task].items()}
    if quick:
        named["rnn__epochs"] = [1]
    choices = named.get("rnn__epochs", [FIXED[task].get("epochs")])
    rates = {n: cosine(HIGHEST_RATE, n) for n in choices}
    return [{**named, "rnn__epochs": [n], "rnn__callbacks": [rate]} for n, rate in rates.items()]


TASKS = {"ett": run_ett, "turbofans": run_turbofans, "turbofan_windows": run_turbofan_windows}


def main() -> None:
    chosen = options(__doc__.splitlines()[0], TASKS)
    rows = [TASKS[name](chosen.quick) for name in chosen.tasks]
    print_table(rows)
    print_versions()


if __name__ == "__main__":
    main()
