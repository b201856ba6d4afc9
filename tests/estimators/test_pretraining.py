"""Networks that begin with the embedding and the recurrences of a fitted language model."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger

TEXTS = ["to be or not to be", "to go or not to go", "to be is to do"] * 8
CLASSES = [0, 1, 2] * 8
FAST = {"epochs": 2, "random_state": 0, "batch_size": 8}


@pytest.fixture(scope="module")
def language_model():
    return RNNLanguageModel(units=8, dim=6, epochs=20, random_state=0, learning_rate=0.01).fit(TEXTS)


def inherited(model, language_model):
    """Embedding, kernel, recurrent kernel and bias of both."""
    return list(zip(model.weights_[:4], language_model.weights_[:4]))


def test_begins_with_its_weights(language_model):
    for kind, y in ((RNNClassifier, CLASSES), (RNNRegressor, np.array(CLASSES, float))):
        begun = kind(pretrained=language_model, random_state=0).initialize(TEXTS, y)
        for mine, its in inherited(begun, language_model):
            np.testing.assert_array_equal(mine, its)
        trained = kind(pretrained=language_model, **FAST).fit(TEXTS, y)
        assert not any(np.array_equal(mine, its) for mine, its in inherited(trained, language_model))
    assert (
        RNNClassifier(pretrained=language_model, **{**FAST, "epochs": 25}).fit(TEXTS, CLASSES).score(TEXTS, CLASSES)
        == 1
    )


@pytest.mark.core
def test_stays_frozen_for_some_epochs():
    language_model = RNNLanguageModel(units=8, dim=6, epochs=1, random_state=0).fit(TEXTS)
    frozen = RNNClassifier(pretrained=language_model, frozen_epochs=2, **FAST).fit(TEXTS, CLASSES)
    for mine, its in inherited(frozen, language_model):
        np.testing.assert_array_equal(mine, its)
    thawed = RNNClassifier(pretrained=language_model, frozen_epochs=1, **FAST).fit(TEXTS, CLASSES)
    assert not any(np.array_equal(mine, its) for mine, its in inherited(thawed, language_model))
    begun = RNNClassifier(pretrained=language_model, frozen_epochs=2, **FAST).initialize(TEXTS, CLASSES)
    assert not np.array_equal(frozen.weights_[-2], begun.weights_[-2])  # the output learns


def test_taggers_read_a_token_a_step():
    X = [s.split() for s in TEXTS]
    y = [["short" if len(w) < 3 else "long" for w in x] for x in X]
    language_model = RNNLanguageModel(units=8, dim=6, epochs=2, random_state=0).fit(X)
    tagger = RNNTagger(pretrained=language_model, **{**FAST, "epochs": 40}).fit(X, y)  # in both directions
    assert tagger.score(X, y) > 0.9
    begun = RNNTagger(pretrained=language_model, random_state=0).initialize(X, y)
    for mine, its in inherited(begun, language_model):
        np.testing.assert_array_equal(mine, its)


def test_streams_and_stacks_are_inherited():
    options = {"units": (8, 6), "dim": 6, "epochs": 1, "random_state": 0, "cell": "gru"}
    language_model = RNNLanguageModel(**options, sequence_length=5, batch_size=4).fit(TEXTS)
    begun = RNNClassifier(pretrained=language_model, random_state=0).initialize(TEXTS, CLASSES)
    theirs = [w for w in language_model.weights_ if w.shape[0] != 4]  # without the states of 4 streams
    for mine, its in list(zip(begun.weights_, theirs))[:7]:
        np.testing.assert_array_equal(mine, its)


def test_stays_fitted_in_clones_folds_and_grids(language_model):
    model = RNNClassifier(pretrained=language_model, **FAST)
    assert clone(model).pretrained is language_model
    fitted = model.fit(TEXTS, CLASSES)
    assert list(clone(model).fit(TEXTS, CLASSES).predict(TEXTS)) == list(fitted.predict(TEXTS))
    again = pickle.loads(pickle.dumps(fitted))
    assert list(again.predict(TEXTS)) == list(fitted.predict(TEXTS))
    assert list(clone(again).fit(TEXTS, CLASSES).predict(TEXTS)) == list(fitted.predict(TEXTS))
    assert np.isfinite(cross_val_score(make_pipeline(model), TEXTS, CLASSES, cv=2)).all()
    grid = {"pretrained": [FrozenEstimator(language_model)], "frozen_epochs": [0, 1]}
    search = GridSearchCV(RNNClassifier(**FAST), grid, cv=2, error_score="raise").fit(TEXTS, CLASSES)
    assert np.isfinite(search.best_score_)
    assert "pretrained__units" not in model.get_params()
    model.set_params(**model.get_params())


def test_goes_on_frozen(language_model):
    model = RNNClassifier(pretrained=language_model, frozen_epochs=3, warm_start=True, **FAST).fit(TEXTS, CLASSES)
    model.fit(TEXTS, CLASSES)  # epochs 2 and 3
    assert not any(np.array_equal(mine, its) for mine, its in inherited(model, language_model))
    step = RNNClassifier(pretrained=language_model, frozen_epochs=3, **FAST)
    for _ in range(3):
        step.partial_fit(TEXTS, CLASSES)
    for mine, its in inherited(step, language_model):
        np.testing.assert_array_equal(mine, its)
    step.partial_fit(TEXTS, CLASSES)
    assert not any(np.array_equal(mine, its) for mine, its in inherited(step, language_model))


def test_errors_are_one_sentence(language_model):
    deep = RNNLanguageModel(units=(4, 4), epochs=1).fit(TEXTS)
    wrong = [
        ({"pretrained": RNNLanguageModel()}, r"pretrained must be a fitted RNNLanguageModel. .* FrozenEstimator"),
        ({"pretrained": 3}, "pretrained must be a fitted RNNLanguageModel. Got 3."),
        ({"pretrained": language_model, "units": 5}, "units comes from pretrained. Leave units=None. Got 5."),
        ({"frozen_epochs": 2}, "frozen_epochs needs pretrained. Got 2 and pretrained=None."),
        ({"pretrained": deep, "bidirectional": True}, "bidirectional needs a pretrained language model of one layer."),
    ]
    for options, message in wrong:
        with pytest.raises(ValueError, match=message):
            RNNClassifier(**FAST, **options).fit(TEXTS, CLASSES)
    with pytest.raises(ValueError, match=r"X\[0\] must be a list of tokens|X must"):
        RNNClassifier(pretrained=language_model, **FAST).fit([3, 4], [0, 1])
