"""`Sequences` against a plain list of arrays."""

import copy
import pickle
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score, train_test_split
from sklearn.utils import _safe_indexing, resample, shuffle

from skrnn import Sequences

N = 9


def ragged_list(n=N, n_features=2, seed=0, dtype=np.float64, shortest=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(shortest, 6), n_features)).astype(dtype) for _ in range(n)]


def assert_same(sequences, arrays):
    assert isinstance(sequences, Sequences)
    assert len(sequences) == len(arrays)
    assert sequences.lengths.tolist() == [len(a) for a in arrays]
    for got, want in zip(sequences, arrays):
        np.testing.assert_array_equal(got, want)


@pytest.fixture
def arrays():
    return ragged_list()


@pytest.fixture
def X(arrays):
    return Sequences.from_list(arrays, ["speed", "height"])


# -- what it holds -------------------------------------------------------------------------------------


def test_attributes(X, arrays):
    assert_same(X, arrays)
    assert X.shape == (N,)
    assert X.n_features == 2
    assert X.feature_names == ("speed", "height")
    assert X.offsets.dtype == np.int64
    assert X.lengths.dtype == np.int64
    np.testing.assert_array_equal(X.values, np.concatenate(arrays))


@pytest.mark.parametrize(
    ("lengths", "n_features", "text"),
    [
        ([1, 3], 1, "Sequences(2 sequences of 1 to 3 steps, 1 feature, float32)"),
        ([2], 4, "Sequences(1 sequences of 2 to 2 steps, 4 features, float32)"),
        ([], 2, "Sequences(0 sequences of no steps, 2 features, float32)"),
    ],
)
def test_repr(lengths, n_features, text):
    values = np.zeros((sum(lengths), n_features), np.float32)
    assert repr(Sequences(values, np.cumsum([0, *lengths]))) == text


def test_values_are_not_copied():
    values = np.zeros((3, 2))
    assert Sequences(values, [0, 1, 3]).values is values
    assert Sequences([[1], [2]], [0, 2]).values.shape == (2, 1)


def test_sequences_without_steps_are_kept():
    X = Sequences(np.arange(3.0)[:, None], [0, 0, 2, 2, 3])
    assert_same(X, [np.zeros((0, 1)), [[0], [1]], np.zeros((0, 1)), [[2]]])
    assert_same(X[[2, 1, 0]], [np.zeros((0, 1)), [[0], [1]], np.zeros((0, 1))])


@pytest.mark.parametrize(
    ("values", "offsets", "names", "sentence"),
    [
        (np.float64(3), [0, 1], None, "values must have shape (total steps, ...). Got ()."),
        (
            np.zeros((3, 1)),
            [0.0, 3.0],
            None,
            "offsets must be integers of shape (N + 1,). Got float64 of shape (2,).",
        ),
        (
            np.zeros((3, 1)),
            [[0, 3]],
            None,
            "offsets must be integers of shape (N + 1,). Got int64 of shape (1, 2).",
        ),
        (
            np.zeros((0, 1)),
            np.zeros(0, int),
            None,
            "offsets must be integers of shape (N + 1,). Got int64 of shape (0,).",
        ),
        (np.zeros((3, 1)), [1, 3], None, "offsets must rise from 0 to the 3 steps of values. Got 1 to 3."),
        (np.zeros((3, 1)), [0, 2], None, "offsets must rise from 0 to the 3 steps of values. Got 0 to 2."),
        (
            np.zeros((3, 1)),
            [0, 2, 1, 3],
            None,
            "offsets must rise from 0 to the 3 steps of values. Got 0 to 3.",
        ),
        (np.zeros((3, 2)), [0, 3], ["a"], "feature_names must have 2 names. Got 1."),
    ],
)
def test_constructor_says_what_is_wrong(values, offsets, names, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Sequences(values, offsets, names)


def test_with_values(X):
    other = X.with_values(X.values[:, :1] * 2, ["double"])
    np.testing.assert_array_equal(other[3], X[3][:, :1] * 2)
    assert other.feature_names == ("double",)
    assert X.with_values(X.values).feature_names is None
    with pytest.raises(ValueError, match="offsets must rise from 0 to the 2 steps of values"):
        X.with_values(X.values[:2])


# -- from lists and padded arrays ----------------------------------------------------------------------


def test_from_list_reads_one_axis_as_one_feature():
    assert_same(Sequences.from_list([[1, 2], np.array([3])]), [[[1], [2]], [[3]]])
    assert_same(Sequences.from_list(iter([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]])), [[[1, 2]], [[3, 4], [5, 6]]])


