"""Files of sound, read by soundfile."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.preprocessing.recordings import check_samples


def check_files(paths: Sequence[str], sample_rate: int, resample: bool, owner: str) -> None:
    """Look at the headers of all files, before one is read.

    Parameters
    ----------
    paths : N paths
    sample_rate : int
        Wanted.
    resample : bool
        Whether another sample rate is right, too.
    owner : str
        Who asks, in messages.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If it is no sound, or has several channels, no sample or another sample rate.
    ImportError
        Without soundfile.
    """
    soundfile = _soundfile(owner)
    for i, path in enumerate(paths):
        if not os.path.isfile(path):
            raise FileNotFoundError(f"X[{i}] must be an existing file. Got {path!r}.")
        try:
            info = soundfile.info(path)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"X[{i}] must be a file of sound. Got {path!r}: {error.error_string}") from error
        place = _place(i, path)
        if info.channels != 1:
            raise ValueError(f"{place} must have one channel. Got {info.channels}.")
        if not info.frames:
            raise ValueError(f"{place} must hold at least one sample. Got an empty recording.")
        if info.samplerate != sample_rate and not resample:
            raise ValueError(
                f"{place} must have the sample rate {sample_rate} of {owner}. Got {info.samplerate}; resample=True "
                "converts it."
            )


def read_files(paths: Sequence[str], sample_rate: int, owner: str) -> Iterator[NDArray[np.float32]]:
    """Read one file after the other, in [-1, 1], at a sample rate.

    Raises
    ------
    ValueError
        If a recording is silent or not finite.
    """
    soundfile = _soundfile(owner)
    for i, path in enumerate(paths):
        samples, rate = soundfile.read(path, dtype="float32")
        check_samples(samples, _place(i, path))
        yield samples if rate == sample_rate else resampled(samples, rate, sample_rate)


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples (T,) at another rate, by a polyphase filter: (ceil(T * wanted / rate),)."""
    from scipy import signal  # which takes long to import

    common = math.gcd(rate, wanted)
    return signal.resample_poly(samples, wanted // common, rate // common).astype(np.float32, copy=False)


def _place(i: int, path: str) -> str:
    return f"X[{i}] ({path!r})"


def _soundfile(owner: str) -> Any:
    try:
        import soundfile
    except ImportError as error:
        raise ImportError(f"{owner} needs soundfile to read files: pip install skrnn[audio].") from error
    return soundfile
