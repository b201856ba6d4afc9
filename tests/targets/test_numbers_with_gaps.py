"""NaN in y is no target; rows of y are steps where they stand in a list, outputs where they are an array."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import KFold, cross_val_score

from skrnn import RNNRegressor, RNNTagger
from skrnn.metrics import (
    SCORERS,
    flat_mean_absolute_error,
    flat_r2_score,
    flat_root_mean_squared_error,
)

pytestmark = pytest.mark.core

rng = np.random.default_rng(0)
RAGGED = [rng.normal(size=(n, 2)).astype("float32") for n in [3, 5, 2, 4, 3, 6]]
SQUARE = rng.normal(size=(6, 3, 2)).astype("float32")
STEPS = [x[:, 0] + 10.0 for x in RAGGED]


def regressor(**params):
    return RNNRegressor("gru", **{"units": 3, "epochs": 2, "random_state": 0, **params})


def with_nan(y, places):
    y = [np.array(row, float) for row in y]
    for i, t in places:
        y[i][t] = np.nan
    return y


GAPS = [(0, 0), (1, 2), (1, 3), (5, 5)]


def test_a_step_with_nan_is_a_step_of_weight_zero():
    weights = [np.ones(len(x)) for x in RAGGED]
    for i, t in GAPS:
        weights[i][t] = 0.0
    gaps = with_nan(STEPS, GAPS)
    a = regressor().fit(RAGGED, gaps)
    b = regressor().fit(RAGGED, STEPS, sample_weight=weights)
    for p, q in zip(a.predict(RAGGED), b.predict(RAGGED)):
        assert_array_equal(p, q)
    assert a.score(RAGGED, gaps) == pytest.approx(b.score(RAGGED, STEPS, sample_weight=weights), abs=1e-12)
    known = ~np.isnan(np.concatenate(gaps))
    joined = np.concatenate(list(a.predict(RAGGED)))
    expected = r2_score(np.concatenate(STEPS)[known], joined[known])
    assert a.score(RAGGED, gaps) == pytest.approx(expected, abs=1e-12)
    assert SCORERS["flat_r2"](a, RAGGED, gaps) == pytest.approx(expected, abs=1e-12)


def test_none_among_numbers_is_nan():
    lists = [[None if np.isnan(v) else v for v in row] for row in with_nan(STEPS, GAPS)]
    a, b = regressor().fit(RAGGED, lists), regressor().fit(RAGGED, with_nan(STEPS, GAPS))
    assert_array_equal(a.weights_[0], b.weights_[0])


def test_a_sequence_without_targets():
    """At steps it counts for nothing; where there is one target a sequence it must have the weight 0."""
    y = with_nan(STEPS, [(2, 0), (2, 1)])
    a = regressor().fit(RAGGED, y)
    b = regressor().fit([x for i, x in enumerate(RAGGED) if i != 2], [v for i, v in enumerate(STEPS) if i != 2])
    assert_array_equal(a.weights_[0], b.weights_[0])
    one = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0])
    weights = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    model = regressor().fit(RAGGED, one, sample_weight=weights)
    expected = r2_score(one[weights > 0], model.predict(RAGGED)[weights > 0])
    assert model.score(RAGGED, one, sample_weight=weights) == pytest.approx(expected, abs=1e-12)
    for call in (model.fit, model.score, model.partial_fit):
        with pytest.raises(ValueError, match=r"y\[2\] must not be NaN: Input y contains NaN\."):
            call(RAGGED, one)
    several = np.array([[1.0, 2.0]] * 6)
    several[3] = np.nan
    with pytest.raises(ValueError, match=r"y\[3\] must not be NaN"):
        regressor().fit(RAGGED, several)
    assert np.isfinite(regressor().fit(RAGGED, several, sample_weight=[1, 1, 1, 0, 1, 1]).history_["loss"]).all()


@pytest.mark.parametrize("per_step", [False, True])
def test_one_of_several_outputs_is_not_known(per_step):
    """The loss of an example is the mean over what is known; the moments, metrics and scores are of that, too."""
    y = rng.normal(size=(6, 3, 2) if per_step else (6, 2)) * [1.0, 100.0] + [5.0, -40.0]
    known = rng.random(y.shape) < 0.6
    known[0] = True
    if not per_step:
        known[:, 0] |= ~known[:, 1]
    gaps = np.where(known, y, np.nan)
    some = known.any(axis=-1)
    model = regressor(
        metrics=["mean_absolute_error", "root_mean_squared_error"], batch_size=-1, epochs=1, learning_rate=1e-12
    )
    model.fit(SQUARE, gaps)
    flat, mask = gaps.reshape(-1, 2), known.reshape(-1, 2)
    mean = np.array([flat[mask[:, k], k].mean() for k in (0, 1)])
    std = np.array([flat[mask[:, k], k].std() for k in (0, 1)])
    predicted = np.stack(list(model.predict(SQUARE))).reshape(-1, 2)
    errors = (flat - predicted) / std
    each = np.array([np.mean(e[k] ** 2) for e, k in zip(errors, mask) if k.any()])
    weights = some.reshape(-1)[mask.any(axis=1)] / some.mean() if per_step else np.ones(len(each))
    loss = (each * weights).sum() / (some.size if per_step else len(each))
    assert model.history_["loss"][0] == pytest.approx(loss, rel=1e-4)
    scaled = np.abs(errors[mask])
    assert model.history_["mean_absolute_error"][0] == pytest.approx(scaled.mean(), rel=1e-4)
    assert model.history_["root_mean_squared_error"][0] == pytest.approx(np.sqrt((scaled**2).mean()), rel=1e-4)
    assert_allclose(model._target.mean, mean)
    assert_allclose(model._target.scale, std)
    expected = np.mean([r2_score(flat[mask[:, k], k], predicted[mask[:, k], k]) for k in (0, 1)])
    assert model.score(SQUARE, gaps) == pytest.approx(expected, abs=1e-9)
    model.set_params(learning_rate=0.01).partial_fit(SQUARE, y)  # then with all of it
    model.partial_fit(SQUARE, gaps)
    assert all(np.isfinite(w).all() for w in model.weights_)


def test_what_is_not_known_moves_nothing():
    """The gradient of an output that is nowhere known in a batch is zero."""
    y = rng.normal(size=(6, 2))
    model = regressor(batch_size=-1, optimizer="sgd", learning_rate=0.1, global_clipnorm=None).fit(SQUARE, y)
    before = [w.copy() for w in model.weights_]
    y[:, 1] = np.nan
    model.partial_fit(SQUARE, y)
    assert_array_equal(model.weights_[-2][:, 1], before[-2][:, 1])
    assert model.weights_[-1][1] == before[-1][1]
    assert (model.weights_[-2][:, 0] != before[-2][:, 0]).any()


def test_metrics_that_read_outputs_together_see_complete_examples():
    y = rng.normal(size=(8, 2))
    X = rng.normal(size=(8, 3, 1)).astype("float32")
    y[[1, 4], 1] = np.nan
    metric = keras.metrics.CosineSimilarity(name="cosine", axis=-1)
    model = regressor(metrics=[metric], batch_size=-1, normalize_y=False, learning_rate=1e-12).fit(X, y)
    rows = [0, 2, 3, 5, 6, 7]
    p = model.predict(X)[rows]
    expected = np.mean((p * y[rows]).sum(1) / np.linalg.norm(p, axis=1) / np.linalg.norm(y[rows], axis=1))
    assert model.history_["cosine"][-1] == pytest.approx(expected, abs=1e-4)


def test_early_stopping_and_readout_with_gaps():
    gaps = with_nan(STEPS, GAPS)
    model = regressor(early_stopping=True, validation_fraction=0.4).fit(RAGGED, gaps)
    assert np.isfinite(model.history_["val_loss"]).all()
    readout = RNNRegressor("esn", units=4, readout=Ridge(), random_state=0).fit(RAGGED, gaps)
    assert np.isfinite(np.concatenate(list(readout.predict(RAGGED)))).all()
    y = np.array([[1.0, np.nan]] * 3 + [[2.0, 3.0]] * 3)
    with pytest.raises(ValueError, match="readout needs all outputs wherever one of them is known"):
        RNNRegressor("esn", units=4, readout=Ridge(), random_state=0).fit(RAGGED, y)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        ([np.full(len(x), np.nan) for x in RAGGED], "y must hold a number of positive weight in each output"),
        (np.array([[1.0, np.nan]] * 6), "y must hold a number .* Got NaN only in output 1"),
        (np.full(6, np.inf), "Input y contains infinity"),
        ([np.full(len(x), np.inf) for x in RAGGED], "infinity"),
    ],
)
def test_nothing_known_and_infinity(y, sentence):
    with pytest.raises(ValueError, match=sentence):
        regressor().fit(RAGGED, y)
    model = regressor().fit(RAGGED, STEPS)
    if isinstance(y, list):
        with pytest.raises(ValueError, match="NaN only|infinity"):
            model.score(RAGGED, y)


def test_flat_scores_with_gaps():
    true = [[1.0, np.nan], [3.0], [np.nan, 5.0, 6.0]]
    predicted = [[2.0, 9.0], [3.0], [9.0, 5.0, 8.0]]
    known, guessed = [1.0, 3.0, 5.0, 6.0], [2.0, 3.0, 5.0, 8.0]
    assert flat_mean_absolute_error(true, predicted) == pytest.approx(np.abs(np.subtract(known, guessed)).mean())
    assert flat_root_mean_squared_error(true, predicted) == pytest.approx(mean_squared_error(known, guessed) ** 0.5)
    assert flat_r2_score(true, predicted) == pytest.approx(r2_score(known, guessed))
    weights = [1.0, 2.0, 3.0]
    expected = r2_score(known, guessed, sample_weight=[1.0, 2.0, 3.0, 3.0])
    assert flat_r2_score(true, predicted, sample_weight=weights) == pytest.approx(expected)
    with pytest.raises(ValueError, match="NaN only"):
        flat_r2_score([[np.nan, np.nan]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="NaN"):
        flat_r2_score([[1.0, 2.0]], [[1.0, np.nan]])


# -- rows ----------------------------------------------------------------------------------------------------


def test_a_list_of_rows_is_steps_whatever_the_lengths():
    lists = [row.tolist() for row in SQUARE[:, :, 0]]
    a = regressor().fit(SQUARE, lists)
    b = regressor().fit(list(SQUARE), [np.array(row) for row in lists])
    assert_array_equal(a.weights_[0], b.weights_[0])
    assert [p.shape for p in a.predict(SQUARE)] == [(3,)] * 6
    for y in (lists, tuple(map(tuple, lists)), np.array(lists), pd.DataFrame(lists), np.array(lists)[:, :, None]):
        assert a.score(SQUARE, y) == b.score(list(SQUARE), [np.array(row) for row in lists])
    a.partial_fit(SQUARE[:1], lists[:1])
    a.partial_fit(SQUARE, np.array(lists))
    assert a.n_iter_ == 4


def test_an_array_of_rows_is_outputs_of_sequences():
    y = SQUARE[:, :, 0].astype(float)
    model = regressor().fit(SQUARE, y)
    assert model.predict(SQUARE).shape == (6, 3)
    assert model.score(SQUARE, y.tolist()) == model.score(SQUARE, y)  # as it was fitted
    assert model.score(SQUARE, pd.DataFrame(y)) == model.score(SQUARE, y)
    assert regressor().fit(RAGGED, pd.DataFrame(y)).predict(RAGGED).shape == (6, 3)


def test_rows_of_the_wrong_length():
    sentence = r"y\[0\] must have the 3 steps of X\[0\]. Got 4: .* \(6, 4\) at the first fit holds 4 outputs a sequence"
    rows = [[1.0, 2.0, 3.0, 4.0]] * 6
    with pytest.raises(ValueError, match=sentence):
        regressor().fit(SQUARE, rows)
    with pytest.raises(ValueError, match=sentence):
        regressor().fit(SQUARE, STEPS_OF_SQUARE).partial_fit(SQUARE, np.array(rows))


STEPS_OF_SQUARE = [row.tolist() for row in SQUARE[:, :, 1]]


def test_folds_of_equal_lengths():
    """Two of three folds hold sequences of one length."""
    X = [*SQUARE, *RAGGED[1:3], *SQUARE]
    y = [x[:, 0].tolist() for x in X]
    scores = cross_val_score(regressor(), X, y, cv=KFold(7), error_score="raise")
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("kind", [RNNRegressor, RNNTagger])
def test_weights_of_steps_in_an_array(kind):
    weights = rng.integers(1, 4, (6, 3)).astype(float)
    y = [[0, 1, 0], [1, 1, 0]] * 3
    make = {"units": 2, "epochs": 2, "random_state": 0}
    expected = kind("gru", **make).fit(SQUARE, y, sample_weight=list(weights))
    for form in (weights, weights.tolist(), weights[:, :, None], pd.DataFrame(weights)):
        model = kind("gru", **make).fit(SQUARE, y, sample_weight=form)
        assert_array_equal(model.weights_[0], expected.weights_[0])
        assert model.score(SQUARE, y, sample_weight=form) == expected.score(SQUARE, y, sample_weight=list(weights))
