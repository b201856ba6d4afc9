"""Displays of translators and language models."""

import matplotlib
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNLanguageModel, RNNTranslator
from skrnn.inspection import AttentionDisplay, TokenProbabilityDisplay
from skrnn.preprocessing import PerStep, Tokenizer

matplotlib.use("Agg")

X = ["one two", "two", "two one one", "one", "two two"] * 4
Y = ["1 2", "2", "2 1 1", "1", "2 2"] * 4
FAST = {"units": 4, "epochs": 2, "random_state": 0}


def test_attention_of_a_translator():
    model = RNNTranslator(**FAST, target_dim=4, min_length=2).fit(X, Y)
    display = AttentionDisplay.from_estimator(model, "two one one", "2 1 1")
    np.testing.assert_array_equal(display.image_.get_array(), model.attention(["two one one"], ["2 1 1"])[0])
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["two", "one", "one"]
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["2", "1", "1"]
    of_prediction = AttentionDisplay.from_estimator(model, "one two")
    assert " ".join(of_prediction.target) == model.predict(["one two"])[0]


def test_attention_to_numbers_in_a_pipeline():
    rng = np.random.default_rng(0)
    numbers = [rng.normal(size=(4 + k % 3, 2)) for k in range(20)]
    pipeline = make_pipeline(PerStep(StandardScaler()), RNNTranslator(**FAST, target_dim=4, min_length=1)).fit(
        numbers, Y
    )
    display = AttentionDisplay.from_estimator(pipeline, numbers[0])
    assert display.weights.shape[1] == 4
    assert display.source is None
    assert display.ax_.get_xlabel() == "step of the source"


def test_probabilities_of_a_text():
    model = RNNLanguageModel(**FAST, dim=4).fit(X)
    display = TokenProbabilityDisplay.from_estimator(model, "two one")
    np.testing.assert_allclose(display.probabilities, np.exp(model.score_tokens(["two one"])[0][:2]))
    assert [t.get_text() for t in display.ax_.texts] == ["two", "one"]
    drawn = TokenProbabilityDisplay.from_estimator(model, prompt="two", min_length=3, random_state=0)
    assert np.isnan(drawn.probabilities[0])
    assert np.isfinite(drawn.probabilities[1:]).all()
    assert len(drawn.tokens) >= 3
    characters = RNNLanguageModel(**FAST, dim=4, tokenizer=Tokenizer("char")).fit(["ab\nab", "b a"] * 5)
    display = TokenProbabilityDisplay.from_estimator(characters, "ab\nb")
    assert [t.get_text() for t in display.ax_.texts] == ["a", "b", "↵", "b"]
    ys = [t.get_position()[1] for t in display.ax_.texts]
    assert ys[3] > ys[0] == ys[2]


def test_long_texts_are_wrapped():
    display = TokenProbabilityDisplay(["word"] * 50, np.full(50, 0.5)).plot(columns=20)
    ends = [t.get_position()[0] + 4 for t in display.ax_.texts]
    assert max(ends) <= 20
    assert len({t.get_position()[1] for t in display.ax_.texts}) == 13


def test_errors():
    with pytest.raises(ValueError, match=r"weights must have shape \(1, 2\), as the tokens say. Got \(1, 3\)."):
        AttentionDisplay([[0.1, 0.2, 0.7]], ["a"], ["b", "c"])
    with pytest.raises(ValueError, match="weights must be from 0 to 1."):
        AttentionDisplay([[2.0]], ["a"], ["b"])
    with pytest.raises(ValueError, match=r"probabilities must have shape \(2,\). Got \(1,\)."):
        TokenProbabilityDisplay(["a", "b"], [0.5])
    with pytest.raises(ValueError, match="probabilities must be from 0 to 1, or NaN."):
        TokenProbabilityDisplay(["a"], [1.5])
    with pytest.raises(ValueError, match="tokens must hold at least one token. Got none."):
        TokenProbabilityDisplay([], [])
    classifier = RNNClassifier(units=2, epochs=1).fit(np.ones((4, 2, 1)), [0, 1, 0, 1])
    with pytest.raises(TypeError, match="estimator must have attention, as RNNTranslator does"):
        AttentionDisplay.from_estimator(classifier, "a")
    with pytest.raises(TypeError, match="estimator must have score_tokens, as RNNLanguageModel does"):
        TokenProbabilityDisplay.from_estimator(classifier, "a")
    model = RNNLanguageModel(**FAST, dim=4).fit(X)
    with pytest.raises(TypeError, match="temperature is for a text that is drawn. Got a text, too."):
        TokenProbabilityDisplay.from_estimator(model, "two", temperature=0.5)
    empty = RNNTranslator(**FAST, target_dim=4).fit(X, Y)
    with pytest.raises(ValueError, match="the output must have at least one token. Got none."):
        AttentionDisplay.from_estimator(empty, "two", "")
