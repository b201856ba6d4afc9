"""Which label may follow which: the schemes BIO and BIOES read from the names of labels, and pairs of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.labels import NO_LABEL

# Stands for the outside of a sequence in pairs of labels: before the first, and after the last.
BORDER = -1

# What each prefix opens or goes on with, and whether the span is open after it. Without a span, as in O, both are no.
_CONTINUES = {"B": False, "I": True, "E": True, "S": False, "O": False}
_LEAVES_OPEN: dict[str, dict[str, bool]] = {
    "bio": {},
    "bioes": {"B": True, "I": True, "E": False, "S": False, "O": False},
}

# Prefixes of the first, a middle, the last and an only step of a span.
SCHEMES = {"bio": ("B", "I", "I", "B"), "bioes": ("B", "I", "E", "S")}


def forbidden_pairs(labels: Sequence[Any], constraints: Any) -> list[tuple[int, int]]:
    """Pairs (from, to) of positions in labels of which the second must not follow the first.

    Parameters
    ----------
    labels : sequence of K labels
        For a scheme, strings such as "O", "B-PER" and "I-PER".
    constraints : {"bio", "bioes"}, list of pairs of labels, or None
        In a pair, None in place of the first label is the start of a sequence, in place of the second its end.

    Returns
    -------
    list of tuple of int
        `BORDER` stands for start and end.

    Raises
    ------
    ValueError
        If a label does not fit the scheme, a pair is none, or it names something that is no label.

    Examples
    --------
    >>> forbidden_pairs(["B-PER", "I-PER", "O"], "bio")
    [(2, 1), (-1, 1)]
    >>> forbidden_pairs(["go", "stop"], [("stop", "stop"), (None, "stop")])
    [(1, 1), (-1, 1)]
    """
    labels = list(labels)
    if constraints is None:
        return []
    if isinstance(constraints, str):
        spans = [_span(label, constraints) for label in labels] + [("O", "")]  # a border is like a step outside
        places = [*range(len(labels)), BORDER]
        pairs = [(places[i], places[j]) for i, a in enumerate(spans) for j, b in enumerate(spans)]
        allowed = [_may_follow(a, b, constraints) for a in spans for b in spans]
        return [pair for pair, may in zip(pairs, allowed) if not may]
    return [_pair(labels, pair) for pair in constraints]


def check_paths(forbidden: Sequence[tuple[int, int]], labels: Sequence[Any]) -> None:
    """Raise where no sequence of some length has a way from its start to its end.

    Raises
    ------
    ValueError
        If no label may begin, none may end, or none leads on for ever.
    """
    places = range(len(labels))
    no = set(forbidden)
    begin = {j for j in places if (BORDER, j) not in no}
    end = {i for i in places if (i, BORDER) not in no}
    reached = set(begin)
    # Once K lengths in a row have a way, or the same labels are reached again, all longer ones repeat what was.
    seen: set[frozenset[int]] = set()
    length = 1
    while frozenset(reached) not in seen:
        if not reached & end:
            raise ValueError(
                "constraints must leave a way from the start to the end of a sequence of any length. "
                f"Got none for a sequence of {length} step{'s' if length > 1 else ''}."
            )
        seen.add(frozenset(reached))
        reached = {j for j in places if any((i, j) not in no for i in reached)}
        length += 1


def check_transitions(codes: NDArray[np.int64], offsets: NDArray[np.int64], classes: NDArray, forbidden: Any) -> None:
    """Raise where a label follows another that it must not follow.

    Parameters
    ----------
    codes : ndarray of shape (total steps,)
        Numbers of classes, `NO_LABEL` without a label.
    offsets : ndarray of shape (N + 1,)
        Where the sequences begin, whose steps they are.
    classes : ndarray of shape (K,)
        The labels.
    forbidden : sequence of pairs of int
        As of `forbidden_pairs`.
    """
    if not len(forbidden):
        return
    k = len(classes)
    table = np.zeros((k + 1, k + 1), bool)  # a border beside the labels: its row is the start, its column the end
    table[tuple(np.array(forbidden).T)] = True
    starts, ends = offsets[:-1], offsets[1:] - 1
    before = np.concatenate([[k], codes[:-1]])
    before[starts] = k
    known = (codes != NO_LABEL) & (before != NO_LABEL)
    bad = known & table[before, codes]
    last = np.zeros(len(codes), bool)
    last[ends] = True
    at_end = last & (codes != NO_LABEL) & table[codes, k]
    if not (bad | at_end).any():
        return
    place = int(np.flatnonzero(bad | at_end)[0])
    row = int(np.searchsorted(offsets, place, side="right")) - 1
    step = place - int(offsets[row])
    label = classes.tolist()[codes[place]]
    if not bad[place]:
        what = "must not be the last label"
    elif step == 0:
        what = "must not be the first label"
    else:
        what = f"must not follow {classes.tolist()[before[place]]!r}"
    raise ValueError(f"y[{row}] violates `constraints`: {label!r} {what} (step {step}).")


def _span(label: Any, scheme: str) -> tuple[str, str]:
    """Prefix and kind of a label."""
    prefixes = dict.fromkeys(SCHEMES[scheme])
    if label == "O":
        return "O", ""
    prefix, _, kind = label.partition("-") if isinstance(label, str) else ("", "", "")
    if not kind or prefix not in prefixes:
        wanted = ", ".join(f"'{p}-...'" for p in prefixes)
        raise ValueError(f"constraints={scheme!r} needs labels 'O' or {wanted}. Got {label!r}.")
    return prefix, kind


def _may_follow(first: tuple[str, str], second: tuple[str, str], scheme: str) -> bool:
    goes_on = _CONTINUES[second[0]]
    if scheme == "bio":
        return not goes_on or (first[0] != "O" and first[1] == second[1])
    is_open = _LEAVES_OPEN[scheme][first[0]]
    return goes_on == is_open and (not is_open or first[1] == second[1])


def _pair(labels: list[Any], pair: Any) -> tuple[int, int]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2 or all(p is None for p in pair):
        raise ValueError(f"constraints must be pairs of labels, (before, after). Got {pair!r}.")
    unknown = [p for p in pair if p is not None and p not in labels]
    if unknown:
        raise ValueError(f"constraints must name labels in y. Got {unknown[0]!r}, which y does not hold.")
    first, second = (BORDER if p is None else labels.index(p) for p in pair)
    return first, second
