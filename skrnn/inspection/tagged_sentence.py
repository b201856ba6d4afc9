"""A sentence with its labels, and how sure the tagger is of each."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skrnn.inspection.fitted import find_with, import_pyplot, split_off_last

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart with every kind of colour vision.
_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442", "#999999")
_EM = 0.602  # width of a character of a monospaced font, in units of its size
_WRONG = "#C00000"


class TaggedSentenceDisplay:
    """Display of a sentence, a label under each word, coloured as deeply as the tagger is sure of it.

    `from_estimator` is the usual way in. In a notebook the display shows itself as text; `plot` draws it.

    Parameters
    ----------
    words : sequence of T tokens
        What stands above.
    labels : sequence of T labels
        What stands below: usually what a tagger predicts.
    confidences : array-like of shape (T,), default=None
        How sure each label is, 0 to 1; None draws all alike.
    y_true : sequence of T labels, default=None
        The true labels; where one differs, it stands in red behind the label and a "≠". None or -1 is no label.
    classes : iterable of labels, default=None
        All labels there are, so that one has the same colour in every sentence; None takes those of this one.
    title : str or None, default=None
        Title of the plot; None leaves it out.

    Attributes
    ----------
    words, labels : list of T str
    confidences : ndarray of shape (T,) or None
    wrong : list of T bool
        Where the true label is another.
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    Raises
    ------
    ValueError
        If lengths differ, there are no words, or a confidence is not from 0 to 1.

    Examples
    --------
    >>> from skrnn.inspection import TaggedSentenceDisplay
    >>> display = TaggedSentenceDisplay(["Dogs", "run"], ["NOUN", "VERB"], [0.98, 0.61], y_true=["NOUN", "NOUN"])
    >>> print(display)
    Dogs       run
    NOUN 0.98  VERB≠NOUN 0.61
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self,
        words: Iterable[Any],
        labels: Iterable[Any],
        confidences: ArrayLike | None = None,
        *,
        y_true: Iterable[Any] | None = None,
        classes: Iterable[Any] | None = None,
        title: str | None = None,
    ) -> None:
        self.words = [str(word) for word in words]
        self.labels = [str(label) for label in labels]
        self.title = title
        if not self.words:
            raise ValueError("words must hold at least one word. Got none.")
        _check_length("labels", self.labels, len(self.words))
        self.confidences = None if confidences is None else np.asarray(confidences, dtype=np.float64)
        if self.confidences is not None:
            _check_length("confidences", self.confidences, len(self.words))
            # Sums of many exponentials may end a little above 1.
            if not np.all((self.confidences >= 0) & (self.confidences <= 1 + 1e-4)):
                raise ValueError(f"confidences must be from 0 to 1. Got {self.confidences}.")
        true = [None] * len(self.words) if y_true is None else list(y_true)
        _check_length("y_true", true, len(self.words))
        self._true = ["" if _is_missing(label) else str(label) for label in true]
        # One colour for each kind of label, which B-, I-, E- and S- share; none for O.
        known = [*(() if classes is None else (str(label) for label in classes)), *sorted(self.labels)]
        kinds = dict.fromkeys(_kind(label) for label in known if label != "O")
        self._colours = {kind: _COLOURS[k % len(_COLOURS)] for k, kind in enumerate(kinds)}
        self.wrong = [t not in ("", label) for t, label in zip(self._true, self.labels)]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        sentence: Sequence[Any],
        *,
        words: Iterable[Any] | None = None,
        y_true: Iterable[Any] | None = None,
        ax: Axes | None = None,
    ) -> TaggedSentenceDisplay:
        """Tag a sentence and draw it.

        Parameters
        ----------
        estimator : estimator
            A fitted tagger, with `predict` and, for confidences, `predict_marginals` and `classes_`; or a Pipeline or a
            search that ends in one.
        sentence : sequence of T tokens
            One sequence, as the estimator takes it.
        words : sequence of T tokens, default=None
            What to write above the labels, where the sentence holds features instead of words.
        y_true : sequence of T labels, default=None
            The true labels.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : TaggedSentenceDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `words` or `y_true` has another length than the sentence.
        ImportError
            If matplotlib is not installed.
        """
        tagger = find_with(estimator, "classes_", "have classes_, as fitted taggers do")
        X: Any = [sentence]
        for transformer in split_off_last(estimator)[0]:
            X = transformer.transform(X)
        labels = list(tagger.predict(X)[0])
        confidences = None
        if hasattr(tagger, "predict_marginals"):
            marginals = np.asarray(tagger.predict_marginals(X)[0])  # (T, K)
            place = {label: k for k, label in enumerate(np.asarray(tagger.classes_).tolist())}
            columns = [place[label] for label in np.asarray(labels).tolist()]
            confidences = marginals[np.arange(len(labels)), columns]
        return cls(
            sentence if words is None else words,
            labels,
            confidences,
            y_true=y_true,
            classes=tagger.classes_,
            title=type(tagger).__name__,
        ).plot(ax=ax)

    def plot(self, ax: Axes | None = None, *, width: int = 90) -> TaggedSentenceDisplay:
        """Draw the sentence.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure as high as the sentence needs.
        width : int, default=90
            Characters of a line, at least; a longer word makes all lines longer.

        Returns
        -------
        display : TaggedSentenceDisplay
            The display itself, with `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("TaggedSentenceDisplay.plot")
        lines = self._break_lines(width)
        longest = max(width, max(self._cell_width(i) + 2 for i in range(len(self.words))))
        if ax is None:
            height = 0.62 * len(lines) + (0.4 if self.title else 0.15)
            _, ax = plt.subplots(figsize=(10, height), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        ax.set_xlim(0, longest)
        ax.set_ylim(len(lines), 0)
        ax.axis("off")
        if self.title:
            ax.set_title(self.title, loc="left", fontsize=10)
        root = self.figure_.canvas.figure  # of which figure_ may be a part
        root.draw_without_rendering()  # which lays the axes out, so that their size is known
        points = 72 * ax.get_window_extent().width / root.dpi
        inches = ax.get_window_extent().height / root.dpi / len(lines)
        size = min(points / (longest * _EM), 72 * inches / 3.2)
        for row, line in enumerate(lines):
            self._draw_line(ax, row, line, size)
        return self

    def _cell_width(self, i: int) -> int:
        """Characters that word i and what stands below it need."""
        return max(len(self.words[i]), len(self._below(i)))

    def _below(self, i: int) -> str:
        text = f"{self.labels[i]}≠{self._true[i]}" if self.wrong[i] else self.labels[i]
        return text if self.confidences is None else f"{text} {self.confidences[i]:.2f}"

    def _break_lines(self, width: int) -> list[list[int]]:
        """Put words into lines that hold so many characters."""
        lines: list[list[int]] = [[]]
        used = 0
        for i in range(len(self.words)):
            needed = self._cell_width(i) + 2
            if lines[-1] and used + needed > width:
                lines.append([])
                used = 0
            lines[-1].append(i)
            used += needed
        return lines

    def _draw_line(self, ax: Axes, row: int, line: list[int], size: float) -> None:
        from matplotlib.patches import Rectangle

        left = 0.0
        for i in line:
            cell = self._cell_width(i)
            style: dict[str, Any] = {"family": "monospace", "fontsize": size, "va": "center"}
            ax.text(left + 0.5, row + 0.27, self.words[i], **style)
            box = Rectangle((left, row + 0.47), cell + 1, 0.4, facecolor=self._colour(i), alpha=self._depth(i))
            ax.add_patch(box)
            label, style["fontsize"] = self.labels[i], size * 0.92
            ax.text(left + 0.5, row + 0.67, label, **style)
            after = left + 0.5 + len(label) * 0.95
            if self.wrong[i]:
                ax.text(after, row + 0.67, f"≠{self._true[i]}", color=_WRONG, weight="bold", **style)
            if self.confidences is not None:
                style["fontsize"] = size * 0.75
                ax.text(left + cell + 0.7, row + 0.67, f"{self.confidences[i]:.2f}", ha="right", color="0.3", **style)
            left += cell + 2

    def _colour(self, i: int) -> str:
        return "#BBBBBB" if self.labels[i] == "O" else self._colours[_kind(self.labels[i])]

    def _depth(self, i: int) -> float:
        if self.labels[i] == "O":
            return 0.25
        return 0.6 if self.confidences is None else 0.08 + 0.72 * min(float(self.confidences[i]), 1.0) ** 2

    def __str__(self) -> str:
        blocks = []
        for line in self._break_lines(100):
            widths = [self._cell_width(i) for i in line]
            for cells in ([self.words[i] for i in line], [self._below(i) for i in line]):
                blocks.append("  ".join(cell.ljust(w) for cell, w in zip(cells, widths)).rstrip())
        return "\n".join(blocks)

    def _repr_html_(self) -> str:
        return f'<div style="line-height:1.6">{"".join(self._html_of(i) for i in range(len(self.words)))}</div>'

    def _html_of(self, i: int) -> str:
        red, green, blue = (int(self._colour(i)[k : k + 2], 16) for k in (1, 3, 5))
        label = html.escape(self.labels[i])
        if self.wrong[i]:
            label += f' <b style="color:{_WRONG}">{html.escape(self._true[i])}</b>'
        tip = "" if self.confidences is None else f' title="{self.confidences[i]:.4f}"'
        return (
            '<span style="display:inline-block;margin:2px 4px;text-align:center">'
            f"{html.escape(self.words[i])}<br><small{tip} style="
            f'"background:rgba({red},{green},{blue},{self._depth(i):.2f});padding:1px 5px;border-radius:3px">'
            f"{label}</small></span>"
        )


def _kind(label: str) -> str:
    return label[2:] if label[1:2] == "-" else label


def _is_missing(label: Any) -> bool:
    return label is None or (not isinstance(label, str) and label == -1)


def _check_length(name: str, values: Any, n_words: int) -> None:
    if np.ndim(values) != 1 or len(values) != n_words:
        raise ValueError(f"{name} must hold {n_words} values, one a word. Got {len(values)}.")
