"""BIO and BIOES: which label may follow which, against sequences made by the schemes themselves."""

import itertools

import pytest

from skrnn.sequences.label_schemes import BORDER, check_paths, forbidden_pairs

KINDS = ("PER", "LOC")


def spans_of(length):
    """All ways to lay spans (begin, end, kind) over some steps."""
    if length == 0:
        yield []
        return
    for rest in spans_of(length - 1):
        yield rest
    for size, kind in itertools.product(range(1, length + 1), KINDS):
        for rest in spans_of(length - size):
            yield [*rest, (length - size, length, kind)]


def written(spans, length, scheme):
    labels = ["O"] * length
    for begin, end, kind in spans:
        labels[begin:end] = [f"I-{kind}"] * (end - begin)
        labels[begin] = f"B-{kind}"
        if scheme == "bioes":
            labels[end - 1] = f"E-{kind}" if end - begin > 1 else f"S-{kind}"
    return tuple(labels)


def allowed(labels, forbidden, places):
    numbers = [BORDER, *(places.index(label) for label in labels), BORDER]
    return not any(pair in forbidden for pair in zip(numbers[:-1], numbers[1:]))


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_what_is_allowed_is_what_spans_can_be_written_as(scheme):
    prefixes = "BI" if scheme == "bio" else "BIES"
    places = ["O", *(f"{p}-{kind}" for p in prefixes for kind in KINDS)]
    forbidden = set(forbidden_pairs(places, scheme))
    for length in (1, 2, 3):
        made = {written(spans, length, scheme) for spans in spans_of(length)}
        found = {labels for labels in itertools.product(places, repeat=length) if allowed(labels, forbidden, places)}
        assert found == made


def test_pairs_of_a_user():
    labels = [0, 1, 2]
    assert forbidden_pairs(labels, [(0, 2), (None, 1), (2, None)]) == [(0, 2), (BORDER, 1), (2, BORDER)]
    assert forbidden_pairs(labels, None) == []


@pytest.mark.parametrize(
    ("labels", "constraints", "sentence"),
    [
        (["B-X", "X"], "bio", "constraints='bio' needs labels 'O' or 'B-...', 'I-...'. Got 'X'"),
        (["E-X", "O"], "bio", "needs labels 'O' or 'B-...', 'I-...'. Got 'E-X'"),
        (["B-", "O"], "bioes", "needs labels 'O' or 'B-...', 'I-...', 'E-...', 'S-...'. Got 'B-'"),
        ([1, 2], "bio", "Got 1"),
        (["a", "b"], [("a", "c")], "constraints must name labels in y. Got 'c', which y does not hold"),
        (["a", "b"], ["ab", "c"], r"constraints must be pairs of labels, \(before, after\). Got 'ab'"),
        (["a", "b"], [(None, None)], "must be pairs of labels"),
    ],
)
def test_errors(labels, constraints, sentence):
    with pytest.raises(ValueError, match=sentence):
        forbidden_pairs(labels, constraints)


@pytest.mark.parametrize(
    ("pairs", "length"),
    [
        ([(None, "a"), (None, "b")], 1),
        ([("a", None), ("b", None)], 1),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 2),
        ([("a", "a"), ("a", "b"), (None, "b")], 2),
        ([("a", "a"), ("b", "b"), (None, "b"), ("b", None)], 2),
    ],
)
def test_no_way_through(pairs, length):
    labels = ["a", "b"]
    with pytest.raises(ValueError, match=f"Got none for a sequence of {length} step"):
        check_paths(forbidden_pairs(labels, pairs), labels)


def test_ways_through_are_found():
    labels = ["a", "b"]
    check_paths(forbidden_pairs(labels, [("a", "a"), ("b", "b")]), labels)
    check_paths(forbidden_pairs(["O", "B-X", "I-X"], "bio"), ["O", "B-X", "I-X"])
    check_paths([], labels)
