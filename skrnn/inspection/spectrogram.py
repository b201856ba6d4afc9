"""A spectrogram with what was heard written under it, at its times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.inspection.fitted import find_with, import_pyplot, split_off_last

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Sizes of labels in points, and the most rows at each: the first with which no labels overlap is taken.
_SIZES = ((10.0, 2), (8.0, 3), (6.5, 6))
_LINE = 1.25  # height of a row, in units of the size
_GAP = 4.0  # points between the picture, its labels and the ticks


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
        If features are no table, a label is not within them, or a confidence is not from 0 to 1.

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
        for label, start, end, sure in self.times:
            if not 0 <= sure <= 1 + 1e-4:
                raise ValueError(f"confidences must be from 0 to 1. Got {sure:g} of {label!r}.")
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
        ax.set_xlim(0.0, self._duration)
        ax.set_xlabel("step" if self.seconds_per_step is None else "time in seconds")
        ax.set_ylabel("feature")
        if self.title:
            ax.set_title(self.title, fontsize=11)
        self._draw_spans(plt.rcParams["text.color"])
        self._draw_labels(plt.rcParams["text.color"])
        return self

    def _below(self, points: float) -> Any:
        """Times along x, and so many points below the picture where y is 0."""
        from matplotlib.transforms import offset_copy

        return offset_copy(self.ax_.get_xaxis_transform(), self.figure_, y=-points, units="points")

    def _draw_spans(self, ink: Any) -> None:
        """Mark where labels begin and end."""
        style: dict[str, Any] = {"linewidth": 2.5, "alpha": 0.8, "solid_capstyle": "butt", "clip_on": False}
        for _, start, end, _ in self.times:
            self.ax_.plot([start, end], [0, 0], transform=self._below(_GAP / 2), color=ink, **style)
            for edge in (start, end):
                self.ax_.axvline(edge, color="white", linewidth=0.6, alpha=0.5)

    def _draw_labels(self, ink: Any) -> None:
        """Write labels in rows in which they do not overlap, in the largest size for which there is room."""
        self.labels_ = [
            self.ax_.text(
                (start + end) / 2, 0, label, color=ink, alpha=0.35 + 0.65 * min(1.0, sure), ha="center", va="top"
            )
            for label, start, end, sure in self.times
        ]
        if not self.labels_:
            return
        root = self.figure_.canvas.figure  # of which figure_ may be a part
        root.draw_without_rendering()  # which lays the axes out, so that their size is known
        per_pixel = self._duration / self.ax_.get_window_extent().width
        for size, most in _SIZES:
            for label in self.labels_:
                label.set_fontsize(size)
            blank = 0.8 * size * root.dpi / 72  # pixels
            widths = [per_pixel * (label.get_window_extent().width + blank) for label in self.labels_]
            middles, rows, fits = self._rows(widths, most)
            if fits:
                break
        for label, middle, row in zip(self.labels_, middles, rows):
            label.set_x(middle)
            label.set_transform(self._below(_GAP + _LINE * size * row))
        self.ax_.tick_params(axis="x", pad=_GAP + _LINE * size * (1 + max(rows)))

    def _rows(self, widths: list[float], most: int) -> tuple[list[float], list[int], bool]:
        """Middle and row of each label, and whether none touches another in its row."""
        ends = [0.0] * most
        middles, rows, fits = [], [], True
        for width, (_, start, end, _) in zip(widths, self.times):
            last = max(self._duration - width / 2, width / 2)  # within the picture, if it is as wide as that
            middle = min(max((start + end) / 2, width / 2), last)
            begin = middle - width / 2
            row = next((row for row in range(most) if ends[row] <= begin), None)
            if row is None:
                row, fits = int(np.argmin(ends)), False
            ends[row] = middle + width / 2
            middles.append(middle)
            rows.append(row)
        return middles, rows, fits
