"""Examples and batches: columns on axes, against plain loops."""

import numpy as np
import pytest

from skrnn import Sequences
from skrnn.sequences.batches import filled
from skrnn.sequences.examples import Column, Examples

N = 9


def many_columns(seed=0, n=N):
    """Columns of every shape and type: per example, along time, and along two further axes."""
    rng = np.random.default_rng(seed)
    offsets = {axis: np.concatenate([[0], rng.integers(1, 7, n).cumsum()]) for axis in ("time", "target", "other")}
    t, s, o = (int(bounds[-1]) for bounds in offsets.values())
    columns = {
        "words": Column(rng.integers(2**24, 2**31 - 1, t).astype(np.int32), "time"),
        "vectors": Column(rng.normal(size=(t, 4)).astype(np.float32), "time"),
        "frames": Column(rng.integers(0, 255, (t, 2, 3, 1)).astype(np.uint8), "time"),
        "series": Column(rng.normal(size=(o, 2)), "other"),
        "age": Column(rng.normal(size=n)),
        "picture": Column(rng.integers(0, 255, (n, 5, 4, 3)).astype(np.uint8)),
        "y": Column(rng.integers(0, 9, s), "target"),
        "flags": Column(rng.random(s) < 0.5, "target"),
    }
    return Examples(columns, offsets)


def row_of(examples, name, i):
    """The values of one example, read by hand."""
    values, axis = examples.columns[name]
    return values[i] if axis is None else values[examples.offsets[axis][i] : examples.offsets[axis][i + 1]]


def looped(examples, name, rows, size):
    """A padded column, value by value."""
    values, axis = examples.columns[name]
    if axis is None:
        return np.stack([values[i] for i in rows])
    padded = np.zeros((len(rows), size, *values.shape[1:]), values.dtype)
    for b, i in enumerate(rows):
        for t, value in enumerate(row_of(examples, name, i)):
            padded[b, t] = value
    return padded


@pytest.mark.parametrize("more", [None, 0, 3])
def test_batches_against_loops(more):
    for seed in range(20):
        examples = many_columns(seed)
        rows = np.random.default_rng(seed).permutation(N)[: 1 + seed % N]
        longest = {axis: int(examples.lengths(axis)[rows].max()) for axis in examples.offsets}
        sizes = None if more is None else {axis: n + more for axis, n in longest.items()}
        batch = examples.batch(rows, sizes)
        for name, (values, axis) in examples.columns.items():
            size = None if axis is None else longest[axis] + (more or 0)
            assert batch.columns[name].dtype == values.dtype
            np.testing.assert_array_equal(batch.columns[name], looped(examples, name, rows, size))
        for axis, mask in batch.masks.items():
            np.testing.assert_array_equal(mask.sum(axis=1), examples.lengths(axis)[rows])
            assert (mask[:, :-1] >= mask[:, 1:]).all()


def test_the_graph_of_tensorflow_makes_the_same_batches():
    tf = pytest.importorskip("tensorflow")
    from skrnn.sequences.batches import gather
    from skrnn.training.tensorflow_program import GraphArrays

    examples, rows = many_columns(), np.array([5, 0, 8, 0])
    columns = {}
    for name, (values, axis) in examples.columns.items():
        more = [] if axis is None else [np.zeros((1, *values.shape[1:]), values.dtype)]
        columns[name] = (tf.constant(np.concatenate([values, *more])), axis)
    offsets = {axis: tf.constant(bounds) for axis, bounds in examples.offsets.items()}
    got, want = gather(columns, offsets, tf.constant(rows), GraphArrays), examples.batch(rows)
    for ours, theirs in ((want.columns, got.columns), (want.masks, got.masks)):
        assert ours.keys() == theirs.keys()
        for name, values in ours.items():
            np.testing.assert_array_equal(theirs[name].numpy(), values)


def test_a_single_example_is_quick_and_the_same():
    one = many_columns(n=1)
    quick, slow = one.batch(np.array([0])), one.batch(np.array([0]), {a: int(b[-1]) for a, b in one.offsets.items()})
    for a, b in zip(quick, slow):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_taking_examples():
    examples, rows = many_columns(), np.array([7, 2, 2, 0])
    taken = examples.take(rows)
    assert len(taken) == 4
    np.testing.assert_array_equal(taken.sizes, examples.sizes[rows])
    for name in examples.columns:
        for k, i in enumerate(rows):
            np.testing.assert_array_equal(row_of(taken, name, k), row_of(examples, name, i))


def test_sizes_are_those_of_all_axes_together():
    examples = many_columns()
    np.testing.assert_array_equal(examples.sizes, sum(examples.lengths(axis) for axis in examples.offsets))
    static = Examples({"age": Column(np.arange(3.0))}, {})
    assert static.sizes.tolist() == static.lengths(None).tolist() == [1, 1, 1]
    assert static.batch(np.array([2, 0])).columns["age"].tolist() == [2.0, 0.0]


def test_on_disk_nothing_is_read_before_a_batch(tmp_path):
    examples = many_columns()
    path = tmp_path / "vectors.npy"
    np.save(path, examples.columns["vectors"].values)
    mapped = Sequences(np.load(path, mmap_mode="r"), examples.offsets["time"])
    on_disk = examples.with_columns({"vectors": Column(mapped, "time")})
    assert on_disk.take(np.array([3, 1])).columns["vectors"].on_disk
    for rows in (np.array([3]), np.array([4, 1, 4])):
        np.testing.assert_array_equal(on_disk.batch(rows).columns["vectors"], examples.batch(rows).columns["vectors"])
    assert isinstance(on_disk.in_memory().columns["vectors"].values, np.ndarray)
    assert on_disk.width == examples.width


def test_rows_are_filled_up_with_the_first():
    assert filled(np.array([4, 2]), 5).tolist() == [4, 2, 4, 4, 4]
