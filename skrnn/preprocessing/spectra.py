"""Spectra of recordings as pure functions: windows, mel filters, cepstra, and all frames in blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from scipy import fft, sparse

# Samples of the frames that are transformed together: 2 MB in float32, so that they stay in the cache.
_BLOCK = 2**19

WINDOWS = ("povey", "hann", "hamming", "rectangular")


def window_of(name: str, length: int) -> NDArray[np.float64]:
    """A symmetric window (length,), as HTK and Kaldi have them.

    Examples
    --------
    >>> from skrnn.preprocessing.spectra import window_of
    >>> window_of("hann", 5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    wave = np.cos(2 * np.pi * np.arange(length) / (length - 1))
    if name == "rectangular":
        return np.ones(length)
    if name == "hamming":
        return 0.54 - 0.46 * wave
    hann = 0.5 - 0.5 * wave
    return hann**0.85 if name == "povey" else hann  # the exponent is Kaldi's, in feat/feature-window.cc


def mel(hertz: NDArray | float) -> NDArray:
    """Frequency in mels, by the formula of HTK and Kaldi."""
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


def mel_filters(n_mels: int, n_fft: int, sample_rate: int, f_min: float, f_max: float) -> NDArray[np.float64]:
    """Triangles that overlap by half on the mel scale, each of height 1: (n_mels, n_fft // 2 + 1)."""
    edges = np.linspace(mel(f_min), mel(f_max), n_mels + 2)
    low, center, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]  # (n_mels, 1)
    bins = mel(np.arange(n_fft // 2 + 1) * (sample_rate / n_fft))
    rise, fall = (bins - low) / (center - low), (high - bins) / (high - center)
    return np.maximum(0, np.minimum(rise, fall))


def cepstra(n_mfcc: int, n_mels: int, lifter: float) -> NDArray[np.float64]:
    """The orthonormal discrete cosine transform II with lifter, as a matrix (n_mfcc, n_mels)."""
    k = np.arange(n_mfcc)[:, None]
    matrix = math.sqrt(2 / n_mels) * np.cos(np.pi / n_mels * (np.arange(n_mels) + 0.5) * k)
    matrix[0] = math.sqrt(1 / n_mels)
    return matrix * (1 + lifter / 2 * np.sin(np.pi * k / lifter)) if lifter else matrix


def framed(x: NDArray, win: int, hop: int, snip_edges: bool) -> NDArray:
    """Frames of a recording (T,), as a view (F, win) of it or of a longer copy.

    With `snip_edges` all frames lie within the recording, which is filled up with zeros to one window at least.
    Without, there is a frame for each hop, whose center is in the recording, and the ends are reflected.
    """
    if snip_edges:
        if len(x) < win:
            x = np.concatenate([x, np.zeros(win - len(x), x.dtype)])
        n = 1 + (len(x) - win) // hop
    else:
        n = max(1, (len(x) + hop // 2) // hop)
        begin = hop // 2 - win // 2
        end = begin + (n - 1) * hop + win
        x = np.pad(x, (max(0, -begin), max(0, end - len(x))), mode="symmetric")[max(0, begin) :]
    x = np.ascontiguousarray(x)
    return as_strided(x, (n, win), (hop * x.itemsize, x.itemsize), writeable=False)


class Spectra(NamedTuple):
    """What turns frames into features.

    Matrices are sparse, as products with them do not depend on the other frames of a block, and start no threads, which
    take ten times as long as the product where other processes are at work.

    Attributes
    ----------
    hop, n_fft : int
        Samples.
    window : ndarray of shape (win,), float32
    filters : sparse array of shape (n_mels, n_fft // 2 + 1), float32
    cepstra : sparse array of shape (n_mfcc, n_mels), float32, or None
        None gives logarithms of the filters.
    preemphasis, power, log_floor : float
    remove_dc_offset, snip_edges, energy : bool
        With `energy` the first feature is the logarithm of the energy of the frame.
    """

    hop: int
    n_fft: int
    window: NDArray[np.float32]
    filters: sparse.csr_array
    cepstra: sparse.csr_array | None
    preemphasis: float
    power: float
    log_floor: float
    remove_dc_offset: bool
    snip_edges: bool
    energy: bool

    def of_recordings(self, recordings: Iterable[NDArray[np.float32]]) -> tuple[NDArray[np.float32], list[int]]:
        """Features of all frames of all recordings, (total frames, d), and the number of frames of each.

        Frames of many short recordings are transformed together, those of a long one in several blocks.
        """
        win, rows = len(self.window), max(1, _BLOCK // self.n_fft)
        block = np.zeros((rows, self.n_fft), np.float32)
        filled, found, lengths = 0, [], []
        for recording in recordings:
            frames = framed(recording, win, self.hop, self.snip_edges)
            lengths.append(len(frames))
            while len(frames):
                taken = frames[: rows - filled]
                block[filled : filled + len(taken), :win] = taken
                filled, frames = filled + len(taken), frames[len(taken) :]
                if filled == rows:
                    found.append(self._of_block(block))
                    filled = 0
        if filled:
            found.append(self._of_block(block[:filled]))
        return np.concatenate(found), lengths

    def _of_block(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (F, d) of frames (F, n_fft), whose samples are changed; behind the window they are zero."""
        frames = block[:, : len(self.window)]
        if self.remove_dc_offset:
            frames -= frames.mean(axis=1, keepdims=True)
        energy = np.einsum("ft,ft->f", frames, frames) if self.energy else None
        if self.preemphasis:
            frames[:, 1:] -= np.float32(self.preemphasis) * frames[:, :-1]
            frames[:, 0] *= np.float32(1 - self.preemphasis)
        frames *= self.window
        parts = fft.rfft(block, axis=1).view(np.float32)  # (F, 2 * bins), real and imaginary in turn
        np.multiply(parts, parts, out=parts)
        spectrum = parts[:, ::2] + parts[:, 1::2]  # (F, bins)
        if self.power != 2:
            spectrum **= np.float32(self.power / 2)
        features = self._log(self.filters @ spectrum.T)  # (n_mels, F)
        if self.cepstra is not None:
            features = self.cepstra @ features
        if energy is not None:
            features[0] = self._log(energy)
        return features.T

    def _log(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.log(np.maximum(values, np.float32(self.log_floor)))
