"""Scores of label sequences, ready for GridSearchCV."""

from skrnn.metrics.entities import (
    Entity,
    entity_f1_score,
    entity_precision_score,
    entity_recall_score,
    entity_report,
    find_entities,
)
from skrnn.metrics.flat import (
    flat_accuracy_score,
    flat_classification_report,
    flat_f1_score,
    flat_precision_score,
    flat_recall_score,
    sequence_accuracy_score,
)
from skrnn.metrics.schemes import convert_scheme
from skrnn.metrics.scorers import (
    SCORERS,
    entity_f1_macro_scorer,
    entity_f1_scorer,
    entity_precision_scorer,
    entity_recall_scorer,
    flat_accuracy_scorer,
    flat_f1_scorer,
    flat_f1_weighted_scorer,
    flat_precision_scorer,
    flat_recall_scorer,
    make_report_scorer,
    sequence_accuracy_scorer,
)

__all__ = [
    "SCORERS",
    "Entity",
    "convert_scheme",
    "entity_f1_macro_scorer",
    "entity_f1_score",
    "entity_f1_scorer",
    "entity_precision_score",
    "entity_precision_scorer",
    "entity_recall_score",
    "entity_recall_scorer",
    "entity_report",
    "find_entities",
    "flat_accuracy_score",
    "flat_accuracy_scorer",
    "flat_classification_report",
    "flat_f1_score",
    "flat_f1_scorer",
    "flat_f1_weighted_scorer",
    "flat_precision_score",
    "flat_precision_scorer",
    "flat_recall_score",
    "flat_recall_scorer",
    "make_report_scorer",
    "sequence_accuracy_score",
    "sequence_accuracy_scorer",
]
