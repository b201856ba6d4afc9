"""`LogMelSpectrogram` and `MFCC`: features of recordings of sound."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from skrnn.preprocessing.spectra import Spectra, cepstra
from skrnn.preprocessing.spectral_features import SpectralFeatures
from skrnn.sequences.sklearn_private import Interval


class LogMelSpectrogram(SpectralFeatures):
    """Turn recordings into logarithms of mel filters, one step per frame.

    Parameters
    ----------
    sample_rate : int, default=16000
        Samples per second of the recordings.
    n_mels : int, default=40
        Number of mel filters.
    win_length : float or int, default=0.025
        Length of a frame, in seconds (float) or samples (int).
    hop_length : float or int, default=0.01
        Time from one frame to the next, in seconds (float) or samples (int).
    n_fft : int, default=None
        Samples of the Fourier transform; frames are filled up with zeros. None is the next power of two.
    f_min : float, default=20.0
        Lower end of the first filter, in Hz.
    f_max : float, default=None
        Upper end of the last filter, in Hz. None is half of `sample_rate`.
    window : {"povey", "hann", "hamming", "rectangular"}, default="povey"
        Shape of a frame, symmetric; "povey" is "hann" to the power of 0.85.
    preemphasis : float in [0, 1], default=0.97
        Share of the previous sample that is subtracted from each sample; 0 changes nothing.
    remove_dc_offset : bool, default=True
        Subtract the mean of each frame first.
    snip_edges : bool, default=True
        True gives the frames that lie within the recording. False gives one frame per hop, with its center in the
        recording, which is reflected at both ends; the number of frames does not depend on `win_length`.
    power : float, default=2.0
        Exponent of the magnitudes of the spectrum: 2 for power, 1 for magnitudes.
    log_floor : float, default=1e-10
        Smaller outputs of filters are replaced by it before the logarithm.
    input : {"content", "filename"}, default="content"
        Whether X holds samples, or paths of files such as wav and flac, which soundfile reads
        (``pip install skrnn[audio]``).
    resample : bool, default=False
        Convert files with another sample rate to `sample_rate`. By default they are an error.

    Attributes
    ----------
    n_features_in_ : int
        1, the samples.

    See Also
    --------
    MFCC : Cepstral coefficients of these features.
    Deltas : Adds slopes over time.
    PerSequence : Normalizes each recording, as ``PerSequence(StandardScaler())``.

    Notes
    -----
    Integers are divided by their full scale, so that int16 samples and the same recording in floats in [-1, 1) have
    equal features. Kaldi takes int16 samples as they are: its features are higher by the logarithm of 2 ** 30, 20.79.

    Nothing is random (there is no dither), and nothing is learned: `fit` checks parameters and recordings. A
    recording that is shorter than a frame is filled up with zeros to one frame. A silent recording, whose samples are
    all the same, is an error.

    The formulas are those of Kaldi [2]_, with the mel scale of HTK [1]_. With ``log_floor=1.1920929e-07`` and for the
    same float samples the features are those of kaldi-native-fbank 1.23 with ``dither=0``, within 0.002 (rounding in
    float32, which shows where a filter has little energy).

    All recordings are transformed together, in blocks of bounded memory; files are read one after the other.

    References
    ----------
    .. [1] S. Young et al. (2006), The HTK book, section 5.4, for the mel scale 1127 ln(1 + f / 700).
    .. [2] D. Povey et al. (2011), The Kaldi speech recognition toolkit, ASRU; feat/feature-window.cc,
       feat/mel-computations.cc and feat/feature-fbank.cc in https://github.com/kaldi-asr/kaldi.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import LogMelSpectrogram
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)  # one second
    >>> X = LogMelSpectrogram(8000).fit_transform([tone, tone[:4000]])
    >>> X[0].shape, X[1].shape
    ((98, 40), (48, 40))
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        *,
        n_mels: int = 40,
        win_length: int | float = 0.025,
        hop_length: int | float = 0.01,
        n_fft: int | None = None,
        f_min: float = 20.0,
        f_max: float | None = None,
        window: str = "povey",
        preemphasis: float = 0.97,
        remove_dc_offset: bool = True,
        snip_edges: bool = True,
        power: float = 2.0,
        log_floor: float = 1e-10,
        input: str = "content",
        resample: bool = False,
    ) -> None:
        self.sample_rate = sample_rate
        self.n_mels = n_mels
        self.win_length = win_length
        self.hop_length = hop_length
        self.n_fft = n_fft
        self.f_min = f_min
        self.f_max = f_max
        self.window = window
        self.preemphasis = preemphasis
        self.remove_dc_offset = remove_dc_offset
        self.snip_edges = snip_edges
        self.power = power
        self.log_floor = log_floor
        self.input = input
        self.resample = resample

    def _names(self) -> list[str]:
        return [f"mel{k}" for k in range(self.n_mels)]

    def _spectra(self) -> Spectra:
        return self._mel_spectra()


