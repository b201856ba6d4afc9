"""Recordings of spoken digits, and utterances of several digits made of them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.io import wavfile
from sklearn.utils import check_random_state

from skrnn.datasets.location import data_home as folder_of_data

_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
_RATE = 8000
# The official test part: the first five of the 50 recordings of each digit by each speaker.
_N_TEST = 5


def load_spoken_digits(
    *, split: str | None = None, paths: bool = False, data_home: str | os.PathLike[str] | None = None
) -> tuple[list[Any], NDArray[np.int64], NDArray[np.str_]]:
    """Load the Free Spoken Digit Dataset [1]_ from the data folder.

    Six speakers say the digits 0 to 9 in English, 50 times each: 3,000 recordings of 8,000 samples per second.

    Parameters
    ----------
    split : {"train", "test"}, optional
        The official parts: recordings 0 to 4 of each digit by each speaker are the test part (300), the others the
        training part (2,700). None is both.
    paths : bool, default=False
        Give paths of the files instead of their samples, for ``LogMelSpectrogram(8000, input="filename")``.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``. The files are in ``fsdd/recordings``.

    Returns
    -------
    X : list of N arrays of shape (T_i,), int16, or list of N str
        Ordered by digit, speaker and number of the recording.
    y : ndarray of shape (N,), int
        The digit.
    groups : ndarray of shape (N,), str
        The speaker.

    Raises
    ------
    ValueError
        If `split` is unknown, or a file has another name or format.
    FileNotFoundError
        If the data folder or its recordings do not exist.

    References
    ----------
    .. [1] Z. Jackson et al. (2018), Free spoken digit dataset, v1.0.8, https://doi.org/10.5281/zenodo.1342401.

    Examples
    --------
    >>> from skrnn.datasets import load_spoken_digits
    >>> X, y, groups = load_spoken_digits(split="train")  # doctest: +SKIP
    """
    if split not in (None, "train", "test"):
        raise ValueError(f"split must be 'train', 'test' or None. Got {split!r}.")
    folder = folder_of_data(data_home) / "fsdd" / "recordings"
    files = sorted(_described(path) for path in folder.glob("*.wav"))
    if not files:
        raise FileNotFoundError(f"The folder {folder} must hold the recordings, such as 0_george_0.wav. Got none.")
    chosen = [f for f in files if split is None or (f[2] < _N_TEST) == (split == "test")]
    X = [str(path) if paths else _samples(path) for *_, path in chosen]
    return X, np.array([f[0] for f in chosen], np.int64), np.array([f[1] for f in chosen], np.str_)


def _described(path: Path) -> tuple[int, str, int, Path]:
    """Digit, speaker, number and path."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path}: the name must be that of a digit, a speaker and a number, such as 0_george_0.wav.")
    return int(found[1]), found[2], int(found[3]), path


def _samples(path: Path) -> NDArray[np.int16]:
    try:
        rate, samples = wavfile.read(path)
    except ValueError as error:
        raise ValueError(f"{path} must be a wav file. Got another: {error}") from error
    if rate != _RATE or samples.dtype != np.int16 or samples.ndim != 1:
        got = f"{rate} of {samples.dtype}, shape {samples.shape}"
        raise ValueError(f"{path} must hold {_RATE} samples of int16 per second, in one channel. Got {got}.")
    return samples


