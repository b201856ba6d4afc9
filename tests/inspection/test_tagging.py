"""Displays of taggers: what is drawn, where estimators are found, what is refused."""

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn.inspection import TaggedSentenceDisplay, TransitionDisplay, plot_flat_confusion_matrix
from skrnn.metrics import flat_accuracy_scorer

LABELS = ["B-X", "I-X", "O"]


class LengthTagger(BaseEstimator):
    """Tags words by their length, surer of longer ones."""

    def __init__(self, crf=True):
        self.crf = crf

    def fit(self, X, y):
        self.classes_ = np.array(LABELS)
        if self.crf:
            self.transition_ = np.array([[0.5, 1.5, 0.0], [0.2, 1.0, 0.3], [0.1, -1e4, 0.9]])
        return self

    def predict_marginals(self, X):
        rows = []
        for words in X:
            sure = np.array([0.5 + 0.1 * min(len(word), 4) for word in words])
            row = np.repeat((1 - sure)[:, None] / 2, 3, axis=1)
            row[np.arange(len(words)), [len(word) % 3 for word in words]] = sure
            rows.append(row)
        return rows

    def predict(self, X):
        return [self.classes_[row.argmax(axis=1)] for row in self.predict_marginals(X)]


def double(X):
    return [[word + word for word in words] for words in X]


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture
def tagger():
    return LengthTagger().fit([], [])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_sentence_has_words_labels_and_confidences(plt):
    words = ["Dogs", "run", "fast"]
    display = TaggedSentenceDisplay(words, ["NOUN", "VERB", "ADV"], [0.98, 0.61, 1], y_true=["NOUN", "X", None]).plot()
    assert texts(display.ax_) == ["Dogs", "NOUN", "0.98", "run", "VERB", "≠X", "0.61", "fast", "ADV", "1.00"]
    assert display.wrong == [False, True, False]
    sure, unsure, _ = (patch.get_alpha() for patch in display.ax_.patches)
    assert sure > unsure
    assert str(display).split() == ["Dogs", "run", "fast", "NOUN", "0.98", "VERB≠X", "0.61", "ADV", "1.00"]


def test_long_sentences_take_lines_in_which_nothing_overlaps(plt):
    rng = np.random.default_rng(0)
    words = ["w" * n for n in rng.integers(1, 15, size=60)]
    labels = rng.choice(["NOUN", "O", "B-CONJP"], size=60)
    display = TaggedSentenceDisplay(words, labels, rng.random(60), y_true=labels[::-1]).plot()
    display.figure_.canvas.draw()
    inside = display.ax_.get_window_extent()
    boxes = [text.get_window_extent() for text in display.ax_.texts]
    for i, box in enumerate(boxes):
        assert inside.x0 - 1 <= box.x0
        assert box.x1 <= inside.x1 + 1
        assert not any(box.overlaps(other.padded(-0.5)) for other in boxes[i + 1 :])
    tops = sorted({round(patch.get_y()) for patch in display.ax_.patches})
    assert len(tops) > 5
    assert display.ax_.get_ylim()[0] > tops[-1]


def test_a_word_longer_than_a_line_is_inside(plt):
    display = TaggedSentenceDisplay(["http://" + "a" * 150, "b"], ["X", "X"]).plot()
    display.figure_.canvas.draw()
    assert display.ax_.texts[0].get_window_extent().x1 <= display.ax_.get_window_extent().x1


def test_labels_of_one_type_share_a_colour_that_classes_settle(plt):
    def colours(labels, classes=None):
        display = TaggedSentenceDisplay(labels, labels, classes=classes).plot()
        return [patch.get_facecolor()[:3] for patch in display.ax_.patches]

    begin, inside, other, outside = colours(["B-X", "I-X", "B-Y", "O"])
    assert begin == inside
    assert len({begin, other, outside}) == 3
    assert colours(["B-Y"], classes=["B-X", "B-Y"]) == [other]


