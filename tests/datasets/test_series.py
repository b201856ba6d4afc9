"""The .ts reader, on small files written here and on the real sets."""

import os
from pathlib import Path

import numpy as np
import pytest

from skrnn.datasets import SERIES_NAMES, load_series, load_ts

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")

# name: (train, test, dimensions, shortest, longest, classes), as the archive describes its sets.
FACTS = {
    "ArrowHead": (36, 175, 1, 251, 251, 3),
    "BasicMotions": (40, 40, 6, 100, 100, 4),
    "Chinatown": (20, 343, 1, 24, 24, 2),
    "Coffee": (28, 28, 1, 286, 286, 2),
    "ECG200": (100, 100, 1, 96, 96, 2),
    "GunPoint": (50, 150, 1, 150, 150, 2),
    "ItalyPowerDemand": (67, 1029, 1, 24, 24, 2),
    "JapaneseVowels": (270, 370, 12, 7, 29, 9),
    "SyntheticControl": (300, 300, 1, 60, 60, 6),
}


@pytest.fixture
def write(tmp_path):
    def write_file(text, encoding="utf-8"):
        path = tmp_path / "tiny.ts"
        path.write_bytes(text.encode(encoding))
        return path

    return write_file


def test_reads_dimensions_labels_and_gaps(write):
    path = write(
        "# a comment\n@problemName tiny\n@timeStamps false\n@dimensions 2\n@classLabel true up down\n@data\n"
        "1,2,3:4,5,-6e-1:up\n\n 3, ? : ?,5 : down \n"
    )
    X, y = load_ts(path)
    assert [x.dtype for x in X] == [np.float32, np.float32]
    np.testing.assert_array_equal(X[0], np.array([[1, 4], [2, 5], [3, -0.6]], dtype=np.float32))
    np.testing.assert_array_equal(X[1], [[3, np.nan], [np.nan, 5]])
    assert y.dtype.kind == "U"
    assert y.tolist() == ["up", "down"]


def test_reads_without_declared_labels_or_dimensions(write):
    X, y = load_ts(str(write("@data\n1:2:a\n3:4:b\n")))
    assert [x.tolist() for x in X] == [[[1, 2]], [[3, 4]]]
    assert y.tolist() == ["a", "b"]


def test_reads_other_encodings_and_windows_lines(write):
    X, y = load_ts(write("# Zürich\r\n@univariate true\r\n@data\r\n1,2:a\r\n", encoding="latin-1"))
    assert (X[0].tolist(), y.tolist()) == ([[1], [2]], ["a"])
    assert load_ts(write("@data\n1:a\n", encoding="utf-8-sig"))[1].tolist() == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@data\n1,2:a\n1,x:a\n", r"tiny\.ts, line 3: values must be numbers or '\?'.*'x'"),
        ("@data\n1,,2:a\n", r"line 2: values must be numbers"),
        ("@data\n:a\n", r"line 2: values must be numbers"),
        ("@data\n1,2\n", r"line 2: a series must be values, ':' and a label\. Got '1,2'"),
        ("@data\n1,2:\n", r"line 2: a series must be values, ':' and a label"),
        ("@data\n1,2:1:a\n", r"line 2: all dimensions must have the same number of steps\. Got \[1, 2\]"),
        ("@data\n1:2:a\n1:a\n", r"line 3: a series must have 2 dimensions\. Got 1"),
        ("@dimensions 3\n@data\n1:2:a\n", r"line 3: a series must have 3 dimensions\. Got 2"),
        ("@univariate true\n@data\n1:2:a\n", r"line 3: a series must have 1 dimensions\. Got 2"),
        ("@dimensions two\n@data\n1:2:a\n", r"line 1: dimensions must be a positive integer\. Got 'two'"),
        ("@classLabel true a b\n@data\n1:c\n", r"line 3: the label must be one of \['a', 'b'\]\. Got 'c'"),
        ("@classLabel false\n@data\n1:2\n", r"line 1: classLabel must be true.* Got 'false'"),
        ("@timeStamps true\n@data\n(0,1):a\n", r"line 1: timeStamps must be false.* Got true"),
        ("1,2:a\n@data\n", r"line 1: a line before @data must start with @ or #\. Got '1,2:a'"),
        ("@problemName none\n@data\n", r"must hold at least one series after a line @data\. Got none"),
        ("", r"must hold at least one series after a line @data\. Got none"),
    ],
)
def test_bad_lines_name_the_file_and_the_line(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_ts(write(text))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"The series file .*none\.ts does not exist\."):
        load_ts(tmp_path / "none.ts")


def test_load_series_takes_a_folder(tmp_path):
    folder = tmp_path / "ucr_uea" / "Coffee"
    folder.mkdir(parents=True)
    (folder / "Coffee_TRAIN.ts").write_text("@data\n1,2:0\n")
    (folder / "Coffee_TEST.ts").write_text("@data\n3,4:1\n")
    assert load_series("Coffee", data_home=tmp_path)[0][0].tolist() == [[1], [2]]
    assert load_series("Coffee", "test", tmp_path)[1].tolist() == ["1"]
    with pytest.raises(FileNotFoundError, match=r"GunPoint_TEST\.ts does not exist"):
        load_series("GunPoint", "test", tmp_path)


def test_unknown_names_and_splits_are_errors():
    with pytest.raises(ValueError, match=r"name must be one of ArrowHead, .*\. Got 'arrowhead'\."):
        load_series("arrowhead")
    with pytest.raises(ValueError, match=r"split must be 'train' or 'test'\. Got 'TRAIN'\."):
        load_series("ArrowHead", "TRAIN")


@needs_data
@pytest.mark.parametrize("name", SERIES_NAMES)
def test_real_sets_are_what_the_archive_says(name):
    n_train, n_test, n_dims, shortest, longest, n_classes = FACTS[name]
    train, y_train = load_series(name)
    test, y_test = load_series(name, "test")
    assert (len(train), len(y_train), len(test), len(y_test)) == (n_train, n_train, n_test, n_test)
    lengths = [len(x) for x in train + test]
    assert (min(lengths), max(lengths)) == (shortest, longest)
    assert {x.shape[1] for x in train + test} == {n_dims}
    assert set(y_train) == set(y_test)
    assert len(set(y_train)) == n_classes
    assert all(np.isfinite(x).all() for x in train + test)


@needs_data
@pytest.mark.parametrize(("name", "split"), [("JapaneseVowels", "test"), ("ECG200", "train")])
def test_real_values_match_a_plain_reading(name, split):
    X, y = load_series(name, split)
    path = Path(os.environ["SKRNN_DATA"], "ucr_uea", name, f"{name}_{split.upper()}.ts")
    body = path.read_text(encoding="utf-8").split("@data")[1].strip().splitlines()
    assert len(body) == len(X)
    for line, x, label in zip(body, X, y, strict=True):
        fields = line.rsplit(":", 1)
        assert fields[1] == label
        twin = [[float(value) for value in dim.split(",")] for dim in fields[0].split(":")]
        np.testing.assert_allclose(x.T, twin, rtol=1e-6)
