"""Scores of outputs with lengths of their own: lists of tokens, or strings."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_consistent_length

from skrnn.sequences.vocabulary import is_text, text_rows, token_rows


def bleu_score(y_true: Any, y_pred: Any, *, tokenize: str = "none", lowercase: bool = False) -> float:
    """Corpus BLEU [1]_ as sacrebleu [2]_ computes it, divided by 100.

    Parameters
    ----------
    y_true, y_pred : list of N strings, or of N lists of tokens
        Lists of tokens are joined by blanks.
    tokenize : str, default="none"
        How sacrebleu cuts strings into words: "none" at white space; "13a", "intl", "char", "ja-mecab", "zh" and
        others are its own.
    lowercase : bool, default=False

    Returns
    -------
    score : float
        0 to 1.

    Raises
    ------
    ImportError
        Without sacrebleu, which ``pip install skrnn[text]`` brings.
    ValueError
        If numbers of outputs differ, or they are neither strings nor lists of tokens.

    References
    ----------
    .. [1] K. Papineni et al. (2002), BLEU: a method for automatic evaluation of machine translation, ACL.
    .. [2] M. Post (2018), A call for clarity in reporting BLEU scores, WMT.

    Examples
    --------
    >>> from skrnn.metrics import bleu_score
    >>> bleu_score([["the", "cat", "sat", "down", "here"]], [["the", "cat", "sat", "down", "there"]])
    0.668...
    """
    true, pred = _strings(y_true, y_pred)
    metric = _sacrebleu().BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    return float(metric.corpus_score(pred, [true]).score / 100)


def chrf_score(y_true: Any, y_pred: Any, *, word_order: int = 0) -> float:
    """Corpus chrF [1]_, the F score of n-grams of characters, as sacrebleu computes it, divided by 100.

    Parameters
    ----------
    y_true, y_pred : as in `bleu_score`
    word_order : int, default=0
        n-grams of words beside those of characters; 2 is chrF++.

    Returns
    -------
    score : float
        0 to 1.

    References
    ----------
    .. [1] M. Popovic (2015), chrF: character n-gram F-score for automatic MT evaluation, WMT.
    """
    true, pred = _strings(y_true, y_pred)
    return float(_sacrebleu().CHRF(word_order=word_order).corpus_score(pred, [true]).score / 100)


def exact_match_score(y_true: Any, y_pred: Any) -> float:
    """Share of the outputs that are right as a whole.

    Parameters
    ----------
    y_true, y_pred : list of N strings, or of N lists of tokens

    Returns
    -------
    score : float
        0 to 1.

    Examples
    --------
    >>> from skrnn.metrics import exact_match_score
    >>> exact_match_score(["2024-05-01", "2023-12-31"], ["2024-05-01", "2023-12-30"])
    0.5
    """
    true, pred = paired_rows(y_true, y_pred)
    return sum(t == p for t, p in zip(true, pred)) / len(true)


def token_accuracy_score(y_true: Any, y_pred: Any) -> float:
    """Share of the true tokens that stand at the same place of the output.

    Parameters
    ----------
    y_true, y_pred : list of N strings, or of N lists of tokens
        Strings are cut at white space.

    Returns
    -------
    score : float
        0 to 1.

    Examples
    --------
    >>> from skrnn.metrics import token_accuracy_score
    >>> token_accuracy_score([["a", "b", "c"], ["a"]], [["a", "c"], ["a", "b"]])
    0.5
    """
    true, pred = paired_rows(y_true, y_pred)
    true, pred = ([row.split() if isinstance(row, str) else row for row in rows] for rows in (true, pred))
    right = sum(t == p for a, b in zip(true, pred) for t, p in zip(a, b))
    return right / max(1, sum(map(len, true)))


def paired_rows(y_true: Any, y_pred: Any) -> tuple[list[Any], list[Any]]:
    """Both as strings, or both as lists of tokens."""
    check_consistent_length(y_true, y_pred)
    if is_text(y_true) != is_text(y_pred):
        raise ValueError("y_true and y_pred must both hold strings, or both lists of tokens. Got one of each.")
    read: Any = text_rows if is_text(y_true) else lambda rows, name: token_rows(rows, name, empty=True)
    return read(y_true, "y_true"), read(y_pred, "y_pred")


def _strings(y_true: Any, y_pred: Any) -> tuple[list[str], list[str]]:
    joined = [
        [row if isinstance(row, str) else " ".join(map(str, row)) for row in rows]
        for rows in paired_rows(y_true, y_pred)
    ]
    return joined[0], joined[1]


def _sacrebleu() -> Any:
    try:
        import sacrebleu
    except ImportError as error:
        raise ImportError("bleu_score and chrf_score need sacrebleu: pip install skrnn[text].") from error
    return sacrebleu.metrics
