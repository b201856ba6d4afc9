"""The display of a transcriber."""

import matplotlib
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


def test_crowded_labels_do_not_touch():
    times = [("twenty-seven", 5 * k, 5 * k + 4, 0.9) for k in range(8)]
    display = SpectrogramDisplay(FEATURES, times).plot()
    renderer = display.figure_.canvas.get_renderer()
    display.figure_.draw(renderer)
    near = [t.get_window_extent(renderer) for t in display.labels_[:3]]
    assert not any(a.overlaps(b) for a, b in zip(near, near[1:]))


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
    with pytest.raises(TypeError, match="must have word_times, as RNNTranscriber does"):
        SpectrogramDisplay.from_estimator(RNNClassifier("gru", 2, epochs=1).fit([FEATURES] * 2, [0, 1]), FEATURES)
