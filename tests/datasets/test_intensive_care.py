"""Stays in intensive care, against a plain reading of the files."""

import csv
import io
import os
import tarfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from skrnn.datasets import INTENSIVE_CARE_FEATURES, load_intensive_care

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")

HEADER = "Time,Parameter,Value\n"
FIRST = """00:00,RecordID,7
00:00,Age,54
00:00,Gender,-1
00:00,Weight,-1
00:00,Weight,60.5
01:30,HR,73
12:15,HR,80
12:15,pH,7.5
48:00,Temp,-1
"""
SECOND = "00:00,RecordID,12\n00:00,Age,80\n00:00,Gender,1\n"
OUTCOMES = "RecordID,SAPS-I,In-hospital_death\n12,1,1\n7,2,0\n"


def write(home, records, outcomes=OUTCOMES):
    folder = home / "physionet2012"
    folder.mkdir(exist_ok=True)
    (folder / "Outcomes-a.txt").write_text(outcomes)
    with tarfile.open(folder / "set-a.tar.gz", "w:gz") as archive:
        for name, text in records.items():
            content = text.encode()
            info = tarfile.TarInfo(f"set-a/{name}.txt")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return home


def test_features_name_every_column():
    assert len(INTENSIVE_CARE_FEATURES) == len(set(INTENSIVE_CARE_FEATURES)) == 42
    assert INTENSIVE_CARE_FEATURES[:5] == ("hours", "Age", "Gender", "Height", "ICUType")


def test_small_files(tmp_path):
    X, y = load_intensive_care(write(tmp_path, {"12": HEADER + SECOND, "7": HEADER + FIRST}))
    assert y.tolist() == [1, 0]  # 12 before 7, as text
    one, two = X
    column = INTENSIVE_CARE_FEATURES.index
    assert (one.shape, two.shape, two.dtype) == ((1, 42), (4, 42), np.float32)
    assert two[:, 0].tolist() == [0.0, 1.5, 12.25, 48.0]
    found = {(t, c): two[t, c] for t, c in np.argwhere(~np.isnan(two)) if c}
    assert found == {
        (0, column("Age")): 54.0,
        (0, column("Weight")): 60.5,
        (1, column("HR")): 73.0,
        (2, column("HR")): 80.0,
        (2, column("pH")): 7.5,
    }
    assert one[0, column("Gender")] == 1.0


BAD = [
    (
        {"7": HEADER + "00:00,Age\n"},
        r"set-a/7.txt, line 2: must be a time hh:mm, a parameter and a value. Got '00:00,Age'",
    ),
    ({"7": HEADER + "0,Age,3\n"}, "line 2: must be a time hh:mm, a parameter and a value. Got '0,Age,3'"),
    ({"7": HEADER + "00:00,Age,old\n"}, "line 2: must be a time hh:mm, a parameter and a value"),
    ({"7": HEADER + "00:00,Agee,3\n"}, "line 2: the parameter must be one of the set. Got 'Agee'"),
    ({"7": HEADER + "00:00,RecordID,7\n"}, "set-a/7.txt must hold at least one value. Got none"),
    ({"9": HEADER + SECOND}, "Outcomes-a.txt must tell the outcome of every stay. Got none for 9"),
    ({}, "must hold records, one .txt file a stay. Got none"),
]


@pytest.mark.parametrize(("records", "sentence"), BAD)
def test_bad_records(records, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        load_intensive_care(write(tmp_path, records))


@pytest.mark.parametrize(
    "outcomes", ["RecordID,Death\n7,0\n", "RecordID,In-hospital_death\n7,no\n", "RecordID,In-hospital_death\n7\n"]
)
def test_bad_outcomes(outcomes, tmp_path):
    with pytest.raises(ValueError, match="must have the columns RecordID and In-hospital_death, of numbers"):
        load_intensive_care(write(tmp_path, {"7": HEADER + FIRST}, outcomes))


def test_no_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Outcomes-a.txt does not exist"):
        load_intensive_care(tmp_path)


@needs_data
def test_real_stays_match_a_plain_reading():
    X, y = load_intensive_care()
    assert (len(X), len(y), int(y.sum())) == (4000, 4000, 554)
    assert (min(map(len, X)), max(map(len, X))) == (1, 203)
    assert all((np.diff(x[:, 0]) > 0).all() for x in X)
    folder = Path(os.environ["SKRNN_DATA"], "physionet2012")
    deaths = {row["RecordID"]: row["In-hospital_death"] for row in csv.DictReader((folder / "Outcomes-a.txt").open())}
    with tarfile.open(folder / "set-a.tar.gz") as archive:
        records = sorted((m.name, m) for m in archive.getmembers() if m.name.endswith(".txt"))
        for i in (0, 1, 1999, 3999):
            name, member = records[i]
            values = defaultdict(dict)
            for line in archive.extractfile(member).read().decode().split()[1:]:
                time, parameter, value = line.split(",")
                if parameter != "RecordID":
                    values[time].setdefault(parameter, None)
                    if float(value) != -1:
                        values[time][parameter] = float(value)
            assert len(X[i]) == len(values)
            for x, time in zip(X[i], sorted(values)):
                assert x[0] == pytest.approx(int(time[:2]) + int(time[3:]) / 60)
                seen = {n: v for n, v in zip(INTENSIVE_CARE_FEATURES[1:], x[1:]) if not np.isnan(v)}
                assert seen == pytest.approx({k: v for k, v in values[time].items() if v is not None})
            assert y[i] == int(deaths[Path(name).stem])
