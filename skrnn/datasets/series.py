"""Time series of the UCR/UEA archive and its ``.ts`` format."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skrnn.datasets.location import data_file

SERIES_NAMES = (
    "ArrowHead",
    "BasicMotions",
    "Chinatown",
    "Coffee",
    "ECG200",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "SyntheticControl",
)


def load_series(
    name: str, split: str = "train", data_home: str | os.PathLike[str] | None = None
) -> tuple[list[NDArray[np.float32]], NDArray[np.str_]]:
    """Load one classification set of the UCR/UEA archive from the data folder.

    Parameters
    ----------
    name : str
        One of `SERIES_NAMES`; JapaneseVowels is the one whose lengths differ (7 to 29 steps).
    split : {"train", "test"}, default="train"
        Which part of the archive's own split.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N arrays of shape (T_i, D), float32
        The series; a missing value is NaN.
    y : ndarray of shape (N,), str
        The labels, as written in the file.

    Raises
    ------
    ValueError
        If `name` or `split` is unknown, or a line of the file cannot be read.
    FileNotFoundError
        If the data folder or the file does not exist.

    Examples
    --------
    >>> from skrnn.datasets import load_series
    >>> X, y = load_series("JapaneseVowels")  # doctest: +SKIP
    >>> len(X), X[0].shape, X[1].shape, y[0]  # doctest: +SKIP
    (270, (20, 12), (26, 12), '1')
    """
    if name not in SERIES_NAMES:
        raise ValueError(f"name must be one of {', '.join(SERIES_NAMES)}. Got {name!r}.")
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Got {split!r}.")
    return load_ts(data_file("ucr_uea", name, f"{name}_{split.upper()}.ts", home=data_home))


def load_ts(path: str | os.PathLike[str]) -> tuple[list[NDArray[np.float32]], NDArray[np.str_]]:
    r"""Read a labelled ``.ts`` file of the UCR/UEA archive.

    Parameters
    ----------
    path : path-like
        The file. Lines that start with ``#`` are comments, lines that start with ``@`` the header;
        after ``@data`` each line is one series: its dimensions separated by ``:``, their values by
        ``,``, the label last, ``?`` for a missing value.

    Returns
    -------
    X : list of N arrays of shape (T_i, D), float32
        The series; a missing value is NaN.
    y : ndarray of shape (N,), str
        The labels, as written in the file.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If a line cannot be read (the message names the file and the line), if there is no series,
        or if the file has time stamps or no labels, which this reader does not handle.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skrnn.datasets import load_ts
    >>> text = "@classLabel true up down\n@data\n1,2,3:4,5,6:up\n3,?:6,5:down\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tiny.ts"
    ...     _ = path.write_text(text)
    ...     X, y = load_ts(path)
    >>> [x.shape for x in X], y.tolist()
    ([(3, 2), (2, 2)], ['up', 'down'])
    >>> X[1].tolist()
    [[3.0, 6.0], [nan, 5.0]]
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"The series file {path} does not exist.")
    X: list[NDArray[np.float32]] = []
    labels: list[str] = []
    n_dims, classes, in_data = 0, frozenset[str](), False
    for place, line in _numbered_lines(path):
        if not in_data:
            in_data, n_dims, classes = _read_header(line, place, n_dims, classes)
            continue
        values, label = _read_series(line, place)
        n_dims = n_dims or values.shape[1]
        if values.shape[1] != n_dims:
            raise ValueError(f"{place}: a series must have {n_dims} dimensions. Got {values.shape[1]}.")
        if classes and label not in classes:
            raise ValueError(f"{place}: the label must be one of {sorted(classes)}. Got {label!r}.")
        X.append(values)
        labels.append(label)
    if not X:
        raise ValueError(f"{path} must hold at least one series after a line @data. Got none.")
    return X, np.array(labels, dtype=np.str_)


def _numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each line that says something, with its place for an error message."""
    # Old files carry comments in other encodings; numbers and labels are ASCII in all of them.
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            line = line.strip()
            if line and line[0] not in "#%":
                yield f"{path}, line {number}", line


def _read_header(line: str, place: str, n_dims: int, classes: frozenset[str]) -> tuple[bool, int, frozenset[str]]:
    """Read one header line: whether the data begin, how many dimensions, which labels."""
    if not line.startswith("@"):
        raise ValueError(f"{place}: a line before @data must start with @ or #. Got {line[:40]!r}.")
    key, *values = line[1:].split() or [""]
    key = key.lower()
    first = values[0].lower() if values else ""
    if key == "timestamps" and first == "true":
        raise ValueError(f"{place}: timeStamps must be false, as time stamps are not read. Got true.")
    if key == "classlabel" and first != "true":
        raise ValueError(f"{place}: classLabel must be true, as each series needs a label. Got {first!r}.")
    if key == "classlabel":
        classes = frozenset(values[1:])
    elif key in ("dimensions", "dimension"):
        if not (first.isdecimal() and int(first) > 0):
            raise ValueError(f"{place}: dimensions must be a positive integer. Got {first!r}.")
        n_dims = int(first)
    elif key == "univariate" and first == "true":
        n_dims = 1
    return key == "data", n_dims, classes


def _read_series(line: str, place: str) -> tuple[NDArray[np.float32], str]:
    """Read one data line: values (T, D) and the label."""
    *dims, label = line.split(":")
    label = label.strip()
    if not dims or not label:
        raise ValueError(f"{place}: a series must be values, ':' and a label. Got {line[:40]!r}.")
    try:
        columns = [np.array(dim.replace("?", "nan").split(","), dtype=np.float32) for dim in dims]
    except ValueError as error:
        raise ValueError(f"{place}: values must be numbers or '?', separated by commas ({error}).") from error
    lengths = sorted({len(column) for column in columns})
    if len(lengths) > 1:
        raise ValueError(f"{place}: all dimensions must have the same number of steps. Got {lengths}.")
    return np.stack(columns, axis=1), label  # (T, D)
