"""Base of `LogMelSpectrogram` and `MFCC`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from skrnn.preprocessing.audio_files import check_files, read_files
from skrnn.preprocessing.containers import remember_features
from skrnn.preprocessing.recordings import check_samples, path_rows, scaled, waveform_rows
from skrnn.preprocessing.sequence_transformer import SequenceTransformer
from skrnn.preprocessing.spectra import WINDOWS, Spectra, mel_filters, window_of
from skrnn.preprocessing.step_tables import in_form_of
from skrnn.sequences.ragged import Sequences, offsets_of
from skrnn.sequences.sklearn_private import Interval, StrOptions, validate_params


class SpectralFeatures(SequenceTransformer):
    """Base: from recordings to features per frame, without anything to learn."""

    _parameter_constraints: dict[str, Any] = {
        "sample_rate": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "win_length": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, None, closed="neither")],
        "hop_length": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left"), None],
        "f_min": [Interval(Real, 0, None, closed="left")],
        "f_max": [Interval(Real, 0, None, closed="neither"), None],
        "window": [StrOptions(set(WINDOWS))],
        "preemphasis": [Interval(Real, 0, 1, closed="both")],
        "remove_dc_offset": ["boolean"],
        "snip_edges": ["boolean"],
        "power": [Interval(Real, 0, None, closed="neither")],
        "log_floor": [Interval(Real, 0, None, closed="neither")],
        "input": [StrOptions({"content", "filename"})],
        "resample": ["boolean"],
    }

    sample_rate: int
    n_mels: int
    win_length: int | float
    hop_length: int | float
    n_fft: int | None
    f_min: float
    f_max: float | None
    window: str
    preemphasis: float
    remove_dc_offset: bool
    snip_edges: bool
    power: float
    log_floor: float
    input: str
    resample: bool

    def _learn(self, X: Any) -> None:
        self._spectra()
        self._recordings(X)
        remember_features(self, 1, None)

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Turn recordings into features per frame; they are checked once.

        Parameters
        ----------
        X : recordings, as for `transform`
        y : None
            Ignored.

        Returns
        -------
        Sequences, ndarray of shape (N, F, d) or list of N data frames
        """
        found = self.transform(X)
        remember_features(self, 1, None)
        return found

    def transform(self, X: Any) -> Any:
        """Turn recordings into features per frame.

        Parameters
        ----------
        X : list of N arrays (T_i,), array of shape (N, T), column of a data frame, or list of N paths
            Samples of recordings with one channel, in floats in [-1, 1], or in int8, int16, int32 or uint8; or with
            ``input="filename"`` paths of files.

        Returns
        -------
        Sequences, ndarray of shape (N, F, d) or list of N data frames
            Of N recordings F_i frames each, float32; an array where X is one, and data frames after `set_output`.
        """
        validate_params(self)
        spectra, names = self._spectra(), self._names()
        values, lengths = spectra.of_recordings(self._recordings(X))
        frames = Sequences(values, offsets_of(np.array(lengths)), names)
        whole = isinstance(X, np.ndarray) and X.dtype != object and self.input == "content"  # (N, T), of one length
        return in_form_of(X if whole else frames, frames, self._contained(values, names), names)

    @property
    def seconds_per_step(self) -> float:
        """Time from one frame to the next."""
        return self._samples("hop_length", 1) / self.sample_rate

    def _recordings(self, X: Any) -> Iterator[NDArray[np.float32]]:
        """Samples of each recording, after a check of all of them; of files, of their headers."""
        if self.input == "content":
            rows = waveform_rows(X)
            for i, row in enumerate(rows):
                check_samples(row, f"X[{i}]")
            return map(scaled, rows)
        paths, rate, owner = path_rows(X), int(self.sample_rate), type(self).__name__
        check_files(paths, rate, self.resample, owner)
        return read_files(paths, rate, owner)

    @abstractmethod
    def _names(self) -> list[str]:
        """Names of the features."""

    @abstractmethod
    def _spectra(self) -> Spectra:
        """What turns frames into features; a ValueError where parameters contradict each other."""

    def _mel_spectra(self) -> Spectra:
        """Logarithms of mel filters."""
        rate = int(self.sample_rate)
        win, hop = self._samples("win_length", 2), self._samples("hop_length", 1)
        n_fft = 2 ** (win - 1).bit_length() if self.n_fft is None else int(self.n_fft)
        if n_fft < win:
            raise ValueError(f"n_fft must be at least the {win} samples of win_length. Got {n_fft}.")
        f_max = rate / 2 if self.f_max is None else float(self.f_max)
        if not self.f_min < f_max <= rate / 2:
            raise ValueError(
                f"f_max must be above f_min={self.f_min:g} and at most {rate / 2:g}, half of sample_rate. "
                f"Got {f_max:g}."
            )
        filters = mel_filters(int(self.n_mels), n_fft, rate, float(self.f_min), f_max)
        empty = np.flatnonzero(~filters.any(axis=1))
        if len(empty):
            raise ValueError(
                f"n_mels must be so low that each filter has a frequency of a transform of n_fft={n_fft} samples. Got "
                f"{self.n_mels}, where filter {empty[0]} has none."
            )
        return Spectra(
            hop=hop,
            n_fft=n_fft,
            window=window_of(self.window, win).astype(np.float32),
            filters=sparse.csr_array(filters.astype(np.float32)),
            cepstra=None,
            preemphasis=float(self.preemphasis),
            power=float(self.power),
            log_floor=float(self.log_floor),
            remove_dc_offset=bool(self.remove_dc_offset),
            snip_edges=bool(self.snip_edges),
            energy=False,
        )

    def _samples(self, name: str, least: int) -> int:
        """A length in samples; seconds are rounded down, as in Kaldi, but 0.07 * 100 is 7."""
        value = getattr(self, name)
        samples = int(value) if isinstance(value, Integral) else int(value * self.sample_rate + 1e-6)
        if samples < least:
            got = f"{value} seconds at sample_rate={self.sample_rate}" if isinstance(value, float) else f"{value}"
            raise ValueError(f"{name} must be at least {least} samples. Got {got}.")
        return samples

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Names of the features that come out.

        Parameters
        ----------
        input_features : None
            Ignored: a recording has one feature.

        Returns
        -------
        ndarray of str
        """
        return np.array(self._names(), dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = self.input == "filename"
        tags.input_tags.two_d_array = self.input == "content"
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = False
        return tags
