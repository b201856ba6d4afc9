"""How the time of a fit and of a prediction grows with N and with T.

The exponent is the slope of log time over log size, by least squares: 1 is proportional. Fits have one epoch and come
after a first fit of the architecture; all sizes run in turn.

    python docs/benchmarks/speed/scaling.py [--repeats 3]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from timing import Result, command_line, in_turn, made_up, print_results, seconds, text

from skrnn import RNNClassifier

D, H, LIMIT = 8, 32, 1.05
SIZES = {
    "N": [(n, 10) for n in (1000, 2000, 4000, 8000, 16_000, 32_000, 64_000)],
    "T": [(256, t) for t in (25, 50, 100, 200, 400, 800)],
}


def exponent(sizes: Sequence[int], durations: Sequence[float]) -> float:
    """Slope of log time over log size."""
    return float(np.polyfit(np.log(sizes), np.log(durations), 1)[0])


def measure(axis: str, repeats: int) -> list[Result]:
    sizes = [shape[axis == "T"] for shape in SIZES[axis]]
    data = {size: made_up(*shape, D) for size, shape in zip(sizes, SIZES[axis])}
    model = RNNClassifier("lstm", units=H, epochs=1, batch_size=32, random_state=0)
    lines = []
    for work in ("fit", "predict"):
        calls = {}
        for size, (X, y) in data.items():
            call = (lambda X=X, y=y: model.fit(X, y)) if work == "fit" else (lambda X=X: model.predict(X))
            calls[str(size)] = lambda call=call: seconds(call)
        in_turn(calls, 1)  # not counted
        medians = [float(np.median(durations)) for durations in in_turn(calls, repeats).values()]
        slope = exponent(sizes, medians)
        listed = ", ".join(f"{size}: {text(median)}" for size, median in zip(sizes, medians))
        print(f"{work}, {axis}: {listed}; exponent {slope:.3f}", flush=True)
        row = f"Exponent of {work} over {axis}, {sizes[0]} to {sizes[-1]}"
        ends = f"{text(medians[0])} to {text(medians[-1])}"
        lines.append(Result(row, ends, "-", f"{slope:.2f}", f"at most {LIMIT}", slope <= LIMIT))
    return lines


def main() -> None:
    chosen = command_line(__doc__, repeats=3).parse_args()
    print_results([line for axis in SIZES for line in measure(axis, chosen.repeats)])


if __name__ == "__main__":
    main()