def test_sentences_on_given_axes(plt, tagger):
    figure, (_, right) = plt.subplots(1, 2)
    display = TaggedSentenceDisplay.from_estimator(tagger, ["a", "bb"], ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    part = plt.figure().subfigures(1, 2)[0]
    assert TaggedSentenceDisplay.from_estimator(tagger, ["a"], ax=part.subplots()).figure_ is part


def test_html_is_well_formed_and_escaped():
    display = TaggedSentenceDisplay(["<b>", "&"], ["O", "B-<X>"], [0.5, 0.25], y_true=["O", "I-&"])
    tree = ElementTree.fromstring(display._repr_html_().replace("<br>", "<br/>"))
    assert [text for text in tree.itertext() if text.strip()] == ["<b>", "O", "&", "B-<X> ", "I-&"]
    assert [small.get("title") for small in tree.iter("small")] == ["0.5000", "0.2500"]


def test_sentence_from_estimator_pipeline_and_search(plt, tagger):
    sentence = ["a", "bbb", "cc"]
    display = TaggedSentenceDisplay.from_estimator(tagger, sentence, y_true=["I-X", "O", "O"])
    assert display.labels == ["I-X", "B-X", "O"]
    np.testing.assert_allclose(display.confidences, [0.6, 0.8, 0.7])
    assert display.wrong == [False, True, False]
    assert display.ax_.get_title(loc="left") == "LengthTagger"
    pipeline = make_pipeline(FunctionTransformer(double), "passthrough", LengthTagger())
    X, y = [sentence] * 4, [LABELS] * 4
    search = GridSearchCV(pipeline, {"lengthtagger__crf": [True]}, cv=KFold(2), scoring=flat_accuracy_scorer)
    for model in (pipeline.fit(X, y), search.fit(X, y)):
        display = TaggedSentenceDisplay.from_estimator(model, sentence)
        assert display.words == sentence
        assert display.labels == model.predict([sentence])[0].tolist() == ["O", "B-X", "I-X"]
        np.testing.assert_allclose(display.confidences, [0.7, 0.9, 0.9])


def test_other_words_may_stand_for_features(plt, tagger):
    display = TaggedSentenceDisplay.from_estimator(tagger, [[1, 2], [3]], words=["x", "y"])
    assert display.words == ["x", "y"]


def test_taggers_without_marginals_have_no_confidences(plt, tagger):
    class Plain(BaseEstimator):
        classes_ = np.array(LABELS)

        def predict(self, X):
            return [["O"] * len(x) for x in X]

    display = TaggedSentenceDisplay.from_estimator(Plain(), ["a", "b"])
    assert display.confidences is None
    assert texts(display.ax_) == ["a", "O", "b", "O"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([], []), {}, r"words must hold at least one word\. Got none\."),
        ((["a", "b"], ["X"]), {}, r"labels must hold 2 values, one a word\. Got 1\."),
        ((["a"], ["X"], [0.5, 0.5]), {}, r"confidences must hold 1 values, one a word\. Got 2\."),
        ((["a"], ["X"], [1.5]), {}, r"confidences must be from 0 to 1\. Got \[1\.5\]\."),
        ((["a"], ["X"], [np.nan]), {}, r"confidences must be from 0 to 1\. Got \[nan\]\."),
        ((["a"], ["X"]), {"y_true": []}, r"y_true must hold 1 values, one a word\. Got 0\."),
    ],
)
def test_wrong_sentences_are_one_sentence(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        TaggedSentenceDisplay(*arguments, **options)


def test_transitions_have_rows_from_and_columns_to(plt, tagger):
    display = TransitionDisplay.from_estimator(make_pipeline(FunctionTransformer(double), tagger))
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()] == LABELS
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == LABELS
    assert (display.ax_.get_ylabel(), display.ax_.get_xlabel()) == ("from", "to")
    drawn = display.image_.get_array()
    np.testing.assert_array_equal(drawn.mask, [[0, 0, 0], [0, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(drawn[~drawn.mask], tagger.transition_[~drawn.mask])
    crosses = next(line for line in display.ax_.lines if line.get_label() == "forbidden")
    assert (crosses.get_xdata().tolist(), crosses.get_ydata().tolist()) == ([1], [2])
    assert sorted(texts(display.ax_)) == sorted(f"{v:.1f}" for v in tagger.transition_.ravel() if v > -1e4)
    low, high = display.image_.get_clim()
    assert low == -high


def test_forbidden_transitions_by_hand_and_by_infinity():
    forbidden = np.array([[True, False], [False, False]])
    display = TransitionDisplay([[1, 2], [3, -np.inf]], ["a", "b"], forbidden=forbidden)
    assert display.forbidden.tolist() == [[True, False], [False, True]]
    assert forbidden.sum() == 1


def test_many_labels_have_no_numbers(plt):
    scores = np.random.default_rng(0).normal(size=(20, 20))
    assert not TransitionDisplay(scores, range(20)).plot().ax_.texts
    assert len(TransitionDisplay(scores, range(20)).plot(include_values=True).ax_.texts) == 400
    assert not TransitionDisplay(scores[:2, :2], "ab").plot(include_values=False).ax_.texts
    zeros = TransitionDisplay(np.zeros((2, 2)), "ab").plot(cmap=plt.get_cmap("coolwarm"))
    assert zeros.image_.get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("transition", "options", "message"),
    [
        (np.ones((2, 3)), {}, r"transition must have shape \(2, 2\), as classes say\. Got \(2, 3\)\."),
        (np.full((2, 2), np.nan), {}, r"transition must hold numbers or minus infinity\. Got NaN or infinity\."),
        (np.full((2, 2), np.inf), {}, r"transition must hold numbers or minus infinity\. Got NaN or infinity\."),
        (np.full((2, 2), -np.inf), {}, r"at least one transition that is not forbidden\. Got none\."),
        (np.ones((2, 2)), {"forbidden": [True]}, r"forbidden must have shape \(2, 2\)\. Got \(1,\)\."),
    ],
)
def test_wrong_transitions_are_one_sentence(transition, options, message):
    with pytest.raises(ValueError, match=message):
        TransitionDisplay(transition, ["a", "b"], **options)


def test_unfitted_and_other_estimators_are_errors():
    with pytest.raises(NotFittedError):
        TransitionDisplay.from_estimator(LengthTagger())
    with pytest.raises(NotFittedError):
        TaggedSentenceDisplay.from_estimator(make_pipeline(FunctionTransformer(), LengthTagger()), ["a"])
    with pytest.raises(TypeError, match=r"must have transition_, as taggers with a CRF head do, .* Got LengthTagger\."):
        TransitionDisplay.from_estimator(LengthTagger(crf=False).fit([], []))


def test_confusion_matrix_is_that_of_joined_labels(plt):
    rng = np.random.default_rng(0)
    y_true = [rng.choice(LABELS, size=n).tolist() for n in rng.integers(1, 9, size=20)]
    y_pred = [rng.choice(LABELS, size=len(row)) for row in y_true]
    y_true[3][0] = None
    pairs = [(a, b) for t, p in zip(y_true, y_pred) for a, b in zip(t, p) if a is not None]
    expected = confusion_matrix(*zip(*pairs))
    display = plot_flat_confusion_matrix(y_true, y_pred)
    np.testing.assert_array_equal(display.confusion_matrix, expected)
    doubled = plot_flat_confusion_matrix(y_true, y_pred, sample_weight=[2] * 20, labels=LABELS[::-1])
    np.testing.assert_array_equal(doubled.confusion_matrix, 2 * expected[::-1, ::-1])
    _, ax = plt.subplots()
    shares = plot_flat_confusion_matrix(y_true, y_pred, normalize="true", ax=ax, cmap="Greens", colorbar=False)
    assert shares.ax_ is ax
    assert shares.im_.cmap.name == "Greens"
    np.testing.assert_allclose(shares.confusion_matrix.sum(axis=1), 1)


def test_confusion_matrix_of_wrong_labels_is_an_error():
    with pytest.raises(ValueError, match=r"y_pred\[0\] must have the 1 steps of y_true\[0\]\. Got 2\."):
        plot_flat_confusion_matrix([["a"]], [["a", "b"]])


@pytest.mark.parametrize(
    ("draw", "owner"),
    [
        (lambda: TaggedSentenceDisplay(["a"], ["X"]).plot(), "TaggedSentenceDisplay.plot"),
        (lambda: TransitionDisplay([[1.0]], ["a"]).plot(), "TransitionDisplay.plot"),
        (lambda: plot_flat_confusion_matrix([["a"]], [["a"]]), "plot_flat_confusion_matrix"),
    ],
)
def test_missing_matplotlib_says_what_to_install(monkeypatch, draw, owner):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=rf"{owner} needs matplotlib.* pip install skrnn\[plots\]"):
        draw()


def test_import_does_not_load_matplotlib_or_tensorflow():
    code = "import sys, skrnn.inspection; sys.exit(bool({'matplotlib', 'tensorflow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
