"""What a second fit of an architecture costs beyond its arithmetic, with another N and another T.

After one fit, an LSTM of 32 units is fitted to sets of other sizes, each seen for the first time. The overhead is the
time of that fit less its epochs at the median warm epoch of the same data (from a longer fit right after it). For
comparison the same with a new Keras model each time, which is what wrappers of Keras do.

    python docs/benchmarks/speed/second_fit.py [--repeats 7]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras_peer
import numpy as np
from keras_peer import Clock, epoch_seconds
from timing import Result, command_line, in_turn, made_up, print_results, seconds, show, text

from skrnn import RNNClassifier

D, H, EPOCHS, WARM_EPOCHS, LIMIT = 8, 32, 3, 12, 0.050


def skrnn_fit(X: Any, y: Any, epochs: int, learning_rate: float) -> None:
    model = RNNClassifier("lstm", units=H, epochs=epochs, learning_rate=learning_rate, random_state=0)
    model.set_params(callbacks=Clock()).fit(X, y)


def keras_fit(X: Any, y: Any, epochs: int, learning_rate: float) -> None:
    model = keras_peer.network("lstm", D, H, learning_rate=learning_rate)
    model.fit(X, y, batch_size=32, epochs=epochs, callbacks=[Clock()], verbose=0)


def overhead(fit: Callable[..., None], turn: int) -> float:
    """Seconds of a fit to data of a new size beyond its epochs."""
    X, y = made_up(n := 200 + 37 * turn, t := 15 + 6 * turn, D, seed=turn)
    rate = 0.01 / (1 + turn)
    whole = seconds(lambda: fit(X, y, EPOCHS, rate))
    warm = float(np.median(epoch_seconds(lambda: fit(X, y, WARM_EPOCHS, rate))[1:]))
    beyond = whole - EPOCHS * warm
    print(f"  {fit.__name__}, N={n} T={t}: {text(whole)}, warm epoch {text(warm)}, overhead {text(beyond)}", flush=True)
    return beyond


def main() -> None:
    chosen = command_line(__doc__, repeats=7).parse_args()
    first = seconds(lambda: skrnn_fit(*made_up(300, 20, D), EPOCHS, 0.01))
    print(f"Second fit: the first took {text(first)}; {EPOCHS} epochs each")
    turns = {"skrnn": iter(range(1, 1000)), "Keras": iter(range(1, 1000))}
    calls = {
        "skrnn": lambda: overhead(skrnn_fit, next(turns["skrnn"])),
        "Keras": lambda: overhead(keras_fit, next(turns["Keras"])),
    }
    found = in_turn(calls, chosen.repeats)
    for name, durations in found.items():
        show(f"{name}, overhead", durations)
    ours, keras = (float(np.median(durations)) for durations in found.values())
    row, other = "Second fit, other N and T: beyond its epochs", f"a new Keras model {text(keras)}"
    print_results([Result(row, text(ours), other, text(ours), f"below {text(LIMIT)}", ours < LIMIT)])


if __name__ == "__main__":
    main()
