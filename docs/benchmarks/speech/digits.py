"""Single spoken digits: `RNNClassifier` on features of frames, and a support vector machine.

    SKRNN_DATA=/path/to/data python docs/benchmarks/speech/digits.py takes|speakers

"takes" is the official split (takes 0 to 4 of each digit and speaker are the test part), "speakers" leaves one speaker
out in turn. Both models are pipelines from recordings on.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skrnn import RNNClassifier
from skrnn.datasets import load_spoken_digits
from skrnn.preprocessing import (
    MFCC,
    ArrayReader,
    Deltas,
    LogMelSpectrogram,
    PerSequence,
    PerStep,
    Resample,
    SequenceAugmentation,
)

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import measured_with

RATE, FRAMES = 8000, 20


def flat(X: Any) -> Any:
    """Frames of each recording beside each other."""
    return np.stack([np.asarray(frames).ravel() for frames in X])


def machine() -> Pipeline:
    features = (MFCC(RATE), Resample(FRAMES), FunctionTransformer(flat), StandardScaler())
    return make_pipeline(*features, SVC(C=10.0))


def recurrent(*features: Any, speed: float = 0.0) -> Pipeline:
    """A network on features of frames, with copies at other speeds in training."""
    network = RNNClassifier(
        "gru",
        units=96,
        bidirectional=True,
        pooling="max",
        reader=ArrayReader(augmentation=SequenceAugmentation(speed=speed)),
        dropout=0.3,
        learning_rate=0.003,
        epochs=10,
        batch_size=32,
        random_state=0,
    )
    return make_pipeline(*features, network)


def on_cepstra() -> Pipeline:
    """Coefficients and their slopes, scaled in each recording alone."""
    return recurrent(MFCC(RATE), Deltas(), PerSequence(StandardScaler()), speed=0.2)


def on_filters() -> Pipeline:
    """Logarithms of mel filters, less their mean in each recording."""
    centered = PerSequence(StandardScaler(with_std=False))
    return recurrent(LogMelSpectrogram(RATE, n_mels=24), centered, PerStep(StandardScaler()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split", choices=["takes", "speakers"])
    split = parser.parse_args().split
    models = {
        "13 MFCC x 20 frames, SVC": machine(),
        "RNNClassifier on cepstra": on_cepstra(),
        "RNNClassifier on mel filters": on_filters(),
        "mean of both networks": VotingClassifier(
            [("cepstra", on_cepstra()), ("filters", on_filters())], voting="soft"
        ),
    }
    if split == "takes":
        train, test = load_spoken_digits(split="train"), load_spoken_digits(split="test")
        parts = {"takes 0 to 4": (train[:2], test[:2])}
    else:
        X, y, speakers = load_spoken_digits()
        speakers = np.asarray(speakers)
        parts = {
            str(speakers[test[0]]): (([X[i] for i in train], y[train]), ([X[i] for i in test], y[test]))
            for train, test in LeaveOneGroupOut().split(X, y, speakers)
        }
    print("| model | " + " | ".join(parts) + " | mean | minutes |\n|" + "---|" * (len(parts) + 3))
    for name, model in models.items():
        begin = time.perf_counter()
        scores = [model.fit(*train).score(*test) for train, test in parts.values()]
        spent = (time.perf_counter() - begin) / 60
        print(
            f"| {name} | " + " | ".join(f"{s:.3f}" for s in [*scores, np.mean(scores)]) + f" | {spent:.1f} |",
            flush=True,
        )
    print("\n" + measured_with())


if __name__ == "__main__":
    main()
