"""Confusion matrix of labels of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.metrics import ConfusionMatrixDisplay

from skrnn.inspection.fitted import import_pyplot
from skrnn.metrics.labels import join_rows, matched_rows, step_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_flat_confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    normalize: str | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> ConfusionMatrixDisplay:
    """Draw scikit-learn's confusion matrix of the joined labels of sequences.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        A label for each step. Steps whose true label is None or -1 do not count.
    labels : array-like, default=None
        Which labels are shown, in this order; None takes all that occur.
    sample_weight : array-like of shape (N,) or ragged rows (T_i,), default=None
        A weight for each sequence, or for each step.
    normalize : {"true", "pred", "all"} or None, default=None
        Show shares of the rows, of the columns or of all, instead of numbers of steps.
    ax : matplotlib Axes or None, default=None
        Where to draw; None makes a figure of a size that fits the number of labels.
    **options
        What else `sklearn.metrics.ConfusionMatrixDisplay.from_predictions` takes, such as ``cmap``.

    Returns
    -------
    display : sklearn.metrics.ConfusionMatrixDisplay
        The display, drawn.

    Raises
    ------
    ValueError
        If numbers of sequences or steps differ, or no step has a true label.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from skrnn.inspection import plot_flat_confusion_matrix
    >>> display = plot_flat_confusion_matrix([["DET", "NOUN"], ["NOUN"]], [["DET", "DET"], ["NOUN"]])
    >>> display.confusion_matrix.tolist()
    [[1, 0], [1, 1]]
    """
    true, pred, counted = matched_rows(y_true, y_pred)
    joined_true, joined_pred = join_rows(true, pred)
    weights = step_weights(sample_weight, counted)
    plt = import_pyplot("plot_flat_confusion_matrix")
    k = len(set(joined_true.tolist()) | set(joined_pred.tolist())) if labels is None else len(labels)
    if ax is None:
        side = min(3.0 + 0.38 * k, 14.0)
        _, ax = plt.subplots(figsize=(side + 1, side), layout="constrained")
    settings = {
        "cmap": "Blues",
        "xticks_rotation": "vertical" if k > 5 else "horizontal",
        "values_format": None if normalize is None else ".2f",
        "include_values": k <= 25,  # beyond, numbers overlap
        "text_kw": {"fontsize": 10 if k <= 8 else 7},
    }
    return ConfusionMatrixDisplay.from_predictions(
        joined_true,
        joined_pred,
        labels=labels,
        sample_weight=weights,
        normalize=normalize,
        ax=ax,
        **{**settings, **options},
    )
