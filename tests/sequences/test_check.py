"""The gate: every form of X gives the same sequences, every wrong X and y one sentence."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skrnn import Sequences
from skrnn.sequences.check import check_sequences, frame_columns, is_list_of_arrays, unboxed
from skrnn.sequences.target_shapes import check_step_targets, check_targets, has_time_axis


def exactly(sentence):
    return f"^{re.escape(sentence)}$"


def objects(items):
    """A 1-D object array of items, whatever their shapes."""
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def assert_equal(got, want):
    assert isinstance(got, Sequences)
    np.testing.assert_array_equal(got.offsets, want.offsets)
    np.testing.assert_array_equal(got.values, want.values)
    assert got.values.dtype == want.values.dtype


def ragged_arrays(n_features, equal=False):
    rng = np.random.default_rng(3)
    lengths = [4] * 5 if equal else [2, 5, 1, 3, 2]
    return [rng.normal(size=(t, n_features)).astype(np.float32) for t in lengths]


# -- every form of X --------------------------------------------------------------------------------------

RAGGED_FORMS = {
    "list": list,
    "tuple": tuple,
    "object array": objects,
    "nested lists": lambda arrays: [a.tolist() for a in arrays],
    "nested tuples": lambda arrays: tuple(tuple(map(tuple, a.tolist())) for a in arrays),
    "lists and arrays": lambda arrays: [arrays[0].tolist(), *arrays[1:]],
    "float64": lambda arrays: [a.astype(np.float64) for a in arrays],
    "Fortran order": lambda arrays: [np.asfortranarray(a) for a in arrays],
    "strided": lambda arrays: [np.repeat(a, 2, axis=0)[::2] for a in arrays],
    "frames": lambda arrays: [pd.DataFrame(a) for a in arrays],
    "frames with other rows": lambda arrays: [pd.DataFrame(a, index=range(7, 7 + len(a))) for a in arrays],
    "column of arrays": lambda arrays: pd.Series(list(arrays)),
    "column with other rows": lambda arrays: pd.Series(list(arrays), index=list("vwxyz")),
    "column of lists": lambda arrays: pd.Series([a.tolist() for a in arrays]),
    "Sequences": Sequences.from_list,
    "Sequences of float64": lambda arrays: Sequences.from_list([a.astype(np.float64) for a in arrays]),
    "tensors": lambda arrays: [_Tensor(a) for a in arrays],
}


class _Tensor:
    """What TensorFlow's and PyTorch's tensors offer to NumPy."""

    def __init__(self, array):
        self._array, self.shape, self.ndim = array, array.shape, array.ndim

    def __len__(self):
        return len(self._array)

    def __array__(self, dtype=None, copy=None):
        return np.array(self._array, dtype=dtype)


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("form", sorted(RAGGED_FORMS))
def test_forms_with_two_axes_a_sequence(form, equal, n_features):
    arrays = ragged_arrays(n_features, equal)
    X = RAGGED_FORMS[form](arrays)
    assert_equal(check_sequences(X), Sequences.from_list(arrays))


FLAT_FORMS = {name: form for name, form in RAGGED_FORMS.items() if "frames" not in name and name != "nested tuples"} | {
    "columns": lambda arrays: [pd.Series(a) for a in arrays],
    "lists of numbers": lambda arrays: [list(a) for a in arrays],
    "tuples": lambda arrays: tuple(tuple(a.tolist()) for a in arrays),
}


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("form", sorted(FLAT_FORMS))
def test_forms_with_one_axis_a_sequence(form, equal):
    arrays = ragged_arrays(1, equal)
    assert_equal(check_sequences(FLAT_FORMS[form]([a[:, 0] for a in arrays])), Sequences.from_list(arrays))


@pytest.mark.parametrize("n_features", [1, 3])
def test_three_dimensions(n_features):
    arrays = ragged_arrays(n_features, equal=True)
    want = Sequences.from_list(arrays)
    X = np.stack(arrays)
    for form in (X, X.tolist(), X.astype(np.float64), np.asfortranarray(X), X.astype(object), list(X)):
        assert_equal(check_sequences(form), want)


def test_two_dimensions_are_one_feature_a_step():
    arrays = ragged_arrays(1, equal=True)
    X = np.stack(arrays)[:, :, 0]
    for form in (X, X.tolist(), tuple(map(tuple, X.tolist())), X.astype(object), pd.DataFrame(X)):
        assert_equal(check_sequences(form), Sequences.from_list(arrays))


def test_polars_frames_and_columns():
    polars = pytest.importorskip("polars")
    arrays = ragged_arrays(2)
    frames = [polars.DataFrame({"a": a[:, 0], "b": a[:, 1]}) for a in arrays]
    got = check_sequences(frames)
    assert_equal(got, Sequences.from_list(arrays))
    assert got.feature_names == ("a", "b")
    column = polars.Series([a[:, 0].tolist() for a in arrays])
    assert_equal(check_sequences(column), Sequences.from_list([a[:, 0] for a in arrays]))


def test_column_names_are_kept():
    frames = [pd.DataFrame(a, columns=["a", "b"]) for a in ragged_arrays(2)]
    for X in (frames, tuple(frames), pd.Series(frames), objects(frames)):
        assert check_sequences(X).feature_names == ("a", "b")
    assert check_sequences(check_sequences(frames)).feature_names == ("a", "b")
    assert check_sequences([pd.DataFrame(a) for a in ragged_arrays(2)]).feature_names is None


def test_a_list_of_one_sequence():
    assert check_sequences([np.zeros((5, 3))]).lengths.tolist() == [5]
    assert check_sequences([[1, 2, 3]]).lengths.tolist() == [3]
    assert check_sequences([np.zeros(4)]).lengths.tolist() == [4]


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.uint64, bool, ">f4"])
def test_types(dtype):
    X = np.arange(6).reshape(2, 3).astype(dtype)
    got = check_sequences(X)
    assert got.values.dtype == np.float32
    np.testing.assert_array_equal(got.values[:, 0], X.ravel().astype(np.float32))
    assert check_sequences(X, dtype=np.float64).values.dtype == np.float64
    assert check_sequences(X, dtype=None).values.dtype == X.dtype


def test_no_type_asked_for_makes_objects_floats():
    assert check_sequences(np.array([[1, 2.5]], dtype=object), dtype=None).values.dtype == np.float64


def test_a_memory_map_is_not_copied(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((6, 2), np.float32))
    X = Sequences(np.load(tmp_path / "x.npy", mmap_mode="r"), [0, 2, 6])
    assert np.shares_memory(check_sequences(X).values, X.values)
    np.save(tmp_path / "y.npy", np.ones((2, 3, 2), np.float32))
    padded = np.load(tmp_path / "y.npy", mmap_mode="r")
    assert np.shares_memory(check_sequences(padded).values, padded)


@pytest.mark.parametrize("tokens", [False, True])
def test_the_callers_arrays_are_never_written_to(tokens):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(9, size=(t, 1)).astype(np.float32) for t in (2, 4)]
    cube = np.stack([arrays[1], arrays[1]])
    kept = [a.copy() for a in arrays]
    for a in (*arrays, cube):
        a.flags.writeable = False
    for X in (arrays, cube, cube[:, :, 0], objects(arrays), Sequences.from_list(arrays)):
        check_sequences(X, tokens=tokens, allow_nan=not tokens)
    for a, b in zip(arrays, kept):
        np.testing.assert_array_equal(a, b)


def test_n_features_that_fit_are_no_error():
    assert check_sequences(ragged_arrays(3), n_features=3).n_features == 3


def test_nan_is_let_through_where_allowed():
    X = [[1.0, np.nan], [2.0]]
    np.testing.assert_array_equal(check_sequences(X, allow_nan=True).values[:, 0], [1, np.nan, 2])


# -- wrong X ----------------------------------------------------------------------------------------------

FRAME = pd.DataFrame({"a": [1.0], "b": [2.0]})
WRONG_X = {
    "no list": (
        [],
        "Found array with 0 sample(s): X must hold at least one sequence, a minimum of 1 is required.",
    ),
    "no object": (
        np.array([], dtype=object),
        "Found array with 0 sample(s): X must hold at least one sequence, a minimum of 1 is required.",
    ),
    "no Sequences": (
        Sequences(np.zeros((0, 2)), [0]),
        "Found array with 0 sample(s): X must hold at least one sequence, a minimum of 1 is required.",
    ),
    "no rows": (
        np.zeros((0, 5)),
        "Found array with 0 sample(s) (shape=(0, 5)) while a minimum of 1 is required.",
    ),
    "no steps, 2-D": (
        np.zeros((3, 0)),
        "0 feature(s) (shape=(3, 0)) while a minimum of 1 is required: X must have at least one step.",
    ),
    "no steps, 3-D": (np.zeros((3, 0, 2)), "X[0] must have at least one step. Got an empty sequence."),
    "no features, 3-D": (
        np.zeros((3, 2, 0)),
        "Found array with 0 feature(s) in X while a minimum of 1 is required.",
    ),
    "no features, list": (
        [np.zeros((3, 0)), np.zeros((2, 0))],
        "Found array with 0 feature(s) in X while a minimum of 1 is required.",
    ),
    "no features, Sequences": (
        Sequences(np.zeros((3, 0)), [0, 3]),
        "Found array with 0 feature(s) in X while a minimum of 1 is required.",
    ),
    "empty sequence, list": (
        [np.zeros((2, 3)), np.zeros((0, 3))],
        "X[1] must have at least one step. Got an empty sequence.",
    ),
    "empty sequence, one axis": (
        [np.zeros((2, 3)), np.zeros(0)],
        "X[1] must have at least one step. Got an empty sequence.",
    ),
    "empty sequence, first": ([[], [1.0]], "X[0] must have at least one step. Got an empty sequence."),
    "empty sequence, Sequences": (
        Sequences(np.zeros((2, 1)), [0, 1, 1, 2]),
        "X[1] must have at least one step. Got an empty sequence.",
    ),
    "ragged features": (
        [np.zeros((2, 4)), np.zeros((3, 4)), np.zeros((1, 4)), np.zeros((7, 5))],
        "X[3] must have shape (time, 4). Got (7, 5).",
    ),
    "one axis among two": ([np.zeros((2, 4)), np.zeros(3)], "X[1] must have shape (time, 4). Got (3,)."),
    "three axes": ([np.zeros((1, 2, 3))], "X[0] must have shape (time, features). Got (1, 2, 3)."),
    "four dimensions": (
        np.zeros((1, 2, 3, 4)),
        "X must have shape (N, T, D) or (N, T), dim <= 3. Got (1, 2, 3, 4).",
    ),
    "number in list": ([np.zeros(2), 3], "X[1] must have shape (time, features). Got 3."),
    "number first": ([3, np.zeros(2)], "X[0] must have shape (time, features). Got 3."),
    "None first": (objects([None, np.zeros(2)]), "X[0] must have shape (time, features). Got None."),
    "word in list": ([np.zeros(2), "ab"], "X[1] must have shape (time, features). Got 'ab'."),
    "sets": ([{1, 2}, {3}], "X[0] must have shape (time, features). Got ()."),
    "ragged rows": (
        [[[1, 2], [3]], [[1, 2]]],
        "X[0] must have shape (time, features). Got rows of unequal length.",
    ),
    "ragged rows, equal steps": (
        [[[1, 2], [3, 4]], [[1, 2], [3]]],
        "X[1] must have shape (time, features). Got rows of unequal length.",
    ),
    "lists among numbers": ([1, [2, 3]], "X[0] must have shape (time, features). Got 1."),
    "other columns": (
        [FRAME, FRAME.rename(columns={"b": "c"})],
        "X[1] must have the columns of X[0], a, b. Got a, c.",
    ),
    "no columns": ([FRAME, np.zeros((2, 2))], "X[1] must have the columns of X[0], a, b. Got none."),
    "columns second": ([np.zeros((2, 2)), FRAME], "X[1] must have the columns of X[0], none. Got a, b."),
    "frame of arrays": (
        pd.DataFrame({"s": [np.zeros(2), np.zeros(3)], "t": [np.zeros(2), np.zeros(3)]}),
        "column 's' of X must hold numbers, unless X is one column of sequences. Got ndarray in a cell.",
    ),
    "dates": (np.array([["2020-01-01"]], dtype="M8[D]"), "X must hold numbers. Got datetime64[D]."),
    "durations": (np.array([[1]], dtype="m8[s]"), "X must hold numbers. Got timedelta64[s]."),
    "nan": (
        [[1.0], [2.0, np.nan]],
        "X[1] must not contain NaN. Got one at step 1, feature 0: Input X contains NaN.",
    ),
    "nan, 3-D": (
        np.where(np.arange(24).reshape(2, 3, 4) == 18, np.nan, 0),
        "X[1] must not contain NaN. Got one at step 1, feature 2: Input X contains NaN.",
    ),
    "infinity": (
        [np.array([[1.0, -np.inf]])],
        "X[0] must not contain infinity or a value too large for float32. Got one at step 0, feature 1: "
        "Input X contains infinity or a value too large for float32.",
    ),
    "too large": (
        [[1.0], [1e300]],
        "X[1] must not contain infinity or a value too large for float32. Got one at step 0, feature 0: "
        "Input X contains infinity or a value too large for float32.",
    ),
}


@pytest.mark.parametrize("case", sorted(WRONG_X))
def test_wrong_x_is_one_sentence(case):
    X, sentence = WRONG_X[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=re.escape(sentence)) as error:
            check_sequences(X)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("X", "part"),
    [
        (np.zeros(3), "Expected 2D array, got 1D array instead"),
        (pd.Series([1.0, 2.0]), "Expected 2D array, got 1D array instead"),
        (["ab", "c"], "Expected 2D array, got 1D array instead"),
        (3.0, "Expected 2D array, got scalar array instead"),
        (None, "Expected 2D array, got scalar array instead"),
        (np.ones((2, 2)) * 1j, "Complex data not supported"),
        ([np.ones(2) * 1j, np.ones(3)], "Complex data not supported"),
        ([["a", "b"]], "could not convert string to float"),
        ([["a", "b"], ["c"]], "could not convert string to float"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, None])
def test_scikit_learns_own_sentences(X, part, dtype):
    with pytest.raises(ValueError, match=part):
        check_sequences(X, dtype=dtype)


def test_sparse_is_refused():
    matrix = sparse.csr_matrix(np.eye(2))
    with pytest.raises(TypeError, match=exactly("Sparse data are not sequences: X must be dense. Use X.toarray().")):
        check_sequences(matrix)
    sentence = "Sparse data are not sequences: y[1] must be dense. Use y[1].toarray()."
    with pytest.raises(TypeError, match=exactly(sentence)):
        check_sequences([np.eye(2), sparse.csr_array(np.eye(2))], name="y")


def test_infinity_is_never_let_through():
    with pytest.raises(ValueError, match=r"^X\[1\] must not contain infinity.*at step 1, feature 0"):
        check_sequences([[np.nan], [1.0, np.inf]], allow_nan=True)


def test_another_number_of_features():
    sentence = (
        "X[0] must have shape (time, 4). Got (2, 3): X has 3 features, but RNNRegressor is expecting "
        "4 features as input."
    )
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_sequences(ragged_arrays(3), n_features=4, owner="RNNRegressor")
    with pytest.raises(ValueError, match="but this is expecting 4 features as input"):
        check_sequences(np.zeros((2, 5)), n_features=4)


def test_names_in_sentences():
    with pytest.raises(ValueError, match=r"^sample_weight\[1\] must have shape \(time, 1\). Got \(1, 2\).$"):
        check_sequences([np.zeros((2, 1)), np.zeros((1, 2))], name="sample_weight")
    with pytest.raises(ValueError, match=r"0 sample\(s\): y must hold"):
        check_sequences([], name="y")


# -- tokens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.int64, np.float32, object, bool])
def test_tokens(dtype):
    arrays = [np.array([0, 1, 1]), np.array([1])]
    for X in ([a.astype(dtype) for a in arrays], [a[:, None].astype(dtype) for a in arrays]):
        got = check_sequences(X, tokens=True)
        assert got.values.dtype == np.int32
        assert [x[:, 0].tolist() for x in got] == [[0, 1, 1], [1]]


def test_the_largest_token():
    assert check_sequences([[2**31 - 1]], tokens=True).values[0, 0] == 2**31 - 1


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ([[1, 2], [3, -2]], "X[1] must hold tokens, integers from 0. Got -2 at step 1."),
        ([[1], [2, 2.5]], "X[1] must hold tokens, integers from 0. Got 2.5 at step 1."),
        ([[2**31]], "X[0] must hold tokens, integers from 0. Got 2.14748e+09 at step 0."),
        (
            np.zeros((1, 2, 3)),
            "X must hold one token a step where it is embedded. Got 3 features a step.",
        ),
        (
            [[1], [2, np.nan]],
            "X[1] must not contain NaN. Got one at step 1, feature 0: Input X contains NaN.",
        ),
    ],
)
def test_wrong_tokens(X, sentence):
    with pytest.raises(ValueError, match=exactly(sentence)):
        check_sequences(X, tokens=True)


# -- what it is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "answer"),
    [
        ([np.zeros(2), np.zeros(2)], True),
        ((np.zeros(2),), True),
        ([[1, 2], [3]], True),
        ([[1, 2], [3, 4]], False),
        ([], False),
        ([1, 2], False),
        (["ab", "c"], False),
        ([np.float64(1), np.float64(2)], False),
        (np.zeros((2, 3)), False),
        (objects([np.zeros(2)]), True),
        (objects([None, np.zeros(2)]), True),
        (objects(["ab", "c"]), False),
        (np.array([], dtype=object), False),
        ("abc", False),
        (None, False),
        (Sequences.from_list([[1.0]]), False),
    ],
)
def test_is_list_of_arrays(X, answer):
    assert is_list_of_arrays(X) is answer


@pytest.mark.parametrize(
    ("y", "answer"),
    [
        (None, False),
        (1.0, False),
        ("abc", False),
        ([], False),
        ([1, 2], False),
        (["ab", "c"], False),
        (np.zeros(3), False),
        (np.zeros((3, 2)), False),
        (np.zeros((3, 2, 1)), True),
        (np.zeros((3, 2, 1)).astype(object), True),
        (np.zeros((3, 2, 1)).tolist(), True),
        ([[1, 2], [3, 4]], False),
        ([[1, 2], [3]], True),
        ([["a"], ["b", "c"]], True),
        ([[[1, 2], [3]], [[4]]], True),
        ([np.zeros(2), np.zeros(2)], True),
        ([np.zeros((2, 3)), np.zeros((1, 3))], True),
        ([np.zeros((1, 2, 3))], False),
        ([{1, 2}, {3}], False),
        (objects([np.zeros(2), np.zeros(1)]), True),
        (objects(["ab", "c"]), False),
        (pd.Series([np.zeros(2), np.zeros(1)]), True),
        (pd.Series([1, 2]), False),
        (pd.DataFrame({"a": [1], "b": [2]}), False),
        ([pd.DataFrame({"a": [1]})], True),
        (Sequences.from_list([[1.0]]), True),
    ],
)
def test_has_time_axis(y, answer):
    assert has_time_axis(y) is answer


def test_frame_columns():
    assert frame_columns(FRAME) == ("a", "b")
    assert frame_columns(pd.DataFrame(np.zeros((1, 2)))) is None
    assert frame_columns(pd.DataFrame({"a": [1], 2: [1]})) is None
    assert frame_columns(pd.DataFrame()) is None
    assert frame_columns(np.zeros((1, 2))) is None
    assert frame_columns([1, 2]) is None


def test_unboxed():
    cells = [np.zeros(2), np.zeros(3)]
    assert all(a is b for a, b in zip(unboxed(pd.Series(cells)), cells))
    for X in (FRAME, cells, np.zeros((2, 3)), None):
        assert unboxed(X) is X


# -- targets ----------------------------------------------------------------------------------------------

X = Sequences.from_list([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]])
STEPS = [np.array([1.0, 2.0]), np.array([3.0]), np.array([4.0, 5.0, 6.0])]


@pytest.mark.parametrize(
    "y",
    [
        STEPS,
        tuple(STEPS),
        objects(STEPS),
        [s.tolist() for s in STEPS],
        [s[:, None] for s in STEPS],
        pd.Series(STEPS),
        X,
    ],
)
def test_step_targets(y):
    got = check_step_targets(X.lengths, y)
    assert got.values.dtype == np.float64
    assert_equal(got, check_sequences(STEPS, dtype=np.float64))


def test_step_targets_of_equal_length():
    cube = np.arange(12.0).reshape(2, 3, 2)
    square = Sequences.from_padded(np.zeros((2, 3)))
    for y in (cube, cube.tolist(), list(cube), cube.astype(object)):
        assert_equal(check_step_targets(square.lengths, y), check_sequences(cube, dtype=np.float64))


def test_step_targets_as_they_are():
    words = check_step_targets(X.lengths, [["a", "bcd"], ["e"], ["f", "g", "h"]], numbers=False)
    assert [w[:, 0].tolist() for w in words] == [["a", "bcd"], ["e"], ["f", "g", "h"]]
    numbers = check_step_targets(X.lengths, [s + 1e-12 for s in STEPS], numbers=False)
    np.testing.assert_array_equal(numbers.values, X.values + 1e-12)


@pytest.mark.parametrize("numbers", [True, False])
def test_wrong_step_targets(numbers):
    with pytest.raises(ValueError, match=exactly("y[2] must have the 3 steps of X[2]. Got 2.")):
        check_step_targets(X.lengths, [*STEPS[:2], STEPS[0]], numbers=numbers)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[3, 2\]"):
        check_step_targets(X.lengths, STEPS[:2], numbers=numbers)
    with pytest.raises(ValueError, match=exactly("y[1] must have at least one step. Got an empty sequence.")):
        check_step_targets(X.lengths, [STEPS[0], [], STEPS[2]], numbers=numbers)


def test_step_targets_must_be_finite_numbers():
    with pytest.raises(ValueError, match=r"^y\[1\] must not contain NaN. Got one at step 0, feature 0"):
        check_step_targets(X.lengths, [STEPS[0], [np.nan], STEPS[2]])
    with pytest.raises(ValueError, match="could not convert string to float"):
        check_step_targets(X.lengths, [["a", "b"], ["c"], ["d", "e", "f"]])
    ragged = [[[1], [2]], [[1]], [[1, 2], [3], [4]]]
    with pytest.raises(ValueError, match=exactly("y[2] must have shape (time, features). Got rows of unequal length.")):
        check_step_targets(X.lengths, ragged)


@pytest.mark.parametrize(
    "y", [[1, 2, 3], np.array([1.0, 2, 3]), pd.Series([1, 2, 3]), np.array([1, 2, 3], dtype=object)]
)
def test_targets(y):
    got = check_targets(X, y)
    assert got.dtype == np.float64
    assert got.tolist() == [1, 2, 3]


def test_targets_with_several_numbers():
    y = np.arange(6).reshape(3, 2)
    for form in (y, y.tolist(), pd.DataFrame(y)):
        assert check_targets(X, form).tolist() == y.tolist()


@pytest.mark.parametrize(
    ("y", "part"),
    [
        (None, "^This estimator requires y to be passed, but the target y is None.$"),
        (3.0, r"^y must have shape \(N,\) or \(N, K\), or a time axis. Got \(\).$"),
        (np.zeros((3, 1, 1)), "Found array with dim 3"),
        ([1, 2], r"inconsistent numbers of samples: \[3, 2\]"),
        ([], r"inconsistent numbers of samples: \[3, 0\]"),
        ([1, np.nan, 2], "Input y contains NaN"),
        ([1, np.inf, 2], "Input y contains infinity"),
        (["a", "b", "c"], "could not convert string to float"),
    ],
)
def test_wrong_targets(y, part):
    with pytest.raises(ValueError, match=part):
        check_targets(X, y)


def test_targets_are_never_written_to():
    y = np.array([1.0, 2.0, 3.0], np.float32)
    steps = [s.astype(np.float32) for s in STEPS]
    for a in (y, *steps):
        a.flags.writeable = False
    check_targets(X, y)
    check_step_targets(X.lengths, steps)
    check_step_targets(X.lengths, Sequences.from_list(steps))
