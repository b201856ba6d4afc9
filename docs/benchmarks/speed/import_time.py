"""What imports cost, each in fresh processes.

`import skrnn` must not wait for TensorFlow; the first estimator does. The others are for information.

    python docs/benchmarks/speed/import_time.py [--repeats 7]
"""

from __future__ import annotations

import numpy as np
from timing import Result, command_line, fresh_process, in_turn, print_results, show, text

LIMIT = 0.3
STATEMENTS = ("import skrnn", "from skrnn import RNNClassifier", "import keras", "import sklearn.base, numpy")
CODE = "import sys, time; t = time.perf_counter(); {}; print(time.perf_counter() - t, 'tensorflow' in sys.modules)"


def measure(statement: str) -> tuple[float, bool]:
    """Seconds of an import in a fresh process, and whether TensorFlow is there after it."""
    _, printed = fresh_process("-c", CODE.format(statement))
    duration, loaded = printed.split()[-2:]
    return float(duration), loaded == "True"


def main() -> None:
    chosen = command_line(__doc__, repeats=7).parse_args()
    calls = {statement: lambda statement=statement: measure(statement) for statement in STATEMENTS}
    in_turn(calls, 1)  # not counted: files come from the disk
    found = in_turn(calls, chosen.repeats)
    print("Imports")
    lines = []
    for statement, measured in found.items():
        durations, loaded = [m[0] for m in measured], any(m[1] for m in measured)
        show(f"{statement} ({'with' if loaded else 'without'} TensorFlow)", durations)
        median = float(np.median(durations))
        tensorflow = "TensorFlow is loaded" if loaded else "TensorFlow is not loaded"
        line = Result(f"`{statement}`", text(median), "-", f"{text(median)}, {tensorflow}")
        if statement == STATEMENTS[0]:
            line.target, line.met = f"below {text(LIMIT)}, without TensorFlow", median < LIMIT and not loaded
        if statement in STATEMENTS[:2]:
            lines.append(line)
    print_results(lines)


if __name__ == "__main__":
    main()
