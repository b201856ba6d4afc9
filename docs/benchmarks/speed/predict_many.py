"""The prediction of 10,000 sequences, against keras.Model.predict and PyTorch.

100 steps, 16 features, LSTM of 64 units; from a NumPy array to classes, warm. Keras runs with its default batches of 32
(the target) and with 1024; PyTorch with 1024, without gradients. skrnn chooses its own batches.

    python docs/benchmarks/speed/predict_many.py [--repeats 5]
"""

from __future__ import annotations

import keras_peer
import torch_peer
from timing import command_line, compare, in_turn, made_up, print_results, seconds, show

from skrnn import RNNClassifier

N, T, D, H = 10_000, 100, 16, 64


def main() -> None:
    chosen = command_line(__doc__, repeats=5).parse_args()
    X, y = made_up(N, T, D)
    ours = RNNClassifier("lstm", units=H, epochs=1, jit_compile=True, random_state=0)  # as after a long training
    ours.fit(X[:256], y[:256])
    keras_model, torch_model = keras_peer.network("lstm", D, H), torch_peer.Network("lstm", D, H)
    calls = {
        "skrnn": lambda: seconds(lambda: ours.predict(X)),
        "Keras": lambda: seconds(lambda: keras_model.predict(X, verbose=0).argmax(axis=1)),
        "Keras, batches of 1024": lambda: seconds(
            lambda: keras_model.predict(X, batch_size=1024, verbose=0).argmax(axis=1)
        ),
        "PyTorch": lambda: seconds(lambda: torch_peer.predict(torch_model, X)),
    }
    in_turn(calls, 1)  # not counted
    found = in_turn(calls, chosen.repeats)
    print("Prediction of 10,000 sequences")
    for name, durations in found.items():
        show(name, durations)
    lines = [compare("Predict 10,000 sequences", found["skrnn"], name, found[name]) for name in list(calls)[2:]]
    print_results([compare("Predict 10,000 sequences", found["skrnn"], "Keras", found["Keras"], 2), *lines])


if __name__ == "__main__":
    main()
