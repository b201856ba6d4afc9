"""Scores of entities: chunks of steps whose type, first step and last step are all right, as in conlleval."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report, precision_recall_fscore_support

from skrnn.metrics.labels import matched_rows, sequence_weights
from skrnn.sequences.messages import shown

_LABEL = re.compile(r"(O)|([BIESLUM])(?:-(.*))?", flags=re.DOTALL)
# Other names for the same places in a chunk: BILOU has Last and Unit, BMES has Middle.
_SAME_AS = {"L": "E", "U": "S", "M": "I"}
# The type of an entity whose labels have none, as in plain B, I, O.
UNTYPED = "_"


class Entity(NamedTuple):
    """A chunk: its type, its first step, and the step after its last one."""

    type: str
    start: int
    stop: int


def find_entities(labels: Iterable[str]) -> list[Entity]:
    """Read the entities off the labels of one sequence, well-formed or not.

    An entity starts at a B or S, and at an I or E that continues none of its own type. It ends at an E or S, and
    before a B, an S, an O or another type. So one reading serves IOB1, IOB2 (BIO), IOE, BIOES, and BILOU and BMES
    with their own letters.

    Parameters
    ----------
    labels : iterable of str
        "O", or a prefix (B, I, E, S, or L, U, M) with or without a type: "B-PER".

    Returns
    -------
    entities : list of Entity
        Named tuples ``(type, start, stop)``, in order; the steps are ``start`` to ``stop - 1``. The type is "_"
        where labels have none.

    Raises
    ------
    ValueError
        If a label is none of these.

    Examples
    --------
    >>> from skrnn.metrics import find_entities
    >>> find_entities(["B-PER", "I-PER", "O", "I-LOC"])
    [Entity(type='PER', start=0, stop=2), Entity(type='LOC', start=3, stop=4)]
    """
    return read_entities(labels, "labels")


def read_entities(labels: Iterable[Any], place: str) -> list[Entity]:
    """`find_entities` of labels that messages call `place`."""
    found: list[Entity] = []
    start, kind, step = -1, "", -1  # start is -1 outside of an entity
    for step, label in enumerate(labels):
        prefix, this_kind = _split(label, place, step)
        if start >= 0 and (prefix in "BSO" or this_kind != kind):
            found.append(Entity(kind, start, step))
            start = -1
        if prefix == "O":
            continue
        if start < 0:
            start, kind = step, this_kind
        if prefix in "ES":
            found.append(Entity(kind, start, step + 1))
            start = -1
    return found if start < 0 else [*found, Entity(kind, start, step + 1)]


def _split(label: Any, place: str, step: int) -> tuple[str, str]:
    match = _LABEL.fullmatch(label) if isinstance(label, str) else None
    if match is None:
        raise ValueError(
            f"{place} must hold O, or labels such as B-PER, I-PER, E-PER or S-PER. Got {shown(label)} at step {step}."
        )
    outside, prefix, kind = match.groups()
    return ("O", "") if outside else (_SAME_AS.get(prefix, prefix), kind or UNTYPED)


def _pair_entities(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[list[str], NDArray, NDArray, NDArray | None]:
    """Line entities up as labels of a flat classification, in which scikit-learn counts.

    Each entity that is true, predicted or both is one item; its class is the type on the side where it stands, and K,
    for none, on the other.

    Returns
    -------
    types : list of K str
    true, pred : ndarray of int
    weights : ndarray of float, or None
    """
    true, pred, _ = matched_rows(y_true, y_pred)
    of_row = None if sample_weight is None else sequence_weights(sample_weight, len(true))
    items: dict[tuple[int, Entity], list[bool]] = {}
    for side, (name, rows) in enumerate((("y_true", true), ("y_pred", pred))):
        for i, row in enumerate(rows):
            for entity in read_entities(row.tolist(), f"{name}[{i}]"):
                items.setdefault((i, entity), [False, False])[side] = True
    types = sorted({entity.type for _, entity in items}) or [UNTYPED]
    code = {kind: k for k, kind in enumerate(types)}
    none = len(types)
    pairs = [[code[entity.type] if there else none for there in sides] for (_, entity), sides in items.items()]
    # One item that is none on both sides counts nowhere, and makes "none" a class that occurs: without it, a report of
    # all classes that occur would give an accuracy in place of the micro average.
    codes = np.array([*pairs, [none, none]])  # (items + 1, 2)
    weights = None if of_row is None else np.array([*(of_row[i] for i, _ in items), 1.0])
    return types, codes[:, 0], codes[:, 1], weights


def _choose(labels: Any, types: list[str], true: NDArray, pred: NDArray) -> tuple[list[str], list[int]]:
    """Names and codes of the types to report; one that never occurs gets a code that never occurs."""
    names = types if labels is None else [str(label) for label in labels]
    if not names:
        raise ValueError("labels must name at least one type. Got none.")
    unknown = iter(range(len(types) + 1, len(types) + 1 + len(names)))
    return names, [types.index(name) if name in types else next(unknown) for name in names]


def _score(which: int, y_true: Any, y_pred: Any, labels: Any, average: Any, weight: Any, zero_division: Any) -> Any:
    if average not in ("micro", "macro", "weighted", None):
        raise ValueError(f"average must be 'micro', 'macro', 'weighted' or None. Got {average!r}.")
    types, true, pred, weights = _pair_entities(y_true, y_pred, weight)
    _, codes = _choose(labels, types, true, pred)
    score = precision_recall_fscore_support(
        true,
        pred,
        labels=codes,
        average=average,
        sample_weight=weights,
        zero_division=zero_division,
        warn_for=(("precision", "recall", "f-score")[which],),
    )[which]
    return score if average is None else float(score)


def entity_precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "micro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Share of the predicted entities that are right.

    An entity is right if its type, its first step and its last step are right. See `find_entities` for what an
    entity is, and `entity_f1_score` for Notes.

    Parameters
    ----------
    y_true, y_pred : list of lists, list or object array of arrays, array (N, T), or Sequences
        Labels such as B-PER, I-PER and O. Steps whose true label is None or -1 are taken out of both before
        entities are read.
    labels : list of str, default=None
        Types that count (PER, not B-PER); None takes all.
    average : {"micro", "macro", "weighted"} or None, default="micro"
        "micro" counts every entity alike, as conlleval does; None gives one number for each type.
    sample_weight : array-like of shape (N,), default=None
        A weight for each sequence.
    zero_division : {"warn", 0, 1, nan}, default="warn"
        Score where nothing is predicted.

    Returns
    -------
    score : float, or ndarray of float, shape (number of types,)

    Examples
    --------
    >>> from skrnn.metrics import entity_precision_score
    >>> entity_precision_score([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "B-LOC"]])
    0.5
    """
    return _score(0, y_true, y_pred, labels, average, sample_weight, zero_division)


