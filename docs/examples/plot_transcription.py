"""
Speech to text with RNNTranscriber
==================================

Strings of spoken digits become text, without knowing when each digit is spoken. The pipeline goes from recordings to
features of frames, scales them, and trains a recurrent network by connectionist temporal classification. A search with
folds of speakers chooses the number of mel filters.

The recordings are read from the folder that the environment variable ``SKRNN_DATA`` names (the Free Spoken Digit
Dataset). Without it, tones stand in for them: each digit is two sines.
"""

import os

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTranscriber
from skrnn.datasets import join_spoken_digits, load_spoken_digits
from skrnn.inspection import SpectrogramDisplay
from skrnn.metrics import word_error_rate
from skrnn.preprocessing import LogMelSpectrogram, PerStep

RATE = 8000


def tones():
    """A tenth of a second of two sines for each of 200 digits, by four speakers of different pitch."""
    rng = np.random.default_rng(0)
    y, speakers = rng.integers(10, size=200), rng.integers(4, size=200)
    t = np.arange(RATE // 10) / RATE
    low, high = 400 + 60 * (y % 3) + 10 * speakers, 1200 + 150 * (y // 3)
    waves = np.sin(2 * np.pi * low[:, None] * t) + np.sin(2 * np.pi * high[:, None] * t)
    return list(0.3 * waves), y, speakers


digits = load_spoken_digits(split="train") if os.environ.get("SKRNN_DATA") else tones()
X, y, speakers = join_spoken_digits(*digits, 500, min_digits=2, max_digits=4, sample_rate=RATE, random_state=0)
print(f"{len(X)} strings, such as {y[0]} by {speakers[0]}, of {np.mean([len(x) for x in X]) / RATE:.1f} seconds")

pipeline = make_pipeline(
    LogMelSpectrogram(RATE),
    PerStep(StandardScaler()),
    RNNTranscriber(
        "gru", units=64, reader__frames_per_step=3, learning_rate=0.005, epochs=12, batch_size=16, random_state=0
    ),
)
search = GridSearchCV(pipeline, {"logmelspectrogram__n_mels": [20, 40]}, cv=GroupKFold(2))
search.fit(X[:400], y[:400], groups=speakers[:400])
for filters, score in zip(search.cv_results_["param_logmelspectrogram__n_mels"], search.cv_results_["mean_test_score"]):
    print(f"{filters} mel filters, speakers that are not in the training part: label error rate {1 - score:.3f}")
found = search.predict(X[400:])
print(f"{len(found)} other strings of the same speakers: word error rate {word_error_rate(y[400:], list(found)):.3f}")

# %%
# Where each digit was heard, and how sure the network is: the paler, the less.
model = search.best_estimator_
times = model[-1].word_times(model[:-1].transform(X[400:401]), seconds_per_step=model[0].seconds_per_step)[0]
for digit in times:
    print(f"{digit.label}: {digit.start:.2f} to {digit.end:.2f} s, {digit.confidence:.2f}")
display = SpectrogramDisplay.from_estimator(model, X[400])
display.figure_.savefig("spectrogram.png", dpi=120)
plt.close(display.figure_)
