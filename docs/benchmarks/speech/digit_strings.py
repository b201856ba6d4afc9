"""Strings of 3 to 7 spoken digits to text, without an alignment: `RNNTranscriber`.

    SKRNN_DATA=/path/to/data python docs/benchmarks/speech/digit_strings.py [--speakers]

Recordings of one speaker are joined with pauses and noise. The training part has takes 5 to 49 of each digit and
speaker, the test part takes 0 to 4, so that no take is in both. With ``--speakers`` each speaker is left out in
turn; the features are then those that `digits.py` found to hold for other speakers, with half the strings and fewer
epochs.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTranscriber
from skrnn.datasets import join_spoken_digits, load_spoken_digits
from skrnn.metrics import exact_match_score, word_error_rate
from skrnn.preprocessing import (
    MFCC,
    ArrayReader,
    Deltas,
    LogMelSpectrogram,
    PerSequence,
    PerStep,
    SequenceAugmentation,
)

RATE = 8000


def transcriber(**parameters: Any) -> Pipeline:
    augmentation = SequenceAugmentation(
        speed=0.1, time_masks=2, time_mask_width=8, feature_masks=1, feature_mask_width=6, noise=0.1
    )
    network = RNNTranscriber(
        "gru",
        units=128,
        dropout=0.3,
        reader=ArrayReader(frames_per_step=3, augmentation=augmentation),
        learning_rate=0.003,
        epochs=45,
        batch_size=32,
        random_state=0,
    )
    return make_pipeline(LogMelSpectrogram(RATE), PerStep(StandardScaler()), network).set_params(**parameters)


def for_other_speakers() -> Pipeline:
    features = make_pipeline(MFCC(RATE), Deltas(), PerSequence(StandardScaler()))
    network = transcriber(rnntranscriber__epochs=25)[-1]
    return make_pipeline(features, network.set_params(reader__augmentation__feature_masks=0))


def report(what: str, model: Pipeline, train: Any, test: Any) -> float:
    begin = time.perf_counter()
    model.fit(*train)
    spent = time.perf_counter() - begin
    found = list(model.predict(test[0]))
    wer = word_error_rate(test[1], found)
    print(f"| {what} | {wer:.4f} | {exact_match_score(test[1], found):.4f} | {spent / 60:.1f} |", flush=True)
    return wer


def joined(rows: Any, n: int, seed: int) -> tuple[Any, Any, Any]:
    X, y, speakers = load_spoken_digits()
    return join_spoken_digits(
        [X[i] for i in rows], np.asarray(y)[rows], np.asarray(speakers)[rows], n, sample_rate=RATE, random_state=seed
    )


def takes() -> tuple[Any, Any, Any]:
    """Rows of the training and the test part, and the speakers of all."""
    _, _, speakers = load_spoken_digits()
    train, _, _ = load_spoken_digits(split="train", paths=True)
    paths, _, _ = load_spoken_digits(paths=True)
    known = set(map(str, train))
    is_train = np.array([str(path) in known for path in paths])
    return np.flatnonzero(is_train), np.flatnonzero(~is_train), np.asarray(speakers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speakers", action="store_true")
    arguments = parser.parse_args()
    train, test, speakers = takes()
    print("| test part | word error rate | strings that are right | minutes of training |\n|---|---|---|---|")
    if not arguments.speakers:
        report("unseen takes", transcriber(), joined(train, 2000, 0)[:2], joined(test, 500, 1)[:2])
        return
    rates = []
    for name in sorted(set(speakers)):
        own, others = (
            np.intersect1d(part, np.flatnonzero(is_own))
            for part, is_own in ((test, speakers == name), (train, speakers != name))
        )
        rates.append(report(name, for_other_speakers(), joined(others, 1000, 0)[:2], joined(own, 200, 1)[:2]))
    print(f"| mean | {np.mean(rates):.4f} | | |")


if __name__ == "__main__":
    main()
