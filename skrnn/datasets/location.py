"""The folder that holds the real data sets, and the files in it."""

import os
from pathlib import Path


def data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds the real data sets.

    Parameters
    ----------
    data_home : path-like or None, default=None
        The folder. None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    path : pathlib.Path
        An existing folder; ``~`` is expanded.

    Raises
    ------
    FileNotFoundError
        If no folder is given and ``SKRNN_DATA`` is not set, or the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from skrnn.datasets import data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     str(data_home(folder)) == folder
    True
    """
    if data_home is None:
        data_home = os.environ.get("SKRNN_DATA") or None
    if data_home is None:
        raise FileNotFoundError(
            "No data folder is known: pass data_home, or set the environment variable SKRNN_DATA to the "
            "folder that holds the data sets (export SKRNN_DATA=/path/to/data)."
        )
    path = Path(data_home).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(
            f"The data folder (data_home, or else the environment variable SKRNN_DATA) must exist. Got {path}."
        )
    return path


def data_file(*parts: str, home: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of one file under the data folder.

    Parameters
    ----------
    *parts : str
        The folders and the file name below the data folder.
    home : path-like or None, default=None
        The data folder; None reads ``SKRNN_DATA``.

    Returns
    -------
    path : pathlib.Path
        An existing file.

    Raises
    ------
    FileNotFoundError
        If the folder or the file does not exist.
    """
    path = data_home(home).joinpath(*parts)
    if not path.is_file():
        raise FileNotFoundError(f"The data file {path} does not exist.")
    return path
