"""Every form of y gives the same scores; wrong ones are one sentence."""

import numpy as np
import pytest

from skrnn import Sequences
from skrnn.metrics import entity_f1_score, flat_accuracy_score, flat_f1_score, sequence_accuracy_score

TRUE = [[0, 1, 2], [1, 1, 0], [2, 0, 0]]
PRED = [[0, 1, 1], [1, 1, 0], [0, 0, 0]]


def objects(rows):
    array = np.empty(len(rows), dtype=object)
    array[:] = [np.array(row) for row in rows]
    return array


FORMS = {
    "lists": lambda rows: rows,
    "tuples": lambda rows: tuple(tuple(row) for row in rows),
    "arrays": lambda rows: [np.array(row) for row in rows],
    "objects": objects,
    "object rows": lambda rows: [np.array(row, dtype=object) for row in rows],
    "table": np.array,
    "table of objects": lambda rows: np.array(rows, dtype=object),
    "sequences": lambda rows: Sequences.from_list([np.array(row) for row in rows]),
}


@pytest.mark.parametrize("pred", FORMS)
@pytest.mark.parametrize("true", FORMS)
@pytest.mark.parametrize("as_label", [int, "L{}".format], ids=["numbers", "strings"])
def test_forms_may_be_mixed(true, pred, as_label):
    y_true = FORMS[true]([[as_label(v) for v in row] for row in TRUE])
    y_pred = FORMS[pred]([[as_label(v) for v in row] for row in PRED])
    assert flat_accuracy_score(y_true, y_pred) == 7 / 9
    assert sequence_accuracy_score(y_true, y_pred) == 1 / 3


def test_a_column_of_a_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"true": TRUE, "pred": PRED})
    assert flat_accuracy_score(frame["true"], frame["pred"]) == 7 / 9
    assert flat_accuracy_score([pandas.Series(row) for row in TRUE], PRED) == 7 / 9


@pytest.mark.parametrize(
    "y_true",
    [
        [[0, None, 1], [None], [1, 0]],
        [np.array([0, -1, 1]), np.array([-1]), np.array([1, 0])],
        [np.array([0, None, 1]), [-1], [1.0, 0.0]],
        Sequences(np.array([[0], [-1], [1], [-1], [1], [0]]), [0, 3, 4, 6]),
    ],
    ids=["None", "-1", "mixed", "sequences"],
)
def test_steps_without_a_label_do_not_count(y_true):
    y_pred = [[0, 5, 0], [5], [1, 0]]
    assert flat_accuracy_score(y_true, y_pred) == 3 / 4
    assert sequence_accuracy_score(y_true, y_pred) == 1 / 2  # the second has no label at all
    assert flat_accuracy_score(y_true, y_pred, sample_weight=[2, 7, 1]) == (2 + 2) / 6
    assert flat_accuracy_score(y_true, y_pred, sample_weight=[[1, 9, 2], [9], [3, 4]]) == 8 / 10
    assert sequence_accuracy_score(y_true, y_pred, sample_weight=[1, 7, 2]) == 2 / 3


def test_a_string_of_minus_one_is_a_label():
    assert flat_accuracy_score([["-1", "a"]], [["-1", "b"]]) == 1 / 2


def test_sequences_without_steps_do_not_count():
    assert sequence_accuracy_score([[], [1]], [[], [1]]) == 1
    assert flat_accuracy_score([[], [1, 2]], [[], [1, 1]]) == 1 / 2


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([[1], [2]], [[1]], r"y_pred must have the 2 sequences of y_true\. Got 1\."),
        ([[1], [2, 2]], [[1], [2]], r"y_pred\[1\] must have the 2 steps of y_true\[1\]\. Got 1\."),
        ([[1], [2, 2]], [[1], [2, None]], r"y_pred\[1\] must have a label where .* Got none at step 1\."),
        ([[1, 0]], [[-1, 0]], r"y_pred\[0\] must have a label where .* Got none at step 0\."),
        ([[None], [-1]], [[1], [1]], r"y_true must have at least one step with a label\. Got none\."),
        ([], [], r"y_true must have at least one step with a label\. Got none\."),
        (["DET", "NOUN"], [["DET"], ["NOUN"]], r"y_true\[0\] must be a row with one label per step\. Got 'DET'\."),
        ([1, 2], [1, 2], r"y_true\[0\] must be a row with one label per step\. Got 1\."),
        (np.array([1, 2]), [[1], [2]], r"y_true must have shape \(N, T\), or be ragged rows.* Got shape \(2,\)\."),
        (
            np.ones((2, 3, 2)),
            [[1], [2]],
            r"y_true must have shape \(N, T\), or be ragged rows.* Got shape \(2, 3, 2\)\.",
        ),
        ([np.ones((2, 3))], [[1, 1]], r"y_true\[0\] must have shape \(time,\)\. Got \(2, 3\)\."),
        ([[1]], {"a": [1]}, r"y_pred must be a list of rows of labels\. Got dict\."),
        (
            Sequences(np.ones((2, 3)), [0, 2]),
            [[1, 1]],
            r"y_true must hold one label per step\. Got 3 features per step\.",
        ),
        ([["a", 1]], [["a", "b"]], r"y_true must hold strings only, or numbers only\. Got 1 strings among 2 labels\."),
        ([["a", "b"]], [[0, 1]], r"y_pred must hold strings, as y_true does\. Got numbers\."),
        ([[0.0, np.nan]], [[0, 1]], r"y_true must hold one string or one finite number a step\. Got nan\."),
        ([np.array([0.0, np.nan])], [[0, 1]], r"y_true must hold one string or one finite number a step\. Got nan\."),
        ([[[0], [1]]], [[0, 1]], r"y_true must hold one string or one finite number a step\. Got \[0\]\."),
        ([[b"a"]], [["a"]], r"y_true must hold one string or one finite number a step\. Got b'a'\."),
    ],
)
@pytest.mark.parametrize("score", [flat_accuracy_score, flat_f1_score, sequence_accuracy_score])
def test_wrong_labels_are_one_sentence(score, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        score(y_true, y_pred)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0], r"sample_weight must have shape \(2,\), one a sequence\. Got \(1,\)\."),
        ([[1.0, 1.0]], r"sample_weight must have the 2 sequences of y_true\. Got 1\."),
        ([[1.0], [1.0]], r"sample_weight\[0\] must have the 2 steps of y_true\[0\]\. Got 1\."),
        ([1.0, -1.0], r"sample_weight must be finite, at least 0, and not 0 throughout\."),
        ([[0.0, 0.0], [0.0]], r"sample_weight must be finite, at least 0, and not 0 throughout\."),
        ([np.nan, 1.0], r"sample_weight must be finite, at least 0, and not 0 throughout\."),
    ],
)
def test_wrong_weights_are_one_sentence(weight, message):
    with pytest.raises(ValueError, match=message):
        flat_accuracy_score([[1, 0], [1]], [[1, 0], [1]], sample_weight=weight)


@pytest.mark.parametrize("score", [sequence_accuracy_score, entity_f1_score])
def test_scores_of_more_than_steps_take_weights_of_sequences(score):
    labels = [["B", "O"], ["B"]]
    assert score(labels, labels, sample_weight=[1, 2]) == 1
    with pytest.raises(ValueError, match=r"sample_weight must have shape \(2,\), one a sequence\. Got \(2, 1\)\."):
        score(labels, labels, sample_weight=[[1], [2]])
