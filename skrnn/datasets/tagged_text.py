"""Tagged text of the data folder: English Web Treebank and the chunks of CoNLL-2000."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from skrnn.datasets.conll import load_conll, load_conllu
from skrnn.datasets.location import data_file


def load_ewt(
    split: str = "train",
    column: str = "upos",
    *,
    return_groups: bool = False,
    data_home: str | os.PathLike[str] | None = None,
) -> tuple[Any, ...]:
    """Load the English Web Treebank of Universal Dependencies from the data folder: words and parts of speech.

    Parameters
    ----------
    split : {"train", "dev", "test"}, default="train"
        Which part: 12,544, 2,001 or 2,077 sentences; 204,577, 25,147 or 25,094 words.
    column : str, default="upos"
        Which annotation (see `load_conllu`): "upos" has 17 labels.
    return_groups : bool, default=False
        Return also the document of each sentence, whose id begins with its genre ("weblog-...").
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N lists of T_i str
        The words.
    y : list of N lists of T_i str
        Their labels.
    groups : ndarray of shape (N,), str
        Only if ``return_groups=True``.

    Raises
    ------
    ValueError
        If `split` or `column` is unknown, or a line of the file cannot be read.
    FileNotFoundError
        If the data folder or the file does not exist.

    References
    ----------
    .. [1] N. Silveira et al., "A Gold Standard Dependency Corpus for English", LREC 2014.

    Examples
    --------
    >>> from skrnn.datasets import load_ewt
    >>> X, y = load_ewt("dev")  # doctest: +SKIP
    >>> X[0], y[0]  # doctest: +SKIP
    (['From', 'the', 'AP', 'comes', 'this', 'story', ':'], ['ADP', 'DET', 'PROPN', 'VERB', 'DET', 'NOUN', 'PUNCT'])
    """
    if split not in ("train", "dev", "test"):
        raise ValueError(f"split must be 'train', 'dev' or 'test'. Got {split!r}.")
    path = data_file("ud_english_ewt", f"en_ewt-ud-{split}.conllu", home=data_home)
    return load_conllu(path, column, return_groups=return_groups)


def load_chunks(
    split: str = "train",
    columns: Sequence[int] = (0, -1),
    *,
    data_home: str | os.PathLike[str] | None = None,
) -> tuple[Any, ...]:
    """Load the chunking task of CoNLL-2000 from the data folder: words and chunks in BIO labels.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        Which part: 8,936 or 2,012 sentences; 211,727 or 47,377 words; 22 labels.
    columns : sequence of int, default=(0, -1)
        Which columns: 0 is the word, 1 its part of speech (by a tagger), 2 or -1 the label of the chunk.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    *columns : list of N lists of T_i str
        One for each of `columns`: with the default, X and y.

    Raises
    ------
    ValueError
        If `split` or a column is unknown, or a line of the file cannot be read.
    FileNotFoundError
        If the data folder or the file does not exist.

    References
    ----------
    .. [1] E. F. Tjong Kim Sang and S. Buchholz, "Introduction to the CoNLL-2000 Shared Task: Chunking",
       CoNLL-2000 and LLL-2000, 2000.

    Examples
    --------
    >>> from skrnn.datasets import load_chunks
    >>> X, y = load_chunks()  # doctest: +SKIP
    >>> X[0][:3], y[0][:3]  # doctest: +SKIP
    (['Confidence', 'in', 'the'], ['B-NP', 'B-PP', 'B-NP'])
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Got {split!r}.")
    return load_conll(data_file("conll2000", "conll2000.zip", home=data_home), columns, member=f"{split}.txt")
