"""What `RNNTagger` says of wrong input: one sentence, before any training, with the estimator as it was."""

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from skrnn import RNNTagger
from skrnn.preprocessing import FeatureReader, TokenReader

WORDS = [["a", "b", "c"], ["d", "e"], ["f"]]
LABELS = [["x", "y", "x"], ["y", "y"], ["x"]]
NUMBERS = [np.ones((len(s), 2)) for s in WORDS]


def refuses(sentence, X=WORDS, y=LABELS, error=ValueError, fit=None, **options):
    model = RNNTagger(epochs=1, units=2, **options)
    before = dict(vars(model))
    with pytest.raises(error, match=sentence):
        model.fit(X, y, **(fit or {}))
    assert vars(model) == before


BAD_Y = [
    (None, "requires y to be passed, but the target y is None"),
    (LABELS[:2], "inconsistent numbers of samples"),
    ([["x", "y"], *LABELS[1:]], r"y\[0\] must have the 3 steps of X\[0\]. Got 2"),
    ([*LABELS[:2], []], r"y\[2\] must have the 1 steps of X\[2\]. Got 0"),
    ([*LABELS[:2], "x"], r"y\[2\] must be a row with one label per step. Got 'x'"),
    (["xyx", "yy", "x"], r"y\[0\] must be a row with one label per step"),
    (np.array([0, 1, 0]), r"y must have shape \(N, T\), or be ragged rows of labels. Got shape \(3,\)"),
    ([["x", "x", "x"], ["x", "x"], ["x"]], "y must hold at least 2 classes, of positive weight. Got 1 class: 'x'"),
    ([["x", None, None], [None, "x"], ["x"]], "y must hold at least 2 classes, of positive weight. Got 1 class: 'x'"),
    ([[None] * 3, [None] * 2, [None]], "y must hold labels. Got None for all steps"),
    ([[-1, -1, -1], [-1, -1], [-1]], "y must hold labels. Got none but -1, which is no label"),
    ([["x", 1, "x"], *LABELS[1:]], "y must hold labels of one type, that can be sorted. Got 'x' and 1"),
    ([[["x"], ["y"], ["x"]], *LABELS[1:]], r"y must hold one label per step. Got \['x'\]"),
    ([[0.0, np.nan, 1.0], [1.0, 0.0], [1.0]], "use None for a step without one. Got NaN"),
    ([[0.0, 0.5, 1.0], [1.0, 0.0], [1.0]], "y must hold labels and not numbers on a scale. Got 0.5"),
]


@pytest.mark.core
@pytest.mark.parametrize(("y", "sentence"), BAD_Y, ids=[s[:40] for _, s in BAD_Y])
@pytest.mark.parametrize("X", [WORDS, NUMBERS], ids=["words", "numbers"])
def test_bad_y(X, y, sentence):
    refuses(sentence, X, y)


BAD_X = [
    ([["a"], [], ["b"]], r"X\[1\] must have at least one step. Got an empty sequence"),
    ([["a"], ["b", 3], ["c"]], r"X\[1\] must hold tokens of strings. Got 3 at step 1"),
    (["a b", "c", "d"], "X must hold sentences, each a list of tokens. Got the single 'a b'"),
    ([{"a": 1}, {"a": 2}], "X must hold sentences, each a list of tokens. Got the single {'a': 1}"),
    ([[{"a": 1}], [{"a": None}]], r"X\[1\] must hold strings, numbers, bools"),
    ([np.ones((3, 2)), np.ones((2, 3)), np.ones((1, 2))], r"X\[1\] must have shape \(time, 2\). Got \(2, 3\)"),
    ([np.ones((3, 2)), np.ones((0, 2)), np.ones((1, 2))], r"X\[1\] must have at least one step"),
    ([np.ones((3, 2)), np.full((2, 2), np.nan), np.ones((1, 2))], r"X\[1\] must not contain NaN"),
    ([], "at least one s"),
]


@pytest.mark.core
@pytest.mark.parametrize(("X", "sentence"), BAD_X, ids=[s[:40] for _, s in BAD_X])
def test_bad_X(X, sentence):
    refuses(sentence, X)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reader": TokenReader(4)}, "X must hold numbers for reader=TokenReader. Got strings"),
        ({"head": "softmax", "constraints": [("x", "y")]}, "constraints need head='crf'. Got head='softmax'"),
        ({"loss": "sparse_categorical_crossentropy"}, "loss must be None with head='crf', which has its own"),
        ({"constraints": "bio"}, "constraints='bio' needs labels 'O' or 'B-...', 'I-...'. Got 'x'"),
        ({"constraints": [("x", "z")]}, "constraints must name labels in y. Got 'z', which y does not hold"),
        ({"constraints": ["x"]}, r"constraints must be pairs of labels, \(before, after\). Got 'x'"),
        (
            {"constraints": [(None, "x"), (None, "y")]},
            "constraints must leave a way .* Got none for a sequence of 1 step",
        ),
        ({"constraints": [("x", "x"), ("x", "y"), ("y", "x"), ("y", "y")]}, "Got none for a sequence of 2 steps"),
        ({"constraints": [("y", "y")]}, r"y\[1\] violates `constraints`: 'y' must not follow 'y' \(step 1\)"),
        ({"constraints": [(None, "y")]}, r"y\[1\] violates `constraints`: 'y' must not be the first label \(step 0\)"),
        ({"constraints": [("y", None)]}, r"y\[1\] violates `constraints`: 'y' must not be the last label \(step 1\)"),
        ({"class_weight": {"z": 2.0}}, "class_weight must name classes in y, 'x', 'y'. Got 'z'"),
        ({"cell": keras.layers.LayerNormalization}, "takes no units"),
    ],
    ids=str,
)
def test_bad_parameters(options, sentence):
    refuses(sentence, **options)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"head": "hmm"}, "head"),
        ({"constraints": "bilou"}, "constraints"),
        ({"reader__dim": 0}, "dim"),
        ({"reader__max_characters": -1}, "max_characters"),
        ({"reader__max_affix_length": -1}, "max_affix_length"),
        ({"reader__word_dropout": 1.0}, "word_dropout"),
        ({"reader__min_count": 0}, "min_count"),
        ({"class_weight": "equal"}, "class_weight"),
    ],
)
def test_ranges(options, name):
    owner = "WordReader" if next(iter(options)).startswith("reader__") else "RNNTagger"
    refuses(f"'{name}' parameter of {owner}", error=InvalidParameterError, **options)


