"""CoNLL and CoNLL-U files, against plain readings; wrong lines are named."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from skrnn.datasets import CONLLU_COLUMNS, load_chunks, load_conll, load_conllu, load_ewt

needs_data = pytest.mark.skipif(not os.environ.get("SKRNN_DATA"), reason="SKRNN_DATA is not set")


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="tiny.txt", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_file


def words(*rows):
    """Lines of a CoNLL-U file, from id, form and upos."""
    return "".join("\t".join([i, form, "_", upos, *["_"] * 6]) + "\n" for i, form, upos in rows)


def test_columns_of_conll(write):
    path = write("\n\nHe\tPRP  B-NP\n # #  I-NP \n \t\nran VBD B-VP\r\n\r\n")
    assert load_conll(path) == ([["He", "#"], ["ran"]], [["B-NP", "I-NP"], ["B-VP"]])
    X, pos, y = load_conll(path, columns=(0, 1, 2))
    assert (X, y) == load_conll(path)
    assert pos == [["PRP", "#"], ["VBD"]]
    assert load_conll(path, columns=[-2]) == (pos,)


def test_tokens_may_hold_blanks_of_unicode_and_of_ascii(write):
    assert load_conll(write("10\xa0000 B\n"))[0] == [["10\xa0000"]]
    assert load_conll(write("New York\tB\n\n\tO\n"), separator="\t") == ([["New York"], [""]], [["B"], ["O"]])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(write, end):
    text = end.join(["a X", "b Y", " \u00a0 ", "c X", "", "\u2003", "d Y"])
    for tail in ("", end, end + end):
        assert load_conll(write(text + tail)) == ([["a", "b"], ["c"], ["d"]], [["X", "Y"], ["X"], ["Y"]])
    conllu = words(("1", "a", "X"), ("2", "b", "X")) + "\n" + words(("1", "c", "X"))
    assert load_conllu(write(conllu.replace("\n", end)))[0] == [["a", "b"], ["c"]]
    with pytest.raises(ValueError, match=r"line 4: a token must have 2 columns"):
        load_conll(write(end.join(["a X", "b Y", "", "c X Z"])))


def test_words_alone(write):
    assert load_conll(write("He\nran\n\nShe\n"), columns=(0,)) == ([["He", "ran"], ["She"]],)


def test_comments_of_conll(write):
    text = "# newdoc id = a\n# sent_id = 1\n# text = He ran\nHe P\n# O\n\n# newpar\nran V\n\n# newdoc\n#hash X\n"
    X, y, groups = load_conll(write(text), return_groups=True)
    assert X == [["He", "#"], ["ran"], ["#hash"]]
    assert y == [["P", "O"], ["V"], ["X"]]
    assert groups.tolist() == ["1", "1", "2"]
    text = "%% made by\nHe P\n%% us and more\nran V\n"
    assert load_conll(write(text), comment="%%")[0] == [["He", "ran"]]


def test_documents_of_conll(write):
    path = write("-DOCSTART- -X- O O\n\nEU X Y B\n\n-DOCSTART- -X-\nUN X Y B\n\nUS X Y B\n")
    X, y, groups = load_conll(path, return_groups=True)
    assert X == [["EU"], ["UN"], ["US"]]
    assert y == [["B"]] * 3
    assert groups.tolist() == ["1", "2", "2"]
    assert load_conll(write("a B\n"), return_groups=True)[2].tolist() == ["0"]


def test_compressed_conll_and_encoding(write, tmp_path):
    text = "él O\n"
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a/test.txt", text)
    expected = ([["él"]], [["O"]])
    assert load_conll(tmp_path / "a.gz") == load_conll(tmp_path / "a.zip", member="test.txt") == expected
    assert load_conll(write(text, encoding="latin-1"), encoding="latin-1") == expected


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("a B\n\nb B C\n", (0, -1), r"tiny\.txt, line 3: a token must have 2 columns\. Got 3: 'b B C'\."),
        ("a B\nb\n", (0, -1), r"tiny\.txt, line 2: a token must have 2 columns\. Got 1: 'b'\."),
        ("a B C\nb B\nc B\n", (0, -1), r"tiny\.txt, line 1: a token must have 2 columns\. Got 3: 'a B C'\."),
        ("# made by us\na B\nc B\n", (0, -1), r"line 1: a token must have 2 columns\. Got 4: .* comment=\"#\" passes"),
        ("He\nran\n\nShe\n", (0, -1), r"columns must differ, and .*tiny\.txt has 1\. Got 0, -1: columns=\(0,\) reads"),
        ("a B\n", (0, 1, -1), r"columns must differ, and .*tiny\.txt has 2\. Got 0, 1, -1"),
        ("a B\n", (0, 2), r"columns must lie within the 2 columns of .*tiny\.txt\. Got 2\."),
        ("a B\n", (-3,), r"columns must lie within the 2 columns of .*tiny\.txt\. Got -3\."),
        ("a B\n", (), r"columns must name at least one column\. Got none\."),
        ("\n-DOCSTART- O\n\n", (0, -1), r"tiny\.txt must hold at least one token\. Got none\."),
    ],
)
def test_wrong_conll_is_one_sentence(write, text, columns, message):
    with pytest.raises(ValueError, match=message):
        load_conll(write(text), columns)


def test_bad_encoding_names_the_line(write):
    with pytest.raises(ValueError, match=r"tiny\.txt, line 2: the text must be utf-8\. Got b'\\xe9' at byte 1\."):
        load_conll(write("a B\nné B\n", encoding="latin-1"))
    with pytest.raises(ValueError, match=r"tiny\.txt, line 1: the text must be utf-8"):
        load_conllu(write("# é\n", encoding="latin-1"))


def test_words_of_conllu(write):
    text = (
        "# newdoc id = weblog-1\n# text = vámonos al mar\n"
        + words(("1-2", "vámonos", "_"), ("1", "vamos", "VERB"), ("2", "nos", "PRON"), ("2.1", "no", "AUX"))
        + "\n# newdoc\n"
        + words(("1", "_", "_"), ("2", "a b", "X"))
        + "\n\n# newpar\n"
        + words(("1", "c", "X"))
    )
    X, y, groups = load_conllu(write(text), return_groups=True)
    assert X == [["vamos", "nos"], ["_", "a b"], ["c"]]
    assert y == [["VERB", "PRON"], [None, "X"], ["X"]]
    assert groups.tolist() == ["weblog-1", "2", "2"]
    assert load_conllu(write(text), "feats")[1] == [["_", "_"], ["_", "_"], ["_"]]
    assert load_conllu(write(text), "form")[1] == X
    assert load_conllu(write(words(("1", "a", "X"))), return_groups=True)[2].tolist() == ["0"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            words(("1", "a", "X")) + "2\tb\tX\n",
            r"tiny\.txt, line 2: a word must have 10 columns, .* Got 3: '2\\tb\\tX'",
        ),
        ("# c\n" + words(("1", "a", "X"), ("3", "b", "X")), r"line 3: the id of this word must be 2\. Got '3'\."),
        (words(("1", "a", "X"), ("1", "b", "X")), r"line 2: the id of this word must be 2\. Got '1'\."),
        (words(("one", "a", "X")), r"line 1: the id of this word must be 1\. Got 'one'\."),
        ("# nothing\n\n" + words(("1.1", "a", "X")), r"tiny\.txt must hold at least one word\. Got none\."),
    ],
)
def test_wrong_conllu_is_one_sentence(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_conllu(write(text))


def test_unknown_columns_and_splits_are_errors():
    with pytest.raises(ValueError, match=r"column must be one of id, form, .*, misc\. Got 'pos'\."):
        load_conllu("none", "pos")
    with pytest.raises(ValueError, match=r"split must be 'train', 'dev' or 'test'\. Got 'valid'\."):
        load_ewt("valid")
    with pytest.raises(ValueError, match=r"split must be 'train' or 'test'\. Got 'dev'\."):
        load_chunks("dev")


@needs_data
@pytest.mark.parametrize(("split", "n", "n_words"), [("train", 12544, 204577), ("dev", 2001, 25147)])
def test_ewt_is_what_its_makers_say(split, n, n_words):
    X, y, groups = load_ewt(split, return_groups=True)
    assert len(X) == len(y) == len(groups) == n
    assert sum(map(len, X)) == sum(map(len, y)) == n_words
    assert len({label for row in y for label in row}) == 17
    assert {group.split("-")[0] for group in groups} == {"answers", "email", "newsgroup", "reviews", "weblog"}


@needs_data
def test_ewt_matches_a_plain_reading():
    text = Path(os.environ["SKRNN_DATA"], "ud_english_ewt", "en_ewt-ud-dev.conllu").read_text(encoding="utf-8")
    rows = [[line.split("\t") for line in block.split("\n")] for block in text.strip().split("\n\n")]
    rows = [[row for row in block if row[0].isdecimal()] for block in rows]
    for column in ("upos", "feats"):
        X, y = load_ewt("dev", column)
        assert [[row[1] for row in block] for block in rows] == X
        assert y == [[row[CONLLU_COLUMNS.index(column)] for row in block] for block in rows]


@needs_data
@pytest.mark.parametrize(("split", "n", "n_words"), [("train", 8936, 211727), ("test", 2012, 47377)])
def test_chunks_are_what_the_shared_task_says(split, n, n_words):
    X, pos, y = load_chunks(split, columns=(0, 1, -1))
    assert len(X) == len(y) == n
    assert sum(map(len, X)) == sum(map(len, pos)) == sum(map(len, y)) == n_words
    assert {label[0] for row in y for label in row} == set("BIO")
