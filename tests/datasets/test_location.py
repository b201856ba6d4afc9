"""The data folder: the argument, else SKRNN_DATA, else one clear sentence."""

import pytest

from skrnn.datasets import data_home
from skrnn.datasets.location import data_file


def test_argument_wins_over_the_environment(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.setenv("SKRNN_DATA", str(tmp_path))
    assert data_home(tmp_path / "a") == tmp_path / "a"
    assert data_home(str(tmp_path / "a")) == tmp_path / "a"
    assert data_home() == tmp_path


def test_home_directory_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "data").mkdir()
    assert data_home("~/data") == tmp_path / "data"


@pytest.mark.parametrize("value", [None, ""])
def test_no_folder_says_how_to_set_one(value, monkeypatch):
    monkeypatch.delenv("SKRNN_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("SKRNN_DATA", value)
    with pytest.raises(FileNotFoundError, match=r"set the environment variable SKRNN_DATA .*export SKRNN_DATA="):
        data_home()


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"must exist\. Got .*nowhere"):
        data_home(tmp_path / "nowhere")


def test_file_is_found_and_missing_file_is_named(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.txt").write_text("1")
    assert data_file("set", "a.txt", home=tmp_path) == tmp_path / "set" / "a.txt"
    with pytest.raises(FileNotFoundError, match=r"The data file .*b\.txt does not exist\."):
        data_file("set", "b.txt", home=tmp_path)
