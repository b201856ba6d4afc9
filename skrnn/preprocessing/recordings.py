"""Recordings of sound in any form: which are no recordings is said in one sentence."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skrnn.sequences.check import check_no_mask, no_sequences, unboxed
from skrnn.sequences.frames import frame_values, is_frame
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import Sequences

# Types whose full scale is that of the recording; wider integers do not say theirs.
_INTEGERS = ("int8", "int16", "int32", "uint8")
# Energies of a window of larger samples would not fit in float32.
_LARGEST = 1e12


def waveform_rows(X: Any) -> list[NDArray]:
    """N recordings, each an array (T_i,) of its own type, whose samples are not looked at.

    Parameters
    ----------
    X : list of N arrays (T_i,) or (T_i, 1), array of shape (N, T), column of a data frame, or Sequences

    Raises
    ------
    ValueError
        If a recording has several channels, no sample, or a type without a known full scale, or is a path.
    TypeError
        If X is sparse or masked.
    """
    if sparse.issparse(X):
        raise TypeError("Sparse data are not recordings: X must be dense. Use X.toarray().")
    check_no_mask(X, "X")
    X = unboxed(X)
    if is_frame(X):
        X = frame_values(X, "X")
    if isinstance(X, Sequences):
        rows = [X[i] for i in range(len(X))]
    elif isinstance(X, (str, bytes, dict, set)) or not hasattr(X, "__iter__") or getattr(X, "shape", None) == ():
        raise ValueError(f"X must be a list of recordings, each an array of samples. Got {shown(X)}.{_hint(X)}")
    elif isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "fiub" and len(X):
        raise ValueError(
            f"Expected 2D array, got 1D array instead: X must be a list of recordings, or have shape (N, T). Got "
            f"{X.shape}. Reshape your data: X[None] is one recording."
        )
    else:
        rows = list(X)
    if not rows:
        raise no_sequences("X")
    return [_waveform(row, f"X[{i}]") for i, row in enumerate(rows)]


def path_rows(X: Any) -> list[str]:
    """N paths.

    Raises
    ------
    ValueError
        If X is no list of paths.
    """
    X = unboxed(X)
    if isinstance(X, (str, bytes, os.PathLike)) or is_frame(X) or not hasattr(X, "__iter__"):
        got = "a data frame; take one column" if is_frame(X) else shown(X)
        raise ValueError(f"X must be a list of paths with input='filename'. Got {got}.")
    rows = list(X)
    if not rows:
        raise no_sequences("X")
    for i, row in enumerate(rows):
        if not isinstance(row, (str, os.PathLike)):
            raise ValueError(f"X[{i}] must be a path, as input='filename'. Got {shown(row)}.")
    return [os.fspath(row) for row in rows]


def _waveform(row: Any, place: str) -> NDArray:
    """One recording as an array (T,)."""
    check_no_mask(row, place)
    if isinstance(row, (str, bytes, os.PathLike, dict, set)) or not hasattr(row, "__len__"):
        raise ValueError(f"{place} must be a recording, an array of samples. Got {shown(row)}.{_hint(row)}")
    try:
        samples = np.asarray(row)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place} must be a recording, an array of samples. Got {shown(row)}.") from error
    if samples.ndim == 2 and samples.shape[1] == 1:
        samples = samples[:, 0]
    if samples.ndim != 1:
        raise ValueError(
            f"{place} must have shape (time,), one channel. Got {samples.shape}: choose a channel, or average them."
        )
    if not len(samples):
        raise ValueError(f"{place} must hold at least one sample. Got an empty recording.")
    if samples.dtype.kind != "f" and samples.dtype.name not in _INTEGERS:
        kind = samples.dtype
        hint = " Convert them to the type of the recording." if kind.kind in "iu" else ""
        raise ValueError(f"{place} must hold floats, or integers of type {', '.join(_INTEGERS)}. Got {kind}.{hint}")
    return samples


def _hint(value: Any) -> str:
    return " Set input='filename' to read files." if isinstance(value, (str, os.PathLike)) else ""


def check_samples(samples: NDArray, place: str) -> None:
    """Check the samples of a recording (T,).

    Raises
    ------
    ValueError
        If they are not finite, too large, or all the same: a silent recording has no features.
    """
    low, high = float(samples.min()), float(samples.max())  # NaN where there is one
    if not -_LARGEST <= low <= high <= _LARGEST:
        values = samples.astype(np.float64)
        first = int(np.flatnonzero(~(np.abs(values) <= _LARGEST))[0])
        value = values[first]
        what = "NaN" if np.isnan(value) else "infinity" if np.isinf(value) else f"samples beyond {_LARGEST:g}"
        raise ValueError(f"{place} must not contain {what}. Got one at sample {first}.")
    if low == high:
        raise ValueError(f"{place} must not be silent. Got {len(samples)} samples of {low:g}.")


def scaled(samples: NDArray) -> NDArray[np.float32]:
    """Samples as float32; integers by their full scale, in [-1, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing.recordings import scaled
    >>> scaled(np.array([-32768, 0, 16384], np.int16))
    array([-1. ,  0. ,  0.5], dtype=float32)
    """
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    floats = samples.astype(np.float32)
    if samples.dtype.kind == "u":  # 0 to 255, of which 128 is zero
        floats -= 128
    floats /= 2.0 ** (8 * samples.dtype.itemsize - 1)
    return floats
