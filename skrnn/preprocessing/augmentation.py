"""`SequenceAugmentation`: random changes of sequences of numbers, for training only."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skrnn.preprocessing.lengths import resampled
from skrnn.preprocessing.sequence_transformer import as_floats
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import Interval, StrOptions, validate_params


class SequenceAugmentation(BaseEstimator):
    """Random changes of the training sequences, other ones in each epoch: masks, noise, speed, warped features.

    They make a network learn what remains the same under such changes, and help most where there are few sequences.
    All are off by default. Those that are on are applied in this order: `speed`; `feature_warp` and `feature_shift`;
    `gain`; `noise`; masks. Every sequence gets random numbers of its own.

    Parameters
    ----------
    time_masks : int, default=0
        Number of masks in each sequence that hide all features of some consecutive steps [1]_.
    time_mask_width : int or float, default=0
        Maximum width of a time mask: steps (int), of which a shorter sequence has at most its length, or a share of the
        length of the sequence (float, 0 to 1). Each width is uniform from 0 to this maximum.
    feature_masks : int, default=0
        Number of masks in each sequence that hide some consecutive features at all steps.
    feature_mask_width : int, default=0
        Maximum width of a feature mask. Each width is uniform from 0 to this maximum.
    mask_value : float or "mean", default=0.0
        Value of what is masked; "mean" is the mean of the feature in the sequence. The default is the mean of scaled
        features. NaN makes masked values missing, for cells that read missing values.
    noise : float, default=0.0
        Standard deviation of normal noise, which is added to each value.
    speed : float, default=0.0
        Range of the speed, 0 to 1: each sequence is resampled in time, by linear interpolation, to play at a speed
        uniform in ``[1 - speed, 1 + speed]`` [3]_. This changes the lengths of sequences.
    feature_warp : float, default=0.0
        Range of the factor of the feature axis, 0 to 1. With a factor uniform in
        ``[1 - feature_warp, 1 + feature_warp]``, feature j gets the value at ``j * factor``, interpolated linearly,
        or that of the last feature beyond it. For ordered features, such as mel bands, this varies the length of the
        vocal tract [2]_.
    feature_shift : int, default=0
        Maximum number of features by which all are shifted, up or down; the first or the last one is repeated. For
        bands with logarithmic frequencies, this varies the pitch.
    gain : float, default=0.0
        Standard deviation of a normal number that is added to all values of a sequence: the loudness, for features that
        are logarithms.

    Notes
    -----
    Missing values (NaN) remain missing under masks, noise and gain. Interpolation between a value and a missing one
    is missing.

    References
    ----------
    .. [1] D. S. Park et al. (2019), SpecAugment: a simple data augmentation method for automatic speech recognition,
       Interspeech, 2613-2617, has both kinds of masks.
    .. [2] N. Jaitly, G. E. Hinton (2013), Vocal tract length perturbation (VTLP) improves speech recognition, ICML
       Workshop on Deep Learning for Audio, Speech and Language.
    .. [3] T. Ko, V. Peddinti, D. Povey, S. Khudanpur (2015), Audio augmentation for speech recognition, Interspeech,
       3586-3589.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import Sequences
    >>> from skrnn.preprocessing import SequenceAugmentation
    >>> X = Sequences.from_list([np.ones((6, 3)), np.ones((4, 3))])
    >>> augmentation = SequenceAugmentation(time_masks=1, time_mask_width=0.5)
    >>> augmentation.apply(X, np.random.default_rng(0))[0][:, 0]
    array([1., 1., 0., 0., 0., 1.])
    """

    _parameter_constraints: dict[str, Any] = {
        "time_masks": [Interval(Integral, 0, None, closed="left")],
        "time_mask_width": [Interval(Integral, 0, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "feature_masks": [Interval(Integral, 0, None, closed="left")],
        "feature_mask_width": [Interval(Integral, 0, None, closed="left")],
        "mask_value": [StrOptions({"mean"}), Real],
        "noise": [Interval(Real, 0, None, closed="left")],
        "speed": [Interval(Real, 0, 1, closed="left")],
        "feature_warp": [Interval(Real, 0, 1, closed="left")],
        "feature_shift": [Interval(Integral, 0, None, closed="left")],
        "gain": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        time_masks: int = 0,
        time_mask_width: int | float = 0,
        feature_masks: int = 0,
        feature_mask_width: int = 0,
        mask_value: float | str = 0.0,
        noise: float = 0.0,
        speed: float = 0.0,
        feature_warp: float = 0.0,
        feature_shift: int = 0,
        gain: float = 0.0,
    ) -> None:
        self.time_masks = time_masks
        self.time_mask_width = time_mask_width
        self.feature_masks = feature_masks
        self.feature_mask_width = feature_mask_width
        self.mask_value = mask_value
        self.noise = noise
        self.speed = speed
        self.feature_warp = feature_warp
        self.feature_shift = feature_shift
        self.gain = gain

    @property
    def changes_lengths(self) -> bool:
        """Whether `apply` changes the number of steps."""
        return self.speed > 0

    def check(self, n_features: int) -> None:
        """Check the parameters, as `apply` does.

        Parameters
        ----------
        n_features : int
            D.

        Raises
        ------
        ValueError
            If a parameter is out of its range, or wider than the features.
        """
        validate_params(self)
        for name in ("feature_mask_width", "feature_shift"):
            if getattr(self, name) > n_features:
                got = getattr(self, name)
                raise ValueError(f"{name} must be at most {n_features}, the number of features. Got {got}.")

    def apply(self, sequences: Sequences, rng: np.random.Generator) -> Sequences:
        """Make changed copies of sequences.

        Parameters
        ----------
        sequences : Sequences
            N sequences of D numbers per step. Integers become float64.
        rng : numpy.random.Generator
            Source of the random numbers.

        Returns
        -------
        changed : Sequences

        Raises
        ------
        ValueError
            If a parameter is out of its range, or wider than the features.
        """
        self.check(sequences.n_features)
        n, offsets = len(sequences), sequences.offsets
        values = as_floats(sequences.values).reshape(-1, sequences.n_features)  # (total steps, D)
        if self.speed:
            values, offsets = _at_speed(values, offsets, rng.uniform(1 - self.speed, 1 + self.speed, n))
        lengths = np.diff(offsets)
        sequence = np.repeat(np.arange(n), lengths)  # of each step
        if self.feature_warp or self.feature_shift:
            factor = rng.uniform(1 - self.feature_warp, 1 + self.feature_warp, n) if self.feature_warp else np.ones(n)
            shift = rng.integers(-self.feature_shift, self.feature_shift, n, endpoint=True)
            values = _at_features(values, sequence, factor, shift)
        if self.gain:
            values += rng.normal(0.0, self.gain, n).astype(values.dtype)[sequence, None]
        if self.noise:
            noise: NDArray = rng.standard_normal(values.shape, np.float64 if values.dtype == np.float64 else np.float32)
            noise *= self.noise
            values += noise.astype(values.dtype, copy=False)
        self._mask(values, offsets, sequence, rng)
        return Sequences(values.reshape(-1, *sequences.step_shape), offsets, sequences.feature_names)

    def _mask(self, values: NDArray, offsets: NDArray, sequence: NDArray, rng: np.random.Generator) -> None:
        """Mask values (total steps, D) in place."""
        lengths, D = np.diff(offsets), values.shape[1]
        hidden: NDArray = np.zeros((len(values), 1), bool)
        if self.time_masks and self.time_mask_width:
            whole = isinstance(self.time_mask_width, Integral)
            widest = np.minimum(lengths, self.time_mask_width) if whole else lengths * self.time_mask_width
            begin, end = _draw_spans(lengths, widest.astype(np.int64), self.time_masks, rng)
            hidden |= _covered(offsets[:-1, None] + begin, offsets[:-1, None] + end, len(values))[:, None]
        if self.feature_masks and self.feature_mask_width:
            sizes = np.full(len(lengths), D)
            begin, end = _draw_spans(sizes, np.full_like(sizes, self.feature_mask_width), self.feature_masks, rng)
            feature = np.arange(D)
            inside = (feature >= begin[..., None]) & (feature < end[..., None])  # (N, masks, D)
            hidden = np.logical_or(hidden, np.any(inside, axis=1)[sequence])
        if hidden.any():
            hidden = np.logical_and(hidden, ~np.isnan(values))
            mean = isinstance(self.mask_value, str)
            fill = _means(values, offsets)[sequence] if mean else np.asarray(self.mask_value, values.dtype)
            np.copyto(values, fill, where=hidden)


def _at_speed(values: NDArray, offsets: NDArray, speeds: NDArray) -> tuple[NDArray, NDArray]:
    """Sequences at these speeds (N,), of at least one step unless they have none."""
    lengths = np.diff(offsets)
    wanted = np.maximum(np.minimum(lengths, 1), np.rint(lengths / speeds)).astype(np.int64)
    return resampled(values, offsets, wanted)


def _at_features(values: NDArray, sequence: NDArray, factor: NDArray, shift: NDArray) -> NDArray:
    """Values at other places of the feature axis: feature j at ``j * factor - shift``, both (N,), interpolated."""
    D = values.shape[1]
    place = np.clip(np.arange(D) * factor[:, None] - shift[:, None], 0, D - 1)  # (N, D)
    below = place.astype(np.int64)
    share = (place - below).astype(values.dtype)[sequence]  # (total steps, D)
    first = np.arange(len(values))[:, None] * D
    low = values.take(first + below[sequence])
    changed = values.take(first + np.minimum(below + 1, D - 1)[sequence])
    changed -= low
    changed *= share
    changed += low
    np.copyto(changed, low, where=share == 0)  # where the other one may be missing
    return changed


def _draw_spans(sizes: NDArray, widest: NDArray, n: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Begin and end, (N, n), of spans within 0 to sizes (N,), of widths from 0 to widest (N,)."""
    widths = rng.integers(0, widest[:, None], (len(sizes), n), endpoint=True)
    begin = rng.integers(0, sizes[:, None] - widths, endpoint=True)
    return begin, begin + widths


def _covered(begin: NDArray, end: NDArray, n: int) -> NDArray:
    """Whether each of n places is in at least one span."""
    changes = np.bincount(begin.ravel(), minlength=n + 1) - np.bincount(end.ravel(), minlength=n + 1)
    return np.cumsum(changes[:n]) > 0


def _means(values: NDArray, offsets: NDArray) -> NDArray:
    """Mean of the known values of each feature in each sequence, (N, D)."""
    known = ~np.isnan(values)
    filled = offsets[1:] > offsets[:-1]  # reduceat reads a step for a sequence that has none
    begin = offsets[:-1][filled]
    means = np.zeros((len(filled), values.shape[1]), values.dtype)
    sums = np.add.reduceat(np.where(known, values, 0), begin, axis=0, dtype=np.float64)
    means[filled] = sums / np.maximum(1, np.add.reduceat(known, begin, axis=0, dtype=np.int64))
    return means
