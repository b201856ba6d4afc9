"""Data on disk: the same training as in memory, piece by piece, and little memory."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skrnn import RNNClassifier, RNNRegressor, Sequences
from skrnn.preprocessing import TokenReader
from skrnn.sequences import on_disk

SETTINGS = {"units": 4, "epochs": 3, "batch_size": 8, "random_state": 0}


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(on_disk, "PIECE_BYTES", 3000)  # a few batches


def both_forms(folder, dtype=np.float32, n=90, tokens=False):
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], rng.integers(1, 20, n).cumsum()])
    shape = (offsets[-1], 1 if tokens else 3)
    values = rng.integers(0, 9, shape) if tokens else (10 * rng.normal(size=shape)).astype(dtype)
    np.save(folder / "values.npy", values)
    return Sequences(values, offsets), Sequences(np.load(folder / "values.npy", mmap_mode="r"), offsets)


def assert_same_fit(in_memory, mapped, X, X_mapped):
    assert in_memory.history_.keys() == mapped.history_.keys()
    for name, values in in_memory.history_.items():
        np.testing.assert_allclose(mapped.history_[name], values, rtol=1e-5)
    for got, want in zip(mapped.weights_, in_memory.weights_, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)
    for got, want in zip(mapped.predict(X_mapped), in_memory.predict(X), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


class OnBatches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.core
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"callbacks": OnBatches}, {"dropout": 0.5}], ids=str)
@pytest.mark.usefixtures("small_pieces")
def test_a_classifier_learns_the_same_from_disk(tmp_path, dtype, options):
    X, mapped = both_forms(tmp_path, dtype)
    y = np.arange(len(X)) % 3
    weights = (np.arange(len(X)) % 4).astype(float)  # some are zero
    fits = [
        RNNClassifier("gru", metrics=["accuracy"], **SETTINGS, **options).fit(data, y, sample_weight=weights)
        for data in (X, mapped)
    ]
    assert_same_fit(*fits, X, mapped)


@pytest.mark.core
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.usefixtures("small_pieces")
def test_steps_are_learned_the_same_from_disk(tmp_path, early_stopping):
    X, mapped = both_forms(tmp_path)
    y = [x.cumsum(axis=0)[:, :2] for x in X]
    weights = [1.0 + np.arange(len(x)) for x in X]
    fits = [
        RNNRegressor("lstm", metrics=["mae"], early_stopping=early_stopping, **SETTINGS).fit(data, y, weights)
        for data in (X, mapped)
    ]
    assert_same_fit(*fits, X, mapped)


@pytest.mark.usefixtures("small_pieces")
def test_tokens_are_learned_the_same_from_disk(tmp_path):
    X, mapped = both_forms(tmp_path, tokens=True)
    y = np.arange(len(X)) % 2
    fits = [RNNClassifier("gru", reader=TokenReader(3), **SETTINGS).fit(data, y) for data in (X, mapped)]
    assert_same_fit(*fits, X, mapped)


@pytest.mark.usefixtures("small_pieces")
def test_a_search_over_data_on_disk(tmp_path):
    X, mapped = both_forms(tmp_path)
    y = np.arange(len(X)) % 2
    found = [
        GridSearchCV(RNNClassifier("gru", **SETTINGS), {"units": [2, 4]}, cv=2).fit(data, y).cv_results_
        for data in (X, mapped)
    ]
    np.testing.assert_allclose(found[0]["mean_test_score"], found[1]["mean_test_score"])


GROWTH = """
import os, sys, threading, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
from skrnn import RNNClassifier, Sequences

def anonymous():
    return int(next(line for line in open("/proc/self/status") if line.startswith("RssAnon")).split()[1]) / 1024

n, steps, d = 1000, 400, 256  # 390 MB
mapped = np.lib.format.open_memmap(sys.argv[1], "w+", np.float32, shape=(n * steps, d))
for i in range(0, n * steps, 40_000):
    mapped[i : i + 40_000] = np.random.default_rng(i).normal(size=(40_000, d))
mapped.flush()
X = Sequences(np.load(sys.argv[1], mmap_mode="r"), np.arange(n + 1) * steps)
y = np.arange(n) % 2
model = RNNClassifier("elman", units=2, epochs=1, early_stopping=True, random_state=0)
model.fit(X[:64], y[:64]).predict(X[:64])  # what TensorFlow takes for itself
before, most, over = anonymous(), 0.0, False

def watch():
    global most
    while not over:
        most = max(most, anonymous())
        time.sleep(0.005)

watcher = threading.Thread(target=watch)
watcher.start()
model.fit(X, y).predict(X)
over = True
watcher.join()
print(most - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_is_bounded(tmp_path):
    command = [sys.executable, "-c", GROWTH, str(tmp_path / "values.npy")]
    grown = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown < 200  # MB; the data are 390
