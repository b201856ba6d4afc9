"""A spectrogram with what was heard written under it, at its times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.inspection.fitted import find_with, import_pyplot, split_off_last

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Letters of a label that fit into an inch of the plot, in its smallest size.
_LETTERS_PER_INCH = 14
_ROWS = 3


class SpectrogramDisplay:
    """Features of frames as a picture, and labels under the time where they were heard.

    Parameters
    ----------
    features : array-like of shape (T, D)
        Of the frames, such as those of `skrnn.preprocessing.LogMelSpectrogram`.
    times : sequence of (label, start, end, confidence)
        As of `RNNTranscriber.word_times`, in the unit of `seconds_per_step`.
    seconds_per_step : float, default=None
        Time from one frame to the next, for the axis; None counts steps.
    title : str, default=None
        None leaves it out.

    Attributes
    ----------
    features : ndarray of shape (T, D)
    times : list of (label, start, end, confidence)
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage
        The spectrogram.
    labels_ : list of matplotlib Text
        The labels. The less confident, the paler.

    Raises
    ------
    ValueError
        If features are no table, or a label is not within them.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.inspection import SpectrogramDisplay
    >>> display = SpectrogramDisplay(np.random.default_rng(0).normal(size=(50, 20)), [("yes", 10, 30, 0.9)])
    >>> [label.get_text() for label in display.plot().labels_]
    ['yes']
    """

    ax_: Axes
    figure_: Any
    image_: Any
    labels_: list[Any]

    def __init__(
        self,
        features: ArrayLike,
        times: Sequence[tuple[Any, float, float, float]],
        *,
        seconds_per_step: float | None = None,
        title: str | None = None,
    ) -> None:
        self.features = np.asarray(features, dtype=np.float64)  # (T, D)
        self.times = [(str(label), float(a), float(b), float(sure)) for label, a, b, sure in times]
        self.seconds_per_step, self.title = seconds_per_step, title
        if self.features.ndim != 2 or not self.features.size:
            raise ValueError(f"features must have shape (T, D). Got {self.features.shape}.")
        for label, start, end, _ in self.times:
            if not 0 <= start < end <= self._duration * (1 + 1e-9):
                where = f"{start:g} to {end:g}"
                raise ValueError(f"times must be within 0 and {self._duration:g}. Got {label!r} from {where}.")

    @property
    def _duration(self) -> float:
        return len(self.features) * (1.0 if self.seconds_per_step is None else self.seconds_per_step)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        x: Any,
        y: Any = None,
        *,
        features: ArrayLike | None = None,
        seconds_per_step: float | None = None,
        by: str = "word",
        ax: Axes | None = None,
    ) -> SpectrogramDisplay:
        """Transcribe one sequence, and draw it with its labels.

        Parameters
        ----------
        estimator : RNNTranscriber
            Fitted; or a Pipeline or a search that ends in one.
        x : one sequence, or recording, as in `fit`
        y : one output, default=None
            What is said in x; None takes what `predict` finds.
        features : array-like of shape (T, D), default=None
            What to draw; None takes what the transcriber gets.
        seconds_per_step : float, default=None
            Time from one frame to the next. None takes that of a transformer in the pipeline that makes frames of
            recordings, and counts steps where there is none.
        by : {"word", "label"}, default="word"
            As of `RNNTranscriber.word_times`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : SpectrogramDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no times.
        """
        fitted = find_with(estimator, "word_times", "have word_times, as RNNTranscriber does")
        X: Any = [x]
        for transformer in split_off_last(estimator)[0]:
            X = transformer.transform(X)
            if seconds_per_step is None and hasattr(transformer, "seconds_per_step"):
                seconds_per_step = transformer.seconds_per_step
        options = {"by": by, "seconds_per_step": 1.0 if seconds_per_step is None else seconds_per_step}
        (times,) = fitted.word_times(X, None if y is None else [y], **options)
        drawn = X[0] if features is None else features
        return cls(drawn, times, seconds_per_step=seconds_per_step, title=type(fitted).__name__).plot(ax)

    def plot(self, ax: Axes | None = None, *, cmap: Any = "magma") -> SpectrogramDisplay:
        """Draw the spectrogram and its labels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default="magma"

        Returns
        -------
        display : SpectrogramDisplay
            The display itself, with `ax_`, `figure_`, `image_` and `labels_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("SpectrogramDisplay.plot")
        if ax is None:
            width = min(14.0, max(5.0, 0.02 * len(self.features) + 2.0))
            _, ax = plt.subplots(figsize=(width, 3.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        extent = (0.0, self._duration, -0.5, self.features.shape[1] - 0.5)
        self.image_ = ax.imshow(self.features.T, cmap=cmap, origin="lower", aspect="auto", extent=extent)
        inches = self.figure_.get_size_inches()[0] * ax.get_position().width
        rows = self._rows(inches)
        n_rows = 1 + max(rows, default=0)
        below = ax.get_xaxis_transform()
        height = 0.085
        self.labels_ = []
        ink = plt.rcParams["text.color"]
        for (label, start, end, sure), row in zip(self.times, rows):
            for edge in (start, end):
                ax.axvline(edge, color="white", linewidth=0.6, alpha=0.5)
            ax.plot(
                [start, end],
                [-0.02, -0.02],
                transform=below,
                color=ink,
                linewidth=2.5,
                clip_on=False,
                alpha=0.8,
                solid_capstyle="butt",
            )
            self.labels_.append(
                ax.text(
                    (start + end) / 2,
                    -0.04 - height * row,
                    label,
                    transform=below,
                    ha="center",
                    va="top",
                    fontsize=10 if n_rows == 1 else 8,
                    color=ink,
                    alpha=0.35 + 0.65 * sure,
                    clip_on=False,
                )
            )
        ax.set_xlim(0.0, self._duration)
        ax.tick_params(axis="x", pad=6 + 20 * n_rows * bool(self.times))
        ax.set_xlabel("step" if self.seconds_per_step is None else "time in seconds")
        ax.set_ylabel("feature")
        if self.title:
            ax.set_title(self.title, fontsize=11)
        return self

    def _rows(self, inches: float) -> list[int]:
        """For each label the row below the picture where it does not touch the one before it."""
        per_letter = self._duration / (inches * _LETTERS_PER_INCH)
        ends = [-np.inf] * _ROWS
        rows = []
        for label, start, end, _ in self.times:
            middle, half = (start + end) / 2, per_letter * (len(label) + 1) / 2
            free = [row for row in range(_ROWS) if ends[row] <= middle - half]
            row = free[0] if free else int(np.argmin(ends))
            ends[row] = middle + half
            rows.append(row)
        return rows
