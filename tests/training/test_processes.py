"""Fits in threads, in workers and after a fork; fresh programs and cached ones."""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import toy_sequences
from joblib import Parallel, delayed, parallel_backend
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn import RNNClassifier
from skrnn.training import program_cache


def model(**settings):
    return RNNClassifier("gru", **{"units": 4, "epochs": 2, "random_state": 0, **settings})


def fitted(seed, rate=0.01):
    X, y = toy_sequences(seed=seed)
    return model(random_state=seed, learning_rate=rate).fit(X, y).weights_


def assert_equal(a, b):
    for p, q in zip(a, b, strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.core
def test_fresh_equals_cached(toy):
    program_cache.clear()
    fresh = model(dropout=0.2).fit(*toy)
    assert program_cache.info()[:2] == (0, 1)
    for seed in (1, 2):
        model(dropout=0.2, random_state=seed, learning_rate=0.1).fit(*toy_sequences(n=30 + seed, seed=seed))
    cached = model(dropout=0.2).fit(*toy)
    assert program_cache.info()[:2] == (3, 1)
    assert_equal(fresh.weights_, cached.weights_)
    assert fresh.history_ == cached.history_


def test_fits_in_threads_equal_fits_one_after_the_other():
    jobs = [(seed, rate) for seed in range(4) for rate in (0.01, 0.1)]
    alone = [fitted(*job) for job in jobs]
    with parallel_backend("threading", n_jobs=2):
        together = Parallel()(delayed(fitted)(*job) for job in jobs)
    for a, b in zip(alone, together):
        assert_equal(a, b)


def test_predictions_in_threads_equal_predictions_one_after_the_other(toy):
    estimator = model().fit(*toy)
    inputs = [toy_sequences(n=n, seed=n)[0] for n in range(3, 19)]
    alone = [estimator.predict_proba(X) for X in inputs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(estimator.predict_proba, inputs))
    assert_equal(alone, together)


def test_loky_workers_equal_this_process(toy):
    scores = [cross_val_score(model(), *toy, cv=2, n_jobs=n) for n in (1, 2)]
    assert_equal(*scores)
    searches = [GridSearchCV(model(), {"units": [3, 4]}, cv=2, n_jobs=n).fit(*toy) for n in (1, 2)]
    assert_equal(*(search.cv_results_["mean_test_score"] for search in searches))
    assert_equal(*(search.best_estimator_.weights_ for search in searches))


def test_a_fitted_estimator_predicts_in_a_worker(toy):
    estimator = model().fit(*toy)
    there = Parallel(n_jobs=2)(delayed(pickle.loads(pickle.dumps(estimator)).predict_proba)(toy[0]) for _ in range(2))
    for result in there:
        np.testing.assert_array_equal(result, estimator.predict_proba(toy[0]))


@pytest.mark.slow
def test_dask_workers_equal_this_process(toy):
    distributed = pytest.importorskip("distributed")
    alone = cross_val_score(model(), *toy, cv=2)
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster), parallel_backend("dask"):
        there = cross_val_score(model(), *toy, cv=2)
    np.testing.assert_array_equal(alone, there)


FORK = """
import os, sys
import keras
import numpy as np
from skrnn import RNNClassifier
X, y = np.random.default_rng(0).normal(size=(12, 4, 2)), np.arange(12) % 2
model = RNNClassifier("gru", units=3, epochs=1)
{before}
child = os.fork()
if child == 0:
    for use in {inside}:
        try:
            use()
            print("works", flush=True)
        except RuntimeError as error:
            print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
FIT, PREDICT = "lambda: model.fit(X, y)", "lambda: model.predict(X)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize(
    ("before", "inside", "expected"),
    [
        ("pass", [FIT, PREDICT], "works"),
        ("model.fit(X, y)", [FIT, PREDICT, "lambda: model.model_"], "forked after TensorFlow"),
        ("keras.optimizers.Adam(0.1)", [FIT], "forked after TensorFlow"),
    ],
)
def test_a_fork_works_or_says_why_not(before, inside, expected):
    code = FORK.format(before=before, inside=f"({', '.join(inside)},)")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=400, check=True, env=environment
    )
    said = done.stdout.splitlines()
    assert len(said) == len(inside)
    assert all(expected in line for line in said)