def join_spoken_digits(
    waveforms: Sequence[NDArray],
    y: ArrayLike,
    groups: ArrayLike,
    n_samples: int = 1000,
    *,
    min_digits: int = 3,
    max_digits: int = 7,
    pause: tuple[float, float] = (0.05, 0.3),
    snr: tuple[float, float] | None = (10.0, 30.0),
    sample_rate: int = _RATE,
    random_state: Any = None,
) -> tuple[list[NDArray], list[list[str]], NDArray]:
    """Join recordings of digits to utterances of several digits, each by one speaker.

    Parameters
    ----------
    waveforms : list of M arrays of shape (T_i,), int16, int32 or floats
        As `load_spoken_digits` gives them, all of one type.
    y : array-like of shape (M,)
        The digits.
    groups : array-like of shape (M,)
        The speakers.
    n_samples : int, default=1000
        N, the number of utterances.
    min_digits, max_digits : int, default=3 and 7
        Range of the number of digits of an utterance; all numbers are equally frequent.
    pause : (float, float), default=(0.05, 0.3)
        Range of the pauses before, between and after digits, in seconds.
    snr : (float, float) or None, default=(10.0, 30.0)
        Range of the ratio of the power of the digits to that of white noise, which is added to the whole utterance, in
        decibels. None adds no noise.
    sample_rate : int, default=8000
        Samples per second.
    random_state : int, RandomState instance or None, default=None
        Controls speakers, digits, pauses and noise.

    Returns
    -------
    X : list of N arrays of shape (T_i,)
        Of the type of `waveforms`; integers are rounded, and clipped to the range of their type.
    y : list of N lists of str
        The digits of each utterance.
    groups : ndarray of shape (N,)
        The speaker of each.

    Raises
    ------
    ValueError
        If lengths or types differ, or a range is none.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.datasets import join_spoken_digits
    >>> recordings = [np.full(800, 100 * k, np.int16) for k in range(1, 5)]
    >>> X, y, groups = join_spoken_digits(recordings, [1, 2, 3, 4], list("aabb"), 2, max_digits=4, random_state=0)
    >>> y, groups.tolist()
    ([['1', '2', '2', '2'], ['3', '4', '3']], ['a', 'b'])
    """
    y, groups = np.asarray(y), np.asarray(groups)
    _check(waveforms, y, groups)
    _check_range("min_digits and max_digits", (min_digits, max_digits), 1)
    _check_range("pause", pause, 0)
    if snr is not None:
        _check_range("snr", snr, -np.inf)
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1. Got {n_samples}.")
    random = check_random_state(random_state)
    of_speaker = {speaker: np.flatnonzero(groups == speaker) for speaker in np.unique(groups)}
    speakers = random.choice(np.unique(groups), n_samples)  # (N,)
    X, labels = [], []
    for speaker in speakers:
        rows = random.choice(of_speaker[speaker], random.randint(min_digits, max_digits + 1))
        ratio = None if snr is None else random.uniform(*snr)
        pauses = np.rint(random.uniform(*pause, len(rows) + 1) * sample_rate).astype(np.int64)
        X.append(_joined([waveforms[row] for row in rows], pauses, ratio, random))
        labels.append([str(y[row]) for row in rows])
    return X, labels, speakers


def _joined(digits: list[NDArray], pauses: NDArray[np.int64], ratio: float | None, random: Any) -> NDArray:
    """One utterance: a pause, a digit, ..., a pause, with noise."""
    parts = [np.zeros(pauses[0])]
    for digit, pause in zip(digits, pauses[1:]):
        parts += [digit, np.zeros(pause)]
    whole = np.concatenate(parts)
    if ratio is not None:
        power = np.mean(np.square(np.concatenate(digits), dtype=np.float64))
        whole += np.sqrt(power * 10 ** (-ratio / 10)) * random.standard_normal(len(whole))
    kind = digits[0].dtype
    if kind.kind == "f":
        return whole.astype(kind)
    limits = np.iinfo(kind)
    return np.clip(np.rint(whole), limits.min, limits.max).astype(kind)


def _check(waveforms: Sequence[NDArray], y: NDArray, groups: NDArray) -> None:
    if not len(waveforms) or y.shape != (len(waveforms),) or groups.shape != (len(waveforms),):
        got = f"{len(waveforms)} recordings, y of shape {y.shape} and groups of shape {groups.shape}"
        raise ValueError(f"waveforms, y and groups must have the same length, at least 1. Got {got}.")
    kind = getattr(waveforms[0], "dtype", None)
    for i, waveform in enumerate(waveforms):
        right = isinstance(waveform, np.ndarray) and waveform.ndim == 1 and len(waveform) and waveform.dtype == kind
        if not right or waveform.dtype.kind not in "fi":
            got = f"{waveform.dtype} of shape {waveform.shape}" if isinstance(waveform, np.ndarray) else type(waveform)
            raise ValueError(
                f"waveforms[{i}] must be an array of shape (time,), of floats or signed integers as the first. "
                f"Got {got}."
            )


def _check_range(name: str, limits: tuple[float, float], least: float) -> None:
    if len(limits) != 2 or not least <= limits[0] <= limits[1] < np.inf:
        at_least = f", at least {least}" if least > -np.inf else ""
        raise ValueError(f"{name} must be a range from a lower to a higher number{at_least}. Got {limits}.")
