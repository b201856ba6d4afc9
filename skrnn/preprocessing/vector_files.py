"""Lines of files of word vectors: a word and its numbers, with or without a header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.messages import shown


def read_lines(
    file: IO[bytes], path: Any, wanted: set[bytes] | None, header: bool | None
) -> Iterator[tuple[str, bytes, list[bytes]]]:
    """Yield place, word and numbers of each line that may hold a wanted word."""
    # Lines are kept as bytes: of a large file with few wanted words, only the first part of a line is looked at.
    first_parts = None if wanted is None else {word.split(b" ")[0] for word in wanted}
    n_dims, n_words, n_read = 0, None, 0
    for number, line in enumerate(file, start=1):
        place = f"{path}, line {number}"
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if _is_header(line, header, place):
                n_words, n_dims = (int(part) for part in line.split())
                continue
        if not line.strip():
            continue
        n_dims = n_dims or len(line.split()) - 1
        n_read += 1
        if first_parts is None or line.split(b" ", 1)[0] in first_parts or b"\t" in line:
            yield place, *_split(line, n_dims, place)
    if n_words not in (None, n_read):
        raise ValueError(f"{path} must hold the {n_words} words that its first line tells. Got {n_read}.")


def _is_header(line: bytes, header: bool | None, place: str) -> bool:
    parts = line.split()
    looks = len(parts) == 2 and all(part.isdigit() for part in parts) and int(parts[1]) > 0
    if header and not looks:
        raise ValueError(f"{place}: a header must be two whole numbers, of words and dimensions. Got {line[:40]!r}.")
    return looks if header is None else header


def _split(line: bytes, n_dims: int, place: str) -> tuple[bytes, list[bytes]]:
    """Split a line into the word, which may hold blanks, and its numbers."""
    parts = line.rsplit(None, n_dims)
    beyond = parts[0].split()[-1:] if len(parts) == n_dims + 1 else []
    # A number before the last E ones: a vector of another width rather than a part of the word.
    too_long = len(parts[0].split()) > 1 and _is_number(beyond[0]) if beyond else False
    if n_dims < 1 or len(parts) != n_dims + 1 or too_long:
        width = "at least one number" if n_dims < 1 else f"{n_dims} numbers"
        raise ValueError(f"{place}: a word must have {width}. Got {len(line.split()) - 1}: {line[:40]!r}.")
    return parts[0], parts[1:]


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def parse_numbers(numbers: list[bytes], place: str) -> NDArray[np.float32]:
    """Numbers of one vector, (E,), at once as float32: objects of Python take eight times the memory."""
    try:
        with np.errstate(over="ignore"):  # too large a number is told below
            vector = np.array([float(number) for number in numbers]).astype(np.float32)
    except ValueError as error:
        raise ValueError(f"{place}: all but the word must be numbers ({error}).") from error
    if not np.isfinite(vector).all():
        raise ValueError(f"{place}: all but the word must be finite numbers of float32. Got {vector}.")
    return vector


def decode_word(word: bytes, place: str) -> str:
    """Word of a line, as text."""
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{place}: the word must be in UTF-8. Got {shown(word)}.") from error
