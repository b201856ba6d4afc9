"""Labels written in another scheme: the same entities, by all sequences there are, and well-formed."""

import itertools

import numpy as np
import pytest

from skrnn.metrics import convert_scheme, find_entities
from skrnn.sequences.label_schemes import BORDER, forbidden_pairs

LABELS = ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "U-Y", "L-Y"]


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_entities_stay_and_the_labels_are_well_formed(scheme):
    kinds = sorted({f"{p}-{kind}" for p in scheme.upper().replace("O", "") for kind in "XY"} | {"O"})
    forbidden = {
        tuple("O" if place == BORDER else kinds[place] for place in pair) for pair in forbidden_pairs(kinds, scheme)
    }
    for n in range(1, 5):
        for labels in itertools.product(LABELS, repeat=n):
            (written,) = convert_scheme([list(labels)], scheme)
            assert find_entities(written) == find_entities(labels)
            assert not forbidden & set(zip(["O", *written], [*written, "O"]))


def test_there_and_back():
    rng = np.random.default_rng(0)
    y = [rng.choice(["O", "B-X", "B-Y"], size=n).tolist() for n in (1, 5, 30)]
    y = convert_scheme([[x if x != "O" else "I-X" for x in row] for row in y], "bio")
    assert convert_scheme(convert_scheme(y, "bioes"), "bio") == y


def test_forms_of_y():
    rows = [["B-X", "I-X"], ["O", "B-X"]]
    wanted = [["B-X", "E-X"], ["O", "S-X"]]
    ragged = np.empty(2, object)
    ragged[:] = [np.array(row) for row in rows]
    for y in (rows, np.array(rows), np.array(rows, object), ragged, tuple(map(tuple, rows))):
        assert convert_scheme(y) == wanted
    assert convert_scheme([]) == []
    assert rows == [["B-X", "I-X"], ["O", "B-X"]]  # not changed in place


def test_steps_without_a_label_stay():
    assert convert_scheme([["B-X", None, "I-X", -1, "O"]]) == [["B-X", None, "E-X", -1, "O"]]


def test_labels_without_a_type():
    assert convert_scheme([["B", "I", "O", "B"]]) == [["B", "E", "O", "S"]]


@pytest.mark.parametrize(
    ("y", "scheme", "message"),
    [
        ([["B-X"]], "iob1", "scheme must be 'bio' or 'bioes'. Got 'iob1'"),
        ([["O"], ["O", "go"]], "bio", r"y\[1\] must hold O, or labels such as .* Got 'go' at step 1"),
        ("B-X", "bio", "y must be a list of rows of labels. Got str"),
    ],
)
def test_errors(y, scheme, message):
    with pytest.raises(ValueError, match=message):
        convert_scheme(y, scheme)
