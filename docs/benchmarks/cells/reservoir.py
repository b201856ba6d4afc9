"""An echo state network, fitted in one pass, beside a trained GRU: monthly sunspots, the next 12 months of each month.

The series (1749 to 1983) is read as square roots. Months before 1900 are learned from, those to 1929 choose the
settings of both, and those from 1930 on are scored once, with both fitted to all months before 1930: root mean squared
error of sunspots over the 12 months, three seeds. Every month is predicted from all months before it. The GRU learns
from pieces of 10 years that overlap by half.

    SKRNN_DATA=... python docs/benchmarks/cells/reservoir.py
"""

from __future__ import annotations

import csv
import time
from itertools import product
from typing import Any

import numpy as np

from skrnn import RNNRegressor
from skrnn.datasets import data_home

AHEAD, WASHOUT, PIECE = 12, 24, 120
VALIDATION, TEST = (1900 - 1749) * 12, (1930 - 1749) * 12  # first months
SEEDS = (0, 1, 2)


def sunspots() -> np.ndarray:
    """Monthly numbers, (2820,)."""
    with (data_home() / "forecasting" / "monthly-sunspots.csv").open(newline="") as file:
        return np.array([float(row["Sunspots"]) for row in csv.DictReader(file)])


def forward(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Roots of each month (T, 1), and of the 12 after it (T, 12); without the last 12."""
    x = np.sqrt(series) / 5.0
    y = np.stack([x[k : len(x) - AHEAD + k] for k in range(1, AHEAD + 1)], axis=1)
    return x[:-AHEAD, None], y


def error(predicted: np.ndarray, series: np.ndarray, begin: int, end: int) -> float:
    """Root mean squared error of what is said in the months from begin to end about the 12 after each."""
    months = np.arange(begin, end)
    truth = np.stack([series[months + k] for k in range(1, AHEAD + 1)], axis=1)
    return float(np.sqrt(np.mean((np.square(np.maximum(predicted[months], 0.0) * 5.0) - truth) ** 2)))


def reservoir(x: np.ndarray, y: np.ndarray, seed: int, **options: Any) -> RNNRegressor:
    """One sequence, the beginning of which does not count."""
    weights = (np.arange(len(x)) >= WASHOUT).astype(float)
    model = RNNRegressor("esn", units=300, readout="ridge", random_state=seed, **options)
    return model.fit(x[None], [y], [weights])


def trained(x: np.ndarray, y: np.ndarray, seed: int, **options: Any) -> RNNRegressor:
    """Pieces of ten years, the beginning of which does not count."""
    starts = range(0, len(x) - PIECE + 1, PIECE // 2)
    weights = [(np.arange(PIECE) >= WASHOUT).astype(float) for _ in starts]
    pieces = [[part[s : s + PIECE] for s in starts] for part in (x, y)]
    model = RNNRegressor("gru", batch_size=8, random_state=seed, **options)
    return model.fit(*pieces, weights)


GRIDS = {
    reservoir: [
        {"cell__spectral_radius": radius, "cell__leak": leak, "cell__input_scaling": scaling, "readout__alpha": alpha}
        for radius, leak, scaling, alpha in product((0.8, 0.95), (0.2, 0.5, 1.0), (0.3, 1.0), (0.1, 1.0, 10.0))
    ],
    trained: [
        {"units": units, "learning_rate": rate, "epochs": epochs, "dropout": dropout}
        for units, rate, epochs, dropout in product((16, 32), (0.003, 0.01), (50, 150), (0.0, 0.3))
    ],
}


def main() -> None:
    series = sunspots()
    x, y = forward(series)
    last = np.repeat(x, AHEAD, axis=1)
    print(
        f"last value: validation {error(last, series, VALIDATION, TEST - AHEAD):.2f}, test "
        f"{error(last, series, TEST, len(x)):.2f}"
    )
    reservoir(x[:500], y[:500], 0)  # TensorFlow starts
    for fit, grid in GRIDS.items():
        scores = []
        begin = time.perf_counter()
        for options in grid:
            model = fit(x[: VALIDATION - AHEAD], y[: VALIDATION - AHEAD], 0, **options)
            scores.append(error(model.predict(x[None])[0], series, VALIDATION, TEST - AHEAD))
        seconds = time.perf_counter() - begin
        best = grid[int(np.argmin(scores))]
        print(f"{fit.__name__}: {best}, validation {min(scores):.2f}; {len(grid)} fits in {seconds:.1f} s", flush=True)
        times, tests = [], []
        for seed in SEEDS:
            begin = time.perf_counter()
            model = fit(x[: TEST - AHEAD], y[: TEST - AHEAD], seed, **best)
            times.append(time.perf_counter() - begin)
            tests.append(error(model.predict(x[None])[0], series, TEST, len(x)))
        scores_text = " ".join(f"{score:.2f}" for score in tests)
        print(f"  test {np.mean(tests):.2f} ({scores_text}), fit {np.median(times):.2f} s", flush=True)


if __name__ == "__main__":
    main()
