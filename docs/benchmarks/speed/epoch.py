"""One epoch of training, against keras.Model.fit and a plain PyTorch loop.

1024 sequences of 100 steps with 16 features, 64 units, batches of 32, Adam; shuffled, softmax on the last state. An
epoch runs from the end of the one before to its own end, in a fit of an architecture that was trained before; what the
first fit costs until the end of its first epoch (building, tracing, compiling) is a line of its own, where skrnn comes
first and so also pays what TensorFlow does once in a process. PyTorch uses its default threads, takes batches by index
from one tensor, and is not compiled. skrnn also clips the norm of the gradients, its default, which the others do not.

    python docs/benchmarks/speed/epoch.py [--repeats 5] [--epochs 4] [--cells lstm gru elman]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras_peer
import torch
import torch_peer
from keras_peer import Clock, epoch_seconds
from timing import Result, command_line, compare, in_turn, made_up, print_results, show, text

from skrnn import RNNClassifier

N, T, D, H = 1024, 100, 16, 64
TARGETS = {"lstm": (3.0, 1.0), "gru": (3.0, 3.0), "elman": (2.0, 1.5)}


def measure(cell: str, repeats: int, epochs: int) -> list[Result]:
    X, y = made_up(N, T, D)
    # Compiled, as "auto" chooses for this data from 47 epochs on (an LSTM) or 7 (the others).
    ours = RNNClassifier(cell, units=H, epochs=epochs, callbacks=Clock(), jit_compile=True, random_state=0)
    peer: dict[str, Any] = {}

    def first_keras_fit() -> None:
        peer["keras"] = keras_peer.network(cell, D, H)
        peer["keras"].fit(X, y, batch_size=32, callbacks=[Clock()], verbose=0)

    network, tensors = torch_peer.Network(cell, D, H), (torch.from_numpy(X), torch.from_numpy(y))
    print(f"\n{cell}: the first fit, until its first epoch is done")
    first = {"skrnn": epoch_seconds(lambda: ours.fit(X, y))[0], "Keras": epoch_seconds(first_keras_fit)[0]}
    first["PyTorch"] = torch_peer.train(network, *tensors, epochs=1)[0]
    for name, duration in first.items():
        print(f"  {name}: {text(duration)}", flush=True)

    fit = partial(peer["keras"].fit, X, y, batch_size=32, epochs=epochs, callbacks=[Clock()], verbose=0)
    calls = {
        "skrnn": lambda: epoch_seconds(lambda: ours.fit(X, y))[1:],
        "Keras": lambda: epoch_seconds(fit)[1:],
        "PyTorch": lambda: torch_peer.train(network, *tensors, epochs=epochs)[1:],
    }
    warm = {name: sum(found, []) for name, found in in_turn(calls, repeats).items()}
    print(f"{cell}: an epoch, warm")
    for name, found in warm.items():
        show(name, found)
    targets = zip(("Keras", "PyTorch"), TARGETS[cell])
    lines = [compare(f"Epoch, {cell}", warm["skrnn"], name, warm[name], target) for name, target in targets]
    row = f"First fit until its first epoch is done, {cell}"
    return [*lines, compare(row, [first["skrnn"]], "Keras", [first["Keras"]])]


def main() -> None:
    parser = command_line(__doc__, repeats=5)
    parser.add_argument("--epochs", type=int, default=4, help="of a fit, of which the first does not count; default: 4")
    parser.add_argument("--cells", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    chosen = parser.parse_args()
    print_results([line for cell in chosen.cells for line in measure(cell, chosen.repeats, chosen.epochs)])


if __name__ == "__main__":
    main()
