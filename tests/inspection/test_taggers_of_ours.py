"""Scorers and displays with the tagger itself; their own tests use stand-ins."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTagger
from skrnn.inspection import TaggedSentenceDisplay, TransitionDisplay, plot_flat_confusion_matrix
from skrnn.metrics import SCORERS, flat_accuracy_score
from skrnn.preprocessing import PerStep

X = [["Ann", "Lee", "saw", "Bo"], ["It", "rained"], ["Bo", "left"], ["He", "met", "Ann", "Lee"]] * 4
Y = [["B-P", "I-P", "O", "B-P"], ["O", "O"], ["B-P", "O"], ["O", "O", "B-P", "I-P"]] * 4


@pytest.fixture(scope="module")
def search():
    tagger = RNNTagger(
        units=8,
        epochs=15,
        constraints="bio",
        reader__max_characters=0,
        reader__max_affix_length=0,
        reader__min_count=1,
        random_state=0,
    )
    scoring = {name: SCORERS[name] for name in ("entity_f1", "flat_accuracy", "sequence_accuracy")}
    return GridSearchCV(tagger, {"head": ["crf"]}, scoring=scoring, refit="entity_f1", cv=2).fit(X, Y)


def test_a_search_by_the_scores_of_entities(search):
    assert search.best_score_ > 0.9
    assert search.cv_results_["mean_test_flat_accuracy"][0] == pytest.approx(
        search.best_estimator_.score(X, Y), abs=0.1
    )


def test_displays_of_a_search(search):
    sentence = TaggedSentenceDisplay.from_estimator(search, X[0], y_true=Y[0])
    assert list(sentence.labels) == Y[0]
    table = TransitionDisplay.from_estimator(search)
    assert np.isneginf(table.transition[list(search.best_estimator_.classes_).index("O")]).sum() == 1  # I-P after O
    plot_flat_confusion_matrix(Y, search.predict(X))
    plt.close("all")


def test_arrays_behind_a_transformer_in_cross_validation():
    rng = np.random.default_rng(0)
    streams = [rng.normal(3.0, 5.0, size=(n, 2)) for n in rng.integers(4, 12, size=20)]
    labels = [(stream[:, 0] > 3.0).astype(int) for stream in streams]
    model = make_pipeline(PerStep(StandardScaler()), RNNTagger(units=8, epochs=20, random_state=0))
    found = cross_validate(model, streams, labels, cv=2, scoring=SCORERS["flat_accuracy"], return_estimator=True)
    assert found["test_score"].mean() > 0.85
    first = found["estimator"][0]
    assert flat_accuracy_score(labels, first.predict(streams)) == pytest.approx(first.score(streams, labels))
