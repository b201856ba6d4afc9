"""AReM by cross-validation over the training recordings, for choosing settings: no test recordings.

SKRNN_DATA=/path/to/data python docs/benchmarks/tagging/folds.py [--seeds 0 1] [--forest]
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from peers import Task, arem_folds, peer_of
from settings import tagger


def score(model: Any, task: Task) -> float:
    """Fit on a fold's training part, and score its rest."""
    return task.score(task.y_test, model.fit(task.X, task.y).predict(task.X_test))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the tagger; default: 0")
    parser.add_argument("--forest", action="store_true", help="the forest too")
    chosen = parser.parse_args()
    models = {f"tagger, seed {seed}": lambda seed=seed: tagger("arem", random_state=seed) for seed in chosen.seeds}
    if chosen.forest:
        models["forest"] = lambda: peer_of("arem")
    folds = arem_folds()
    for name, make in models.items():
        scores = [score(make(), task) for task in folds]
        print(f"{name}: {', '.join(f'{s:.3f}' for s in scores)}; mean {np.mean(scores):.4f}", flush=True)


if __name__ == "__main__":
    main()
