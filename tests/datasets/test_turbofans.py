"""Turbofan engines, against a plain reading of the files."""

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from skrnn.datasets import TURBOFAN_FEATURES, load_turbofans

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")


def read_plainly(name):
    engines = defaultdict(list)
    with Path(os.environ["SKRNN_DATA"], "cmapss_fd001", name).open() as file:
        for line in file:
            unit, cycle, *values = (float(field) for field in line.split())
            engines[unit].append([cycle, *values])
    return [np.array(engines[unit]) for unit in sorted(engines)]


def rows(unit, n_cycles):
    return "".join(
        f"{unit} {t} " + " ".join(str(unit + t + c) for c in range(24)) + "\n" for t in range(1, n_cycles + 1)
    )


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "cmapss_fd001"
    folder.mkdir()
    (folder / "train_FD001.txt").write_text(rows(1, 4) + rows(2, 2))
    (folder / "test_FD001.txt").write_text(rows(1, 3) + rows(2, 1))
    (folder / "RUL_FD001.txt").write_text("7 \n2 \n")
    return tmp_path


def test_features_name_every_column():
    assert len(TURBOFAN_FEATURES) == len(set(TURBOFAN_FEATURES)) == 24
    assert TURBOFAN_FEATURES[0] == "setting_1"
    assert TURBOFAN_FEATURES[2:4] == ("setting_3", "sensor_1")
    assert TURBOFAN_FEATURES[-1] == "sensor_21"


def test_small_files(home):
    X, y = load_turbofans(max_life=2, data_home=home)
    assert [x.shape for x in X] == [(4, 24), (2, 24)]
    assert [life.tolist() for life in y] == [[2, 2, 1, 0], [1, 0]]
    assert X[1][1].tolist() == [4 + c for c in range(24)]
    X, y = load_turbofans("test", max_life=5.5, data_home=home)
    assert [len(x) for x in X] == [3, 1]
    assert y.tolist() == [5.5, 2]
    assert load_turbofans("test", max_life=None, data_home=home)[1].tolist() == [7, 2]


@needs_data
@pytest.mark.parametrize(("split", "shortest", "longest"), [("train", 128, 362), ("test", 31, 303)])
def test_real_engines_match_a_plain_reading(split, shortest, longest):
    X, _ = load_turbofans(split)
    twins = read_plainly(f"{split}_FD001.txt")
    assert len(X) == len(twins) == 100
    assert (min(map(len, X)), max(map(len, X))) == (shortest, longest)
    for x, twin in zip(X, twins, strict=True):
        assert x.dtype == np.float32
        assert x.shape == (len(twin), 24)
        np.testing.assert_allclose(x, twin[:, 1:], rtol=1e-6)


@needs_data
@pytest.mark.parametrize("max_life", [125, 40, None])
def test_life_of_training_engines_counts_down_to_failure(max_life):
    _, y = load_turbofans(max_life=max_life)
    for life, engine in zip(y, read_plainly("train_FD001.txt"), strict=True):
        twin = engine[-1, 0] - engine[:, 0]
        if max_life is not None:
            twin[twin > max_life] = max_life
        assert life.dtype == np.float32
        np.testing.assert_array_equal(life, twin)


@needs_data
def test_life_of_test_engines_comes_from_its_file():
    text = Path(os.environ["SKRNN_DATA"], "cmapss_fd001", "RUL_FD001.txt").read_text()
    life = [int(field) for field in text.split()]
    assert max(life) > 125
    capped, whole = load_turbofans("test")[1], load_turbofans("test", max_life=None)[1]
    assert capped.shape == whole.shape == (100,)
    assert capped.dtype == whole.dtype == np.float32
    assert whole.tolist() == life
    assert capped.tolist() == [min(cycles, 125) for cycles in life]


@needs_data
def test_seven_columns_never_move():
    X, _ = load_turbofans()
    still = np.ptp(np.concatenate(X), axis=0) == 0
    names = [name for name, is_still in zip(TURBOFAN_FEATURES, still, strict=True) if is_still]
    assert names == ["setting_3"] + [f"sensor_{i}" for i in (1, 5, 10, 16, 18, 19)]


def test_unknown_split_is_an_error():
    with pytest.raises(ValueError, match=r"split must be 'train' or 'test'\. Got 'dev'\."):
        load_turbofans("dev")


@pytest.mark.parametrize("max_life", [0, -1, "125", True, float("nan")])
def test_max_life_must_be_positive(max_life):
    with pytest.raises(ValueError, match=r"max_life must be None or a positive number of cycles\. Got "):
        load_turbofans(max_life=max_life)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("test_FD001.txt", "1 1 2 3\n", r"test_FD001\.txt must hold 26 numbers a line\. Got 4"),
        ("test_FD001.txt", rows(1, 2) + "2 1 x\n", r"test_FD001\.txt must hold 26 numbers a line \("),
        ("test_FD001.txt", rows(1, 2) + rows(3, 2), r"must hold engines 1, 2, 3.* at engine 2"),
        ("test_FD001.txt", rows(1, 2) + rows(1, 2) + rows(2, 1), r"must hold engines 1, 2, 3.* at engine 1"),
        (
            "RUL_FD001.txt",
            "7\n2\n3\n",
            r"RUL_FD001\.txt must have one line for each of the 2 engines\. Got 3",
        ),
    ],
)
def test_odd_files_are_errors(home, name, text, message):
    (home / "cmapss_fd001" / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        load_turbofans("test", data_home=home)


@pytest.mark.parametrize("name", ["test_FD001.txt", "RUL_FD001.txt"])
def test_missing_files_are_named(home, name):
    (home / "cmapss_fd001" / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"The data file .*{name} does not exist\."):
        load_turbofans("test", data_home=home)
