"""Text of the data folder: sentences in two languages, and one long text."""

from __future__ import annotations

import os

from skrnn.datasets.location import data_file
from skrnn.datasets.text_lines import numbered_lines

# For each set: its folder, the endings of source and target, and names of the parts in the files.
_SETS = {
    "eutrans": ("eutrans_es_en", "es", "en", {"train": "training", "dev": "dev", "test": "test"}),
    "enja": ("small_parallel_enja", "en", "ja", {"train": "train", "dev": "dev", "test": "test"}),
}


def load_parallel_text(
    name: str, split: str = "train", *, data_home: str | os.PathLike[str] | None = None
) -> tuple[list[list[str]], list[list[str]]]:
    """Load sentences in two languages from the data folder.

    Parameters
    ----------
    name : {"eutrans", "enja"}
        Which set: Spanish to English of hotel desks (EuTrans [1]_; 9,900, 100 and 2,996 sentences), or English to
        Japanese of 4 to 16 words (small_parallel_enja of the Tanaka corpus; 50,000, 500 and 500).
    split : {"train", "dev", "test"}, default="train"
        Which part.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X, y : list of N lists of str
        Words of the source and of the target, as the files cut them.

    Raises
    ------
    ValueError
        If `name` or `split` is unknown, or the files have different numbers of lines.
    FileNotFoundError
        If the data folder or a file does not exist.

    References
    ----------
    .. [1] J. C. Amengual et al. (2000), The EuTrans-I speech translation system, Machine Translation 15.

    Examples
    --------
    >>> from skrnn.datasets import load_parallel_text
    >>> X, y = load_parallel_text("enja", "dev")  # doctest: +SKIP
    """
    if name not in _SETS:
        raise ValueError(f"name must be one of {', '.join(map(repr, _SETS))}. Got {name!r}.")
    folder, source, target, parts = _SETS[name]
    if split not in parts:
        raise ValueError(f"split must be 'train', 'dev' or 'test'. Got {split!r}.")
    files = [data_file(folder, f"{parts[split]}.{ending}", home=data_home) for ending in (source, target)]
    X, y = ([line.split() for _, line in numbered_lines(path)] for path in files)
    if len(X) != len(y):
        raise ValueError(f"{files[0]} and {files[1]} must have as many lines. Got {len(X)} and {len(y)}.")
    return X, y


def load_shakespeare(*, data_home: str | os.PathLike[str] | None = None) -> str:
    """Load 1,115,394 characters of Shakespeare's plays from the data folder.

    Parameters
    ----------
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    text : str
        65 different characters, line feeds included.

    Raises
    ------
    FileNotFoundError
        If the data folder or the file does not exist.

    References
    ----------
    .. [1] A. Karpathy (2015), The unreasonable effectiveness of recurrent neural networks.
    """
    return data_file("tinyshakespeare", "input.txt", home=data_home).read_text(encoding="utf-8")


def load_names(*, data_home: str | os.PathLike[str] | None = None) -> tuple[list[str], list[str]]:
    """Load 20,050 names of people in 18 languages from the data folder.

    Parameters
    ----------
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N str
        Names.
    y : list of N str
        Their languages, such as "Russian", with 9,384 names, or "Vietnamese", with 73.

    Raises
    ------
    FileNotFoundError
        If the data folder or a file does not exist.
    """
    folder = data_file("names_by_language", "LICENSE", home=data_home).parent
    X, y = [], []
    for path in sorted(folder.glob("*.txt")):
        names = [line.strip() for _, line in numbered_lines(path) if line.strip()]
        X += names
        y += [path.stem] * len(names)
    return X, y