def entity_recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "micro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Share of the true entities that are found.

    Parameters are those of `entity_precision_score`; `zero_division` is the score where nothing is true.

    Returns
    -------
    score : float, or ndarray of float, shape (number of types,)

    Examples
    --------
    >>> from skrnn.metrics import entity_recall_score
    >>> entity_recall_score([["B-PER", "I-PER", "O"]], [["B-PER", "O", "B-LOC"]])
    0.0
    """
    return _score(1, y_true, y_pred, labels, average, sample_weight, zero_division)


def entity_f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    average: str | None = "micro",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """F1 of entities: the score of the CoNLL shared tasks.

    Parameters are those of `entity_precision_score`.

    Returns
    -------
    score : float, or ndarray of float, shape (number of types,)

    Raises
    ------
    ValueError
        If numbers of sequences or steps differ, a label is not of these kinds, or no step has a true label.

    Notes
    -----
    Chunks are read as the script conlleval of the shared tasks [1]_ reads them, ill-formed sequences included, with
    two additions for BIOES: S is a chunk of its own, and an E ends its chunk before a B, too (where the script joins
    them). The library seqeval gives the same chunks (compared over all 37,448 sequences of up to five
    labels of two types), but its last release (1.2.2, 2020) no longer builds with today's setuptools_scm, it
    fails on None, and gives parts of speech an F1 without a word. Once chunks are read, scikit-learn counts.

    References
    ----------
    .. [1] E. F. Tjong Kim Sang and S. Buchholz, "Introduction to the CoNLL-2000 Shared Task: Chunking",
       CoNLL-2000 and LLL-2000, 2000.

    Examples
    --------
    >>> from skrnn.metrics import entity_f1_score
    >>> entity_f1_score([["B-PER", "I-PER", "O"], ["B-LOC"]], [["B-PER", "I-PER", "B-LOC"], ["B-LOC"]])
    0.8
    """
    return _score(2, y_true, y_pred, labels, average, sample_weight, zero_division)


def entity_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    digits: int = 3,
    output_dict: bool = False,
    zero_division: Any = "warn",
) -> Any:
    """Precision, recall, F1 and number of entities of each type, in scikit-learn's form.

    Parameters
    ----------
    y_true, y_pred, labels, sample_weight, zero_division
        See `entity_precision_score`.
    digits : int, default=3
        Decimals in the text.
    output_dict : bool, default=False
        Return a dict instead of a text.

    Returns
    -------
    report : str or dict

    Examples
    --------
    >>> from skrnn.metrics import entity_report
    >>> print(entity_report([["B-PER", "I-PER", "O"], ["B-LOC"]], [["B-PER", "I-PER", "B-LOC"], ["B-LOC"]]))
                  precision    recall  f1-score   support
    <BLANKLINE>
             LOC      0.500     1.000     0.667         1
             PER      1.000     1.000     1.000         1
    <BLANKLINE>
       micro avg      0.667     1.000     0.800         2
       macro avg      0.750     1.000     0.833         2
    weighted avg      0.750     1.000     0.833         2
    <BLANKLINE>
    """
    types, true, pred, weights = _pair_entities(y_true, y_pred, sample_weight)
    names, codes = _choose(labels, types, true, pred)
    return classification_report(
        true,
        pred,
        labels=codes,
        target_names=names,
        sample_weight=weights,
        digits=digits,
        output_dict=output_dict,
        zero_division=zero_division,
    )
