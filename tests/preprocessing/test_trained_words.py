"""Vectors of words that are trained, and dropout with one mask for all words."""

import keras
import numpy as np
import pytest

from skrnn import RNNClassifier
from skrnn.layers import WordFeatures
from skrnn.networks import build_inputs
from skrnn.preprocessing import VocabularyReader, WordReader, WordVectors

X = [["good", "film"], ["bad", "film"], ["good"], ["bad"]] * 4
Y = [1, 0, 1, 0] * 4
VECTORS = WordVectors(["good", "bad", "great"], np.eye(3))
PLAIN = {"dim": 2, "max_affix_length": 0, "max_characters": 0, "min_count": 1, "word_dropout": 0.0, "vectors": VECTORS}


def features(model, sentence):
    """Features of the words of a sentence, (T, F)."""
    layer = model.model_.get_layer("word_features")
    columns = model.reader_.read([sentence]).columns
    inputs = [columns["words"].values[None], columns["vectors"].values[None]]
    return keras.ops.convert_to_numpy(layer(inputs))[0]


@pytest.mark.core
def test_vectors_of_known_words_are_trained_and_those_of_others_stay():
    model = RNNClassifier("gru", units=3, epochs=5, random_state=0, reader=WordReader(**PLAIN, trainable_vectors=True))
    before = features(model.initialize(X, Y), ["good", "bad", "great"])[:, -3:]
    np.testing.assert_array_equal(before, np.eye(3))
    after = features(model.fit(X, Y), ["good", "bad", "great"])[:, -3:]
    assert (np.abs(after - before)[:2].max(axis=1) > 1e-3).all()
    np.testing.assert_array_equal(after[2], before[2])
    fixed = RNNClassifier("gru", units=3, epochs=5, random_state=0, reader=WordReader(**PLAIN)).fit(X, Y)
    np.testing.assert_array_equal(features(fixed, ["good", "bad", "great"])[:, -3:], before)


def test_a_step_of_training_is_that_of_the_table_itself():
    """With plain gradient descent, against the gradient of the features with respect to the vectors."""
    layer = WordFeatures(words=3, dim=2, trainable_vectors=True)
    numbers = np.array([[[1, 0], [2, 0], [0, 0], [1, 0]]], "int32")
    vectors = np.random.default_rng(0).normal(size=(1, 4, 3)).astype("float32")
    layer.build([numbers.shape, vectors.shape])
    found = keras.ops.convert_to_numpy(layer([numbers, vectors]))
    np.testing.assert_array_equal(found[:, :, 2:], vectors)
    change = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    layer.changes.assign(change)
    found = keras.ops.convert_to_numpy(layer([numbers, vectors]))
    np.testing.assert_allclose(
        found[0, :, 2:], vectors[0] + change[[1, 2, 0, 1]] * np.array([1, 1, 0, 1])[:, None], rtol=1e-6
    )


@pytest.mark.parametrize("reader", [WordReader(spatial_dropout=0.5), VocabularyReader(spatial_dropout=0.5)])
def test_spatial_dropout_has_one_mask_for_all_words(reader):
    reader = reader.fit([["a", "b", "c", "d"]] * 3)
    inputs = build_inputs(reader.spec)
    model = keras.Model(inputs.tensors, inputs.features)
    columns = [column.values[None, :4] for column in reader.read([["a", "b", "c", "d"]]).columns.values()]
    kept = keras.ops.convert_to_numpy(model(columns, training=True))[0, :, :100] != 0  # those of words
    assert (kept == kept[0]).all()
    assert 0.2 < kept[0].mean() < 0.8
    assert (keras.ops.convert_to_numpy(model(columns))[0, :, :100] != 0).all()
    with pytest.raises(ValueError, match="The 'spatial_dropout' parameter of .*Reader must be"):
        type(reader)(spatial_dropout=1.0).fit([["a"]])
