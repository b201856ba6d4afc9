"""Recordings of digits, from made up files and as published, and utterances of several digits."""

import os

import numpy as np
import pytest
from scipy.io import wavfile

from skrnn.datasets import join_spoken_digits, load_spoken_digits

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")


def folder(tmp_path, names, rate=8000, kind=np.int16):
    path = tmp_path / "fsdd" / "recordings"
    path.mkdir(parents=True)
    for name in names:
        wavfile.write(path / name, rate, np.full(3, len(name), kind))
    return tmp_path


def test_digits_speakers_and_parts(tmp_path):
    home = folder(tmp_path, ["3_theo_10.wav", "3_theo_2.wav", "0_lucas_4.wav", "0_lucas_5.wav"])
    X, y, groups = load_spoken_digits(data_home=home)
    assert y.tolist() == [0, 0, 3, 3]
    assert groups.tolist() == ["lucas", "lucas", "theo", "theo"]
    assert [x.tolist() for x in X] == [[13] * 3, [13] * 3, [12] * 3, [13] * 3]
    assert X[0].dtype == np.int16
    for split, numbers in (("test", ["0_lucas_4", "3_theo_2"]), ("train", ["0_lucas_5", "3_theo_10"])):
        paths, y, groups = load_spoken_digits(split=split, paths=True, data_home=home)
        assert [os.path.basename(path)[:-4] for path in paths] == numbers
        assert y.tolist() == [0, 3]
        assert groups.tolist() == ["lucas", "theo"]


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(ValueError, match="split must be 'train', 'test' or None. Got 'dev'."):
        load_spoken_digits(split="dev")
    with pytest.raises(FileNotFoundError, match="must hold the recordings, such as 0_george_0.wav. Got none."):
        load_spoken_digits(data_home=tmp_path)
    with pytest.raises(ValueError, match="other.wav: the name must be that of a digit, a speaker and a number"):
        load_spoken_digits(data_home=folder(tmp_path / "a", ["other.wav"]))
    with pytest.raises(ValueError, match=r"must hold 8000 samples of int16 .* Got 16000 of int32, shape \(3,\)."):
        load_spoken_digits(data_home=folder(tmp_path / "b", ["0_theo_0.wav"], 16000, np.int32))
    home = folder(tmp_path / "c", [])
    (home / "fsdd" / "recordings" / "0_theo_0.wav").write_text("no sound, but words")
    with pytest.raises(ValueError, match="0_theo_0.wav must be a wav file. Got another: "):
        load_spoken_digits(data_home=home)


@needs_data
def test_sizes_as_published():
    X, y, groups = load_spoken_digits()
    assert len(X) == 3000
    assert np.bincount(y).tolist() == [300] * 10
    assert np.unique(groups, return_counts=True)[1].tolist() == [500] * 6
    assert len(load_spoken_digits(split="test", paths=True)[0]) == 300
    assert len(load_spoken_digits(split="train", paths=True)[0]) == 2700


# Six recordings, each of another number; speakers a and b.
DIGITS = [np.full(100 + 10 * k, 1000 + k, np.int16) for k in range(6)]
Y, GROUPS = np.arange(6), np.array(list("aaabbb"))


def runs(x):
    """Values and lengths of pieces of equal samples."""
    begins = np.flatnonzero(np.r_[True, np.diff(x) != 0])
    return x[begins], np.diff(np.r_[begins, len(x)])


def test_utterances_without_noise():
    X, y, groups = join_spoken_digits(DIGITS, Y, GROUPS, 200, pause=(0.01, 0.02), snr=None, random_state=0)
    assert len(X) == len(y) == len(groups) == 200
    assert set(map(len, y)) == {3, 4, 5, 6, 7}
    assert set(groups) == {"a", "b"}
    assert {digit for row in y for digit in row} == set("012345")
    for x, row, speaker in zip(X, y, groups):
        assert x.dtype == np.int16
        assert {GROUPS[int(digit)] for digit in row} == {speaker}
        values, lengths = runs(x)
        assert values.tolist() == [0, *sum(([1000 + int(digit), 0] for digit in row), [])]
        assert lengths[1::2].tolist() == [100 + 10 * int(digit) for digit in row]
        assert lengths[::2].min() >= 80
        assert lengths[::2].max() <= 160


def test_noise_has_the_level_that_is_asked_for():
    sequences = [np.full(20_000, value) for value in (0.1, 0.2)]
    for decibels in (0.0, 20.0):
        options = {"min_digits": 1, "max_digits": 1, "pause": (1.0, 1.0), "random_state": 0}
        noisy, y, _ = join_spoken_digits(sequences, [1, 2], ["a", "a"], 4, snr=(decibels, decibels), **options)
        for x, (digit,) in zip(noisy, y):
            clean = np.concatenate([np.zeros(8000), sequences[int(digit) - 1], np.zeros(8000)])
            power = (0.1 * int(digit)) ** 2
            found = 10 * np.log10(power / np.mean((x - clean) ** 2))
            assert abs(found - decibels) < 0.2


def test_random_state():
    made = [join_spoken_digits(DIGITS, Y, GROUPS, 5, random_state=k) for k in (0, 0, 1)]
    assert made[0][1] == made[1][1] != made[2][1]
    for a, b in zip(made[0][0], made[1][0]):
        np.testing.assert_array_equal(a, b)


def test_loud_noise_is_clipped():
    loud = [np.full(100, 30_000, np.int16)]
    X, *_ = join_spoken_digits(loud, ["x"], ["a"], 3, snr=(0, 0), random_state=0)
    assert max(x.max() for x in X) == 32767


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"y": Y[:2]}, r"waveforms, y and groups must have the same length.* Got 6 recordings, y of shape \(2,\)"),
        ({"waveforms": [], "y": [], "groups": []}, "waveforms, y and groups must have the same length, at least 1."),
        ({"waveforms": [*DIGITS[:5], np.zeros(3)]}, r"waveforms\[5\] must be an array .* Got float64 of shape \(3,\)."),
        ({"waveforms": [*DIGITS[:5], DIGITS[0][:, None]]}, r"waveforms\[5\] must be .* Got int16 of shape \(100, 1\)."),
        ({"waveforms": [[1, 2]] * 6}, r"waveforms\[0\] must be an array of shape \(time,\)"),
        ({"n_samples": 0}, "n_samples must be at least 1. Got 0."),
        ({"min_digits": 8}, r"min_digits and max_digits must be a range .* at least 1. Got \(8, 7\)."),
        ({"pause": (-1, 1)}, r"pause must be a range .* at least 0. Got \(-1, 1\)."),
        ({"snr": (30, 10)}, r"snr must be a range from a lower to a higher number. Got \(30, 10\)."),
    ],
    ids=range(9),
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        join_spoken_digits(**{"waveforms": DIGITS, "y": Y, "groups": GROUPS, **arguments})
