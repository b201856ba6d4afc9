"""Estimators with every recurrence by name."""

import pickle

import numpy as np
import pytest
from conftest import toy_sequences

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.datasets import make_running_mean

# One of each way of running: fused, in a loop, as a scan.
FEW = ("gru", "mgu", "mingru")


@pytest.mark.parametrize("name", sorted(CELLS))
def test_it_learns_and_predicts_each_sequence_for_itself(name):
    X, y = toy_sequences()
    model = RNNClassifier(name, units=4, epochs=3, random_state=0).fit(X, y)
    assert model.history_["loss"][-1] < model.history_["loss"][0] or name in UNTRAINED
    assert np.isfinite(model.history_["loss"]).all()
    together = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X[3:4]), together[3:4])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), together)
    alone = model.model_(X[3][None].astype("float32"), mask=np.ones((1, len(X[3])), bool))
    np.testing.assert_allclose(alone, together[3:4, 1:], rtol=1e-4, atol=1e-5)


UNTRAINED = ("esn",)


@pytest.mark.core
@pytest.mark.parametrize("name", FEW)
def test_stacked_in_both_directions_with_targets_for_each_step(name):
    X, y = make_running_mean(30, length=(3, 9), random_state=0)
    model = RNNRegressor(name, units=(5, 4), bidirectional=True, epochs=3, random_state=0).fit(X, y)
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    assert [len(p) for p in model.predict(X)] == [len(x) for x in X]
    again = RNNRegressor(name, units=(5, 4), bidirectional=True, epochs=3, random_state=0).fit(X, y)
    for a, b in zip(model.predict(X), again.predict(X)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", FEW)
def test_compiled_with_xla_it_is_the_same(name):
    X, y = toy_sequences()
    options = {"cell__zoneout": 0.2} if name == "mgu" else {}
    plain, compiled = (
        RNNClassifier(name, units=5, epochs=2, jit_compile=jit, random_state=0, **options).fit(X, y)
        for jit in (False, True)
    )
    np.testing.assert_allclose(plain.predict_proba(X), compiled.predict_proba(X), rtol=1e-3, atol=1e-4)


@pytest.mark.core
def test_options_reach_the_cell_and_errors_come_before_training():
    X, y = toy_sequences()
    model = RNNClassifier("rhn", units=4, cell__depth=2, epochs=1, random_state=0).fit(X, y)
    assert len(model.weights_) == 1 + 2 * 2 + 2
    model.set_params(cell__depth=0)
    with pytest.raises(ValueError, match="depth must be an integer of at least 1. Got 0."):
        model.fit(X, y)
    with pytest.raises(
        TypeError, match="MGUCell has no option 'zonout', given as cell__zonout; did you mean 'zoneout'"
    ):
        RNNClassifier("mgu", cell__zonout=0.1).fit(X, y)
    with pytest.raises(ValueError, match="MinGRUCell takes no recurrent_dropout"):
        RNNClassifier("mingru", recurrent_dropout=0.1).fit(X, y)
