"""Recordings of activities, and streams joined of them."""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from skrnn.datasets import ACTIVITIES, ACTIVITY_FEATURES, join_recordings, load_activities

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")
HEADER = ",# Columns: time,avg_rss12,var_rss12,avg_rss13,var_rss13,avg_rss23,var_rss23,Lable\n"


@pytest.fixture
def home(tmp_path):
    for k, activity in enumerate(ACTIVITIES):
        folder = tmp_path / "arem" / activity
        folder.mkdir(parents=True)
        for number in (10, 2):
            rows = (f"{t},{250 * t},{k},{number},{t},3,4,5,{activity}\n" for t in range(3))
            (folder / f"dataset{number}.csv").write_text(HEADER + "".join(rows))
    return tmp_path


def test_columns_that_are_no_features_are_dropped(home):
    X, y = load_activities(home)
    assert y.tolist() == [activity for activity in ACTIVITIES for _ in range(2)]
    assert {x.shape for x in X} == {(3, len(ACTIVITY_FEATURES))}
    assert X[2].dtype == np.float32
    assert [x[1].tolist() for x in X[2:4]] == [[1, 2, 1, 3, 4, 5], [1, 10, 1, 3, 4, 5]]


def test_blanks_may_stand_between_numbers(home):
    path = home / "arem" / "lying" / "dataset2.csv"
    path.write_text(HEADER + "0,0 1.5 2 3 4 5 6 ,,,,,,,lying\n1,500 1 2 3 4 5 6 ,,,,,,,lying\n")
    X, y = load_activities(home)
    assert X[list(y).index("lying")].tolist() == [[1.5, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,0,1,2,3,4,5,lying\n", r"dataset2\.csv, line 2: a step must be a number, a time, six features and lying\."),
        ("0,0,1,2,3,4,5,6,sitting\n", r"line 2: a step must be .* lying\. Got '0,0,1,2,3,4,5,6,sitting'\."),
        ("0,0,1,2,3,4,x,6,lying\n", r"line 2: all columns but the last must be numbers \(.*'x'\)\."),
        ("0,0,1,2,3,4,5,6,lying\n1,0,1,2,3,4,5,6,lying\n", r"line 3: time must rise by 250 or more\. Got 0\."),
        ("", r"dataset2\.csv must hold at least one step\. Got none\."),
    ],
)
def test_wrong_lines_are_one_sentence(home, text, message):
    (home / "arem" / "lying" / "dataset2.csv").write_text(HEADER + text)
    with pytest.raises(ValueError, match=message):
        load_activities(home)


def test_missing_recordings_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"bending1 must hold recordings dataset1\.csv, \.\.\. Got none\."):
        load_activities(tmp_path)


@pytest.fixture
def recordings():
    """Recordings whose steps tell which recording, step and class they are."""
    y = np.repeat(["a", "b", "c", "d"], [5, 5, 5, 3])
    X = [np.stack([np.full(n, i), np.arange(n)], axis=1) for i, n in enumerate(range(50, 68))]
    return X, y


def test_streams_use_every_step_once_with_its_class(recordings):
    X, y = recordings
    streams, labels = join_recordings(X, y, recordings_per_stream=4, segment=(7, 20), random_state=0)
    assert len(streams) == 5  # of 18 recordings
    assert Counter(map(tuple, np.concatenate(streams).tolist())) == Counter(map(tuple, np.concatenate(X).tolist()))
    for stream, row in zip(streams, labels):
        np.testing.assert_array_equal(row, y[stream[:, 0]])


def test_streams_share_no_recording_and_have_different_classes(recordings):
    X, y = recordings
    for seed in range(10):
        streams, labels = join_recordings(X, y, segment=(7, 20), random_state=seed)
        owners = [set(stream[:, 0].tolist()) for stream in streams]
        assert sum(map(len, owners)) == len(set().union(*owners)) == len(X)
        for own, row in zip(owners, labels):
            assert len(set(row)) == len(own)


def test_segments_run_in_time_and_change_class(recordings):
    X, y = recordings
    for seed in range(10):
        for stream, row in zip(*join_recordings(X, y, segment=(7, 20), random_state=seed)):
            breaks = np.flatnonzero(np.any(np.diff(stream, axis=0) != [0, 1], axis=1)) + 1
            pieces = np.split(stream, breaks)
            assert max(map(len, pieces)) <= 20
            last = {(int(i), len(X[i]) - 1) for i in set(stream[:, 0])}
            assert all(len(p) >= 7 or tuple(p[-1].tolist()) in last for p in pieces)
            changes = row[breaks] != row[breaks - 1]
            assert np.mean(changes) > 0.9


def test_one_class_is_joined_with_itself():
    streams, labels = join_recordings([np.zeros((9, 1))] * 2, ["a", "a"], segment=(2, 3), random_state=0)
    assert (streams[0].shape, labels[0].tolist()) == ((18, 1), ["a"] * 18)


def test_one_seed_gives_one_result(recordings):
    one, two, other = (join_recordings(*recordings, random_state=seed)[0] for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, two))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segment": (5, 4)}, r"segment must be \(lowest, highest\) with 1 <= lowest <= highest\. Got \(5, 4\)\."),
        ({"segment": (0, 4)}, r"segment must be \(lowest, highest\)"),
        ({"recordings_per_stream": 0}, r"recordings_per_stream must be at least 1\. Got 0\."),
    ],
)
def test_numbers_out_of_range_are_errors(recordings, options, message):
    with pytest.raises(ValueError, match=message):
        join_recordings(*recordings, **options)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[18, 1\]"):
        join_recordings(recordings[0], ["a"])


@needs_data
def test_real_recordings_are_what_the_index_says():
    X, y = load_activities()
    assert Counter(y.tolist()) == {**dict.fromkeys(ACTIVITIES, 15), "bending1": 7, "bending2": 6}
    assert Counter(map(len, X)) == {480: 85, 479: 3}
    assert all(np.isfinite(x).all() for x in X)
    with Path(os.environ["SKRNN_DATA"], "arem", "walking", "dataset11.csv").open() as file:
        twin = [[float(value) for value in row[2:8]] for row in list(csv.reader(file))[1:]]
    np.testing.assert_allclose(X[np.flatnonzero(y == "walking")[10]], twin, rtol=1e-6)
