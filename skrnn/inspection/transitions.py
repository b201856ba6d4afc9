"""Transitions between labels: which label likes to follow which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrnn.inspection.fitted import find_with, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Scores of a trained model are a few units; one below this is a way to forbid a transition.
_FORBIDDEN_BELOW = -1000.0
# With more labels than this, numbers in the cells overlap.
_MOST_NUMBERS = 12


class TransitionDisplay:
    """Heat map of the scores of transitions, from a label (rows) to the next one (columns).

    Use it to see what a tagger with a CRF head has learned of the order of labels. Red transitions are favoured, blue
    ones avoided, forbidden ones crossed out.

    Parameters
    ----------
    transition : array-like of shape (K, K)
        Score of the transition from the label of the row to the label of the column.
    classes : sequence of K labels
        Names of rows and columns.
    forbidden : array-like of bool, shape (K, K), default=None
        Which transitions cannot be taken, besides those whose score is minus infinity or below -1000.
    estimator_name : str or None, default=None
        Title of the plot; None leaves it out.

    Attributes
    ----------
    transition, forbidden : ndarray of shape (K, K)
    classes : tuple of K labels
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage
        The heat map.

    Raises
    ------
    ValueError
        If shapes do not fit, a score is NaN or plus infinity, or all transitions are forbidden.

    Examples
    --------
    >>> from skrnn.inspection import TransitionDisplay
    >>> display = TransitionDisplay([[0.5, 1.0], [-float("inf"), 0.2]], ["B", "I"])
    >>> display.forbidden.tolist()
    [[False, False], [True, False]]
    >>> display.plot().ax_.get_xlabel()
    'to'
    """

    ax_: Axes
    figure_: Any
    image_: Any

    def __init__(
        self,
        transition: ArrayLike,
        classes: Sequence[Any] | NDArray,
        *,
        forbidden: ArrayLike | None = None,
        estimator_name: str | None = None,
    ) -> None:
        self.transition = np.asarray(transition, dtype=np.float64)  # (K, K)
        self.classes = tuple(classes)
        self.estimator_name = estimator_name
        square = (len(self.classes), len(self.classes))
        if self.transition.shape != square or not self.classes:
            raise ValueError(f"transition must have shape {square}, as classes say. Got {self.transition.shape}.")
        if np.isnan(self.transition).any() or np.isposinf(self.transition).any():
            raise ValueError("transition must hold numbers or minus infinity. Got NaN or infinity.")
        by_hand = np.zeros(square, bool) if forbidden is None else np.asarray(forbidden, dtype=bool)
        if by_hand.shape != square:
            raise ValueError(f"forbidden must have shape {square}. Got {by_hand.shape}.")
        self.forbidden = by_hand | (self.transition < _FORBIDDEN_BELOW)
        if self.forbidden.all():
            raise ValueError("transition must have at least one transition that is not forbidden. Got none.")

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> TransitionDisplay:
        """Draw the transitions of a fitted tagger.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `transition_` and `classes_`; of a Pipeline its last step is taken, of a search
            its `best_estimator_`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : TransitionDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no transitions, as a tagger without a CRF head.
        ImportError
            If matplotlib is not installed.
        """
        fitted = find_with(estimator, "transition_", "have transition_, as taggers with a CRF head do")
        return cls(fitted.transition_, fitted.classes_, estimator_name=type(fitted).__name__).plot(ax=ax)

    def plot(self, ax: Axes | None = None, *, cmap: Any = "RdBu_r", include_values: bool | None = None) -> Any:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default="RdBu_r"
            A colour map with a neutral middle, which is put at 0.
        include_values : bool or None, default=None
            Write the scores into the cells. None does so with up to 12 labels.

        Returns
        -------
        display : TransitionDisplay
            The display itself, with `ax_`, `figure_` and `image_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("TransitionDisplay.plot")
        k = len(self.classes)
        if ax is None:
            side = min(3.0 + 0.32 * k, 12.0)
            _, ax = plt.subplots(figsize=(side + 1, side), layout="constrained")
        scores = np.ma.masked_array(self.transition, self.forbidden)
        # The scale of most: a single extreme score would leave all others white.
        largest = float(np.quantile(np.abs(scores.compressed()), 0.99)) or 1.0
        self.ax_, self.figure_ = ax, ax.figure
        colours = plt.get_cmap(cmap).with_extremes(bad="0.92")
        self.image_ = ax.imshow(scores, cmap=colours, vmin=-largest, vmax=largest)
        beyond = bool(np.abs(scores).max() > largest)
        self.figure_.colorbar(self.image_, ax=ax, shrink=0.8, label="score", extend="both" if beyond else "neither")
        rows, columns = np.nonzero(self.forbidden)
        size = min(9.0, 130.0 / k)
        ax.plot(columns, rows, "x", color="0.6", markersize=size * 0.6, markeredgewidth=size / 9, label="forbidden")
        if k <= _MOST_NUMBERS if include_values is None else include_values:
            self._write_values(ax, largest)
        self._label_axes(ax)
        return self

    def _write_values(self, ax: Axes, largest: float) -> None:
        for i, j in zip(*np.nonzero(~self.forbidden)):
            score = self.transition[i, j]
            dark = abs(score) > 0.6 * largest
            ax.text(j, i, f"{score:.1f}", ha="center", va="center", fontsize=8, color="white" if dark else "black")

    def _label_axes(self, ax: Axes) -> None:
        names = [str(label) for label in self.classes]
        places = np.arange(len(names))
        fontsize = 10 if len(names) <= 20 else 8
        ax.set_xticks(places, names, rotation=90, fontsize=fontsize)
        ax.set_yticks(places, names, fontsize=fontsize)
        ax.set_xlabel("to")
        ax.set_ylabel("from")
        title = self.estimator_name or ""
        if self.forbidden.any():
            title += (": " if title else "") + "transitions (x: forbidden)"
        if title:
            ax.set_title(title, fontsize=11)
