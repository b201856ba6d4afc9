"""A grid search from nothing, against scikeras and skorch.

GridSearchCV over 8 candidates (16 or 32 units, 4 learning rates) in 5 folds with a refit: 41 fits of an LSTM with a
softmax on its last state, 5 epochs of Adam in batches of 32, on 300 sequences of 20 steps with 8 features. Each search
runs in a process of its own, so that imports and compilation are paid every time. Two times are given: the search
alone, and the whole process.

    python docs/benchmarks/speed/grid_search.py [--repeats 3] [--scikeras-repeats 1]
"""

from __future__ import annotations

import json
from typing import Any

from timing import Result, command_line, compare, fresh_process, in_turn, made_up, print_results, seconds, show

UNITS, RATES = [16, 32], [0.003, 0.01, 0.03, 0.1]
EPOCHS, BATCH, D, K = 5, 32, 8, 5
PEERS = ("skrnn", "skorch", "scikeras")


def skrnn_model() -> tuple[Any, dict[str, list[Any]]]:
    from skrnn import RNNClassifier

    model = RNNClassifier("lstm", epochs=EPOCHS, batch_size=BATCH, random_state=0)
    return model, {"units": UNITS, "learning_rate": RATES}


def scikeras_model() -> tuple[Any, dict[str, list[Any]]]:
    import keras
    from scikeras.wrappers import KerasClassifier

    def build(units: int) -> keras.Sequential:
        head = keras.layers.Dense(K, activation="softmax")
        return keras.Sequential([keras.layers.Input((None, D)), keras.layers.LSTM(units), head])

    loss = "sparse_categorical_crossentropy"
    fixed = {"optimizer": "adam", "loss": loss, "epochs": EPOCHS, "batch_size": BATCH, "verbose": 0}
    return KerasClassifier(build, **fixed), {"model__units": UNITS, "optimizer__learning_rate": RATES}


def skorch_model() -> tuple[Any, dict[str, list[Any]]]:
    import torch
    from skorch import NeuralNetClassifier
    from torch_peer import Network

    model = NeuralNetClassifier(
        Network,
        module__d=D,
        module__classes=K,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        train_split=None,  # without it skorch would hold out a fifth
        verbose=0,
    )
    return model, {"module__units": UNITS, "lr": RATES}


def search(peer: str) -> dict[str, float]:
    """The search of one peer in this process."""
    model, grid = {"skrnn": skrnn_model, "scikeras": scikeras_model, "skorch": skorch_model}[peer]()
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    X, y = made_up(300, 20, D, K)
    # scikeras does not tell scikit-learn that it classifies, so the folds and the score are spelt out for all.
    found = GridSearchCV(model, grid, scoring="accuracy", cv=StratifiedKFold(5), error_score="raise")
    return {"search": seconds(lambda: found.fit(X, y)), "score": float(found.best_score_)}


def run(peer: str) -> dict[str, float]:
    whole, printed = fresh_process(__file__, "--one", peer)
    times = {**json.loads(printed.splitlines()[-1]), "process": whole}
    print(f"  {peer}: {', '.join(f'{name} {value:.2f}' for name, value in times.items())}", flush=True)
    return times


def main() -> None:
    parser = command_line(__doc__, repeats=3)
    parser.add_argument("--scikeras-repeats", type=int, default=1, help="default: 1, as one takes minutes; 0 for none")
    parser.add_argument("--one", choices=PEERS, help="search with this one, in this process, and print its times")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(search(chosen.one)))
        return
    print("Grid search: seconds of the search and of the whole process, best score in cross-validation")
    times = in_turn({peer: lambda peer=peer: run(peer) for peer in ("skrnn", "skorch")}, chosen.repeats)
    times["scikeras"] = [run("scikeras") for _ in range(chosen.scikeras_repeats)]
    results: list[Result] = []
    for part, targets in (("search", {"scikeras": 20, "skorch": 1.2}), ("process", {})):
        medians = {peer: [t[part] for t in found] for peer, found in times.items() if found}
        for peer, found in medians.items():
            show(f"{peer}, {part}", found)
        what = "search alone" if part == "search" else "whole process with imports"
        for peer in ("scikeras", "skorch"):
            if peer in medians:
                row = f"Grid search of 41 fits, {what}"
                results.append(compare(row, medians["skrnn"], peer, medians[peer], targets.get(peer)))
    print_results(results)


if __name__ == "__main__":
    main()
