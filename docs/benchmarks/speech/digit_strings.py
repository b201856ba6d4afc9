"""Strings of 3 to 7 spoken digits to text, without an alignment: `RNNTranscriber`.

    SKRNN_DATA=/path/to/data python docs/benchmarks/speech/digit_strings.py [--speakers]

Recordings of one speaker are joined with pauses and noise. The training part has takes 5 to 49 of each digit and
speaker, the test part takes 0 to 4, so that no take is in both. With ``--speakers`` each speaker is left out in
turn; the features are then those that `digits.py` found to hold for other speakers, with half the strings and fewer
epochs. Beside the network stands a support vector machine that is given each digit by itself, with noise, and
classifies what lies between the pauses of a string.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from digits import machine
from sklearn.base import BaseEstimator
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


class AtPauses(BaseEstimator):
    """Cuts strings where the power is low, and classifies the pieces; it is fitted to single digits."""

    def fit(self, X: Any, y: Any) -> AtPauses:
        self.machine_ = machine().fit(X, y)
        return self

    def predict(self, X: Any) -> list[list[str]]:
        found = []
        for x in X:
            x = x / 2.0**15
            parts = [x[a:b] for a, b in between_pauses(x)]
            found.append([str(digit) for digit in self.machine_.predict(parts)] if parts else [])
        return found


def between_pauses(x: Any, step: int = RATE // 100, shortest: int = 8, gap: int = 4) -> list[tuple[int, int]]:
    """Begin and end of the loud parts of a recording, of some steps at least, with gaps of some steps at most."""
    power = np.log(1e-10 + np.mean(x[: len(x) // step * step].reshape(-1, step) ** 2, axis=1))
    power = np.convolve(power, np.ones(3) / 3, mode="same")
    cuts = np.linspace(power.min(), power.max(), 50)[1:-1]
    # The cut that parts loud and low best (N. Otsu 1979).
    spread = [
        np.mean(power > c) * np.mean(power <= c) * (power[power > c].mean() - power[power <= c].mean()) ** 2
        for c in cuts
    ]
    loud = np.flatnonzero(power > cuts[int(np.argmax(spread))])
    pieces = np.split(loud, np.flatnonzero(np.diff(loud) > gap) + 1)
    return [(int(p[0]) * step, (int(p[-1]) + 1) * step) for p in pieces if len(p) >= shortest]


def single(rows: Any) -> tuple[Any, Any]:
    """Single digits, each with and without noise of 10 to 30 dB below it."""
    X, y, _ = load_spoken_digits()
    rng = np.random.default_rng(0)
    clean = [X[i] / 2.0**15 for i in rows]
    noise = [10 ** (-rng.uniform(10, 30) / 20) * x.std() * rng.normal(size=len(x)) for x in clean]
    return [*clean, *(x + n for x, n in zip(clean, noise))], np.tile(np.asarray(y)[rows], 2)


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
        unseen = joined(test, 500, 1)[:2]
        report("unseen takes, cut at pauses", AtPauses(), single(train), unseen)
        report("unseen takes", transcriber(), joined(train, 2000, 0)[:2], unseen)
        return
    rates = []
    for name in sorted(set(speakers)):
        own, others = (
            np.intersect1d(part, np.flatnonzero(is_own))
            for part, is_own in ((test, speakers == name), (train, speakers != name))
        )
        unseen = joined(own, 200, 1)[:2]
        report(f"{name}, cut at pauses", AtPauses(), single(others), unseen)
        rates.append(report(name, for_other_speakers(), joined(others, 1000, 0)[:2], unseen))
    print(f"| mean | {np.mean(rates):.4f} | | |")


if __name__ == "__main__":
    main()
