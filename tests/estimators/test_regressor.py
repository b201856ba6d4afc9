"""RNNRegressor: forms of y, their scale, and scores over steps."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score

from skrnn import RNNRegressor, Sequences
from skrnn.datasets import make_running_mean

FAST = {"units": 5, "epochs": 10, "random_state": 0, "batch_size": 8}


@pytest.mark.core
@pytest.mark.parametrize("shape", [(), (1,), (3,)], ids=str)
def test_one_or_many_numbers_a_sequence(toy, shape):
    X, _ = toy
    y = np.stack([np.resize(x.sum(axis=0), shape) for x in X])
    model = RNNRegressor(**FAST).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.predict(X).dtype == np.float64
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))


@pytest.mark.core
@pytest.mark.parametrize("form", ["flat list", "list", "object", "Sequences", "array"])
def test_a_number_or_vector_a_step(toy, form):
    X, _ = toy
    if form == "array":
        X = [np.resize(x, (6, 3)) for x in X]
    vectors = [x[:, :2] * 3 + 1 for x in X]
    boxed = np.empty(len(X), dtype=object)
    boxed[:] = vectors
    y = {
        "flat list": [v[:, 0] for v in vectors],
        "list": vectors,
        "object": boxed,
        "Sequences": Sequences.from_list(vectors),
        "array": np.asarray(vectors) if form == "array" else None,
    }[form]
    model = RNNRegressor(**FAST).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == object
    assert predicted.shape == (len(X),)
    for x, p in zip(X, predicted):
        assert p.shape == ((len(x),) if form == "flat list" else (len(x), 2))
    score = r2_score(np.concatenate(list(y)), np.concatenate(list(predicted)))
    assert model.score(X, y) == pytest.approx(score, abs=1e-6)
    alone = np.concatenate([model.predict([x])[0] for x in X])
    np.testing.assert_allclose(alone, np.concatenate(list(predicted)), atol=1e-5)


@pytest.mark.core
def test_a_number_a_step_looks_at_the_past_alone():
    """What comes later does not change an earlier output of one direction."""
    X, y = make_running_mean(n_samples=20, random_state=0)
    model = RNNRegressor(**FAST).fit(X, y)
    changed = [np.concatenate([x[:5], x[5:] + 7]) for x in X]
    for a, b in zip(model.predict(X), model.predict(changed)):
        np.testing.assert_allclose(a[:5], b[:5], atol=1e-6)
        assert np.abs(a[5:] - b[5:]).max() > 1e-3


def test_running_means_are_learned():
    X, y = make_running_mean(n_samples=150, length=(5, 15), random_state=0)
    model = RNNRegressor("gru", 16, epochs=40, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9


@pytest.mark.core
def test_predictions_follow_the_scale_of_y(toy):
    """With normalize_y, y * 1000 + 5000 gives predictions * 1000 + 5000."""
    X, _ = toy
    y = np.array([x[:, 0].mean() for x in X])
    small, large = (RNNRegressor(**FAST).fit(X, target).predict(X) for target in (y, y * 1000 + 5000))
    np.testing.assert_allclose(large, small * 1000 + 5000, rtol=1e-3)
    plain = RNNRegressor(**FAST, normalize_y=False).fit(X, y * 1000 + 5000)
    assert plain.score(X, y * 1000 + 5000) < 0


def test_history_is_in_normalized_units(toy):
    X, _ = toy
    y = np.array([x[:, 0].mean() for x in X])
    options = {**FAST, "epochs": 1, "batch_size": -1}
    start = RNNRegressor(**options).initialize(X, y).predict(X)
    loss = RNNRegressor(**options).fit(X, y).history_["loss"][0]
    assert loss == pytest.approx(np.mean((start - y) ** 2) / y.var(), rel=1e-4)


@pytest.mark.core
def test_history_of_steps_is_the_mean_over_real_steps(toy):
    X, _ = toy
    y = [x[:, 0] for x in X]
    options = {**FAST, "epochs": 1, "batch_size": -1, "normalize_y": False, "metrics": ["mae"]}
    start = np.concatenate(list(RNNRegressor(**options).initialize(X, y).predict(X)))
    history = RNNRegressor(**options).fit(X, y).history_
    assert history["loss"][0] == pytest.approx(np.mean((start - np.concatenate(y)) ** 2), rel=1e-5)
    assert history["mean_absolute_error"][0] == pytest.approx(np.abs(start - np.concatenate(y)).mean(), rel=1e-5)


def test_batch_callbacks_count_steps(toy):
    X, _ = toy
    y = [x[:, 0] for x in X]

    class Hears(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    heard = RNNRegressor(**FAST, callbacks=Hears).fit(X, y)
    fast = RNNRegressor(**FAST).fit(X, y)
    np.testing.assert_allclose(heard.history_["loss"], fast.history_["loss"], rtol=1e-5)


def test_a_constant_target(toy):
    X, y = toy
    model = RNNRegressor(**FAST).fit(X, np.full(len(X), 7.0))
    np.testing.assert_allclose(model.predict(X), 7.0, atol=0.3)


@pytest.mark.parametrize("loss", ["mae", "huber", "log_cosh", keras.losses.MeanSquaredLogarithmicError])
def test_losses(toy, loss):
    X, y = toy
    model = RNNRegressor(**FAST, loss=loss).fit(X, y + 0.5)
    assert np.isfinite(model.predict(X)).all()


def test_early_stopping_of_steps(toy):
    X, _ = toy
    model = RNNRegressor(**{**FAST, "epochs": 3}, early_stopping=True, validation_fraction=0.2)
    model.fit(X, [x[:, 0] for x in X], groups=np.arange(len(X)) // 2)
    assert len(model.history_["val_loss"]) == 3


def test_partial_fit_keeps_the_first_scale(toy):
    X, _ = toy
    y = np.array([x[:, 0].mean() for x in X])
    model = RNNRegressor(**FAST).partial_fit(X[:20], y[:20])
    mean, scale = model._target.mean, model._target.scale
    model.partial_fit(X[20:], y[20:] * 100)
    np.testing.assert_array_equal((model._target.mean, model._target.scale), (mean, scale))
    assert model.n_iter_ == 2


def test_options_of_a_loss_instance_are_kept(toy):
    """Keras' own get_config of Huber leaves delta out."""
    X, y = toy
    routed = RNNRegressor(**FAST, loss="huber", loss__delta=0.1).fit(X, y)
    instance = clone(RNNRegressor(**FAST, loss=keras.losses.Huber(0.1))).fit(X, y)
    other = RNNRegressor(**FAST, loss=keras.losses.Huber(1.0)).fit(X, y)
    assert routed.history_["loss"] == instance.history_["loss"] != other.history_["loss"]
