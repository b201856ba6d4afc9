"""Data shared by the tests: small, seeded, learnable."""

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

TOY_LENGTHS = (2, 9)


def name_of(value):
    """The name of a test's parameter: the same in every process, so without addresses in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


def toy_sequences(n=40, n_features=3, n_classes=2, seed=0):
    """Ragged sequences whose class moves the mean of the first feature."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = [rng.normal(size=(rng.integers(*TOY_LENGTHS), n_features)) for _ in range(n)]
    for x, label in zip(X, y):
        x[:, 0] += 2.0 * label
    return X, y


@pytest.fixture
def toy():
    return toy_sequences()


@pytest.fixture
def toy3():
    return toy_sequences(n=45, n_classes=3)
