"""Scores of steps, against counting by hand."""

import numpy as np
import pytest

from skrnn.metrics import (
    flat_accuracy_score,
    flat_classification_report,
    flat_f1_score,
    flat_precision_score,
    flat_recall_score,
    sequence_accuracy_score,
)

LABELS = ["ADJ", "DET", "NOUN", "VERB"]


@pytest.fixture
def tags():
    """Ragged tags, a fifth of them wrong, a tenth missing; and weights of sequences."""
    rng = np.random.default_rng(0)
    y_true, y_pred = [], []
    for length in rng.integers(1, 12, size=60):
        true = rng.choice(LABELS, size=length)
        wrong = rng.random(length) < 0.2
        y_pred.append(np.where(wrong, rng.choice(LABELS, size=length), true))
        y_true.append([None if gone else str(t) for t, gone in zip(true, rng.random(length) < 0.1)])
    return y_true, y_pred, rng.integers(1, 4, size=60)


def count(y_true, y_pred, weights):
    """Weights of (true, predicted) pairs."""
    counts = {(a, b): 0 for a in LABELS for b in LABELS}
    for true, pred, weight in zip(y_true, y_pred, weights):
        for a, b in zip(true, pred):
            if a is not None:
                counts[a, b] += weight
    return counts


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_counting(tags, weighted):
    y_true, y_pred, weights = tags
    weights, given = (weights, weights) if weighted else (np.ones(60), None)
    counts = count(y_true, y_pred, weights)
    right = np.array([counts[a, a] for a in LABELS])
    true = np.array([sum(counts[a, b] for b in LABELS) for a in LABELS])
    pred = np.array([sum(counts[b, a] for b in LABELS) for a in LABELS])
    precision, recall, f1 = right / pred, right / true, 2 * right / (true + pred)

    def score(function, **options):
        return function(y_true, y_pred, sample_weight=given, **options)

    assert score(flat_accuracy_score) == pytest.approx(right.sum() / true.sum())
    np.testing.assert_allclose(score(flat_precision_score, average=None), precision)
    np.testing.assert_allclose(score(flat_recall_score, average=None), recall)
    np.testing.assert_allclose(score(flat_f1_score, average=None), f1)
    assert score(flat_f1_score) == pytest.approx(f1.mean())
    assert score(flat_f1_score, average="weighted") == pytest.approx(f1 @ true / true.sum())
    assert score(flat_f1_score, labels=["DET", "NOUN"]) == pytest.approx(f1[1:3].mean())
    report = score(flat_classification_report, output_dict=True)
    for k, label in enumerate(LABELS):
        row = [report[label][name] for name in ("precision", "recall", "f1-score", "support")]
        np.testing.assert_allclose(row, [precision[k], recall[k], f1[k], true[k]])


def test_sequence_accuracy_is_that_of_counting(tags):
    y_true, y_pred, weights = tags
    kept = [i for i, row in enumerate(y_true) if any(t is not None for t in row)]
    right = [all(a in (None, b) for a, b in zip(y_true[i], y_pred[i])) for i in kept]
    assert 0 < sum(right) < len(right)
    assert sequence_accuracy_score(y_true, y_pred) == pytest.approx(np.mean(right))
    weighted = sequence_accuracy_score(y_true, y_pred, sample_weight=weights)
    assert weighted == pytest.approx(np.average(right, weights=weights[kept]))


def test_weights_of_sequences_are_those_of_their_steps(tags):
    y_true, y_pred, weights = tags
    per_step = [np.full(len(row), weight) for row, weight in zip(y_true, weights)]
    by_sequence = flat_f1_score(y_true, y_pred, sample_weight=weights)
    assert flat_f1_score(y_true, y_pred, sample_weight=per_step) == pytest.approx(by_sequence)


def test_report_is_a_text_with_chosen_labels(tags):
    y_true, y_pred, _ = tags
    lines = flat_classification_report(y_true, y_pred, labels=["VERB", "ADJ"], digits=2).splitlines()
    assert [line.split()[0] for line in lines if line.strip()][1:3] == ["VERB", "ADJ"]
