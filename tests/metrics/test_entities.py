"""Entities, against the definition of conlleval: by all sequences there are, and by a published result."""

import itertools
import os
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from skrnn.metrics import (
    entity_f1_score,
    entity_precision_score,
    entity_recall_score,
    entity_report,
    find_entities,
)

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")

BIO = ["O", "B-X", "I-X", "B-Y", "I-Y"]
BIOES = [*BIO, "E-X", "S-X", "E-Y"]
# conlleval: between which two prefixes a chunk ends, and a chunk starts, whatever the types. The S, and E before B,
# are the additions for BIOES.
ENDS = {"BB", "BO", "IB", "IO", "EE", "EI", "EO", "EB", "BS", "IS", "ES", "SB", "SI", "SE", "SO", "SS"}
STARTS = {"BB", "IB", "OB", "OI", "EE", "EI", "OE", "EB", "OS", "BS", "IS", "ES", "SB", "SI", "SE", "SS"}


def split(label):
    return ("O", "") if label == "O" else tuple(label.split("-", 1))


def conlleval(y_true, y_pred):
    """Count right, predicted and true chunks in one pass over the joined labels, as the script does."""
    counts = Counter()
    joined = [pair for true, pred in zip(y_true, y_pred) for pair in [*zip(true, pred), ("O", "O")]]
    before, inside = (("O", ""), ("O", "")), False
    for pair in joined:
        now = tuple(split(label) for label in pair)
        # `before` and `now` hold (prefix, type) of the true and of the predicted label.
        ends = [b[0] + n[0] in ENDS or (b[0] != "O" and b[1] != n[1]) for b, n in zip(before, now)]
        starts = [b[0] + n[0] in STARTS or (n[0] != "O" and b[1] != n[1]) for b, n in zip(before, now)]
        if inside:
            if all(ends) and before[0][1] == before[1][1]:
                inside = False
                counts["right"] += 1
            elif ends[0] != ends[1] or now[0][1] != now[1][1]:
                inside = False
        if all(starts) and now[0][1] == now[1][1]:
            inside = True
        counts["true"] += starts[0]
        counts["pred"] += starts[1]
        before = now
    return counts


def chunks(labels):
    """Chunks of one sequence by the two rules alone."""
    found, start, before = [], None, ("O", "")
    for step, now in enumerate([split(label) for label in [*labels, "O"]]):
        if start is not None and (before[0] + now[0] in ENDS or before[1] != now[1]):
            found.append((before[1], start, step))
            start = None
        if before[0] + now[0] in STARTS or (now[0] != "O" and before[1] != now[1]):
            start = step
        before = now
    return found


@pytest.mark.parametrize(("tags", "longest"), [(BIO, 5), (BIOES, 4)], ids=["BIO", "BIOES"])
def test_chunks_of_all_sequences_are_those_of_conlleval(tags, longest):
    for length in range(1, longest + 1):
        for labels in itertools.product(tags, repeat=length):
            assert find_entities(labels) == chunks(labels), labels


def test_counts_of_all_pairs_of_sequences_are_those_of_conlleval():
    sequences = list(itertools.product(BIO, repeat=3))
    y_true = [list(a) for a in sequences for _ in sequences]
    y_pred = [list(b) for _ in sequences for b in sequences]
    counts = conlleval(y_true, y_pred)
    assert 0 < counts["right"] < min(counts["true"], counts["pred"])
    assert entity_precision_score(y_true, y_pred) == counts["right"] / counts["pred"]
    assert entity_recall_score(y_true, y_pred) == counts["right"] / counts["true"]


@pytest.mark.parametrize("tags", [BIO, BIOES], ids=["BIO", "BIOES"])
@pytest.mark.parametrize("seed", range(20))
def test_scores_of_random_tags_are_those_of_conlleval(tags, seed):
    rng = np.random.default_rng(seed)
    y_true = [rng.choice(tags, size=length).tolist() for length in rng.integers(1, 15, size=30)]
    y_pred = [[t if rng.random() < 0.8 else str(rng.choice(tags)) for t in row] for row in y_true]
    counts = conlleval(y_true, y_pred)
    precision, recall = counts["right"] / counts["pred"], counts["right"] / counts["true"]
    assert entity_precision_score(y_true, y_pred) == pytest.approx(precision)
    assert entity_recall_score(y_true, y_pred) == pytest.approx(recall)
    assert entity_f1_score(y_true, y_pred) == pytest.approx(2 * precision * recall / (precision + recall))


def test_scores_by_type_are_those_of_each_type_alone():
    rng = np.random.default_rng(0)
    y_true = [rng.choice(BIO, size=12).tolist() for _ in range(30)]
    y_pred = [[t if rng.random() < 0.7 else str(rng.choice(BIO)) for t in row] for row in y_true]
    true = {(i, *chunk) for i, row in enumerate(y_true) for chunk in chunks(row)}
    pred = {(i, *chunk) for i, row in enumerate(y_pred) for chunk in chunks(row)}
    expected = []
    for kind in "XY":
        a, b = ({c for c in side if c[1] == kind} for side in (true, pred))
        expected.append([len(a & b) / len(b), len(a & b) / len(a), 2 * len(a & b) / (len(a) + len(b)), len(a)])
    table = np.array(expected)
    report = entity_report(y_true, y_pred, output_dict=True)
    names = ["precision", "recall", "f1-score", "support"]
    np.testing.assert_allclose([[report[kind][name] for name in names] for kind in "XY"], table)
    np.testing.assert_allclose(entity_f1_score(y_true, y_pred, average=None), table[:, 2])
    assert entity_f1_score(y_true, y_pred, average="macro") == pytest.approx(table[:, 2].mean())
    assert entity_f1_score(y_true, y_pred, average="weighted") == pytest.approx(table[:, 2] @ table[:, 3] / len(true))
    assert entity_recall_score(y_true, y_pred, labels=["Y"]) == pytest.approx(table[1, 1])
    assert report["micro avg"]["f1-score"] == pytest.approx(entity_f1_score(y_true, y_pred))


