"""What `RNNTagger` is compared with: sklearn-crfsuite on text, a windowed random forest on sensor streams.

Functions for the comparison, and a script that shows the peers alone. Without --test it scores what is held out of the
training data (EWT has a part for that), and leaves the test parts alone.

    pip install "skrnn[benchmarks]"
    SKRNN_DATA=/path/to/data python docs/benchmarks/tagging/peers.py [ewt] [chunks] [arem] [--limit 500] [--test]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn_crfsuite import CRF

from skrnn.datasets import join_recordings, load_activities, load_chunks, load_ewt
from skrnn.metrics import convert_scheme, entity_f1_score, flat_accuracy_score

# Steps on each side that the forest sees: with four steps a second, two seconds. The tagger gets them too.
HALF_WIDTH = 8
# Orders in which the training recordings are joined to streams.
ORDERS = 4
N_TREES = 300


@dataclass
class Task:
    """One comparison: data split in two, and the score that counts."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any
    score: Callable[[Any, Any], float]
    name_of_score: str


def ewt(*, test: bool = False) -> Task:
    """Parts of speech of the English Web Treebank: training part, and dev or test."""
    return Task(*load_ewt("train"), *load_ewt("test" if test else "dev"), flat_accuracy_score, "accuracy per word")


def chunks(*, test: bool = False) -> Task:
    """Chunks of CoNLL-2000 from words and parts of speech; without the test part, the last tenth is held out."""
    X, y = words_and_tags("train")
    if test:
        return Task(X, y, *words_and_tags("test"), entity_f1_score, "F1 of chunks")
    n = len(X) * 9 // 10
    return Task(X[:n], y[:n], X[n:], y[n:], entity_f1_score, "F1 of chunks")


def chunk_folds(*, n_folds: int = 4) -> list[Task]:
    """The training sentences, split in blocks that follow on each other, as the test part follows on them."""
    X, y = words_and_tags("train")
    folds = KFold(n_folds).split(X)
    parts = [[[rows[i] for i in part] for part in fold for rows in (X, y)] for fold in folds]
    return [Task(*four, entity_f1_score, "F1 of chunks") for four in parts]


def words_and_tags(split: str) -> tuple[list[list[tuple[str, str]]], list[list[str]]]:
    """Sentences of pairs, a word and the part of speech that the shared task gives, and chunks."""
    words, tags, labels = load_chunks(split, (0, 1, 2))
    return [list(zip(*pair)) for pair in zip(words, tags)], labels


def arem(*, test: bool = False, random_state: int = 0) -> Task:
    """Activities in streams joined of AReM's recordings; a quarter of the recordings, by class, is for the test.

    Recordings are split before they are joined, so that none is on both sides. Training recordings are joined in
    several orders. Without the test part, a quarter of the training recordings is held out instead.
    """
    X, y = load_activities()
    seed = {"random_state": random_state}
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, stratify=y, **seed)
    if not test:
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, stratify=y, **seed)
    return _streams(X, y, X_test, y_test)


def arem_folds(*, n_folds: int = 4, random_state: int = 0) -> list[Task]:
    """What `arem` trains on, split for a cross-validation over recordings."""
    X, y = load_activities()
    X, _, y, _ = train_test_split(X, y, test_size=0.25, stratify=y, random_state=random_state)
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state).split(y, y)
    return [_streams([X[i] for i in a], y[a], [X[i] for i in b], y[b]) for a, b in folds]


def _streams(X: Any, y: Any, X_test: Any, y_test: Any) -> Task:
    orders = [join_recordings(X, y, random_state=order) for order in range(ORDERS)]
    streams, labels = (list(chain.from_iterable(parts)) for parts in zip(*orders))
    return Task(
        streams, labels, *join_recordings(X_test, y_test, random_state=0), flat_accuracy_score, "accuracy per step"
    )


TASKS = {"ewt": ewt, "chunks": chunks, "arem": arem}
FOLDS = {"chunks": chunk_folds, "arem": arem_folds}


