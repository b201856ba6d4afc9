"""Numbered lines of text files, plain or compressed."""

from __future__ import annotations

import gzip
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

_END = re.compile(rb"\r\n|\r|\n")


@contextmanager
def open_bytes(path: str | os.PathLike[str], member: str | None = None) -> Iterator[IO[bytes]]:
    """Open a file, a ``.gz`` file, or one member of a ``.zip`` file, for reading bytes.

    Parameters
    ----------
    path : path-like
        The file.
    member : str or None, default=None
        Name of a file in a ``.zip``, or the end of its name; None if there is only one.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If `member` does not tell one file of a ``.zip``, or is given for another file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"The file {path} does not exist.")
    if member is not None and path.suffix != ".zip":
        raise ValueError(f"member must be None, as {path} is no .zip file. Got {member!r}.")
    with ExitStack() as stack:
        if path.suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(path))
            yield stack.enter_context(archive.open(_find_member(archive, path, member)))
        elif path.suffix == ".gz":
            yield cast(IO[bytes], stack.enter_context(gzip.open(path, "rb")))
        else:
            yield stack.enter_context(path.open("rb"))


def _find_member(archive: zipfile.ZipFile, path: Path, member: str | None) -> str:
    files = [info.filename for info in archive.infolist() if not info.is_dir()]
    found = files if member is None else [name for name in files if name == member]
    found = found or [name for name in files if name.endswith(f"/{member}")]
    if len(found) != 1:
        raise ValueError(f"member must tell one file of {path}: {', '.join(files)}. Got {member!r}.")
    return found[0]


def numbered_lines(
    path: str | os.PathLike[str], member: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[str, str]]:
    """Yield each line without its end, after its place for an error message.

    Lines end at a line feed, a carriage return, or both: tokens may hold what else Python's ``splitlines`` takes for an
    end.

    Raises
    ------
    ValueError
        If a line is not in this encoding, or as for `open_bytes`.
    """
    with open_bytes(path, member) as file:
        for number, line in enumerate(_split(file), start=1):
            place = f"{path}, line {number}" if member is None else f"{path}, {member}, line {number}"
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                bad = line[error.start : error.start + 1]
                raise ValueError(f"{place}: the text must be {encoding}. Got {bad!r} at byte {error.start}.") from error
            yield place, text.removeprefix("\ufeff") if number == 1 else text


def _split(file: IO[bytes]) -> Iterator[bytes]:
    for piece in file:
        lines = _END.split(piece)
        yield from lines if lines[-1] else lines[:-1]