def test_unknown_parameters():
    with pytest.raises(TypeError, match="RNNTagger has no parameter 'pooling'"):
        RNNTagger(pooling="last")
    with pytest.raises(TypeError, match="RNNTagger has no parameter 'heads'; did you mean 'head'"):
        RNNTagger(heads=3)


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([1, 1], "inconsistent numbers of samples"),
        ([1, -1, 1], "sample_weight must not be negative"),
        ([0, 0, 0], "at least one non-zero number"),
        ([[1, 1], [1, 1], [1]], r"sample_weight\[0\] must have the 3 steps of X\[0\]. Got 2"),
        ([[1, 0, 1], [0, 0], [1]], "y must hold at least 2 classes, of positive weight. Got 1 class: 'x'"),
    ],
)
def test_bad_weights(weight, sentence):
    refuses(sentence, fit={"sample_weight": weight})


@pytest.mark.core
def test_another_kind_of_X_at_predict():
    words = RNNTagger(epochs=1, units=2).fit(WORDS, LABELS)
    features = RNNTagger(epochs=1, units=2, reader__min_count=1).fit([[{"w": w} for w in s] for s in WORDS], LABELS)
    numbers = RNNTagger(epochs=1, units=2).fit(NUMBERS, LABELS)
    with pytest.raises(ValueError, match="X must hold strings, as in fit. Got numbers"):
        words.predict(NUMBERS)
    with pytest.raises(ValueError, match="X must hold strings, as in fit. Got dictionaries"):
        words.predict([[{"w": "a"}]])
    with pytest.raises(ValueError, match="X must hold dictionaries, as in fit. Got tuples of strings"):
        features.predict([[("a", "b")]])
    with pytest.raises(ValueError, match="X must hold numbers, as in fit. Got strings"):
        numbers.predict(WORDS)
    with pytest.raises(ValueError, match=r"X\[0\] must have shape \(time, 2\). Got \(4, 3\)"):
        numbers.predict([np.ones((4, 3))])
    with pytest.raises(ValueError, match=r"X\[1\] must have at least one step"):
        words.predict([["a"], []])


def test_vectors_of_another_kind():
    sentence = "vectors must be WordVectors, KeyedVectors of gensim, or a path. Got 3"
    refuses(sentence, [["a", "b"]], [["x", "y"]], TypeError, reader__vectors=3)


def test_options_of_another_reader():
    dictionaries = [[{"w": w} for w in s] for s in WORDS]
    refuses("Invalid parameter 'vectors' for estimator FeatureReader", dictionaries, reader__vectors=None)
    refuses("X must hold dictionaries for reader=FeatureReader. Got strings", reader=FeatureReader())
    refuses("'reader' parameter of RNNTagger must be an instance of", error=InvalidParameterError, reader="words")


@pytest.mark.parametrize("method", ["predict", "predict_marginals"])
def test_not_fitted(method):
    with pytest.raises(NotFittedError):
        getattr(RNNTagger(), method)(WORDS)
    with pytest.raises(NotFittedError):
        _ = RNNTagger().transition_


def test_score_of_other_lengths():
    model = RNNTagger(epochs=1, units=2).fit(WORDS, LABELS)
    with pytest.raises(ValueError, match=r"y\[1\] must have the 2 steps of X\[1\]. Got 1"):
        model.score(WORDS, [LABELS[0], ["x"], ["x"]])


def test_going_on_with_something_else():
    model = RNNTagger(epochs=1, units=2, warm_start=True).fit(WORDS, LABELS)
    with pytest.raises(ValueError, match="y must hold the labels of the first fit, 'x', 'y'. Got 'z'"):
        model.fit(WORDS, [["x", "y", "z"], *LABELS[1:]])
    with pytest.raises(ValueError, match="X must hold strings, as in fit. Got numbers"):
        model.fit(NUMBERS, LABELS)
    with pytest.raises(ValueError, match="go on with the network of the first fit. Got another one"):
        model.set_params(units=3).fit(WORDS, LABELS)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all of y"):
        RNNTagger(class_weight="balanced").partial_fit(WORDS, LABELS)
    with pytest.raises(ValueError, match="Set early_stopping=False to use partial_fit"):
        RNNTagger(early_stopping=True).partial_fit(WORDS, LABELS)
