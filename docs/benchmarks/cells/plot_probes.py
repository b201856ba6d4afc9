"""Draw the scores that probes.py wrote: a panel for each task, a row for each recurrence, a dot for each seed.

python docs/benchmarks/cells/plot_probes.py docs/benchmarks/cells/probes.csv docs/benchmarks/cells/probes.png
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from probes import TASKS, chosen_rate, read

TITLES = {
    "digits-rows": "digits by rows\naccuracy",
    "digits-pixels": "digits by pixels\naccuracy",
    "copying": "copying memory\naccuracy",
    "adding-100": "adding, 100 steps\nR²",
    "adding-400": "adding, 400 steps\nR²",
}


def scores(rows: list[dict[str, str]], task: str, cell: str) -> list[float]:
    """Test scores of the seeds, with the learning rate that was chosen; those of fits that diverged are 0."""
    rate = chosen_rate(rows, TASKS[task].rates_of or task, cell)
    found = [float(r["test"]) for r in rows if (r["task"], r["cell"], r["rate"]) == (task, cell, rate)]
    return [0.0 if math.isnan(score) else score for score in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path)
    chosen = parser.parse_args()
    rows = read(chosen.results)
    tasks = [task for task in TITLES if any(r["task"] == task for r in rows)]
    cells = sorted({r["cell"] for r in rows})
    means = {c: np.mean([max(np.mean(s), 0.0) for t in tasks if (s := scores(rows, t, c))]) for c in cells}
    cells.sort(key=means.__getitem__)
    figure, axes = plt.subplots(1, len(tasks), figsize=(2.3 * len(tasks) + 1.2, 0.24 * len(cells) + 1.2), sharey=True)
    for axis, task in zip(np.atleast_1d(axes), tasks):
        for y, cell in enumerate(cells):
            found = np.clip(scores(rows, task, cell), -0.03, 1.0)
            if len(found):
                axis.hlines(y, 0.0, float(np.mean(found)), color="0.85", linewidth=5, zorder=0)
                axis.plot(found, [y] * len(found), "o", color="C0", markersize=3.5)
        axis.set_title(TITLES[task], fontsize=9)
        axis.set_xlim(-0.05, 1.05)
        axis.grid(axis="x", color="0.9")
        axis.set_axisbelow(True)
        axis.tick_params(labelsize=8)
    np.atleast_1d(axes)[0].set_yticks(range(len(cells)), cells, fontsize=8)
    np.atleast_1d(axes)[0].set_ylim(-0.6, len(cells) - 0.4)
    figure.tight_layout()
    figure.savefig(chosen.picture, dpi=110)


if __name__ == "__main__":
    main()
