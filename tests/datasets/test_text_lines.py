"""Lines of plain and compressed files."""

import gzip
import zipfile

import pytest

from skrnn.datasets.text_lines import numbered_lines


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("set/", "")
        file.writestr("set/train.txt", "a\n")
        file.writestr("set/old_train.txt", "b\n")
        file.writestr("README", "c")
    return path


def lines(*args, **kwargs):
    return [line for _, line in numbered_lines(*args, **kwargs)]


def test_lines_end_at_a_line_feed_alone(tmp_path):
    path = tmp_path / "odd.txt"
    path.write_bytes("\ufeffone\r\n\ntwo\u2028three\x0cfour\xa0\nfive".encode())
    assert lines(path) == ["one", "", "two\u2028three\x0cfour\xa0", "five"]
    assert [place for place, _ in numbered_lines(path)][-1] == f"{path}, line 4"


def test_gzip_and_encoding(tmp_path):
    path = tmp_path / "set.txt.gz"
    path.write_bytes(gzip.compress("é\nü".encode("latin-1")))
    assert lines(path, encoding="latin-1") == ["é", "ü"]
    with pytest.raises(ValueError, match=r"set\.txt\.gz, line 1: the text must be utf-8\. Got b'\\xe9' at byte 0\."):
        lines(path)


def test_members_by_name_or_end(archive, tmp_path):
    assert lines(archive, "set/train.txt") == lines(archive, "train.txt") == ["a"]
    assert lines(archive, "README") == ["c"]
    alone = tmp_path / "alone.zip"
    with zipfile.ZipFile(alone, "w") as file:
        file.writestr("only.txt", "d")
    assert lines(alone) == ["d"]


@pytest.mark.parametrize("member", [None, "test.txt", "rain.txt"])
def test_unclear_members_are_errors(archive, member):
    message = rf"member must tell one file of .*set\.zip: set/train\.txt, .*README\. Got {member!r}\."
    with pytest.raises(ValueError, match=message):
        lines(archive, member)


def test_members_of_plain_files_and_missing_files_are_errors(tmp_path):
    (tmp_path / "plain.txt").write_text("a")
    with pytest.raises(ValueError, match=r"member must be None, as .*plain\.txt is no \.zip file\. Got 'a'\."):
        lines(tmp_path / "plain.txt", "a")
    with pytest.raises(FileNotFoundError, match=r"The file .*none\.txt does not exist\."):
        lines(tmp_path / "none.txt")
