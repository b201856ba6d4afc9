"""What `RNNTagger` says of wrong input: one sentence, before any training, with the estimator as it was."""

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from skrnn import RNNTagger

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
    ([*LABELS[:2], "x"], r"y\[2\] must be a list of labels, one for each step of X\[2\]. Got 'x'"),
    (["xyx", "yy", "x"], r"y\[0\] must be a list of labels"),
    (np.array([0, 1, 0]), r"y must have shape \(N, T\), or be a list of lists of labels. Got shape \(3,\)"),
    ([["x", "x", "x"], ["x", "x"], ["x"]], "y must hold at least 2 classes, of positive weight. Got 1 class: 'x'"),
    ([["x", None, None], [None, "x"], ["x"]], "y must hold at least 2 classes, of positive weight. Got 1 class: 'x'"),
    ([[None] * 3, [None] * 2, [None]], "y must hold labels. Got None for all steps"),
    ([[-1, -1, -1], [-1, -1], [-1]], "y must hold labels. Got none but -1, which is no label"),
    ([["x", 1, "x"], *LABELS[1:]], "y must hold labels of one type, that can be sorted. Got 'x' and 1"),
    ([[["x"], ["y"], ["x"]], *LABELS[1:]], r"y must hold one label a step. Got \['x'\]"),
    ([[0.0, np.nan, 1.0], [1.0, 0.0], [1.0]], "use None for a step without one. Got NaN or infinity"),
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
        ({"embedding": 4}, "embedding is for integers; word_size tells the features of words. Got strings in X"),
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
        ({"constraints": [("y", "y")]}, r"y\[1\] must keep to the constraints. Got 'y' after 'y', at step 1"),
        ({"constraints": [(None, "y")]}, r"y\[1\] must keep to the constraints. Got 'y' at the start, at step 0"),
        ({"constraints": [("y", None)]}, r"y\[1\] must keep to the constraints. Got 'y' at the end, at step 1"),
        ({"class_weight": {"z": 2.0}}, "class_weight must name classes in y. Got 'z', which y does not hold"),
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
        ({"word_size": 0}, "word_size"),
        ({"characters": -1}, "characters"),
        ({"affixes": -1}, "affixes"),
        ({"word_dropout": 1.0}, "word_dropout"),
        ({"min_count": 0}, "min_count"),
        ({"class_weight": "equal"}, "class_weight"),
    ],
)
def test_ranges(options, name):
    refuses(f"'{name}' parameter of RNNTagger", error=InvalidParameterError, **options)


def test_unknown_parameters():
    with pytest.raises(TypeError, match="RNNTagger has no parameter 'pooling'"):
        RNNTagger(pooling="last")
    with pytest.raises(TypeError, match="RNNTagger has no parameter 'word_sizes'; did you mean 'word_size'"):
        RNNTagger(word_sizes=3)


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
    features = RNNTagger(epochs=1, units=2, min_count=1).fit([[{"w": w} for w in s] for s in WORDS], LABELS)
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
    sentence = "vectors must be WordVectors, KeyedVectors of gensim, or the path of a file. Got 3"
    refuses(sentence, [["a", "b"]], [["x", "y"]], TypeError, vectors=3)


def test_vectors_do_not_go_with_dictionaries():
    class Vectors:
        words, vectors = ["a"], np.ones((1, 3))

    refuses("vectors are of words. Got dictionaries", [[{"w": w} for w in s] for s in WORDS], vectors=Vectors())


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
