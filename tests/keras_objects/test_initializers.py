"""Initializers with a seed."""

import keras
import numpy as np
import pytest

from skrnn.keras_objects.initializers import DrawnInFloat32, seeded


def ones(shape, dtype=None):
    return keras.ops.ones(shape, dtype)


def drawn(initializer):
    return keras.ops.convert_to_numpy(initializer((3, 4), dtype="float32"))


@pytest.mark.core
def test_a_seed_is_given_where_there_is_none():
    plain, with_seed = keras.initializers.Orthogonal(), keras.initializers.Orthogonal(seed=5)
    np.testing.assert_array_equal(drawn(seeded(plain, 5)), drawn(with_seed))
    np.testing.assert_array_equal(drawn(DrawnInFloat32(plain, seed=5)), drawn(with_seed))
    assert seeded(DrawnInFloat32(plain), 5).seed == 5


@pytest.mark.parametrize(
    "initializer", [keras.initializers.Orthogonal(seed=5), keras.initializers.Zeros(), keras.initializers.Ones(), ones]
)
def test_others_stay_as_they_are(initializer):
    assert seeded(initializer, 3) is initializer


def test_no_seed_changes_nothing():
    plain = keras.initializers.GlorotUniform()
    assert seeded(plain, None) is plain
