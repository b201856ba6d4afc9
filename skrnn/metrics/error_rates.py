"""Error rates of transcriptions: edit distances over the number of what is true."""

from __future__ import annotations

from typing import Any

from skrnn.metrics.token_lists import paired_rows


def label_error_rate(y_true: Any, y_pred: Any) -> float:
    """Substitutions, insertions and deletions of labels, divided by the number of true labels.

    Parameters
    ----------
    y_true, y_pred : list of N strings, or of N lists of labels
        Of strings each character is a label, so that this is the character error rate.

    Returns
    -------
    rate : float
        0 is perfect; above 1 where there are more errors than true labels. Over all pairs together.

    Raises
    ------
    ImportError
        Without rapidfuzz, which ``pip install skrnn[audio]`` brings.
    ValueError
        If numbers of outputs differ, they are neither strings nor lists of labels, or there is no true label at all but
        some that are predicted.

    References
    ----------
    .. [1] V. I. Levenshtein (1966), Binary codes capable of correcting deletions, insertions, and reversals, Soviet
       Physics Doklady 10, 707-710.

    Examples
    --------
    >>> from skrnn.metrics import label_error_rate
    >>> label_error_rate(["three", "one"], ["tree", "on"])
    0.25
    """
    true, pred = paired_rows(y_true, y_pred)
    return _rate(true, pred, "label")


def word_error_rate(y_true: Any, y_pred: Any) -> float:
    """Substitutions, insertions and deletions of words, divided by the number of true words.

    Parameters
    ----------
    y_true, y_pred : list of N strings, or of N lists of words
        Strings are cut at white space.

    Returns
    -------
    rate : float
        0 is perfect; above 1 where there are more errors than true words. Over all pairs together.

    Raises
    ------
    ImportError, ValueError
        As of `label_error_rate`.

    Examples
    --------
    >>> from skrnn.metrics import word_error_rate
    >>> word_error_rate(["one two three", "four"], ["one too three", "four"])
    0.25
    """
    true, pred = paired_rows(y_true, y_pred)
    true, pred = ([row.split() if isinstance(row, str) else row for row in rows] for rows in (true, pred))
    return _rate(true, pred, "word")


def _rate(true: list[Any], pred: list[Any], what: str) -> float:
    errors = sum(_levenshtein().distance(t, p) for t, p in zip(true, pred))
    n = sum(map(len, true))
    if not n and errors:
        raise ValueError(f"y_true must hold at least one {what}, as y_pred does. Got none.")
    return errors / max(1, n)


def _levenshtein() -> Any:
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise ImportError("label_error_rate and word_error_rate need rapidfuzz: pip install skrnn[audio].") from error
    return Levenshtein
