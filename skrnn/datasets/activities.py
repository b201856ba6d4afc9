"""Activities seen by sensors on the body (AReM), and streams of several activities to tag."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length, check_random_state

from skrnn.datasets.location import data_home as find_data_home
from skrnn.datasets.text_lines import numbered_lines

ACTIVITIES = ("bending1", "bending2", "cycling", "lying", "sitting", "standing", "walking")
ACTIVITY_FEATURES = ("avg_rss12", "var_rss12", "avg_rss13", "var_rss13", "avg_rss23", "var_rss23")

_MILLISECONDS = 250  # between two steps, by the time stamps


def load_activities(
    data_home: str | os.PathLike[str] | None = None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.str_]]:
    """Load AReM, activity recognition from the signal strength between radio sensors on the body, from the data folder.

    A recording is two minutes of one activity, four steps a second: mean and variance of the signal between three
    pairs of sensors on chest and ankles. `join_recordings` makes streams of several activities of them.

    Parameters
    ----------
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N=88 arrays of shape (T_i, 6), float32
        The recordings, unscaled; `ACTIVITY_FEATURES` names the columns. T is 480, or 479 in three of them, of which one
        has a gap of one step (sitting, the eighth).
    y : ndarray of shape (N,), str
        The activity of each, one of `ACTIVITIES` (K=7): 15 recordings of each, but 7 and 6 of the two ways to bend.

    Raises
    ------
    FileNotFoundError
        If the data folder or a recording does not exist.
    ValueError
        If a line cannot be read.

    Notes
    -----
    The columns of the copy are a running number, the time, six features and the activity; number, time and activity are
    no features. One file has blanks between its numbers, the others commas.

    References
    ----------
    .. [1] F. Palumbo, C. Gallicchio, R. Pucci and A. Micheli, "Human activity recognition using multisensor data fusion
       based on Reservoir Computing", Journal of Ambient Intelligence and Smart Environments 8(2), 2016.

    Examples
    --------
    >>> from skrnn.datasets import load_activities
    >>> X, y = load_activities()  # doctest: +SKIP
    >>> len(X), X[0].shape, y[0]  # doctest: +SKIP
    (88, (480, 6), 'bending1')
    """
    home = find_data_home(data_home) / "arem"
    X: list[NDArray[np.float32]] = []
    y: list[str] = []
    for activity in ACTIVITIES:
        paths = sorted(home.joinpath(activity).glob("dataset*.csv"), key=lambda path: int(path.stem[len("dataset") :]))
        if not paths:
            raise FileNotFoundError(f"The folder {home / activity} must hold recordings dataset1.csv, ... Got none.")
        X.extend(_read_recording(path, activity) for path in paths)
        y.extend([activity] * len(paths))
    return X, np.array(y)


def _read_recording(path: Path, activity: str) -> NDArray[np.float32]:
    """Read one recording, (T, 6)."""
    rows: list[list[float]] = []
    for place, line in numbered_lines(path):
        if "time" in line or not line.strip():  # the header
            continue
        values = [value for value in re.split(r"[,\s]+", line) if value]
        try:
            numbers = [float(value) for value in values[:-1]]
        except ValueError as error:
            raise ValueError(f"{place}: all columns but the last must be numbers ({error}).") from error
        if len(values) != len(ACTIVITY_FEATURES) + 3 or values[-1] != activity:
            raise ValueError(
                f"{place}: a step must be a number, a time, six features and {activity}. Got {line[:60]!r}."
            )
        if rows and numbers[1] < rows[-1][1] + _MILLISECONDS:
            raise ValueError(f"{place}: time must rise by {_MILLISECONDS} or more. Got {numbers[1]:g}.")
        rows.append(numbers)
    if not rows:
        raise ValueError(f"{path} must hold at least one step. Got none.")
    return np.array(rows, dtype=np.float32)[:, 2:]


def join_recordings(
    X: Sequence[ArrayLike],
    y: ArrayLike,
    *,
    recordings_per_stream: int = 4,
    segment: tuple[int, int] = (40, 160),
    random_state: int | RandomState | None = None,
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Join recordings of one class each into streams whose class changes, to tag step by step.

    Recordings are dealt out to streams so that each stream gets different classes, cut into segments, and the segments
    of a stream are joined in random order, a class never twice in a row where another is left. Every step is used once,
    and no two streams share a recording: streams may be split for a cross-validation. (Split a test set off before.)

    Parameters
    ----------
    X : list of N arrays of shape (T_i, D)
        The recordings.
    y : array-like of shape (N,)
        The class of each.
    recordings_per_stream : int, default=4
        How many recordings make a stream; if N is no multiple of it, the last stream has fewer.
    segment : (int, int), default=(40, 160)
        Lowest and highest number of steps of a segment. The last one of a recording may be shorter.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int gives the same streams at each call.

    Returns
    -------
    streams : list of M arrays of shape (T_j, D)
    labels : list of M arrays of shape (T_j,)
        The class at each step.

    Raises
    ------
    ValueError
        If X and y differ in length, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.datasets import join_recordings
    >>> X = [np.zeros((5, 2)), np.ones((4, 2))]
    >>> streams, labels = join_recordings(X, ["sit", "walk"], segment=(2, 3), random_state=0)
    >>> [stream.shape for stream in streams], sorted(labels[0].tolist())
    ([(9, 2)], ['sit', 'sit', 'sit', 'sit', 'sit', 'walk', 'walk', 'walk', 'walk'])
    """
    check_consistent_length(X, y)
    classes = np.asarray(y)
    low, high = segment
    if not 1 <= low <= high:
        raise ValueError(f"segment must be (lowest, highest) with 1 <= lowest <= highest. Got {segment}.")
    if recordings_per_stream < 1:
        raise ValueError(f"recordings_per_stream must be at least 1. Got {recordings_per_stream}.")
    rng = check_random_state(random_state)
    streams, labels = [], []
    for rows in _deal(classes, -(-len(classes) // recordings_per_stream), rng):
        segments = [(k, piece) for k in rows for piece in _cut(np.asarray(X[k]), low, high, rng)]
        order = _alternate([classes[k] for k, _ in segments], rng)
        streams.append(np.concatenate([segments[s][1] for s in order]))
        labels.append(np.concatenate([np.repeat(classes[segments[s][0]], len(segments[s][1])) for s in order]))
    return streams, labels


def _deal(classes: NDArray, n_streams: int, rng: RandomState) -> list[NDArray[np.int64]]:
    """Deal rows out to streams, one class after the other, so that the rows of a class lie in different streams."""
    rows = rng.permutation(len(classes))
    rows = rows[np.argsort(classes[rows], kind="stable")]
    return [rows[first::n_streams] for first in range(n_streams)]


def _cut(recording: NDArray, low: int, high: int, rng: RandomState) -> list[NDArray]:
    """Cut a recording into pieces of random length."""
    lengths = rng.randint(low, high + 1, size=len(recording) // low + 1)
    return [piece for piece in np.split(recording, np.cumsum(lengths)) if len(piece)]


def _alternate(classes: list[Any], rng: RandomState) -> list[int]:
    """Put segments in a random order in which neighbours have different classes, as long as there are several."""
    left = rng.permutation(len(classes)).tolist()
    order: list[int] = []
    while left:
        counts = {c: sum(classes[s] == c for s in left) for c in dict.fromkeys(classes)}
        others = [s for s in left if not order or classes[s] != classes[order[-1]]] or left
        # A class with half of what is left must come now, or it will follow itself in the end.
        urgent = [s for s in others if 2 * counts[classes[s]] > len(left)]
        chosen = (urgent or others)[0]
        order.append(chosen)
        left.remove(chosen)
    return order
