"""An epoch of sequences of unequal length: as they are, and padded to the longest.

4,000 sequences, lengths log-normal with median 20, the longest 300; 16 features, LSTM of 64 units, batches of 32.

- Against padding: the same sequences as one array (N, 300, D) of which every step is trained on.
- Against the real steps alone: as many sequences of one length, the mean rounded up, and so as many batches. The time
  of its epoch per step, times the number of real steps, is what they would cost without any padding.

    python docs/benchmarks/speed/lengths.py [--repeats 3] [--epochs 4]
"""

from __future__ import annotations

import math

import numpy as np
from keras_peer import Clock, epoch_seconds
from numpy.typing import NDArray
from timing import Result, command_line, compare, in_turn, made_up, print_results, show, text

from skrnn import RNNClassifier, Sequences
from skrnn.sequences.batches import training_batches

N, D, H, BATCH, MEDIAN, SIGMA, LONGEST = 4_000, 16, 64, 32, 20, 0.8, 300


def draw_lengths() -> NDArray[np.int64]:
    drawn = np.random.default_rng(2).lognormal(math.log(MEDIAN), SIGMA, N).round().clip(1, LONGEST).astype(np.int64)
    drawn[drawn.argmax()] = LONGEST
    return drawn


def padded_share(lengths: NDArray[np.int64], epochs: int = 20) -> float:
    """Share of the steps of a batch that are padding, over the batches of some epochs."""
    rng, steps = np.random.default_rng(0), 0
    for _ in range(epochs):
        order, starts = training_batches(lengths, BATCH, rng)
        batches = np.split(lengths[order], starts[1:-1])
        steps += sum(len(batch) * batch.max() for batch in batches)
    return 1 - epochs * lengths.sum() / steps


def main() -> None:
    parser = command_line(__doc__, repeats=3)
    parser.add_argument("--epochs", type=int, default=4, help="of a fit, of which the first does not count; default: 4")
    chosen = parser.parse_args()
    lengths = draw_lengths()
    real, mean = int(lengths.sum()), math.ceil(lengths.mean())
    share = padded_share(lengths)
    print(f"Lengths: median {np.median(lengths):g}, mean {lengths.mean():.1f}, longest {lengths.max()}; {real} steps")
    print(f"  padding: {share:.1%} of the steps in batches, {1 - real / (N * LONGEST):.1%} in the array")

    # Padding at the end, so the class must come from all of a sequence: here from its sum.
    values, _ = made_up(1, real, D)
    X = Sequences(values[0], np.concatenate([[0], lengths.cumsum()]))
    y = np.stack([x[:, :5].sum(axis=0) for x in X]).argmax(axis=1)
    data = {"as they are": X, "padded": X.to_padded(LONGEST)[0], "equal": made_up(N, mean, D)[0]}

    def epochs_of(name: str, epochs: int) -> list[float]:
        model = RNNClassifier("lstm", units=H, epochs=epochs, batch_size=BATCH, callbacks=Clock(), random_state=0)
        return epoch_seconds(lambda: model.fit(data[name], y))[1:]

    for name, epochs in (("as they are", chosen.epochs), ("equal", chosen.epochs)):
        epochs_of(name, epochs)  # a first fit, not counted
    calls = {
        "as they are": lambda: epochs_of("as they are", chosen.epochs),
        "equal": lambda: epochs_of("equal", chosen.epochs),
        "padded": lambda: epochs_of("padded", 2),
    }
    found = {name: sum(epochs, []) for name, epochs in in_turn(calls, chosen.repeats).items()}
    alone = [duration * real / (N * mean) for duration in found["equal"]]
    for name, durations in (*found.items(), ("real steps alone", alone)):
        show(name, durations)

    ours = found["as they are"]
    times = float(np.median(ours) / np.median(alone))
    steps_alone = Result(
        "Epoch of unequal lengths, against its real steps alone",
        text(float(np.median(ours))),
        f"equal lengths, per step: {text(float(np.median(alone)))}",
        f"{times:.2f} times as long ({share:.1%} of the steps are padding)",
        "at most 1.3 times",
        times <= 1.3,
    )
    padded = compare("Epoch of unequal lengths, against padding to the longest", ours, "padded", found["padded"], 4)
    print_results([padded, steps_alone])


if __name__ == "__main__":
    main()
