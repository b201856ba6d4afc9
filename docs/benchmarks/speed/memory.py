"""Resident memory over 300 fits in one process.

Each fit has another N, T and learning rate, and a prediction after it, as a search does. The first 20 fits may fill
caches; growth is counted from there.

    python docs/benchmarks/speed/memory.py [--fits 300]
"""

from __future__ import annotations

import argparse
import gc

import numpy as np
import psutil
from timing import Result, made_up, print_results

from skrnn import RNNClassifier

FIRST, LIMIT = 20, 30.0


def resident() -> float:
    """Megabytes of this process in memory."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=300, help="default: 300")
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    at_first, peak = 0.0, 0.0
    print("Memory: resident megabytes after so many fits")
    for fit in range(1, chosen.fits + 1):
        X, y = made_up(int(rng.integers(50, 200)), int(rng.integers(5, 60)), 8, seed=fit)
        rate = float(10 ** rng.uniform(-4, -1))
        RNNClassifier("lstm", units=16, epochs=2, learning_rate=rate, random_state=fit).fit(X, y).predict(X)
        if fit == FIRST:
            at_first = resident()
        if fit % FIRST == 0:
            peak = max(peak, resident())
            print(f"  {fit}: {resident():.1f}", flush=True)
    growth = resident() - at_first
    print(f"  grown by {growth:.1f} MB from fit {FIRST} to {chosen.fits}, by {peak - at_first:.1f} MB at most")
    row = f"Memory: growth from fit {FIRST} to fit {chosen.fits}"
    print_results([Result(row, f"{growth:.1f} MB", "-", f"{growth:.1f} MB", f"below {LIMIT:g} MB", growth < LIMIT)])


if __name__ == "__main__":
    main()
