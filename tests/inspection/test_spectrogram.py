"""The display of a transcriber."""

from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNTranscriber
from skrnn.inspection import SpectrogramDisplay
from skrnn.preprocessing import LogMelSpectrogram

matplotlib.use("Agg")

FEATURES = np.random.default_rng(0).normal(size=(100, 8))


def test_labels_are_at_their_times():
    times = [("one", 10, 30, 0.9), ("two", 50, 80, 0.2)]
    display = SpectrogramDisplay(FEATURES, times, title="what").plot()
    assert [t.get_text() for t in display.labels_] == ["one", "two"]
    assert [t.get_position()[0] for t in display.labels_] == [20, 65]
    assert display.labels_[0].get_alpha() > display.labels_[1].get_alpha()
    np.testing.assert_array_equal(display.image_.get_array(), FEATURES.T)
    assert display.ax_.get_xlim() == (0, 100)
    assert display.ax_.get_xlabel() == "step"
    assert display.ax_.get_title() == "what"


@pytest.mark.parametrize("width", [4.5, 9.0])
@pytest.mark.parametrize(("n", "word"), [(1, "incomprehensible"), (7, "twenty-seven"), (24, "seven"), (40, "a")])
def test_labels_do_not_touch(width, n, word):
    figure, ax = plt.subplots(figsize=(width, 3), layout="constrained")
    times = [(word, 100 / n * k, 100 / n * (k + 0.8), 0.9) for k in range(n)]
    display = SpectrogramDisplay(FEATURES, times).plot(ax)
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in display.labels_]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    ticks = [t.get_window_extent() for t in ax.get_xticklabels()]
    assert not any(a.overlaps(b) for a in boxes for b in ticks)
    picture = ax.get_window_extent()
    assert all(box.y1 <= picture.y0 and box.x0 >= picture.x0 - 2 and box.x1 <= picture.x1 + 2 for box in boxes)
    plt.close(figure)


def test_a_confidence_may_end_a_little_above_one():
    display = SpectrogramDisplay(FEATURES, [("one", 10, 30, 1.00002)]).plot()
    assert display.labels_[0].get_alpha() == 1
    assert SpectrogramDisplay(FEATURES, []).plot().labels_ == []


def test_of_a_pipeline_from_recordings():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=1600 + 80 * k) for k in range(12)]
    y = ["ab ba"] * 12
    pipeline = make_pipeline(LogMelSpectrogram(8000, n_mels=8), RNNTranscriber("gru", 4, epochs=1, random_state=0))
    pipeline.fit(X, y)
    display = SpectrogramDisplay.from_estimator(pipeline, X[0], y[0])
    assert [t.get_text() for t in display.labels_] == ["ab", "ba"]
    assert display.features.shape == (18, 8)
    assert display.ax_.get_xlabel() == "time in seconds"
    assert display.ax_.get_xlim()[1] == pytest.approx(0.18)
    letters = SpectrogramDisplay.from_estimator(pipeline, X[0], y[0], by="label", seconds_per_step=1.0)
    assert len(letters.times) == 5
    SpectrogramDisplay.from_estimator(pipeline, X[0])  # what it predicts, which may be nothing


def test_errors():
    with pytest.raises(ValueError, match=r"features must have shape \(T, D\)"):
        SpectrogramDisplay(np.zeros(3), [])
    with pytest.raises(ValueError, match="times must be within 0 and 100. Got 'a' from 90 to 120"):
        SpectrogramDisplay(FEATURES, [("a", 90, 120, 1.0)])
    with pytest.raises(ValueError, match="confidences must be from 0 to 1. Got 1.5 of 'a'."):
        SpectrogramDisplay(FEATURES, [("a", 10, 20, 1.5)])
    with pytest.raises(TypeError, match="must have word_times, as RNNTranscriber does"):
        SpectrogramDisplay.from_estimator(RNNClassifier("gru", 2, epochs=1).fit([FEATURES] * 2, [0, 1]), FEATURES)
