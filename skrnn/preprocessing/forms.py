"""What the steps of X are: numbers, strings, tuples of strings or dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.sequences.cell_frames import holds_cells
from skrnn.sequences.check import no_sequences, unboxed
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import Sequences

# What messages call each form.
NAMES = {
    "numbers": "numbers",
    "words": "strings",
    "columns": "tuples of strings",
    "features": "dictionaries",
    "cells": "sequences in cells of a data frame",
}


def form_of(X: Any) -> str:
    """Tell what the steps of X are.

    Parameters
    ----------
    X : any form of X

    Returns
    -------
    {"numbers", "words", "columns", "features", "cells"}
        Numbers in any form, strings, tuples (or lists) of strings, dictionaries, or a data frame with sequences in the
        cells of a column.

    Raises
    ------
    ValueError
        If X is a list of strings and not of sentences, empty, or no set of sequences at all.
    """
    X = unboxed(X)
    if (isinstance(X, (list, tuple)) and not X) or (isinstance(X, np.ndarray) and X.shape[:1] == (0,)):
        raise no_sequences("X")
    if isinstance(X, np.ndarray) and X.dtype.kind == "U" and X.ndim in (2, 3):
        return "words" if X.ndim == 2 else "columns"
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        return "numbers"
    if isinstance(X, Sequences):
        return "numbers"
    if not isinstance(X, (list, tuple, np.ndarray)):
        if isinstance(X, (str, bytes)) or not any(hasattr(X, a) for a in ("__array__", "to_numpy", "shape")):
            raise ValueError(f"X must be a list of sequences, an array, or Sequences. Got {_a(X)}.")
        return "cells" if holds_cells(X) else "numbers"
    for sentence in X:
        if isinstance(sentence, (str, dict)):
            hint = "; make_pipeline(Tokenizer(), ...) cuts strings" if isinstance(sentence, str) else ""
            got = f"the single {shown(sentence)}"
            raise ValueError(f"X must hold sentences, each a list of tokens. Got {got}{hint}.")
        if isinstance(sentence, (bytes, set)) or not (hasattr(sentence, "__len__") or _is_number(sentence)):
            raise ValueError(f"X must hold sequences. Got {_a(sentence)}.")
        if not isinstance(sentence, (list, tuple, np.ndarray)):
            return "numbers"
        for token in sentence:
            return _form_of_token(token)
    return "numbers"


def _a(value: Any) -> str:
    """The type of a value, for messages."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return "a single string" if isinstance(value, str) else name


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") or hasattr(value, "__array__") or isinstance(value, complex)


def _form_of_token(token: Any) -> str:
    if isinstance(token, str):
        return "words"
    if isinstance(token, dict):
        return "features"
    if isinstance(token, (list, tuple, np.ndarray)) and len(token) and isinstance(token[0], str):
        return "columns"
    known = token is None or hasattr(token, "__len__") or _is_number(token) or type(token).__name__ == "NAType"
    if not known or isinstance(token, (bytes, set)):
        raise ValueError(f"X must hold numbers, strings, tuples of strings or dictionaries. Got {_a(token)}.")
    return "numbers"
