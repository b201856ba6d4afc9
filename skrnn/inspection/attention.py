"""Attention of a translator: which tokens of the source an output looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.inspection.fitted import find_with, import_pyplot, split_off_last

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# With more steps than this names of steps overlap, and numbers stand in their place.
_MOST_NAMES = 60


class AttentionDisplay:
    """Heat map of attention weights: tokens of an output (rows) by steps of its source (columns).

    Parameters
    ----------
    weights : array-like of shape (S, T)
        Each row sums to 1.
    target : sequence of S tokens
        Names of the rows.
    source : sequence of T tokens, default=None
        Names of the columns; None numbers them, for a source of numbers.
    estimator_name : str, default=None
        Title of the plot; None leaves it out.

    Attributes
    ----------
    weights : ndarray of shape (S, T)
    target, source : list of str, or None
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage
        The heat map.

    Raises
    ------
    ValueError
        If shapes do not fit, or a weight is not from 0 to 1.

    Examples
    --------
    >>> from skrnn.inspection import AttentionDisplay
    >>> display = AttentionDisplay([[0.9, 0.1], [0.2, 0.8]], ["a", "house"], ["una", "casa"])
    >>> display.plot().ax_.get_xlabel()
    'source'
    """

    ax_: Axes
    figure_: Any
    image_: Any

    def __init__(
        self,
        weights: ArrayLike,
        target: Sequence[Any],
        source: Sequence[Any] | None = None,
        *,
        estimator_name: str | None = None,
    ) -> None:
        self.weights = np.asarray(weights, dtype=np.float64)  # (S, T)
        self.target = [str(token) for token in target]
        self.source = None if source is None else [str(token) for token in source]
        self.estimator_name = estimator_name
        n_steps = self.weights.shape[1] if self.source is None and self.weights.ndim == 2 else len(self.source or ())
        if self.weights.shape != (len(self.target), n_steps) or not self.weights.size:
            wanted = (len(self.target), n_steps)
            raise ValueError(f"weights must have shape {wanted}, as the tokens say. Got {self.weights.shape}.")
        if not np.all((self.weights >= 0) & (self.weights <= 1 + 1e-4)):
            raise ValueError("weights must be from 0 to 1. Got others.")

    @classmethod
    def from_estimator(cls, estimator: Any, x: Any, y: Any = None, *, ax: Axes | None = None) -> AttentionDisplay:
        """Translate one source, and draw what its output looked at.

        Parameters
        ----------
        estimator : RNNTranslator
            Fitted; or a Pipeline or a search that ends in one.
        x : one sequence, as in `RNNTranslator.fit`
        y : one output, default=None
            None takes that of `predict`.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : AttentionDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no attention.
        ValueError
            If the output is empty.
        """
        fitted = find_with(estimator, "attention", "have attention, as RNNTranslator does")
        X: Any = [x]
        for transformer in split_off_last(estimator)[0]:
            X = transformer.transform(X)
        outputs = fitted.predict(X) if y is None else [y]
        (target,) = fitted.tokens_of(outputs)
        if not target:
            raise ValueError("the output must have at least one token. Got none.")
        (weights,) = fitted.attention(X, outputs)
        source = fitted.source_tokens_of(X)
        return cls(weights, target, None if source is None else source[0], estimator_name=type(fitted).__name__).plot(
            ax
        )

    def plot(self, ax: Axes | None = None, *, cmap: Any = "Blues") -> AttentionDisplay:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default="Blues"

        Returns
        -------
        display : AttentionDisplay
            The display itself, with `ax_`, `figure_` and `image_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("AttentionDisplay.plot")
        n_rows, n_columns = self.weights.shape
        if ax is None:
            size = (min(2.4 + 0.34 * n_columns, 14.0), min(1.8 + 0.3 * n_rows, 12.0))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.image_ = ax.imshow(self.weights, cmap=cmap, vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest")
        self.figure_.colorbar(self.image_, ax=ax, label="weight", shrink=0.9)
        if self.source is not None and n_columns <= _MOST_NAMES:
            upright = max(map(len, self.source)) <= 2
            ax.set_xticks(range(n_columns), self.source, rotation=0 if upright else 90)
        if n_rows <= _MOST_NAMES:
            ax.set_yticks(range(n_rows), self.target)
        ax.set_xlabel("source" if self.source is not None else "step of the source")
        ax.set_ylabel("output")
        if self.estimator_name:
            ax.set_title(f"{self.estimator_name}: attention", fontsize=11)
        return self
