"""Sentences of movie reviews, and how they judge."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from skrnn.datasets.location import data_file
from skrnn.datasets.text_lines import numbered_lines

_SETS = {"mr": "rt-polarity", "sst2": "stsa.binary", "sst5": "stsa.fine"}
_PARTS = ("train", "dev", "test")


def load_movie_reviews(
    name: str = "mr", split: str | None = None, *, data_home: str | os.PathLike[str] | None = None
) -> tuple[list[str], NDArray[np.int64]]:
    """Load sentences of movie reviews from the data folder.

    Parameters
    ----------
    name : {"mr", "sst2", "sst5"}, default="mr"
        Which set: 10,662 sentences, half of them negative [1]_; or those of the Stanford Sentiment Treebank [2]_ (the
        same reviews), without neutral ones (6,920, 872 and 1,821) or with five degrees (8,544, 1,101 and 2,210).
    split : {"train", "dev", "test"}, optional
        Which part of "sst2" or "sst5"; "mr" has none.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    texts : list of N str
        Tokens are separated by blanks.
    y : ndarray of shape (N,), int
        0 for negative, 1 for positive; 0 to 4 in "sst5".

    Raises
    ------
    ValueError
        If `name` or `split` is unknown, or a line has no label.
    FileNotFoundError
        If the data folder or a file does not exist.

    References
    ----------
    .. [1] B. Pang, L. Lee (2005), Seeing stars: exploiting class relationships for sentiment categorization with
       respect to rating scales, ACL.
    .. [2] R. Socher et al. (2013), Recursive deep models for semantic compositionality over a sentiment treebank,
       EMNLP.

    Examples
    --------
    >>> from skrnn.datasets import load_movie_reviews
    >>> texts, y = load_movie_reviews("sst2", "train")  # doctest: +SKIP
    """
    if name not in _SETS:
        raise ValueError(f"name must be one of {', '.join(map(repr, _SETS))}. Got {name!r}.")
    if split not in ((None,) if name == "mr" else _PARTS):
        wanted = "None for 'mr'" if name == "mr" else f"one of {', '.join(map(repr, _PARTS))}"
        raise ValueError(f"split must be {wanted}. Got {split!r}.")
    path = data_file("sentiment_mr_sst", f"{_SETS[name]}.{split or 'all'}", home=data_home)
    texts, labels = [], []
    for number, line in numbered_lines(path, encoding="latin-1"):
        if not line.strip():
            continue
        label, _, text = line.partition(" ")
        if not label.isdigit():
            raise ValueError(f"{path}, line {number}: must be a label and a sentence. Got {line[:40]!r}.")
        if text.strip():
            texts.append(text.strip())
            labels.append(int(label))
    return texts, np.array(labels)
