"""Sequences on disk: the same numbers as in memory, nothing read before it is asked for."""

import pickle

import numpy as np
import pytest

from skrnn import Sequences
from skrnn.preprocessing.reader import as_examples
from skrnn.sequences import on_disk
from skrnn.sequences.check import check_sequences
from skrnn.sequences.on_disk import RowsOnDisk, pieces, read_as

LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6]
ROWS = [np.array([5, 0, 5, 3]), np.array([], int), [2], slice(None, None, 2), slice(2, 5), np.arange(8) % 2 == 0]


def on_disk_and_in_memory(folder, dtype=np.float32, n_features=3, values=None):
    if values is None:
        values = (100 * np.random.default_rng(0).normal(size=(sum(LENGTHS), n_features))).astype(dtype)
    np.save(folder / "values.npy", values)
    offsets = np.cumsum([0, *LENGTHS])
    return Sequences(np.load(folder / "values.npy", mmap_mode="r"), offsets), Sequences(values, offsets)


@pytest.fixture
def pair(tmp_path):
    return on_disk_and_in_memory(tmp_path)


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(on_disk, "PIECE_BYTES", 60)  # five steps of three float32


def assert_same(X, Y):
    np.testing.assert_array_equal(X.offsets, Y.offsets)
    np.testing.assert_array_equal(X.values, Y.values)
    assert (X.n_features, X.step_dtype, len(X), repr(X)) == (Y.n_features, Y.step_dtype, len(Y), repr(Y))
    for x, y in zip(X, Y, strict=True):
        np.testing.assert_array_equal(x, y)


def test_what_is_on_disk(pair, tmp_path):
    mapped, plain = pair
    assert mapped.on_disk
    assert mapped[1:3].on_disk
    assert Sequences(np.asarray(mapped.values)[:, :2], mapped.offsets).on_disk
    assert not plain.on_disk
    assert not Sequences(np.array(mapped.values), mapped.offsets).on_disk


@pytest.mark.parametrize("rows", ROWS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_rows_are_those_in_memory(pair, rows, dtype):
    mapped, plain = pair[0], pair[1].with_values(pair[1].values.astype(dtype))
    chosen = read_as(mapped, dtype)[rows]
    assert_same(chosen, plain[rows])
    again = np.arange(len(chosen))[::-1]
    assert_same(chosen[again], plain[rows][again])
    assert_same(chosen[again][1:], plain[rows][again][1:])
    assert_same(pickle.loads(pickle.dumps(chosen)), plain[rows])


def test_choosing_rows_reads_nothing(pair, monkeypatch):
    def refuse(*_):
        raise AssertionError("read")

    monkeypatch.setattr(RowsOnDisk, "read", refuse)
    chosen = pair[0][[5, 1, 0]][[0, 2]]
    assert isinstance(chosen, RowsOnDisk)
    assert (chosen.lengths.tolist(), chosen.n_features, chosen.shape) == ([9, 3], 3, (2,))
    with pytest.raises(AssertionError, match="read"):
        _ = chosen.values


def test_one_row_and_wrong_ones(pair):
    chosen = pair[0][[5, 1]]
    np.testing.assert_array_equal(chosen[-1], pair[1][1])
    for key, error in ((7, IndexError), ([7], IndexError), ((0, 0), IndexError), ([[0]], IndexError)):
        with pytest.raises(error):
            _ = chosen[key]


def test_batches_of_what_is_on_disk(pair):
    mapped, plain = pair
    rows = np.array([1, 0, 4])
    for X in (mapped, mapped[np.arange(8)], read_as(mapped, np.float64)):
        got, want = (as_examples("steps", s).batch(rows, {"time": 7}) for s in (X, plain))
        np.testing.assert_array_equal(got.columns["steps"], want.columns["steps"])
        np.testing.assert_array_equal(got.masks["time"], want.masks["time"])


@pytest.mark.parametrize("most", [1, 4, 9, 10, 100])
def test_pieces_are_bounded_and_whole(most):
    found = list(pieces(np.array(LENGTHS), most))
    assert [i for a, b in found for i in range(a, b)] == list(range(8))
    for a, b in found:
        assert b == a + 1 or sum(LENGTHS[a:b]) <= most
        assert b == 8 or sum(LENGTHS[a : b + 1]) > most


# -- the gate ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.usefixtures("small_pieces")
def test_the_gate_gives_what_it_gives_in_memory(tmp_path, dtype):
    mapped, plain = on_disk_and_in_memory(tmp_path, dtype)
    for rows in (slice(None), np.array([4, 2])):
        checked = check_sequences(mapped[rows])
        assert checked.on_disk
        assert_same(checked, check_sequences(plain[rows]))
    assert checked.largest() == checked.values.max()


@pytest.mark.usefixtures("small_pieces")
def test_the_gate_reads_tokens(tmp_path):
    tokens = np.arange(sum(LENGTHS))[:, None] % 11
    mapped, plain = on_disk_and_in_memory(tmp_path, values=tokens)
    checked = check_sequences(mapped, tokens=True)
    assert_same(checked, check_sequences(plain, tokens=True))
    assert checked.largest() == 10
    tokens[-2] = -1
    mapped, plain = on_disk_and_in_memory(tmp_path, values=tokens)
    for X in (mapped, plain):
        with pytest.raises(ValueError, match=r"X\[7\] must hold tokens, integers from 0. Got -1 at step 4"):
            check_sequences(X, tokens=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
@pytest.mark.usefixtures("small_pieces")
def test_the_gate_names_the_sequence_that_is_wrong(tmp_path, bad):
    values = np.zeros((sum(LENGTHS), 3))
    values[16, 1] = bad
    mapped, plain = on_disk_and_in_memory(tmp_path, values=values)
    messages = []
    for X in (mapped, plain):
        with pytest.raises(ValueError, match=r"X\[5\] must not contain .* at step 2, feature 1") as caught:
            check_sequences(X)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    with pytest.raises(ValueError, match=r"X\[1\] must not contain"):
        check_sequences(mapped[[0, 5]])


def test_a_padded_array_on_disk(tmp_path):
    padded = np.random.default_rng(0).normal(size=(4, 3, 2))
    np.save(tmp_path / "x.npy", padded)
    checked = check_sequences(np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert checked.on_disk
    assert_same(checked, check_sequences(padded))
