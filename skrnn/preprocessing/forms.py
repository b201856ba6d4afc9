"""What the steps of X are: numbers, strings, tuples of strings or dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.sequences.check import unboxed
from skrnn.sequences.ragged import Sequences

# What messages call each form.
NAMES = {"numbers": "numbers", "words": "strings", "columns": "tuples of strings", "features": "dictionaries"}


def form_of(X: Any) -> str:
    """Tell what the steps of X are.

    Parameters
    ----------
    X : any form of X

    Returns
    -------
    {"numbers", "words", "columns", "features"}
        Numbers in any form, strings, tuples (or lists) of strings, or dictionaries.

    Raises
    ------
    ValueError
        If X is a list of strings and not of sentences.
    """
    X = unboxed(X)
    if isinstance(X, np.ndarray) and X.dtype.kind == "U" and X.ndim in (2, 3):
        return "words" if X.ndim == 2 else "columns"
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        return "numbers"
    if isinstance(X, Sequences) or not isinstance(X, (list, tuple, np.ndarray)):
        return "numbers"
    for sentence in X:
        if isinstance(sentence, (str, dict)):
            raise ValueError(f"X must hold sentences, each a list of tokens. Got the single {sentence!r:.60}.")
        if not isinstance(sentence, (list, tuple, np.ndarray)):
            return "numbers"
        for token in sentence:
            return _form_of_token(token)
    return "numbers"


def _form_of_token(token: Any) -> str:
    if isinstance(token, str):
        return "words"
    if isinstance(token, dict):
        return "features"
    if isinstance(token, (list, tuple, np.ndarray)) and len(token) and isinstance(token[0], str):
        return "columns"
    return "numbers"
