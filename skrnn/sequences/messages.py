"""Parts of error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

SHOWN = 10


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name that is nearest to a wrong one, or nothing.

    Examples
    --------
    >>> from skrnn.sequences.messages import nearest
    >>> nearest("drop_out", ["dropout", "units"])
    "; did you mean 'dropout'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def shown(value: Any, most: int = 60) -> str:
    """Write a value on one line, of so many characters at most.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.sequences.messages import shown
    >>> shown(np.zeros((2, 2)))
    'array([[0., 0.], [0., 0.]])'
    """
    return " ".join(repr(value).split())[:most]


def listed(values: Any) -> str:
    """Write the first ten values of a 1-D array or a list, separated by commas.

    Examples
    --------
    >>> from skrnn.sequences.messages import listed
    >>> listed(["walk", "run"])
    "'walk', 'run'"
    >>> listed(range(12))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...'
    """
    shown = values[:SHOWN].tolist() if isinstance(values, np.ndarray) else list(values[:SHOWN])
    return ", ".join(map(repr, shown)) + (", ..." if len(values) > SHOWN else "")