def shape_of(word: str) -> str:
    """Kinds of characters, runs of more than two cut short: "McDonald's" is "XxXxx'x"."""
    shape = ""
    for c in word:
        kind = "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c
        if shape[-2:] != 2 * kind:
            shape += kind
    return shape


def token_features(tokens: Sequence[str | tuple[str, str]]) -> list[dict[str, Any]]:
    """Features of each token of a sentence: of a word, and of its part of speech where there is one."""
    if isinstance(tokens[0], str):
        return word_features(tokens)
    features = word_features([word for word, _ in tokens])
    tags = ["start", "start", *(tag for _, tag in tokens), "end", "end"]
    for t, row in enumerate(features):
        near = tags[t : t + 5]
        row.update({f"{distance}:tag": tag for distance, tag in zip(range(-2, 3), near)})
        row.update({f"{distance}:tags2": "|".join(near[distance + 2 : distance + 4]) for distance in range(-2, 2)})
        row.update({f"{distance}:tags3": "|".join(near[distance + 2 : distance + 5]) for distance in range(-2, 1)})
    return features


def with_tags_around(X: Any) -> list[list[tuple[str, ...]]]:
    """Tokens of a word and its part of speech with more strings: the pairs and threes of parts of speech it is in."""
    return [_tags_around(tokens) for tokens in X]


