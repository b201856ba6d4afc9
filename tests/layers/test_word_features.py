"""Layers that read tokens, against NumPy in float64."""

import keras
import numpy as np
import pytest
from keras import ops

from skrnn.layers import FeatureBag, WordFeatures
from skrnn.layers.word_features import read_characters


def characters_by_hand(x, table, kernel, bias):
    """The greatest answer of each filter over windows of three characters, zeros around the word."""
    result = np.zeros((len(x), kernel.shape[1]))
    for n, word in enumerate(x):
        e = np.array([table[c] * (c > 0) for c in word])
        e = np.concatenate([0 * e[:1], e, 0 * e[:1]])
        for t in range(len(word)):
            if word[t]:
                answer = np.maximum(np.concatenate(e[t : t + 3]) @ kernel + bias, 0)
                result[n] = np.maximum(result[n], answer)
    return result


@pytest.mark.core
def test_characters():
    rng = np.random.default_rng(0)
    x = np.array([[1, 2, 3, 1, 2], [3, 0, 0, 0, 0], [0, 0, 0, 0, 0], [2, 2, 0, 0, 0]])
    weights = [rng.normal(size=s) for s in ((4, 6), (18, 5), (5,))]
    got = read_characters(
        ops.convert_to_tensor(x.astype("int32")), *(ops.convert_to_tensor(w.astype("float32")) for w in weights)
    )
    np.testing.assert_allclose(ops.convert_to_numpy(got), characters_by_hand(x, *weights), atol=1e-5)


@pytest.mark.core
def test_reader():
    """Tables by number, the shape, the characters, and what comes from outside, side by side."""
    rng = np.random.default_rng(0)
    options = {"max_characters": 3, "alphabet": 7, "character_dim": 3, "character_filters": 6, "shape_dim": 2}
    layer = WordFeatures(5, 4, 7, 2, n_strings=2, n_affixes=1, **options)
    n = np.concatenate([rng.integers(0, n, (2, 4, 1)) for n in (6, 7, 7, 9, 8, 8, 8)], axis=2).astype("int32")
    vectors = rng.normal(size=(2, 4, 2)).astype("float32")
    y = ops.convert_to_numpy(layer([n, vectors]))
    assert y.shape == layer.compute_output_shape([n.shape, vectors.shape]) == (2, 4, 4 + 2 * 2 + 2 + 6 + 2)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(n)), y[:, :, :-2])
    weights = {w.name: ops.convert_to_numpy(w) for w in layer.weights}
    letters = characters_by_hand(n[:, :, 4:7].reshape(8, 3), weights["characters"], weights["kernel"], weights["bias"])
    parts = [
        weights["words"][n[:, :, 0]],
        *(weights["parts"][n[:, :, k]] for k in (1, 2)),
        weights["shapes"][n[:, :, 3]],
    ]
    expected = np.concatenate([*parts, letters.reshape(2, 4, 6), vectors], axis=2)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    again = WordFeatures.from_config(layer.get_config())
    again.build(n.shape)
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]


@pytest.mark.core
def test_word_dropout():
    """In training a share of the words, and of their endings, is unknown, but not other strings and shapes."""
    layer = WordFeatures(5, 1, 9, 1, n_strings=2, n_affixes=1, shape_dim=1, word_dropout=0.3)
    x = np.tile(np.array([[[4, 2, 5, 1]]], "int32"), (40, 50, 1))
    seen = ops.convert_to_numpy(layer(x, training=True))
    word, part = (ops.convert_to_numpy(table)[:, 0] for table in (layer.of_words, layer.of_parts))
    for column, table, number, none in ((0, word, 4, 0), (2, part, 5, 1)):
        unknown = seen[:, :, column] == table[none]
        assert abs(unknown.mean() - 0.3) < 0.05
        assert (seen[~unknown][:, column] == table[number]).all()
    assert (seen[:, :, 1] == part[2]).all()
    assert (seen[:, :, 3] == ops.convert_to_numpy(layer.shapes)[1, 0]).all()
    assert (ops.convert_to_numpy(layer(x))[:, :, 0] == word[4]).all()


@pytest.mark.core
def test_bag():
    rng = np.random.default_rng(0)
    layer = FeatureBag(6, 3)
    numbers, values = rng.integers(0, 7, (2, 4, 5)), rng.normal(size=(2, 4, 5)) * (rng.random((2, 4, 5)) < 0.7)
    numbers, values = numbers.astype("int32"), values.astype("float32")
    y = ops.convert_to_numpy(layer([numbers, values]))
    table = ops.convert_to_numpy(layer.table)
    np.testing.assert_allclose(y, (table[numbers] * values[..., None]).sum(axis=2), atol=1e-5)
    narrow = [numbers[:, :, :1], values[:, :, :1]]  # another number of features
    expected = table[numbers[:, :, 0]] * values[:, :, :1]
    np.testing.assert_allclose(ops.convert_to_numpy(layer(narrow)), expected, atol=1e-5)
    assert FeatureBag.from_config(layer.get_config()).compute_output_shape([(2, 4, 5), (2, 4, 5)]) == (2, 4, 3)
    assert keras.saving.get_registered_name(FeatureBag) == "skrnn>FeatureBag"
