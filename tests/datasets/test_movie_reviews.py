"""Sentences of movie reviews, from made up files, and as published."""

import os

import numpy as np
import pytest

from skrnn.datasets import load_movie_reviews


def folder(tmp_path, text):
    path = tmp_path / "sentiment_mr_sst"
    path.mkdir()
    for name in ("rt-polarity.all", "stsa.binary.train"):
        (path / name).write_bytes(text.encode("latin-1"))
    return tmp_path


def test_labels_and_sentences(tmp_path):
    home = folder(tmp_path, "1 a good film , café\n0 bad\n\n1 \n")
    for arguments in (("mr",), ("sst2", "train")):
        texts, y = load_movie_reviews(*arguments, data_home=home)
        assert texts == ["a good film , café", "bad"]
        np.testing.assert_array_equal(y, [1, 0])


def test_what_cannot_be_read(tmp_path):
    home = folder(tmp_path, "1 good\nbad\n")
    with pytest.raises(ValueError, match="line 2: must be a label and a sentence. Got 'bad'."):
        load_movie_reviews(data_home=home)
    with pytest.raises(ValueError, match="name must be one of 'mr', 'sst2', 'sst5'. Got 'imdb'."):
        load_movie_reviews("imdb")
    with pytest.raises(ValueError, match="split must be None for 'mr'. Got 'train'."):
        load_movie_reviews("mr", "train")
    with pytest.raises(ValueError, match="split must be one of 'train', 'dev', 'test'. Got None."):
        load_movie_reviews("sst2")


@pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")
def test_sizes_as_published():
    assert np.bincount(load_movie_reviews()[1]).tolist() == [5331, 5331]
    assert [len(load_movie_reviews("sst2", part)[0]) for part in ("train", "dev", "test")] == [6920, 872, 1821]
    assert [len(load_movie_reviews("sst5", part)[0]) for part in ("train", "dev", "test")] == [8544, 1101, 2210]