class MFCC(SpectralFeatures):
    """Turn recordings into mel-frequency cepstral coefficients, one step per frame.

    These are the first numbers of a discrete cosine transform of the features of `LogMelSpectrogram` [1]_.

    Parameters
    ----------
    sample_rate : int, default=16000
        Samples per second of the recordings.
    n_mfcc : int, default=13
        Number of coefficients, at most `n_mels`.
    cepstral_lifter : float, default=22.0
        L of the factors ``1 + L / 2 * sin(pi * k / L)`` of the coefficients k, which give all about the same scale;
        0 leaves them out.
    use_energy : bool, default=False
        Replace the first coefficient by the logarithm of the energy of the frame.
    n_mels : int, default=40
        Number of mel filters.
    win_length : float or int, default=0.025
        Length of a frame, in seconds (float) or samples (int).
    hop_length : float or int, default=0.01
        Time from one frame to the next, in seconds (float) or samples (int).
    n_fft : int, default=None
        Samples of the Fourier transform; frames are filled up with zeros. None is the next power of two.
    f_min : float, default=20.0
        Lower end of the first filter, in Hz.
    f_max : float, default=None
        Upper end of the last filter, in Hz. None is half of `sample_rate`.
    window : {"povey", "hann", "hamming", "rectangular"}, default="povey"
        Shape of a frame, symmetric; "povey" is "hann" to the power of 0.85.
    preemphasis : float in [0, 1], default=0.97
        Share of the previous sample that is subtracted from each sample; 0 changes nothing.
    remove_dc_offset : bool, default=True
        Subtract the mean of each frame first.
    snip_edges : bool, default=True
        True gives the frames that lie within the recording. False gives one frame per hop, with its center in the
        recording, which is reflected at both ends; the number of frames does not depend on `win_length`.
    power : float, default=2.0
        Exponent of the magnitudes of the spectrum: 2 for power, 1 for magnitudes.
    log_floor : float, default=1e-10
        Smaller outputs of filters are replaced by it before the logarithm.
    input : {"content", "filename"}, default="content"
        Whether X holds samples, or paths of files such as wav and flac, which soundfile reads
        (``pip install skrnn[audio]``).
    resample : bool, default=False
        Convert files with another sample rate to `sample_rate`. By default they are an error.

    Attributes
    ----------
    n_features_in_ : int
        1, the samples.

    See Also
    --------
    LogMelSpectrogram : The features before the cosine transform.
    Deltas : Adds slopes over time.
    PerSequence : Normalizes each recording, as ``PerSequence(StandardScaler())``.

    Notes
    -----
    Integers are divided by their full scale, so that int16 samples and the same recording in floats in [-1, 1) have
    equal features. Kaldi takes int16 samples as they are: its first coefficient is higher by the logarithm of 2 ** 30,
    20.79, times the square root of `n_mels`.

    Nothing is random (there is no dither), and nothing is learned: `fit` checks parameters and recordings. A
    recording that is shorter than a frame is filled up with zeros to one frame. A silent recording, whose samples are
    all the same, is an error.

    The formulas are those of Kaldi [2]_. With ``log_floor=1.1920929e-07`` and for the same float samples the features
    are those of kaldi-native-fbank 1.23 with ``dither=0``, within 0.005 (rounding in float32, which shows where a
    filter has little energy).

    All recordings are transformed together, in blocks of bounded memory; files are read one after the other.

    References
    ----------
    .. [1] S. B. Davis, P. Mermelstein (1980), Comparison of parametric representations for monosyllabic word
       recognition in continuously spoken sentences, IEEE Transactions on Acoustics, Speech, and Signal Processing
       28(4).
    .. [2] D. Povey et al. (2011), The Kaldi speech recognition toolkit, ASRU; feat/feature-window.cc,
       feat/mel-computations.cc and feat/feature-mfcc.cc in https://github.com/kaldi-asr/kaldi.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import MFCC
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)  # one second
    >>> MFCC(8000).fit_transform([tone])[0].shape
    (98, 13)
    """

    _parameter_constraints: dict[str, Any] = {
        **SpectralFeatures._parameter_constraints,
        "n_mfcc": [Interval(Integral, 1, None, closed="left")],
        "cepstral_lifter": [Interval(Real, 0, None, closed="left")],
        "use_energy": ["boolean"],
    }

    def __init__(
        self,
        sample_rate: int = 16000,
        *,
        n_mfcc: int = 13,
        cepstral_lifter: float = 22.0,
        use_energy: bool = False,
        n_mels: int = 40,
        win_length: int | float = 0.025,
        hop_length: int | float = 0.01,
        n_fft: int | None = None,
        f_min: float = 20.0,
        f_max: float | None = None,
        window: str = "povey",
        preemphasis: float = 0.97,
        remove_dc_offset: bool = True,
        snip_edges: bool = True,
        power: float = 2.0,
        log_floor: float = 1e-10,
        input: str = "content",
        resample: bool = False,
    ) -> None:
        self.sample_rate = sample_rate
        self.n_mfcc = n_mfcc
        self.cepstral_lifter = cepstral_lifter
        self.use_energy = use_energy
        self.n_mels = n_mels
        self.win_length = win_length
        self.hop_length = hop_length
        self.n_fft = n_fft
        self.f_min = f_min
        self.f_max = f_max
        self.window = window
        self.preemphasis = preemphasis
        self.remove_dc_offset = remove_dc_offset
        self.snip_edges = snip_edges
        self.power = power
        self.log_floor = log_floor
        self.input = input
        self.resample = resample

    def _names(self) -> list[str]:
        return [f"mfcc{k}" for k in range(self.n_mfcc)]

    def _spectra(self) -> Spectra:
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc must be at most n_mels={self.n_mels}. Got {self.n_mfcc}.")
        matrix = cepstra(int(self.n_mfcc), int(self.n_mels), float(self.cepstral_lifter))
        return self._mel_spectra()._replace(
            cepstra=sparse.csr_array(matrix.astype(np.float32)), energy=bool(self.use_energy)
        )
