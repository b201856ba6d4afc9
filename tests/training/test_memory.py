"""Long sequences: bounded memory, and the same bits alone and in company."""

import gc
import subprocess
import sys

import keras
import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.preprocessing import WordReader
from skrnn.sequences import batches
from skrnn.training import program_cache

MEASURED = """
import resource
from skrnn import RNNTagger

def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

words, labels = [f"w{i % 50}" for i in range(5000)], ["a", "b"] * 2500
short = ([words[:20]] * 31, [labels[:20]] * 31)
tagger = RNNTagger("gru", units=8, epochs=1, random_state=0).fit(*short)
tagger.predict(short[0])
before = taken()
tagger.predict([words])
print(taken() - before)
before = taken()
tagger.fit([*short[0], words], [*short[1], labels])
print(taken() - before)
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others compile for each length")
@pytest.mark.skipif(sys.platform != "linux", reason="units of ru_maxrss")
def test_one_long_sentence_takes_little_memory():
    """Filled up to 16 rows it took 1.2 GB, in a batch of 32 of a fit 4.3 GB; now some 60 and 160 MB."""
    command = [sys.executable, "-W", "ignore", "-c", MEASURED]
    predicted, fitted = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert predicted < 300
    assert fitted < 600


@pytest.mark.core
@pytest.mark.parametrize("kind", ["numbers", "vectors at steps", "words", "one number a sequence"])
def test_long_sequences_have_the_same_bits_alone_and_in_company(monkeypatch, kind):
    monkeypatch.setattr(batches, "PREDICTION_NUMBERS", 2**16)  # some ten steps in sixteen rows
    rng = np.random.default_rng(0)
    lengths = [3, 40, 5, 60, 8, 41, 2]
    X = [rng.normal(size=(n, 2)).astype("float32") for n in lengths]
    y = np.arange(len(X)) % 2
    if kind == "numbers":
        ask = RNNClassifier("gru", units=5, epochs=1, random_state=0).fit(X, y).predict_proba
    elif kind == "one number a sequence":
        ask = RNNRegressor("lstm", units=5, epochs=1, bidirectional=True, random_state=0).fit(X, y).predict
    elif kind == "vectors at steps":
        labels = [rng.integers(0, 3, n) for n in lengths]
        ask = RNNTagger("gru", units=5, epochs=1, head="softmax", random_state=0).fit(X, labels).predict_marginals
    else:
        X = [[f"w{k}" for k in rng.integers(0, 9, n)] for n in lengths]
        labels = [rng.integers(0, 3, n) for n in lengths]
        ask = RNNTagger("gru", units=5, epochs=1, reader=WordReader(), random_state=0).fit(X, labels).predict_marginals
    together = ask(X)
    exact = keras.backend.backend() == "tensorflow"
    for x, expected in zip(X, together):
        alone = ask([x])[0]
        (np.testing.assert_array_equal if exact else np.testing.assert_allclose)(
            alone, expected, **({} if exact else {"atol": 1e-5})
        )


@pytest.mark.core
def test_a_divided_batch_trains(monkeypatch):
    """Parts of a batch are steps of the optimizer, as batches are, and every sequence is in one of them."""
    monkeypatch.setattr(batches, "TRAINING_NUMBERS", 2**12)
    X = [np.ones((n, 1), "float32") for n in [3] * 30 + [200, 220]]
    y = np.arange(32) % 2
    sizes = []
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: sizes.append(batch))
    model = RNNClassifier("gru", units=3, epochs=2, batch_size=32, callbacks=seen, random_state=0).fit(X, y)
    assert sizes == [0, 1, 0, 1]
    assert np.isfinite(model.history_["loss"]).all()
    model = RNNClassifier("gru", units=3, epochs=2, batch_size=32, random_state=0).fit(X, y)
    assert np.isfinite(model.history_["loss"]).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's graphs")
@pytest.mark.parametrize("kind", [RNNClassifier, RNNTagger])
def test_nothing_of_an_evicted_program_stays(kind):
    """Custom gradients of TensorFlow stay in a registry, and their graphs with them, some 10 MB of a program."""
    X = np.ones((8, 4, 2), "float32")
    y = [0, 1] * 4 if kind is RNNClassifier else [[0, 1, 1, 0]] * 8

    def graphs():
        gc.collect()
        return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())

    with program_cache.bounded(0):
        kind("gru", units=3, epochs=1, random_state=0).fit(X, y).predict(X)
        before = graphs()
        for units in (5, 7, 9):
            model = kind("gru", units=units, epochs=1, random_state=0).fit(X, y)
            model.predict(X)
        assert graphs() <= before


ARCHITECTURES = """
import resource
import numpy as np
from skrnn import RNNClassifier
X, y = np.ones((8, 4, 2), "float32"), [0, 1] * 4
for units in range(2, 82):
    RNNClassifier("gru", units=units, epochs=1).fit(X, y).predict(X)
    if units in (41, 81):
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of other backends nothing is promised")
@pytest.mark.skipif(sys.platform != "linux", reason="units of ru_maxrss")
def test_a_search_over_many_architectures_takes_bounded_memory():
    """Each took 12 MB for good: 40 of them 480 MB; now some 20 MB in all."""
    command = [sys.executable, "-W", "ignore", "-c", ARCHITECTURES]
    first, last = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert last - first < 120
