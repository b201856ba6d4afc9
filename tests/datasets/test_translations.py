"""Text in two forms: loaders against the files themselves, and generators against Python's own readers."""

import os
from datetime import date

import pytest

from skrnn.datasets import load_names, load_parallel_text, load_shakespeare, make_dates, make_number_words
from skrnn.datasets.written_forms import MONTHS

with_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="needs SKRNN_DATA")


@with_data
@pytest.mark.parametrize(
    ("name", "split", "n"),
    [("eutrans", "train", 9900), ("eutrans", "dev", 100), ("eutrans", "test", 2996), ("enja", "dev", 500)],
)
def test_parallel_text(name, split, n):
    X, y = load_parallel_text(name, split)
    assert len(X) == len(y) == n
    assert all(len(row) for row in X + y)


@with_data
def test_text_and_names():
    text = load_shakespeare()
    assert len(text) == 1_115_394
    assert len(set(text)) == 65
    names, languages = load_names()
    assert len(names) == len(languages) == 20_050
    assert len(set(languages)) == 18
    assert "Nguyen" in names
    assert not any(name != name.strip() or not name for name in names)


def test_errors(tmp_path):
    with pytest.raises(ValueError, match="name must be one of 'eutrans', 'enja'. Got 'wmt'."):
        load_parallel_text("wmt")
    with pytest.raises(ValueError, match="split must be 'train', 'dev' or 'test'. Got 'all'."):
        load_parallel_text("enja", "all")
    folder = tmp_path / "small_parallel_enja"
    folder.mkdir()
    (folder / "dev.en").write_text("a b\nc\n")
    (folder / "dev.ja").write_text("x\n")
    with pytest.raises(ValueError, match="must have as many lines. Got 2 and 1."):
        load_parallel_text("enja", "dev", data_home=tmp_path)


def test_dates_are_read_back():
    X, y = make_dates(2000, random_state=0)
    assert len(set(y)) == 2000
    forms = set()
    for text, iso in zip(X, y):
        day = date.fromisoformat(iso)
        assert str(day.day) in text
        assert str(day.year)[2:] in text
        assert any(
            form in text.lower() for form in (MONTHS[day.month - 1][:3].lower(), f"{day.month}/", f".{day.month}.")
        )
        forms.add("".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text).replace("99", "9"))
    short = [(text, iso) for text, iso in zip(X, y) if iso[:4] not in text]
    assert short
    assert all(1930 <= int(iso[:4]) <= 2029 for _, iso in short)
    assert len(forms) >= 10
    assert make_dates(5, random_state=1) == make_dates(5, random_state=1)
    with pytest.raises(ValueError, match="n_samples must be from 1 to 73049, the days there are. Got 0."):
        make_dates(0)


def spoken(words):
    """A reader of number words by another way: sums and products from the left."""
    values = {w: k for k, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
    values |= {"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18}
    values |= {"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70}
    values |= {"eighty": 80, "ninety": 90}
    total = part = 0
    for word in words.split():
        if word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = total + 1000 * part, 0
        else:
            part += values[word]
    return total + part


def test_number_words_are_read_back():
    X, y = make_number_words(3000, random_state=0)
    assert [spoken(x) for x in X] == [int(row.replace(" ", "")) for row in y]
    small = make_number_words(1000, largest=999, random_state=0)
    assert sorted(int(row.replace(" ", "")) for row in small[1]) == list(range(1000))
    with pytest.raises(ValueError, match="largest must be from 0 to 999999. Got 1000000."):
        make_number_words(largest=1_000_000)
    with pytest.raises(ValueError, match="n_samples must be from 1 to 10, the numbers there are. Got 11."):
        make_number_words(11, largest=9)
