"""The prediction of one sequence, against keras.Model.predict and PyTorch.

100 steps, 16 features, LSTM of 64 units, softmax on the last state; from a NumPy array to a NumPy array of the class,
warm. PyTorch runs eagerly without gradients. The other calls are for information: probabilities instead of classes, and
a call of the Keras model, which its own pages advise for few sequences.

    python docs/benchmarks/speed/predict_one.py [--repeats 5]
"""

from __future__ import annotations

import keras_peer
import numpy as np
import torch_peer
from timing import Result, command_line, compare, in_turn, made_up, print_results, seconds, show, text

from skrnn import RNNClassifier

T, D, H = 100, 16, 64


def main() -> None:
    chosen = command_line(__doc__, repeats=5).parse_args()
    X, y = made_up(256, T, D)
    ours = RNNClassifier("lstm", units=H, epochs=1, jit_compile=True, random_state=0)  # as after a long training
    ours.fit(X, y)
    keras_model, torch_model, one = keras_peer.network("lstm", D, H), torch_peer.Network("lstm", D, H), X[:1]
    calls = {
        "skrnn": (200, lambda: ours.predict(one)),
        "Keras": (20, lambda: keras_model.predict(one, verbose=0).argmax(axis=1)),
        "PyTorch": (200, lambda: torch_peer.predict(torch_model, one)),
        "skrnn, predict_proba": (200, lambda: ours.predict_proba(one)),
        "Keras, model(x)": (20, lambda: np.asarray(keras_model(one, training=False)).argmax(axis=1)),
    }
    for _, call in calls.values():
        for _ in range(5):
            call()
    # Blocks of calls in turn, rather than calls: threads of one library wait busily for a while after its calls.
    blocks = {name: lambda n=n, call=call: [seconds(call) for _ in range(n)] for name, (n, call) in calls.items()}
    found = {name: sum(durations, []) for name, durations in in_turn(blocks, chosen.repeats).items()}
    print("Prediction of one sequence")
    for name, durations in found.items():
        show(name, durations)

    median = {name: float(np.median(durations)) for name, durations in found.items()}
    times = median["skrnn"] / median["PyTorch"]
    row = "Predict one sequence"
    pytorch = Result(
        row,
        text(median["skrnn"]),
        f"PyTorch {text(median['PyTorch'])}",
        f"{times:.2f} times as long",
        "at most 2 times",
        times <= 2,
    )
    print_results(
        [
            compare(row, found["skrnn"], "Keras predict", found["Keras"], 80),
            pytorch,
            compare(row, found["skrnn"], "Keras model(x)", found["Keras, model(x)"]),
        ]
    )


if __name__ == "__main__":
    main()
