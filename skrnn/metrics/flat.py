"""Scores of single steps: scikit-learn's own functions on the joined labels; and of whole sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, f1_score, precision_score, recall_score

from skrnn.metrics.labels import join_rows, matched_rows, sequence_weights, step_weights


def _flat(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Joined labels of the steps that count, and their weights."""
    true, pred, counted = matched_rows(y_true, y_pred)
    return *join_rows(true, pred), step_weights(sample_weight, counted)


def flat_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Share of the steps whose label is right.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        A label for each step. Steps whose true label is None or -1 do not count.
    sample_weight : array-like of shape (N,) or ragged rows (T_i,), default=None
        A weight for each sequence, which all of its steps have, or for each step.

    Returns
    -------
    score : float
        0 to 1.

    Raises
    ------
    ValueError
        If numbers of sequences, steps or weights differ, or no step has a true label.

    Examples
    --------
    >>> from skrnn.metrics import flat_accuracy_score
    >>> flat_accuracy_score([["DET", "NOUN"], ["VERB", None]], [["DET", "VERB"], ["VERB", "NOUN"]])
    0.666...
    """
    true, pred, weights = _flat(y_true, y_pred, sample_weight)
    return float(accuracy_score(true, pred, sample_weight=weights))


def flat_precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "macro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Precision of labels of steps: `sklearn.metrics.precision_score` on the joined labels.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        A label for each step. Steps whose true label is None or -1 do not count.
    labels : array-like, default=None
        Which labels are averaged; None takes all that occur. Leave "O" out to look at the others only.
    average : {"macro", "micro", "weighted"} or None, default="macro"
        How labels are averaged; None gives one number for each label.
    sample_weight : array-like of shape (N,) or ragged rows (T_i,), default=None
        A weight for each sequence, which all of its steps have, or for each step.
    zero_division : {"warn", 0, 1, nan}, default="warn"
        Score of a label that is never predicted.

    Returns
    -------
    score : float, or ndarray of float, shape (number of labels,)

    Examples
    --------
    >>> from skrnn.metrics import flat_precision_score
    >>> float(flat_precision_score([[0, 0, 1], [1]], [[0, 1, 1], [1]], labels=[1]))
    0.666...
    """
    true, pred, weights = _flat(y_true, y_pred, sample_weight)
    return precision_score(
        true, pred, labels=labels, average=average, sample_weight=weights, zero_division=zero_division
    )


def flat_recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "macro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Recall of labels of steps: `sklearn.metrics.recall_score` on the joined labels.

    Parameters are those of `flat_precision_score`.

    Returns
    -------
    score : float, or ndarray of float, shape (number of labels,)

    Examples
    --------
    >>> from skrnn.metrics import flat_recall_score
    >>> float(flat_recall_score([[0, 0, 1], [1]], [[0, 1, 1], [1]], labels=[0]))
    0.5
    """
    true, pred, weights = _flat(y_true, y_pred, sample_weight)
    return recall_score(true, pred, labels=labels, average=average, sample_weight=weights, zero_division=zero_division)


def flat_f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "macro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """F1 of labels of steps: `sklearn.metrics.f1_score` on the joined labels.

    Parameters are those of `flat_precision_score`.

    Returns
    -------
    score : float, or ndarray of float, shape (number of labels,)

    Examples
    --------
    >>> from skrnn.metrics import flat_f1_score
    >>> flat_f1_score([[0, 0, 1], [1]], [[0, 1, 1], [1]], average=None).round(2).tolist()
    [0.67, 0.8]
    """
    true, pred, weights = _flat(y_true, y_pred, sample_weight)
    return f1_score(true, pred, labels=labels, average=average, sample_weight=weights, zero_division=zero_division)


def flat_classification_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    digits: int = 3,
    output_dict: bool = False,
    zero_division: Any = "warn",
) -> Any:
    """Precision, recall, F1 and number of steps of each label, as scikit-learn reports them.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        A label for each step. Steps whose true label is None or -1 do not count.
    labels : array-like, default=None
        Which labels are reported, in this order; None takes all that occur.
    sample_weight : array-like of shape (N,) or ragged rows (T_i,), default=None
        A weight for each sequence, which all of its steps have, or for each step.
    digits : int, default=3
        Decimals in the text.
    output_dict : bool, default=False
        Return a dict instead of a text.
    zero_division : {"warn", 0, 1, nan}, default="warn"
        Score of a label that is never predicted, or never true.

    Returns
    -------
    report : str or dict

    Examples
    --------
    >>> from skrnn.metrics import flat_classification_report
    >>> y_true, y_pred = [["DET", "NOUN"], ["DET", "VERB"]], [["DET", "NOUN"], ["NOUN", "VERB"]]
    >>> print(flat_classification_report(y_true, y_pred))
                  precision    recall  f1-score   support
    <BLANKLINE>
             DET      1.000     0.500     0.667         2
            NOUN      0.500     1.000     0.667         1
            VERB      1.000     1.000     1.000         1
    <BLANKLINE>
        accuracy                          0.750         4
       macro avg      0.833     0.833     0.778         4
    weighted avg      0.875     0.750     0.750         4
    <BLANKLINE>
    """
    true, pred, weights = _flat(y_true, y_pred, sample_weight)
    return classification_report(
        true,
        pred,
        labels=labels,
        sample_weight=weights,
        digits=digits,
        output_dict=output_dict,
        zero_division=zero_division,
    )


def sequence_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Share of the sequences whose labels are all right.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        A label for each step. Steps whose true label is None or -1 do not count, and sequences without any
        true label do not count either.
    sample_weight : array-like of shape (N,), default=None
        A weight for each sequence.

    Returns
    -------
    score : float
        0 to 1.

    Raises
    ------
    ValueError
        If numbers of sequences, steps or weights differ, or no step has a true label.

    Examples
    --------
    >>> from skrnn.metrics import sequence_accuracy_score
    >>> sequence_accuracy_score([["DET", "NOUN"], ["VERB"]], [["DET", "VERB"], ["VERB"]])
    0.5
    """
    true, pred, counted = matched_rows(y_true, y_pred)
    join_rows(true, pred)  # which looks at their types
    weights = np.ones(len(true)) if sample_weight is None else sequence_weights(sample_weight, len(true))
    right = np.array([bool(np.all(t == p)) for t, p in zip(true, pred)])
    has_labels = np.array([bool(c.any()) for c in counted])
    return float(np.average(right[has_labels], weights=weights[has_labels]))
