"""`Beside` and `OneHot`, against NumPy."""

import keras
import numpy as np
import pytest

from skrnn.layers import Beside, OneHot

pytestmark = pytest.mark.core
RNG = np.random.default_rng(0)


def test_features_of_sequences_stand_at_each_step():
    steps, more, static = (RNG.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 3, 1), (2, 5)))
    found = keras.ops.convert_to_numpy(Beside()([steps, more, static]))
    np.testing.assert_array_equal(found, np.concatenate([steps, more, np.repeat(static[:, None], 3, axis=1)], axis=2))
    found = keras.ops.convert_to_numpy(Beside()([steps[:, 0], static]))
    np.testing.assert_array_equal(found, np.concatenate([steps[:, 0], static], axis=1))


def test_the_mask_is_that_of_the_first():
    inputs = [keras.Input((None, 4)), keras.Input((2,))]
    joined = Beside()(inputs)
    assert joined.shape == (None, None, 6)
    mask = np.array([[True, False, False]])
    assert Beside().compute_mask(inputs, [mask, None]) is mask


def test_categories_have_columns_of_their_own(tmp_path):
    numbers = np.array([[0, 2], [1, -1], [-1, 0]], "int32")
    expected = np.array([[1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0]])
    layer = OneHot((2, 3))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(numbers)), expected)
    x = keras.Input((2,), dtype="int32")
    model = keras.Model(x, Beside()([layer(x), layer(x)]))
    assert model.output_shape == (None, 10)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again(numbers)), np.tile(expected, 2))
