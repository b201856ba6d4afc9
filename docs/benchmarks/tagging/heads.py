"""Seconds of an epoch on EWT with a CRF and with softmax, in turn.

    SKRNN_DATA=/path/to/data python docs/benchmarks/tagging/heads.py [--epochs 3] [--limit 2000]

An epoch runs from the end of the one before to its own end; the first one, which compiles, does not count. Fits take
turns, `--repeats` of each.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from peers import ewt
from settings import SETTINGS

from skrnn import RNNTagger

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import Result, command_line, in_turn, print_results, show

MOST = 1.3


class Clock(keras.callbacks.Callback):
    """When each epoch ended."""

    ended: list[float] = []  # noqa: RUF012 - the fit gets copies, and all write here

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ended.append(time.perf_counter())


def epochs_of(head: str, epochs: int, limit: int | None) -> list[float]:
    """Seconds of each epoch but the first."""
    task = ewt()
    Clock.ended.clear()
    chosen = {**SETTINGS["ewt"], "head": head, "epochs": 1 + epochs, "callbacks": Clock()}
    RNNTagger(random_state=0, **chosen).fit(task.X[:limit], task.y[:limit])
    return np.diff(Clock.ended).tolist()


def main() -> None:
    parser = command_line(__doc__, repeats=2)
    parser.add_argument("--epochs", type=int, default=2, help="that count, of each fit; default: 2")
    parser.add_argument("--limit", type=int, help="fit on so many sentences only, to see that all runs")
    chosen = parser.parse_args()
    calls = {head: lambda head=head: epochs_of(head, chosen.epochs, chosen.limit) for head in ("crf", "softmax")}
    found = {head: [s for fit in fits for s in fit] for head, fits in in_turn(calls, chosen.repeats).items()}
    for head, durations in found.items():
        show(head, durations)
    crf, softmax = (float(np.median(found[head])) for head in ("crf", "softmax"))
    line = Result("ewt, an epoch with a CRF", f"{crf:.1f} s", f"softmax {softmax:.1f} s", f"{crf / softmax:.2f} times")
    line.target, line.met = f"at most {MOST:g} times", crf / softmax <= MOST
    print_results([line])


if __name__ == "__main__":
    main()