def _tags_around(tokens: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    tags = ["start", "start", *(tag for _, tag in tokens), "end", "end"]
    near = [tags[t : t + 5] for t in range(len(tokens))]
    parts = [(1, 3), (2, 4), (0, 3), (1, 4), (2, 5)]  # two pairs, three threes, around the middle one
    return [(*token, *("|".join(five[a:b]) for a, b in parts)) for token, five in zip(tokens, near)]


def word_features(words: Sequence[str]) -> list[dict[str, Any]]:
    """Features of each word of a sentence: form, affixes, shape, and form and shape of two neighbours on each side."""
    own = [
        {
            "lower": word.lower(),
            "shape": shape_of(word),
            "title": word.istitle(),
            "upper": word.isupper(),
            "digit": word.isdigit(),
            "hyphen": "-" in word,
            **{f"prefix{n}": word[:n].lower() for n in (1, 2, 3, 4)},
            **{f"suffix{n}": word[-n:].lower() for n in (1, 2, 3, 4)},
        }
        for word in words
    ]
    features = []
    for t, here in enumerate(own):
        row = {"bias": 1.0, "word": words[t], **here}
        for distance in (-2, -1, 1, 2):
            if 0 <= t + distance < len(words):
                there = own[t + distance]
                row[f"{distance}:lower"], row[f"{distance}:shape"] = there["lower"], there["shape"]
            else:
                row[f"{distance}:outside"] = True
        if t:
            row["-1|0"] = f"{own[t - 1]['lower']}|{here['lower']}"
        if t + 1 < len(own):
            row["0|1"] = f"{here['lower']}|{own[t + 1]['lower']}"
        features.append(row)
    return features


class InBIOES(BaseEstimator):
    """Let a tagger learn BIOES of labels in BIO, and write what it predicts in BIO again.

    Parameters
    ----------
    tagger : estimator
    """

    def __init__(self, tagger: Any) -> None:
        self.tagger = tagger

    def fit(self, X: Any, y: Any) -> InBIOES:
        self.tagger_ = clone(self.tagger).fit(X, convert_scheme(y, "bioes"))
        return self

    def predict(self, X: Any) -> list[list[str]]:
        return convert_scheme(self.tagger_.predict(X), "bio")


class CRFTagger(BaseEstimator):
    """sklearn-crfsuite on sentences, with `token_features`.

    Parameters
    ----------
    max_iterations : int, default=60
        Rounds of L-BFGS.
    c1, c2 : float, default=0.1
        Weights of the L1 and L2 penalties.
    """

    def __init__(self, max_iterations: int = 60, c1: float = 0.1, c2: float = 0.1) -> None:
        self.max_iterations = max_iterations
        self.c1 = c1
        self.c2 = c2

    def fit(self, X: Any, y: Any) -> CRFTagger:
        self.crf_ = CRF(
            algorithm="lbfgs",
            c1=self.c1,
            c2=self.c2,
            max_iterations=self.max_iterations,
            all_possible_transitions=True,
        )
        self.crf_.fit([token_features(tokens) for tokens in X], y)
        return self

    def predict(self, X: Any) -> list[list[str]]:
        return self.crf_.predict([token_features(tokens) for tokens in X])


def windows(x: NDArray, half_width: int) -> NDArray:
    """Each step with those around it, W = 2 * half_width + 1, the ends of the stream repeated: (T, D) -> (T, D, W)."""
    padded = np.pad(x, ((half_width, half_width), (0, 0)), mode="edge")
    return sliding_window_view(padded, 2 * half_width + 1, axis=0)


def with_statistics(X: Any) -> list[NDArray]:
    """Steps with means and deviations of the windows that the forest has: each (T, D) -> (T, 3 D)."""
    views = [windows(np.asarray(x), HALF_WIDTH) for x in X]
    return [np.concatenate([x, v.mean(axis=2), v.std(axis=2)], axis=1) for x, v in zip(X, views)]


class WindowedForest(BaseEstimator):
    """A random forest on each step of a stream, with the steps around it, their means and deviations.

    Parameters
    ----------
    half_width : int, default=HALF_WIDTH
        Steps on each side; the ends of a stream are repeated.
    n_estimators : int, default=N_TREES
        Trees.
    random_state : int or None, default=None
    """

    def __init__(
        self, half_width: int = HALF_WIDTH, n_estimators: int = N_TREES, random_state: int | None = None
    ) -> None:
        self.half_width = half_width
        self.n_estimators = n_estimators
        self.random_state = random_state

    def windows(self, x: NDArray) -> NDArray:
        """(T, D) -> (T, (2 * half_width + 1) * D + 2 * D)."""
        views = windows(x, self.half_width)
        return np.concatenate([views.reshape(len(x), -1), views.mean(axis=2), views.std(axis=2)], axis=1)

    def fit(self, X: Any, y: Any) -> WindowedForest:
        self.forest_ = RandomForestClassifier(self.n_estimators, n_jobs=-1, random_state=self.random_state)
        self.forest_.fit(np.concatenate([self.windows(x) for x in X]), np.concatenate(y))
        return self

    def predict(self, X: Any) -> list[NDArray]:
        return [self.forest_.predict(self.windows(x)) for x in X]


def peer_of(name: str, random_state: int | None = 0) -> CRFTagger | WindowedForest:
    """The peer of a task."""
    return WindowedForest(random_state=random_state) if name == "arem" else CRFTagger()


def measure(model: Any, task: Task) -> dict[str, float]:
    """Fit and score; seconds of the fit, and steps a second of a prediction of all test sequences."""
    begin = time.perf_counter()
    model.fit(task.X, task.y)
    fitted = time.perf_counter()
    predicted = model.predict(task.X_test)
    seconds = time.perf_counter() - fitted
    return {
        "score": task.score(task.y_test, predicted),
        "fit_seconds": fitted - begin,
        "steps_per_second": sum(map(len, task.X_test)) / seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(TASKS)}; default: all")
    parser.add_argument("--limit", type=int, help="fit on so many sequences only, to see that all runs")
    parser.add_argument("--test", action="store_true", help="score the test part")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.tasks if name not in TASKS]
    if unknown:
        parser.error(f"tasks are {', '.join(TASKS)}. Got {', '.join(unknown)}.")
    for name in chosen.tasks or TASKS:
        task = TASKS[name](test=chosen.test)
        task.X, task.y = task.X[: chosen.limit], task.y[: chosen.limit]
        peer = peer_of(name)
        got = measure(peer, task)
        print(
            f"{name}: {type(peer).__name__}, {len(task.X)} sequences, {task.name_of_score} {got['score']:.4f}, "
            f"fit {got['fit_seconds']:.1f} s, {got['steps_per_second']:.0f} steps a second",
            flush=True,
        )


if __name__ == "__main__":
    main()