@pytest.mark.parametrize(
    ("sequences", "sentence"),
    [
        ([], "from_list needs at least one sequence. Got none."),
        ([np.zeros((2, 3)), np.zeros((2, 4))], "sequence 1 must have shape (time, 3). Got (2, 4)."),
        ([np.zeros((2, 3)), np.zeros(2)], "sequence 1 must have shape (time, 3). Got (2, 1)."),
        ([1.0], "sequence 0 must have shape (time, features). Got ()."),
        ([np.zeros((1, 2, 3))], "sequence 0 must have shape (time, features). Got (1, 2, 3)."),
        (
            [[[1]], [[1], [2, 3]]],
            "sequence 1 must have shape (time, features). Got rows of unequal length.",
        ),
    ],
)
def test_from_list_says_what_is_wrong(sequences, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Sequences.from_list(sequences)


def test_padded_and_back():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        arrays = ragged_list(int(rng.integers(1, 8)), int(rng.integers(1, 4)), seed, shortest=0)
        X = Sequences.from_list(arrays)
        longest = max(len(a) for a in arrays)
        length = longest + int(rng.integers(0, 3))
        padded, mask = X.to_padded(length, fill_value=-7.0)
        assert padded.shape == (len(arrays), length, X.n_features)
        for i, a in enumerate(arrays):
            np.testing.assert_array_equal(padded[i, : len(a)], a)
            assert (padded[i, len(a) :] == -7.0).all()
            assert mask[i].tolist() == [True] * len(a) + [False] * (length - len(a))
        assert_same(Sequences.from_padded(padded, mask=mask), arrays)
        assert_same(Sequences.from_padded(padded, lengths=X.lengths), arrays)
        assert X.to_padded()[0].shape[1] == longest


def test_to_padded_keeps_the_type():
    X = Sequences.from_list([np.array([1, 2], np.int16), np.array([3], np.int16)])
    padded, _ = X.to_padded(fill_value=-1)
    assert padded.dtype == np.int16
    assert padded[:, :, 0].tolist() == [[1, 2], [3, -1]]
    assert np.isnan(Sequences.from_list([[1.0, 2.0], [3.0]]).to_padded(fill_value=np.nan)[0][1, 1, 0])


def test_from_padded_takes_all_steps_by_default():
    assert_same(Sequences.from_padded([[1, 2], [3, 4]]), [[[1], [2]], [[3], [4]]])


def test_from_padded_takes_steps_from_anywhere():
    X = Sequences.from_padded([[1, 2, 3], [4, 5, 6]], mask=[[0, 1, 1], [1, 0, 1]])
    assert_same(X, [[[2], [3]], [[4], [6]]])


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"padded": np.zeros(3)}, "padded must have shape (N, T, D) or (N, T). Got (3,)."),
        (
            {"padded": np.zeros((2, 3)), "lengths": [1, 2], "mask": np.ones((2, 3))},
            "from_padded takes lengths or mask. Got both.",
        ),
        (
            {"padded": np.zeros((2, 3)), "lengths": [1, 4]},
            "lengths must be 2 integers from 0 to 3. Got array([1, 4]).",
        ),
        (
            {"padded": np.zeros((2, 3)), "lengths": [-1, 1]},
            "lengths must be 2 integers from 0 to 3. Got array([-1,  1]).",
        ),
        (
            {"padded": np.zeros((2, 3)), "lengths": [1]},
            "lengths must be 2 integers from 0 to 3. Got array([1]).",
        ),
        (
            {"padded": np.zeros((2, 3)), "lengths": [1.5, 2.0]},
            "lengths must be 2 integers from 0 to 3. Got array([1.5, 2. ]).",
        ),
        ({"padded": np.zeros((2, 3)), "mask": np.ones((2, 2))}, "mask must have shape (2, 3). Got (2, 2)."),
    ],
)
def test_from_padded_says_what_is_wrong(kwargs, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Sequences.from_padded(**kwargs)


def test_to_padded_says_what_is_wrong():
    X = Sequences.from_list([[1, 2, 3], [4]])
    with pytest.raises(ValueError, match="^length must be at least 3, the longest sequence. Got 2.$"):
        X.to_padded(2)
    for fill in (np.nan, 0.5):
        with pytest.raises(ValueError, match=f"^fill_value must be an integer, as the values are. Got {fill}.$"):
            X.to_padded(fill_value=fill)


# -- indexing ------------------------------------------------------------------------------------------

SLICES = [
    slice(None),
    slice(2, 5),
    slice(-3, None),
    slice(None, -2),
    slice(5, 2),
    slice(3, 100),
    slice(50, 60),
    slice(0, 0),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(7, 1, -3),
    slice(1, 4, 1),
]


@pytest.mark.parametrize("key", SLICES, ids=str)
def test_slices(X, arrays, key):
    assert_same(X[key], arrays[key])
    assert X[key].feature_names == X.feature_names


@pytest.mark.parametrize("integer", [int, np.int64, np.int32, np.uint8, np.array])
def test_integers(X, arrays, integer):
    for i in range(N):
        np.testing.assert_array_equal(X[integer(i)], arrays[i])
    if integer is not np.uint8:
        np.testing.assert_array_equal(X[integer(-2)], arrays[-2])


def test_index_arrays_and_masks_against_a_loop(X, arrays):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rows = rng.integers(-N, N, size=rng.integers(0, 2 * N))
        mask = rng.random(N) < 0.5
        for key in (rows, rows.tolist(), (rows.tolist(), ...), rows.astype(np.int32)):
            assert_same(X[key], [arrays[i] for i in rows])
        for key in (mask, mask.tolist()):
            assert_same(X[key], [a for a, kept in zip(arrays, mask) if kept])


@pytest.mark.parametrize("key", [[], np.zeros(0, int), np.zeros(0), np.zeros(N, bool), slice(3, 3)], ids=str)
def test_empty_selections(X, key):
    empty = X[key]
    assert_same(empty, [])
    assert empty.values.shape == (0, 2)
    assert_same(empty[:], [])
    assert_same(empty[[]], [])
    assert list(empty) == []


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (N, "out of range"),
        (-N - 1, "out of range"),
        ([0, N], "out of bounds"),
        (np.ones(N - 1, bool), "boolean index did not match"),
        ((0, 0), "Sequences have one axis. Index them with rows alone."),
        ((slice(None), slice(None), 0), "Sequences have one axis. Index them with rows alone."),
        (np.array([[0, 1]]), r"Sequences have one axis. Got an index of shape \(1, 2\)."),
        ([0.0, 1.0], "must be of integer"),
        ("speed", "must be of integer"),
        (None, "must be of integer"),
    ],
)
def test_wrong_indices(X, key, sentence):
    with pytest.raises(IndexError, match=sentence):
        X[key]


