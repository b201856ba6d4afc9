"""Turbofan engines that run to failure (C-MAPSS, set FD001)."""

import os
from numbers import Real
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skrnn.datasets.location import data_file

TURBOFAN_FEATURES = (
    *(f"setting_{i}" for i in range(1, 4)),
    *(f"sensor_{i}" for i in range(1, 22)),
)

_Sequences = list[NDArray[np.float32]]


def load_turbofans(
    split: str = "train",
    *,
    max_life: float | None = 125,
    data_home: str | os.PathLike[str] | None = None,
) -> tuple[_Sequences, _Sequences | NDArray[np.float32]]:
    """Load the remaining useful life of turbofan engines from the data folder.

    A regression task on sequences of different lengths. The two parts ask different questions:
    the training engines run until they fail, so each cycle has an answer; the records of the test
    engines stop earlier, and the question is how many cycles were left.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        Which part of the set.
    max_life : float or None, default=125
        Cap on the life, in cycles: a healthy engine shows no sign of how long it will last. 125 is the
        cap under which results on FD001 are commonly compared. None leaves the life as it is.
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N=100 arrays of shape (T_i, 24), float32
        Settings and sensors by cycle, unscaled; `TURBOFAN_FEATURES` names the columns. Seven of them
        never move in FD001 (setting 3; sensors 1, 5, 10, 16, 18, 19), so scaling meets a variance of 0.
        T is 128 to 362 (train) and 31 to 303 (test).
    y : list of N arrays of shape (T_i,), or ndarray of shape (N,), float32
        Train: the life left after each cycle, 0 at the last. Test: the life left after the last
        cycle on record. Cycles, capped at `max_life`.

    Raises
    ------
    ValueError
        If `split` is unknown, `max_life` is not positive, or a file is not what it should be.
    FileNotFoundError
        If the data folder or a file does not exist.

    References
    ----------
    .. [1] A. Saxena, K. Goebel, D. Simon and N. Eklund, "Damage Propagation Modeling for Aircraft
       Engine Run-to-Failure Simulation", Int. Conf. on Prognostics and Health Management, 2008.

    Examples
    --------
    >>> from skrnn.datasets import load_turbofans
    >>> X, y = load_turbofans("train")  # doctest: +SKIP
    >>> len(X), X[0].shape, y[0][[0, -1]].tolist()  # doctest: +SKIP
    (100, (192, 24), [125.0, 0.0])
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Got {split!r}.")
    is_number = isinstance(max_life, Real) and not isinstance(max_life, bool)
    if max_life is not None and not (is_number and max_life > 0):
        raise ValueError(f"max_life must be None or a positive number of cycles. Got {max_life!r}.")
    cap = np.inf if max_life is None else max_life
    X = _read_engines(data_file("cmapss_fd001", f"{split}_FD001.txt", home=data_home))
    if split == "train":
        return X, [np.minimum(np.arange(len(x) - 1, -1, -1), cap).astype(np.float32) for x in X]
    path = data_file("cmapss_fd001", "RUL_FD001.txt", home=data_home)
    life = _read_table(path, n_columns=1)[:, 0]
    if len(life) != len(X):
        raise ValueError(f"{path} must have one line for each of the {len(X)} engines. Got {len(life)}.")
    return X, np.minimum(life, cap).astype(np.float32)


def _read_engines(path: Path) -> _Sequences:
    """Read the records of all engines: a list of (T_i, 24)."""
    table = _read_table(path, n_columns=2 + len(TURBOFAN_FEATURES))  # (sum of T_i, 26)
    starts = np.flatnonzero(np.diff(table[:, 0])) + 1
    engines = np.split(table, starts)
    for number, engine in enumerate(engines, start=1):
        expected = np.arange(1, len(engine) + 1)
        if engine[0, 0] != number or not np.array_equal(engine[:, 1], expected):
            raise ValueError(
                f"{path} must hold engines 1, 2, 3, ..., each with cycles 1, 2, 3, ... in order. "
                f"Got something else at engine {number}."
            )
    return [engine[:, 2:].astype(np.float32) for engine in engines]


def _read_table(path: Path, n_columns: int) -> NDArray[np.float64]:
    """Read a table of numbers separated by spaces, of a known width."""
    try:
        table = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path} must hold {n_columns} numbers a line ({error}).") from error
    if table.shape[1] != n_columns:
        raise ValueError(f"{path} must hold {n_columns} numbers a line. Got {table.shape[1]}.")
    return table
