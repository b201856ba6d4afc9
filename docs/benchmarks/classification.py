"""Accuracy of `RNNClassifier` on sets of the UCR/UEA archive.

Each set comes with a training and a test split. `GridSearchCV` chooses the hyper-parameters by stratified
3-fold cross-validation on the training split alone; the chosen candidate is then trained on the whole
training split with five seeds, and each of the five is scored on the test split once.

    SKRNN_DATA=/path/to/data python docs/benchmarks/classification.py [--quick] [task ...]
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from report import Row, options, over_seeds, print_table, print_versions, search, short, spread
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import RNNClassifier
from skrnn.datasets import load_series
from skrnn.preprocessing import PerStep

SEEDS = range(5)

PUBLISHED = {
    "JapaneseVowels": "LSTM-FCN about 0.98 to 0.99, DTW-1NN about 0.95",
    "BasicMotions": "DTW-1NN about 0.98 to 1.00, Euclidean-1NN about 0.68",
    "GunPoint": "DTW-1NN about 0.91, Euclidean-1NN about 0.91",
}
GRIDS: dict[str, dict[str, list[Any]]] = {
    "JapaneseVowels": {"cell": ["lstm", "gru"], "pooling": ["mean", "max"], "dropout": [0.3, 0.6]},
    "BasicMotions": {"cell": ["lstm", "gru"], "pooling": ["mean", "max"]},
    "GunPoint": {"cell": ["lstm", "gru"], "pooling": ["mean", "max"]},
}
# The same for all candidates of a set; from first trials with cross-validation on its training split.
FIXED: dict[str, dict[str, Any]] = {
    "JapaneseVowels": {"units": 64, "epochs": 60, "batch_size": 32, "learning_rate": 0.005},
    "BasicMotions": {"units": 32, "epochs": 60, "batch_size": 8, "learning_rate": 0.005, "dropout": 0.3},
    "GunPoint": {"units": 32, "epochs": 200, "batch_size": 8, "learning_rate": 0.005},
}
# Samples of a long series with one feature that make one step: 150 samples are 30 steps of 5.
FRAMES = {"GunPoint": 5}


def in_frames(X: Any, size: int) -> list[NDArray]:
    """Put neighbouring samples in one step: (T, 1) -> (T // size, size)."""
    return [x[: len(x) // size * size].reshape(-1, size) for x in X]


def run(name: str, quick: bool) -> Row:
    """Search on the training split, then score the chosen candidate on the test split."""
    X, y = load_series(name, "train")
    X_test, y_test = (X, y) if quick else load_series(name, "test")  # a smoke run does not touch the test split
    lengths = sorted({len(x) for x in [*X, *X_test]})
    steps = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else f"{lengths[0]}"
    print(f"\n{name}: {len(X)} training series, {steps} steps, {X[0].shape[1]} features")
    fixed = {"bidirectional": True, **FIXED[name], **({"epochs": 2} if quick else {})}
    rnn = RNNClassifier(random_state=0, **fixed)
    steps_of_pipeline = [("scale", PerStep(StandardScaler())), ("rnn", rnn)]
    if name in FRAMES:
        frames = FunctionTransformer(in_frames, kw_args={"size": FRAMES[name]})
        steps_of_pipeline.insert(1, ("frames", frames))
    pipeline = Pipeline(steps_of_pipeline)
    grid = {f"rnn__{k}": v for k, v in GRIDS[name].items()}
    # Many candidates reach the same accuracy on so few series; the log loss still tells them apart.
    cv = StratifiedKFold(2 if quick else 3, shuffle=True, random_state=0)
    found, search_seconds = search(pipeline, grid, X, y, scoring="neg_log_loss", cv=cv)

    scores, fit_seconds = over_seeds(
        pipeline,
        found.best_params_,
        SEEDS[:1] if quick else SEEDS,
        lambda model: model.fit(X, y).score(X_test, y_test),
    )
    most_frequent = DummyClassifier().fit(y, y).score(y_test, y_test)
    return Row(
        task=f"{name} ({len(X)} / {len(X_test)} series, {steps} steps), accuracy",
        tuned=", ".join(GRIDS[name]),
        chosen=short(found.best_params_),
        tuned_on=f"training split, stratified {cv.n_splits}-fold, log loss",
        ours=spread(scores),
        baseline=f"most frequent class {most_frequent:.3f}",
        published=PUBLISHED[name],
        search_seconds=search_seconds,
        fit_seconds=fit_seconds,
    )


def main() -> None:
    chosen = options(__doc__.splitlines()[0], GRIDS)
    rows = [run(name, chosen.quick) for name in chosen.tasks]
    print_table(rows)
    print_versions()


if __name__ == "__main__":
    main()