def test_a_loop_of_integers_ends(X, arrays):
    # Iteration by __getitem__, as `reversed` and old code do it.
    assert [len(x) for x in reversed(X)] == [len(a) for a in reversed(arrays)]


def test_slices_and_integers_share_memory(X):
    assert np.shares_memory(X[2:5].values, X.values)
    assert np.shares_memory(X[1], X.values)
    assert not np.shares_memory(X[[1, 2]].values, X.values)


def test_step_positions(X):
    rows = np.array([4, 0, 4])
    want = np.concatenate([np.arange(X.offsets[i], X.offsets[i + 1]) for i in rows])
    np.testing.assert_array_equal(X.step_positions(rows), want)
    assert X.step_positions(np.zeros(0, np.int64)).tolist() == []


# -- memory maps ---------------------------------------------------------------------------------------


@pytest.fixture
def mapped(tmp_path, arrays):
    path = tmp_path / "values.npy"
    np.save(path, np.concatenate(arrays))
    offsets = np.cumsum([0, *map(len, arrays)])
    return Sequences(np.load(path, mmap_mode="r"), offsets)


def test_a_memory_map_stays_on_disk(mapped, arrays):
    assert isinstance(mapped.values, np.memmap)
    assert isinstance(mapped[3], np.memmap)
    assert isinstance(mapped[2:6].values, np.memmap)
    assert isinstance(mapped[2:6][1:].values, np.memmap)
    assert np.shares_memory(mapped[2:6].values, mapped.values)
    assert_same(mapped, arrays)
    assert_same(mapped[[5, 1]], [arrays[5], arrays[1]])


