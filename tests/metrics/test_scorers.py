"""Scorers inside scikit-learn's tools, on ragged labels, with a small tagger."""

import pickle
from collections import Counter, defaultdict

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score, cross_validate, learning_curve

from skrnn import Sequences, metrics
from skrnn.metrics import SCORERS, entity_f1_score, entity_f1_scorer, flat_accuracy_score, make_report_scorer

LABELS = ["B-X", "I-X", "O"]
# The others are of numbers, and of outputs with lengths of their own.
OTHERS = ("flat_neg", "flat_r2", "bleu", "chrf", "exact_match", "token_accuracy", "neg_")
OF_LABELS = {name: scorer for name, scorer in SCORERS.items() if not name.startswith(OTHERS)}


class FrequentTagger(BaseEstimator):
    """The most frequent label of each word, where it was seen often enough."""

    def __init__(self, least=1):
        self.least = least

    def fit(self, X, y):
        counts = defaultdict(Counter)
        for words, labels in zip(X, y):
            for word, label in zip(words, np.ravel(np.asarray(labels, dtype=object))):
                if label is not None:
                    counts[word][label] += 1
        self.labels_ = {w: c.most_common(1)[0][0] for w, c in counts.items() if c.total() >= self.least}
        return self

    def predict(self, X):
        rows = np.empty(len(X), dtype=object)
        rows[:] = [np.array([self.labels_.get(word, "O") for word in words]) for words in X]
        return rows


def make_sentences(n=60, seed=0):
    """Words whose label is mostly told by their number."""
    rng = np.random.default_rng(seed)
    X = [rng.integers(0, 9, size=length).tolist() for length in rng.integers(2, 9, size=n)]
    y = [[LABELS[w % 3] if rng.random() < 0.9 else str(rng.choice(LABELS)) for w in row] for row in X]
    return X, y


def as_objects(rows, row_type):
    array = np.empty(len(rows), dtype=object)
    array[:] = [row_type(row) for row in rows]
    return array


FORMS = {
    "lists": lambda rows: rows,
    "object array of arrays": lambda rows: as_objects(rows, np.array),
    "object array of lists": lambda rows: as_objects(rows, list),
    "sequences": lambda rows: Sequences.from_list([np.array(row) for row in rows]),
}


def score_by_hand(X, y, score, cv, **options):
    scores = []
    for training, test in cv.split(X):
        model = FrequentTagger().fit([X[i] for i in training], [y[i] for i in training])
        scores.append(score([y[i] for i in test], model.predict([X[i] for i in test]), **options))
    return scores


@pytest.mark.parametrize("form", FORMS)
def test_cross_validate_takes_ragged_labels_in_any_form(form):
    X, y = make_sentences()
    cv = KFold(4)
    got = cross_validate(FrequentTagger(), X, FORMS[form](y), cv=cv, scoring=OF_LABELS, error_score="raise")
    expected = {
        "flat_accuracy": score_by_hand(X, y, flat_accuracy_score, cv),
        "flat_precision": score_by_hand(X, y, metrics.flat_precision_score, cv),
        "flat_recall": score_by_hand(X, y, metrics.flat_recall_score, cv),
        "flat_f1": score_by_hand(X, y, metrics.flat_f1_score, cv),
        "flat_f1_weighted": score_by_hand(X, y, metrics.flat_f1_score, cv, average="weighted"),
        "sequence_accuracy": score_by_hand(X, y, metrics.sequence_accuracy_score, cv),
        "entity_precision": score_by_hand(X, y, metrics.entity_precision_score, cv),
        "entity_recall": score_by_hand(X, y, metrics.entity_recall_score, cv),
        "entity_f1": score_by_hand(X, y, entity_f1_score, cv),
        "entity_f1_macro": score_by_hand(X, y, entity_f1_score, cv, average="macro"),
    }
    assert set(expected) == set(OF_LABELS)
    for name, scores in expected.items():
        np.testing.assert_allclose(got[f"test_{name}"], scores, err_msg=name)
        assert 0 < np.mean(scores) < 1


@pytest.mark.parametrize("form", ["lists", "object array of arrays"])
def test_search_and_curve(form):
    X, y = make_sentences()
    y = FORMS[form](y)
    search = GridSearchCV(FrequentTagger(), {"least": [1, 40]}, cv=3, scoring=entity_f1_scorer, error_score="raise")
    assert search.fit(X, y).best_params_ == {"least": 1}
    assert search.score(X, y) == entity_f1_score(y, search.predict(X))
    _, _, test = learning_curve(FrequentTagger(), X, y, cv=3, scoring=SCORERS["sequence_accuracy"], train_sizes=[5, 40])
    assert test.shape == (2, 3)
    groups = np.arange(len(X)) // 6
    assert len(cross_val_score(FrequentTagger(), X, y, groups=groups, cv=GroupKFold(5), scoring=entity_f1_scorer)) == 5


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("entities", [False, True])
def test_report_scorer_gives_every_label_in_every_fold(entities):
    X, y = make_sentences(30)
    y[-10:] = [["O"] * len(row) for row in y[-10:]]  # the last fold lacks the others
    labels = ["X"] if entities else LABELS
    scorer = make_report_scorer(labels, entities=entities)
    got = cross_validate(FrequentTagger(), X, y, cv=KFold(3), scoring=scorer, error_score="raise")
    score = metrics.entity_f1_score if entities else metrics.flat_f1_score
    expected = np.array(score_by_hand(X, y, score, KFold(3), labels=labels, average=None, zero_division=np.nan))
    for k, label in enumerate(labels):
        np.testing.assert_allclose(got[f"test_f1_{label}"], expected[:, k])
    assert np.isnan(got[f"test_recall_{labels[0]}"][2])
    search = GridSearchCV(FrequentTagger(), {"least": [1, 30]}, cv=2, scoring=scorer, refit=f"f1_{labels[0]}")
    assert search.fit(X[:20], y[:20]).best_params_ == {"least": 1}


def test_report_scorer_of_numbers():
    X, y = make_sentences(10)
    y = [[LABELS.index(v) for v in row] for row in y]
    model = FrequentTagger().fit(X, y)
    model.predict = lambda X: [[model.labels_[w] for w in row] for row in X]
    scores = make_report_scorer([0, 2])(model, X, y)
    assert set(scores) == {f"{name}_{k}" for name in ("precision", "recall", "f1") for k in (0, 2)}


def test_report_scorer_needs_labels():
    with pytest.raises(ValueError, match=r"labels must name at least one label\. Got none\."):
        make_report_scorer([])


def test_scorers_are_attributes_and_pickle():
    X, y = make_sentences(10)
    model = clone(FrequentTagger()).fit(X, y)
    for name, scorer in OF_LABELS.items():
        assert getattr(metrics, f"{name}_scorer") is scorer
        assert pickle.loads(pickle.dumps(scorer))(model, X, y) == scorer(model, X, y)
    scorer = make_report_scorer(LABELS)
    assert pickle.loads(pickle.dumps(scorer))(model, X, y) == scorer(model, X, y)


def test_weights_reach_the_score():
    X, y = make_sentences(10)
    model = FrequentTagger().fit(X[:5], y[:5])
    weights = np.arange(10)
    weighted = entity_f1_scorer(model, X, y, sample_weight=weights)
    assert weighted == entity_f1_score(y, model.predict(X), sample_weight=weights)
    assert weighted != entity_f1_scorer(model, X, y)
