"""A text, coloured by how probable a language model finds each token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.inspection.fitted import find_with, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EM = 0.602  # width of a character of a monospaced font, in units of its size
_POINTS = 11.0
# Probabilities from here to 1 are told apart by colour.
_LOWEST = 1e-3


class TokenProbabilityDisplay:
    """Display of a text whose tokens are coloured by their probability given those before.

    Parameters
    ----------
    tokens : sequence of T tokens
    probabilities : array-like of shape (T,)
        0 to 1; NaN for tokens that were given, such as those of a prompt, which stay without colour.
    joint : str, default=" "
        What stands between tokens; "" for characters.
    title : str, default=None
        Title of the plot; None leaves it out.

    Attributes
    ----------
    tokens : list of str
    probabilities : ndarray of shape (T,)
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    Raises
    ------
    ValueError
        If lengths differ, there are no tokens, or a probability is not from 0 to 1.

    Examples
    --------
    >>> from skrnn.inspection import TokenProbabilityDisplay
    >>> print(TokenProbabilityDisplay(["to", "be", "or"], [0.5, 0.9, 0.02]))
    to 0.50 | be 0.90 | or 0.02
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self, tokens: Sequence[Any], probabilities: ArrayLike, *, joint: str = " ", title: str | None = None
    ) -> None:
        self.tokens = [str(token) for token in tokens]
        self.probabilities = np.asarray(probabilities, dtype=np.float64)  # (T,)
        self.joint, self.title = joint, title
        if not self.tokens:
            raise ValueError("tokens must hold at least one token. Got none.")
        if self.probabilities.shape != (len(self.tokens),):
            raise ValueError(f"probabilities must have shape ({len(self.tokens)},). Got {self.probabilities.shape}.")
        known = self.probabilities[~np.isnan(self.probabilities)]
        if not np.all((known >= 0) & (known <= 1 + 1e-4)):
            raise ValueError("probabilities must be from 0 to 1, or NaN. Got others.")

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        text: Any = None,
        *,
        prompt: Any = None,
        ax: Axes | None = None,
        **options: Any,
    ) -> TokenProbabilityDisplay:
        """Draw a text with the probabilities of a language model.

        Parameters
        ----------
        estimator : RNNLanguageModel
            Fitted; or a search that ends in one.
        text : string or list of tokens, default=None
            None draws one from the model, by `RNNLanguageModel.sample`.
        prompt : string or list of tokens, default=None
            Its beginning, which has no colour.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **options
            Of `RNNLanguageModel.sample`: temperature, random_state and so on.

        Returns
        -------
        display : TokenProbabilityDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no language model, or there are options beside a text.
        """
        fitted = find_with(estimator, "score_tokens", "have score_tokens, as RNNLanguageModel does")
        if text is not None and options:
            raise TypeError(f"{next(iter(options))} is for a text that is drawn. Got a text, too.")
        text = fitted.sample(1, prompt, **options)[0] if text is None else text
        (tokens,) = fitted.tokens_of([text])
        (log_p,) = fitted.score_tokens([text])
        p = np.exp(log_p[: len(tokens)])
        if prompt is not None:
            p[: len(fitted.tokens_of([prompt])[0])] = np.nan
        of_characters = sum(len(str(token)) == 1 for token in tokens) > len(tokens) / 2
        joint = "" if of_characters else " "
        return cls(tokens, p, joint=joint, title=type(fitted).__name__).plot(ax)

    def __str__(self) -> str:
        return " | ".join(
            token if np.isnan(p) else f"{token} {p:.2f}" for token, p in zip(self.tokens, self.probabilities)
        )

    def plot(self, ax: Axes | None = None, *, cmap: Any = "RdYlBu", columns: int = 80) -> TokenProbabilityDisplay:
        """Draw the text.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default="RdYlBu"
            From improbable to probable, on a logarithmic scale.
        columns : int, default=80
            Characters of a line at most, unless a token is longer.

        Returns
        -------
        display : TokenProbabilityDisplay
            The display itself, with `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("TokenProbabilityDisplay.plot")
        from matplotlib.colors import LogNorm
        from matplotlib.patches import Rectangle

        places, n_lines = self._places(columns)
        columns = max(24, *(column + len(_visible(token)) for token, (_, column) in zip(self.tokens, places)))
        if ax is None:
            size = (columns * _EM * _POINTS / 72 + 1.2, max(1.4, (n_lines * 1.7 * _POINTS) / 72 + 0.9))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        norm = LogNorm(_LOWEST, 1.0, clip=True)
        colours = plt.get_cmap(cmap)
        for token, p, (line, column) in zip(self.tokens, self.probabilities, places):
            shown = _visible(token)
            if not np.isnan(p):
                colour = colours(norm(max(float(p), _LOWEST)))
                ax.add_patch(Rectangle((column, line - 0.42), len(shown), 0.84, facecolor=colour, alpha=0.55, lw=0))
            ax.text(column, line, shown, family="monospace", fontsize=_POINTS, va="center", ha="left", color="black")
        ax.set_xlim(-0.2, columns + 0.2)
        ax.set_ylim(n_lines - 0.4, -0.6)
        ax.set_axis_off()
        bar = self.figure_.colorbar(plt.cm.ScalarMappable(norm, colours), ax=ax, label="probability", fraction=0.04)
        bar.solids.set_alpha(0.55)
        if self.title:
            ax.set_title(self.title, fontsize=11)
        return self

    def _places(self, columns: int) -> tuple[list[tuple[int, int]], int]:
        """Line and column where each token begins, and the number of lines."""
        places, line, column = [], 0, 0
        for token in self.tokens:
            width = len(_visible(token))
            if column and column + width > columns:
                line, column = line + 1, 0
            places.append((line, column))
            column += width + len(self.joint)
            if token == "\n":
                line, column = line + 1, 0
        return places, line + 1


def _visible(token: str) -> str:
    """The token with signs for white space."""
    return token.replace("\n", "↵").replace("\t", "→") if token.isspace() and token != " " else token