def test_a_memory_map_is_pickled_with_its_values(mapped, arrays):
    assert_same(pickle.loads(pickle.dumps(mapped)), arrays)


# -- with scikit-learn ---------------------------------------------------------------------------------


class MeanOfFirst(RegressorMixin, BaseEstimator):
    """Predicts the mean of each sequence's first feature, and notes what it was given."""

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y):
        assert isinstance(X, Sequences)
        assert len(X) == len(y)
        self.fitted_on_ = X
        return self

    def predict(self, X):
        assert isinstance(X, Sequences)
        return np.array([x[:, 0].mean() for x in X]) + self.shift


def first_means(arrays):
    return np.array([a[:, 0].mean() for a in arrays])


def test_pickle_and_copy(X, arrays):
    for twin in (pickle.loads(pickle.dumps(X)), copy.deepcopy(X), copy.copy(X)):
        assert_same(twin, arrays)
        assert twin.feature_names == X.feature_names
        assert repr(twin) == repr(X)
    assert_same(pickle.loads(pickle.dumps(X[2:4])), arrays[2:4])


@pytest.mark.parametrize("stratify", [None, np.arange(N) % 2])
def test_train_test_split(X, arrays, stratify):
    rows = np.arange(N)
    train, test, train_rows, test_rows = train_test_split(X, rows, random_state=0, test_size=3, stratify=stratify)
    assert_same(train, [arrays[i] for i in train_rows])
    assert_same(test, [arrays[i] for i in test_rows])


def test_train_test_split_without_shuffle(X, arrays):
    train, test = train_test_split(X, shuffle=False, test_size=3)
    assert_same(train, arrays[:6])
    assert_same(test, arrays[6:])


def test_resample_and_shuffle(X, arrays):
    drawn, rows = resample(X, np.arange(N), random_state=1, n_samples=14)
    assert_same(drawn, [arrays[i] for i in rows])
    mixed, rows = shuffle(X, np.arange(N), random_state=1)
    assert sorted(rows) == list(range(N))
    assert_same(mixed, [arrays[i] for i in rows])


@pytest.mark.parametrize("key", [[3, 1], np.array([3, 1]), slice(1, 4), np.arange(N) > 4, 2], ids=str)
def test_safe_indexing(X, key):
    got, want = _safe_indexing(X, key), X[key]
    if isinstance(want, Sequences):
        assert_same(got, list(want))
    else:
        np.testing.assert_array_equal(got, want)


def test_folds(X, arrays):
    for train, test in KFold(3, shuffle=True, random_state=0).split(X):
        assert_same(X[train], [arrays[i] for i in train])
        assert_same(X[test], [arrays[i] for i in test])


def test_cross_validation_and_search(X, arrays):
    y = first_means(arrays)
    np.testing.assert_allclose(cross_val_score(MeanOfFirst(), X, y, cv=KFold(3)), 1.0)
    np.testing.assert_allclose(cross_val_predict(MeanOfFirst(), X, y, cv=3), y)
    search = GridSearchCV(MeanOfFirst(), {"shift": [5.0, 0.0]}, cv=3).fit(X, y)
    assert search.best_params_ == {"shift": 0.0}
    assert_same(search.best_estimator_.fitted_on_, arrays)


def test_the_caller_keeps_what_was_given(arrays):
    values, offsets = np.concatenate(arrays), np.cumsum([0, *map(len, arrays)])
    values.flags.writeable = offsets.flags.writeable = False
    X = Sequences(values, offsets)
    X.to_padded()
    assert_same(X[2:4], arrays[2:4])
    assert_same(X[[1, 0]], arrays[1::-1])
    padded, mask = X.to_padded()
    padded.flags.writeable = mask.flags.writeable = False
    assert_same(Sequences.from_padded(padded, mask=mask), arrays)
    assert not np.shares_memory(padded, values)
