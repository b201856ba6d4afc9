"""Chunks or AReM by cross-validation over the training part, for choosing settings: nothing of the test part.

Chunks are split in blocks of sentences that follow on each other, AReM by recordings.

    SKRNN_DATA=/path/to/data python docs/benchmarks/tagging/folds.py chunks [--seeds 0 1] [--peer]
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from peers import FOLDS, InBIOES, Task, peer_of
from settings import tagger


def score(model: Any, task: Task) -> float:
    """Fit on a fold's training part, and score its rest."""
    return task.score(task.y_test, model.fit(task.X, task.y).predict(task.X_test))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=list(FOLDS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="of the tagger; default: 0")
    parser.add_argument("--peer", action="store_true", help="the peer too; of chunks also with labels in BIOES")
    chosen = parser.parse_args()
    models = {f"tagger, seed {seed}": lambda seed=seed: tagger(chosen.task, random_state=seed) for seed in chosen.seeds}
    if chosen.peer:
        models["peer"] = lambda: peer_of(chosen.task)
        if chosen.task == "chunks":
            models["peer, BIOES"] = lambda: InBIOES(peer_of(chosen.task))
    folds = FOLDS[chosen.task]()
    for name, make in models.items():
        scores = [score(make(), task) for task in folds]
        print(f"{name}: {', '.join(f'{s:.4f}' for s in scores)}; mean {np.mean(scores):.4f}", flush=True)


if __name__ == "__main__":
    main()