def test_weights_are_repetitions():
    y_true = [["B-X", "I-X"], ["B-X", "O"], ["O", "B-Y"]]
    y_pred = [["B-X", "I-X"], ["B-Y", "O"], ["B-X", "B-Y"]]
    weights = [3, 2, 1]
    repeated = [[row for row, w in zip(y, weights) for _ in range(w)] for y in (y_true, y_pred)]
    for score in (entity_precision_score, entity_recall_score, entity_f1_score):
        assert score(y_true, y_pred, sample_weight=weights) == pytest.approx(score(*repeated))


def test_other_letters_for_the_same_places():
    bioes = ["B-X", "I-X", "E-X", "S-X", "B-Y", "E-Y", "O"]
    bilou = ["B-X", "I-X", "L-X", "U-X", "B-Y", "L-Y", "O"]
    bmes = ["B-X", "M-X", "E-X", "S-X", "B-Y", "E-Y", "O"]
    assert find_entities(bioes) == find_entities(bilou) == find_entities(bmes)
    assert find_entities(bioes) == [("X", 0, 3), ("X", 3, 4), ("Y", 4, 6)]
    assert find_entities(["B", "I", "O", "B"]) == [("_", 0, 2), ("_", 3, 4)]
    assert find_entities(["B-NP-SBJ", "I-NP-SBJ"]) == [("NP-SBJ", 0, 2)]


def test_steps_without_a_label_are_taken_out():
    y_true = [["B-X", None, "I-X"], [None, None, None]]
    assert entity_f1_score(y_true, [["B-X", "B-Y", "I-X"], ["B-Y", "O", "O"]]) == 1


def test_a_perfect_report_still_has_a_micro_average():
    report = entity_report([["B-X", "B-Y"]], [["B-X", "B-Y"]], output_dict=True)
    assert set(report) == {"X", "Y", "micro avg", "macro avg", "weighted avg"}
    assert report["micro avg"]["support"] == 2


def test_without_entities_the_score_is_zero_division():
    outside = [["O", "O"]]
    for score in (entity_precision_score, entity_recall_score, entity_f1_score):
        assert score(outside, outside, zero_division=0) == 0
        assert np.isnan(score(outside, outside, zero_division=np.nan))
    with pytest.warns(UserWarning, match="Precision is ill-defined"):
        assert entity_precision_score([["B-X", "O"]], outside) == 0
    assert entity_f1_score([["B-X"]], [["B-X"]], labels=["Z", "X"], average=None, zero_division=0).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([["O"], ["O", "NOUN"]], [["O"], ["O", "O"]], r"y_true\[1\] must hold O, or labels .* Got 'NOUN' at step 1\."),
        ([["O"]], [[3]], r"y_pred\[0\] must hold O, or labels such as .* Got 3 at step 0\."),
        ([["O"]], [["b-X"]], r"y_pred\[0\] must hold O, or labels such as .* Got 'b-X' at step 0\."),
        ([["O"]], [["O-X"]], r"y_pred\[0\] must hold O, or labels such as .* Got 'O-X' at step 0\."),
    ],
)
def test_labels_of_no_scheme_are_errors(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        entity_f1_score(y_true, y_pred)


def test_wrong_options_are_errors():
    with pytest.raises(ValueError, match=r"average must be 'micro', 'macro', 'weighted' or None\. Got 'binary'\."):
        entity_f1_score([["B-X"]], [["B-X"]], average="binary")
    with pytest.raises(ValueError, match=r"labels must name at least one type\. Got none\."):
        entity_report([["B-X"]], [["B-X"]], labels=[])
    with pytest.raises(ValueError, match=r"labels must hold O, or labels such as .* Got 'X' at step 1\."):
        find_entities(["O", "X"])


def read_chunks(split):
    archive = Path(os.environ["SKRNN_DATA"], "conll2000", "conll2000.zip")
    with zipfile.ZipFile(archive) as file:
        text = file.read(f"conll2000/{split}.txt").decode()
    return [[line.split() for line in block.splitlines()] for block in text.strip().split("\n\n")]


@needs_data
def test_the_baseline_of_the_shared_task_has_its_published_score():
    """Sang and Buchholz, 2000, table 2: the chunk most frequent with each part of speech."""
    frequent = defaultdict(Counter)
    for sentence in read_chunks("train"):
        for _, pos, chunk in sentence:
            frequent[pos][chunk] += 1
    test = read_chunks("test")
    y_true = [[chunk for _, _, chunk in sentence] for sentence in test]
    y_pred = [[frequent[pos].most_common(1)[0][0] for _, pos, _ in sentence] for sentence in test]
    assert round(100 * entity_precision_score(y_true, y_pred), 2) == 72.58
    assert round(100 * entity_recall_score(y_true, y_pred), 2) == 82.14
    assert round(100 * entity_f1_score(y_true, y_pred), 2) == 77.07


def test_chunks_are_those_of_seqeval():
    get_entities = pytest.importorskip("seqeval.metrics.sequence_labeling").get_entities
    for labels in itertools.product(BIOES, repeat=4):
        assert find_entities(labels) == [(kind, start, last + 1) for kind, start, last in get_entities(list(labels))]
