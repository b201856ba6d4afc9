"""Random changes of sequences, against twins that change one sequence at a time with the same random numbers."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skrnn import Sequences
from skrnn.preprocessing import SequenceAugmentation

ALL_ON = {
    "time_masks": 2,
    "time_mask_width": 0.3,
    "feature_masks": 2,
    "feature_mask_width": 3,
    "mask_value": "mean",
    "noise": 0.1,
    "speed": 0.2,
    "feature_warp": 0.2,
    "feature_shift": 1,
    "gain": 0.5,
}
KINDS = {
    "time masks": {"time_masks": 2, "time_mask_width": 4},
    "shares": {"time_masks": 1, "time_mask_width": 0.5, "mask_value": -3.0},
    "feature masks": {"feature_masks": 3, "feature_mask_width": 2, "mask_value": "mean"},
    "both masks": {"time_masks": 1, "time_mask_width": 2, "feature_masks": 1, "feature_mask_width": 5},
    "noise": {"noise": 0.3},
    "speed": {"speed": 0.4},
    "warp": {"feature_warp": 0.3},
    "shift": {"feature_shift": 3},
    "warp and shift": {"feature_warp": 0.2, "feature_shift": 2},
    "gain": {"gain": 2.0},
    "all": ALL_ON,
}


def make(n=30, D=8, dtype=np.float64, longest=25, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences.from_list([rng.normal(size=(t, D)).astype(dtype) for t in rng.integers(1, longest, n)])


def twin(augmentation, sequences, rng):
    """One sequence at a time, from random numbers in the same order."""
    p, n, D = augmentation, len(sequences), sequences.n_features
    rows = [np.array(row, dtype=np.float64) for row in sequences]
    if p.speed:
        speeds = rng.uniform(1 - p.speed, 1 + p.speed, n)
        for i, row in enumerate(rows):
            length = max(1, int(np.rint(len(row) / speeds[i])))
            at = np.linspace(0, len(row) - 1, length)
            rows[i] = np.stack([np.interp(at, np.arange(len(row)), row[:, j]) for j in range(D)], axis=1)
    if p.feature_warp or p.feature_shift:
        factor = rng.uniform(1 - p.feature_warp, 1 + p.feature_warp, n) if p.feature_warp else np.ones(n)
        shift = rng.integers(-p.feature_shift, p.feature_shift, n, endpoint=True)
        for i, row in enumerate(rows):
            at = [j * factor[i] - shift[i] for j in range(D)]
            rows[i] = np.array([np.interp(at, np.arange(D), step) for step in row])
    if p.gain:
        for row, gain in zip(rows, rng.normal(0.0, p.gain, n)):
            row += gain
    if p.noise:
        noise = p.noise * rng.standard_normal((sum(map(len, rows)), D))
        for row, begin in zip(rows, np.cumsum([0, *map(len, rows)])):
            row += noise[begin : begin + len(row)]
    fill = [row.mean(axis=0) if p.mask_value == "mean" else np.full(D, float(p.mask_value)) for row in rows]
    if p.time_masks:
        whole = isinstance(p.time_mask_width, int)
        widest = [min(len(r), p.time_mask_width) if whole else int(len(r) * p.time_mask_width) for r in rows]
        widths = rng.integers(0, np.array(widest)[:, None], (n, p.time_masks), endpoint=True)
        begin = rng.integers(0, np.array([len(r) for r in rows])[:, None] - widths, endpoint=True)
        for i, row in enumerate(rows):
            for a, width in zip(begin[i], widths[i]):
                row[a : a + width] = fill[i]
    if p.feature_masks:
        widths = rng.integers(0, np.full((n, 1), p.feature_mask_width), (n, p.feature_masks), endpoint=True)
        begin = rng.integers(0, D - widths, endpoint=True)
        for i, row in enumerate(rows):
            for a, width in zip(begin[i], widths[i]):
                row[:, a : a + width] = fill[i][a : a + width]
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_those_of_a_twin(kind):
    X, augmentation = make(), SequenceAugmentation(**KINDS[kind])
    before = X.values.copy()
    changed = augmentation.apply(X, np.random.default_rng(3))
    wanted = twin(augmentation, X, np.random.default_rng(3))
    np.testing.assert_array_equal(changed.lengths, [len(row) for row in wanted])
    np.testing.assert_allclose(changed.values, np.concatenate(wanted), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(X.values, before)
    assert augmentation.changes_lengths == bool(augmentation.speed)
    assert not np.array_equal(changed.values, before)


@pytest.mark.parametrize("kind", KINDS)
def test_types_names_and_seeds(kind):
    X = make(dtype=np.float32)
    X = Sequences(X.values, X.offsets, [f"band {j}" for j in range(8)])
    augmentation = SequenceAugmentation(**KINDS[kind])
    changed = augmentation.apply(X, np.random.default_rng(5))
    assert changed.values.dtype == np.float32
    assert changed.feature_names == X.feature_names
    again = augmentation.apply(X, np.random.default_rng(5))
    np.testing.assert_array_equal(again.values, changed.values)
    np.testing.assert_array_equal(again.offsets, changed.offsets)
    other = augmentation.apply(X, np.random.default_rng(6))
    assert other.values.shape != changed.values.shape or not np.array_equal(other.values, changed.values)


def test_without_strength_values_are_equal_copies():
    X = make()
    for options in ({}, {"time_masks": 2}, {"feature_mask_width": 3}, {"mask_value": "mean"}):
        changed = SequenceAugmentation(**options).apply(X, np.random.default_rng(0))
        np.testing.assert_array_equal(changed.values, X.values)
        np.testing.assert_array_equal(changed.offsets, X.offsets)
        assert not np.shares_memory(changed.values, X.values)


def test_widths_of_masks():
    X = Sequences.from_list([np.ones((t, 10)) for t in [3, 40, 100] * 200])
    changed = SequenceAugmentation(time_masks=1, time_mask_width=5).apply(X, np.random.default_rng(0))
    hidden = np.array([(row == 0).all(axis=1).sum() for row in changed])
    assert set(hidden[1::3]) == set(range(6))
    assert set(hidden[::3]) == set(range(4))  # of a shorter sequence, all at most
    assert all(set(np.unique(row)) <= {0.0, 1.0} for row in changed)
    changed = SequenceAugmentation(time_masks=1, time_mask_width=0.1).apply(X, np.random.default_rng(0))
    hidden = np.array([(row == 0).all(axis=1).sum() for row in changed])
    assert [hidden[k::3].max() for k in range(3)] == [0, 4, 10]
    changed = SequenceAugmentation(feature_masks=1, feature_mask_width=10).apply(X, np.random.default_rng(0))
    assert {int((row == 0).all(axis=0).sum()) for row in changed} == set(range(11))
    whole = SequenceAugmentation(time_masks=50, time_mask_width=1.0, mask_value=7.0)
    assert (whole.apply(X, np.random.default_rng(0)).values == 7.0).mean() > 0.9


def test_lengths_remain_within_the_speeds():
    X = Sequences.from_list([np.arange(t, dtype=float)[:, None] for t in [1, 2, 50, 200] * 50])
    changed = SequenceAugmentation(speed=0.1).apply(X, np.random.default_rng(0))
    assert changed.lengths.min() == 1
    factor = X.lengths[3::4] / changed.lengths[3::4]
    assert factor.min() > 0.89
    assert factor.max() < 1.11
    assert factor.std() > 0.03
    for before, after in zip(X, changed):
        assert after[0] == before[0]
        assert len(after) == 1 or after[-1] == before[-1]
        assert (np.diff(after[:, 0]) > 0).all()


def test_warp_moves_a_peak():
    D, peak = 41, 20
    X = Sequences.from_list([np.maximum(0, 1 - abs(np.arange(D) - peak) / 6)[None]] * 300)
    factors = np.random.default_rng(1).uniform(0.8, 1.2, 300)
    changed = SequenceAugmentation(feature_warp=0.2).apply(X, np.random.default_rng(1))
    assert (abs(changed.values.argmax(axis=1) - peak / factors) <= 1).all()
    shifted = SequenceAugmentation(feature_shift=3).apply(X, np.random.default_rng(1))
    assert set(shifted.values.argmax(axis=1)) == set(range(17, 24))


def test_missing_values_remain():
    X = make()
    X.values[::5, 2] = np.nan
    X.values[0] = np.nan
    missing = np.isnan(X.values)
    options = {**ALL_ON, "speed": 0.0, "feature_warp": 0.0, "feature_shift": 0}
    changed = SequenceAugmentation(**options).apply(X, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(changed.values), missing)
    hidden = SequenceAugmentation(time_masks=1, time_mask_width=9, mask_value=np.nan).apply(X, np.random.default_rng(0))
    assert np.isnan(hidden.values).sum() > missing.sum()


def test_other_forms_of_steps():
    rng = np.random.default_rng(0)
    options = {**ALL_ON, "feature_masks": 0, "feature_mask_width": 0}
    flat = SequenceAugmentation(**options).apply(make(D=1).squeezed(), rng)
    assert flat.step_shape == ()
    whole = Sequences(np.arange(10)[:, None], [0, 4, 10])
    assert SequenceAugmentation(noise=0.1).apply(whole, rng).values.dtype == np.float64
    with_none = Sequences(np.ones((5, 8)), [0, 0, 5, 5])
    changed = SequenceAugmentation(**ALL_ON).apply(with_none, rng)
    assert (changed.lengths > 0).tolist() == [False, True, False]


def test_parameters_are_scikit_learns():
    augmentation = SequenceAugmentation(**ALL_ON)
    assert clone(augmentation).get_params() == ALL_ON
    assert pickle.loads(pickle.dumps(augmentation)).get_params() == ALL_ON
    assert repr(SequenceAugmentation(noise=0.1)) == "SequenceAugmentation(noise=0.1)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed": 1.0}, "The 'speed' parameter of SequenceAugmentation must be a float in the range"),
        ({"time_mask_width": 1.5}, "The 'time_mask_width' parameter"),
        ({"time_masks": -1}, "The 'time_masks' parameter"),
        ({"mask_value": "median"}, "The 'mask_value' parameter"),
        ({"noise": -0.1}, "The 'noise' parameter"),
        ({"feature_mask_width": 9}, "feature_mask_width must be at most 8, the number of features. Got 9."),
        ({"feature_shift": 10}, "feature_shift must be at most 8, the number of features. Got 10."),
    ],
)
def test_bad_parameters_are_one_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        SequenceAugmentation(**options).apply(make(), np.random.default_rng(0))
