"""When does compiling a recurrence with XLA pay? The numbers behind `jit_compile="auto"`.

For each recurrence and size, fits without and with XLA in turn: how much longer the first fit takes until its first
epoch is done (fresh cache), and how much each step of a batch saves afterwards. The quotient is the break-even: the
steps of batches in a whole training from which on XLA wins. `BREAK_EVEN` in skrnn/training/compilation.py holds
rounded values. XLA keeps its programs for the life of a process, so only the first repeat of a size has a cost.

    python docs/benchmarks/speed/xla.py [--repeats 5] [--cells lstm gru]
"""

from __future__ import annotations

import numpy as np
from keras_peer import Clock, epoch_seconds
from timing import command_line, made_up, text

from skrnn import RNNClassifier
from skrnn.training import program_cache

# N, T, D, H: a small search, a middling and a large training.
SIZES = ((320, 20, 8, 16), (320, 40, 8, 32), (512, 100, 16, 64))
BATCH, EPOCHS = 32, 4


def epochs(cell: str, size: tuple[int, int, int, int], jit_compile: bool) -> list[float]:
    """Seconds of each epoch of a fit; the first with all that comes before it."""
    n, t, d, h = size
    X, y = made_up(n, t, d)
    model = RNNClassifier(cell, units=h, epochs=EPOCHS, batch_size=BATCH, jit_compile=jit_compile, random_state=0)
    return epoch_seconds(lambda: model.set_params(callbacks=Clock()).fit(X, y))


def main() -> None:
    parser = command_line(__doc__, repeats=5)
    parser.add_argument("--cells", nargs="+", default=["lstm", "gru", "elman"])
    chosen = parser.parse_args()
    epochs("lstm", (64, 8, 4, 8), False)  # TensorFlow starts
    print("| Recurrence, N T D H | Extra cost of the first fit | A step without, with XLA | Break-even, steps |")
    print("|---|---|---|---|")
    for cell in chosen.cells:
        for size in SIZES:
            first: dict[bool, float] = {}
            warm: dict[bool, list[float]] = {False: [], True: []}
            for _ in range(chosen.repeats):
                for jit in (False, True):
                    if jit not in first:
                        program_cache.clear()
                    measured = epochs(cell, size, jit)
                    first.setdefault(jit, measured[0])
                    warm[jit] += measured[1:]
            steps = -(-size[0] // BATCH) * size[1]
            plain, xla = (float(np.median(warm[jit])) / steps for jit in (False, True))
            cost = (first[True] - xla * steps) - (first[False] - plain * steps)
            even = f"{cost / (plain - xla):,.0f}" if plain > xla else "never"
            row = f"{cell}, {' '.join(map(str, size))}"
            print(f"| {row} | {text(cost)} | {plain * 1e6:.0f}, {xla * 1e6:.0f} us | {even} |", flush=True)


if __name__ == "__main__":
    main()
