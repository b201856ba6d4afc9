"""The scores as scorers, for ``scoring=``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import make_scorer

from skrnn.metrics.entities import entity_f1_score, entity_precision_score, entity_recall_score, entity_report
from skrnn.metrics.error_rates import label_error_rate, word_error_rate
from skrnn.metrics.flat import (
    flat_accuracy_score,
    flat_classification_report,
    flat_f1_score,
    flat_precision_score,
    flat_recall_score,
    sequence_accuracy_score,
)
from skrnn.metrics.numbers import (
    flat_mean_absolute_error,
    flat_mean_absolute_percentage_error,
    flat_r2_score,
    flat_root_mean_squared_error,
)
from skrnn.metrics.token_lists import bleu_score, chrf_score, exact_match_score, token_accuracy_score

flat_accuracy_scorer = make_scorer(flat_accuracy_score)
# A label may be missing from a small fold, or never be predicted early in a search: that is 0, not a warning a fold.
flat_precision_scorer = make_scorer(flat_precision_score, zero_division=0)
flat_recall_scorer = make_scorer(flat_recall_score, zero_division=0)
flat_f1_scorer = make_scorer(flat_f1_score, zero_division=0)
flat_f1_weighted_scorer = make_scorer(flat_f1_score, average="weighted", zero_division=0)
sequence_accuracy_scorer = make_scorer(sequence_accuracy_score)
entity_precision_scorer = make_scorer(entity_precision_score, zero_division=0)
entity_recall_scorer = make_scorer(entity_recall_score, zero_division=0)
entity_f1_scorer = make_scorer(entity_f1_score, zero_division=0)
entity_f1_macro_scorer = make_scorer(entity_f1_score, average="macro", zero_division=0)
flat_r2_scorer = make_scorer(flat_r2_score)
flat_neg_mean_absolute_error_scorer = make_scorer(flat_mean_absolute_error, greater_is_better=False)
flat_neg_root_mean_squared_error_scorer = make_scorer(flat_root_mean_squared_error, greater_is_better=False)
flat_neg_mean_absolute_percentage_error_scorer = make_scorer(
    flat_mean_absolute_percentage_error, greater_is_better=False
)
bleu_scorer = make_scorer(bleu_score)
chrf_scorer = make_scorer(chrf_score)
exact_match_scorer = make_scorer(exact_match_score)
token_accuracy_scorer = make_scorer(token_accuracy_score)
neg_label_error_rate_scorer = make_scorer(label_error_rate, greater_is_better=False)
neg_word_error_rate_scorer = make_scorer(word_error_rate, greater_is_better=False)

# Every scorer by name; those of labels, of numbers, or of token lists, make a `scoring` of several scores.
SCORERS = {
    "flat_accuracy": flat_accuracy_scorer,
    "flat_precision": flat_precision_scorer,
    "flat_recall": flat_recall_scorer,
    "flat_f1": flat_f1_scorer,
    "flat_f1_weighted": flat_f1_weighted_scorer,
    "sequence_accuracy": sequence_accuracy_scorer,
    "entity_precision": entity_precision_scorer,
    "entity_recall": entity_recall_scorer,
    "entity_f1": entity_f1_scorer,
    "entity_f1_macro": entity_f1_macro_scorer,
    "flat_r2": flat_r2_scorer,
    "flat_neg_mean_absolute_error": flat_neg_mean_absolute_error_scorer,
    "flat_neg_root_mean_squared_error": flat_neg_root_mean_squared_error_scorer,
    "flat_neg_mean_absolute_percentage_error": flat_neg_mean_absolute_percentage_error_scorer,
    "bleu": bleu_scorer,
    "chrf": chrf_scorer,
    "exact_match": exact_match_scorer,
    "token_accuracy": token_accuracy_scorer,
    "neg_label_error_rate": neg_label_error_rate_scorer,
    "neg_word_error_rate": neg_word_error_rate_scorer,
}


def make_report_scorer(labels: Iterable[Any], *, entities: bool = False) -> Any:
    """Make a scorer that gives precision, recall and F1 of each label, for ``scoring=``.

    Parameters
    ----------
    labels : iterable
        The labels, or the types of entities, to report. They are asked for here because folds of a
        cross-validation need not hold the same ones.
    entities : bool, default=False
        Report entities (of BIO or BIOES labels) instead of steps.

    Returns
    -------
    scorer : callable ``(estimator, X, y) -> dict``
        Scores by name, such as "f1_NOUN". A score that a fold does not define (the recall of a label that it lacks)
        is NaN. In a search, `refit` names one of them.

    Examples
    --------
    >>> from skrnn.metrics import make_report_scorer
    >>> class Echo:
    ...     def predict(self, X):
    ...         return X
    >>> scorer = make_report_scorer(["DET", "NOUN"])
    >>> scores = scorer(Echo(), [["DET", "DET"], ["NOUN"]], [["DET", "NOUN"], ["NOUN"]])
    >>> {name: round(score, 2) for name, score in scores.items()}
    {'precision_DET': 0.5, 'recall_DET': 1.0, 'f1_DET': 0.67,
     'precision_NOUN': 1.0, 'recall_NOUN': 0.5, 'f1_NOUN': 0.67}
    """
    labels = list(labels)
    if not labels:
        raise ValueError("labels must name at least one label. Got none.")
    return partial(_score_labels, labels=labels, report=entity_report if entities else flat_classification_report)


def _score_labels(estimator: Any, X: Any, y: Any, *, labels: list[Any], report: Any) -> dict[str, float]:
    scores = report(y, estimator.predict(X), labels=labels, output_dict=True, zero_division=np.nan)
    return {
        f"{name}_{label}": float(scores[str(label)][key])
        for label in labels
        for name, key in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score"))
    }
