"""Tagged text: files with one token a line, in the formats of the CoNLL shared tasks and of Universal Dependencies."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.datasets.text_lines import numbered_lines

CONLLU_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")

_BLANKS = re.compile(r"[ \t]+")
_NEW_DOCUMENT = re.compile(r"#\s*newdoc(?:\s+id\s*=\s*(.*\S))?\s*")
# What treebanks write between sentences, also above files of fewer columns than ten.
_COMMENT = re.compile(r"#\s*(?:newdoc|newpar)\b.*|#\s*(?:sent_id|text|global\.columns)\s*=.*")
_NOT_A_WORD = re.compile(r"\d+(?:-\d+|\.\d+)")  # 3-4 is a range of words, 3.1 an empty node
# Columns in which an underscore says "not given"; elsewhere it is a value, such as "no features".
_MAY_BE_MISSING = ("upos", "xpos", "deprel")


def load_conll(
    path: str | os.PathLike[str],
    columns: Sequence[int] = (0, -1),
    *,
    separator: str | None = None,
    comment: str | None = None,
    member: str | None = None,
    encoding: str = "utf-8",
    return_groups: bool = False,
) -> tuple[Any, ...]:
    r"""Read a file of the CoNLL-2000 and CoNLL-2003 kind: a token a line, columns, a blank line between sentences.

    Parameters
    ----------
    path : path-like
        The file, plain, ``.gz`` or ``.zip``. Lines that begin with ``-DOCSTART-`` or ``# newdoc`` start a document and
        are no token, and neither are ``# newpar``, ``# sent_id =`` and ``# text =``. Lines of blanks part sentences.
    columns : sequence of int, default=(0, -1)
        Which columns to return, counted from 0, or from the end with -1: the first and the last are the words and
        their labels. ``(0,)`` reads a file of words alone.
    separator : str or None, default=None
        What stands between columns, such as a tab, where tokens may hold spaces. None is any number of spaces and
        tabs.
    comment : str or None, default=None
        How other lines begin that are no token. None takes any other line for one, as "#" may be a word.
    member : str or None, default=None
        Which file of a ``.zip``, by its name or the end of it; needed if there are several.
    encoding : str, default="utf-8"
        The encoding; the files of CoNLL-2002 are "latin-1".
    return_groups : bool, default=False
        Return also the document of each sentence, for ``groups=`` in a cross-validation.

    Returns
    -------
    *columns : list of N lists of T_i str
        One for each of `columns`: with the default, X and y.
    groups : ndarray of shape (N,), str
        Only if ``return_groups=True``: number of the document, "1", "2", ...; "0" before any mark.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If a line has another number of columns than most, or is not in this encoding (the message names the file and
        the line), if the file has not these columns, or if there is no sentence.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skrnn.datasets import load_conll
    >>> text = "He PRP B-NP\nran VBD B-VP\n\nA DT B-NP\ndog NN I-NP\nran VBD B-VP\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tiny.txt"
    ...     _ = path.write_text(text)
    ...     X, y = load_conll(path)
    >>> X
    [['He', 'ran'], ['A', 'dog', 'ran']]
    >>> y
    [['B-NP', 'B-VP'], ['B-NP', 'I-NP', 'B-VP']]
    """
    if not columns:
        raise ValueError("columns must name at least one column. Got none.")
    sentences: list[list[list[str]]] = []
    groups: list[str] = []
    widths: dict[int, _Width] = {}
    document, in_sentence = 0, False
    for place, line in numbered_lines(path, member, encoding):
        new_document = line.startswith("-DOCSTART-") or _NEW_DOCUMENT.fullmatch(line)
        is_comment = _COMMENT.fullmatch(line) or (comment is not None and line.startswith(comment))
        if new_document or is_comment:
            document += bool(new_document)
            in_sentence = in_sentence and not new_document
            continue
        if not line.strip():
            in_sentence = False
            continue
        values = _BLANKS.split(line.strip(" \t")) if separator is None else line.split(separator)
        widths.setdefault(len(values), _Width(place, line)).count += 1
        if not in_sentence:
            in_sentence = True
            sentences.append([])
            groups.append(str(document))
        sentences[-1].append(values)
    if not sentences:
        raise ValueError(f"{path} must hold at least one token. Got none.")
    _check_columns(columns, widths, path)
    sentences = [[[token[c] for c in columns] for token in sentence] for sentence in sentences]
    read = tuple([[token[k] for token in sentence] for sentence in sentences] for k in range(len(columns)))
    return (*read, np.array(groups)) if return_groups else read


@dataclass
class _Width:
    """Lines with a number of columns: the first, and how many."""

    place: str
    line: str
    count: int = 0


def _check_columns(columns: Sequence[int], widths: dict[int, _Width], path: Any) -> None:
    """Raise unless all tokens have as many columns, and these among them."""
    width = max(widths, key=lambda w: widths[w].count)  # of as many lines the one that comes first
    odd = [w for w in widths if w != width]
    if odd:
        place, line = widths[odd[0]].place, widths[odd[0]].line
        hint = f' comment="{line[0]}" passes over such lines.' if line[0] in "#%;/" else ""
        raise ValueError(f"{place}: a token must have {width} columns. Got {odd[0]}: {line[:40]!r}.{hint}")
    for column in columns:
        if not -width <= column < width:
            raise ValueError(f"columns must lie within the {width} columns of {path}. Got {column}.")
    if len({column % width for column in columns}) < len(set(columns)):
        got = ", ".join(map(str, columns))
        raise ValueError(f"columns must differ, and {path} has {width}. Got {got}: columns=(0,) reads words alone.")


def load_conllu(
    path: str | os.PathLike[str],
    column: str = "upos",
    *,
    member: str | None = None,
    return_groups: bool = False,
) -> tuple[list[list[str]], list[list[str | None]]] | tuple[list[list[str]], list[list[str | None]], NDArray[np.str_]]:
    r"""Read words and one of their annotations from a CoNLL-U file.

    Parameters
    ----------
    path : path-like
        The file, plain, ``.gz`` or ``.zip``. Ranges of words (``3-4``) and empty nodes (``3.1``) are passed over.
    column : str, default="upos"
        Which annotation: one of `CONLLU_COLUMNS`.
    member : str or None, default=None
        Which file of a ``.zip``, by its name or the end of it; needed if there are several.
    return_groups : bool, default=False
        Return also the document of each sentence, for ``groups=`` in a cross-validation.

    Returns
    -------
    X : list of N lists of T_i str
        The words (FORM).
    y : list of N lists of T_i str
        Their annotations. An underscore in "upos", "xpos" or "deprel" says that there is none, and gives None: a step
        without a label.
    groups : ndarray of shape (N,), str
        Only if ``return_groups=True``: id of the document, from ``# newdoc id = ...``; its number where it has no id,
        and "0" before any document.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If `column` is unknown, if a line is not UTF-8, has not ten columns or not the id that is next (the message
        names the file and the line), or if there is no sentence.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skrnn.datasets import load_conllu
    >>> text = "# newdoc id = a\n1\tIt\tit\tPRON" + 6 * "\t_" + "\n2\trains\train\tVERB" + 6 * "\t_" + "\n\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tiny.conllu"
    ...     _ = path.write_text(text)
    ...     load_conllu(path, return_groups=True)
    ([['It', 'rains']], [['PRON', 'VERB']], array(['a'], dtype='<U1'))
    """
    if column not in CONLLU_COLUMNS:
        raise ValueError(f"column must be one of {', '.join(CONLLU_COLUMNS)}. Got {column!r}.")
    at = CONLLU_COLUMNS.index(column)
    X: list[list[str]] = []
    y: list[list[str | None]] = []
    groups: list[str] = []
    n_documents, document, n_words = 0, "0", 0
    for place, line in numbered_lines(path, member):
        if not line.strip():
            n_words = 0
        elif line.startswith("#"):
            mark = _NEW_DOCUMENT.fullmatch(line)
            if mark:
                n_documents += 1
                document = mark[1] or str(n_documents)
        else:
            values = _split_word(line, n_words + 1, place)
            if values is None:
                continue
            if n_words == 0:
                X.append([])
                y.append([])
                groups.append(document)
            n_words += 1
            X[-1].append(values[1])
            y[-1].append(None if values[at] == "_" and column in _MAY_BE_MISSING else values[at])
    if not X:
        raise ValueError(f"{path} must hold at least one word. Got none.")
    return (X, y, np.array(groups)) if return_groups else (X, y)


def _split_word(line: str, number: int, place: str) -> list[str] | None:
    """Split a line into its ten columns; None for a line that is not a word."""
    values = line.split("\t")
    if len(values) != len(CONLLU_COLUMNS):
        raise ValueError(f"{place}: a word must have 10 columns, separated by tabs. Got {len(values)}: {line[:40]!r}.")
    if _NOT_A_WORD.fullmatch(values[0]):
        return None
    if values[0] != str(number):
        raise ValueError(f"{place}: the id of this word must be {number}. Got {values[0]!r}.")
    return values
