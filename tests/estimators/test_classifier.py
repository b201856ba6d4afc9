"""RNNClassifier: kinds of labels, losses, class weights, early stopping, going on."""

import copy
import os
import signal
import threading

import keras
import numpy as np
import pytest
from conftest import name_of, toy_sequences
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from skrnn import RNNClassifier
from skrnn.preprocessing import TokenReader
from skrnn.preprocessing.integer_tokens import TokenSpec
from skrnn.training import program_cache

FAST = {"units": 5, "epochs": 12, "random_state": 0, "batch_size": 8}


@pytest.mark.core
@pytest.mark.parametrize("labels", [["no", "yes"], [3, 7], [True, False], [-1.0, 1.0], ["c", "a", "b"]], ids=str)
def test_labels_of_any_type(labels):
    X, codes = toy_sequences(n=42, n_classes=len(labels))
    y = np.asarray(labels)[codes]
    model = RNNClassifier(**{**FAST, "epochs": 25}).fit(X, y)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.8
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (42, len(labels))
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))


@pytest.mark.core
@pytest.mark.parametrize("container", [np.asarray, list, lambda y: [row.tolist() for row in y]])
def test_multilabel(container):
    X, _ = toy_sequences(n=40)
    y = np.column_stack([[x[:, k].mean() > 0.5 * (k == 0) for x in X] for k in range(3)]).astype(int)
    model = RNNClassifier(**{**FAST, "epochs": 40}).fit(X, container(y))
    assert model.predict(X).shape == (40, 3)
    assert set(np.unique(model.predict(X))) <= {0, 1}
    assert model.predict_proba(X).shape == (40, 3)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    assert (model.predict(X) == y).mean() > 0.8


@pytest.mark.core
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_history_is_the_loss_of_scikit_learn(n_classes):
    """The loss before any training is scikit-learn's log loss of the predictions of the first weights."""
    X, y = toy_sequences(n=30, n_classes=n_classes)
    options = {**FAST, "epochs": 1, "batch_size": -1}
    model = RNNClassifier(**options).initialize(X, y)
    start = model.predict_proba(X)
    history = RNNClassifier(**options).fit(X, y).history_
    assert history["loss"][0] == pytest.approx(log_loss(y, start), rel=1e-5)


@pytest.mark.core
@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0}], ids=str)
def test_class_weight_is_sample_weight(toy, class_weight):
    X, y = toy
    X, y = X[:30], np.r_[y[:20], np.zeros(10, int)]
    a = RNNClassifier(**FAST, class_weight=class_weight).fit(X, y)
    b = RNNClassifier(**FAST).fit(X, y, sample_weight=compute_sample_weight(class_weight, y))
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    both = RNNClassifier(**FAST, class_weight=class_weight).fit(X, y, sample_weight=np.arange(1.0, 31.0))
    product = np.arange(1.0, 31.0) * compute_sample_weight(class_weight, y)
    expected = RNNClassifier(**FAST).fit(X, y, sample_weight=product)
    np.testing.assert_array_equal(both.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "binary_crossentropy"},
        {"loss": "categorical_crossentropy", "loss__label_smoothing": 0.1},
        {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)},
        {"loss": "sparse_categorical_crossentropy"},
        {"loss": "kl_divergence"},
        {"loss": keras.losses.BinaryFocalCrossentropy, "loss__gamma": 1.0},
        {"loss": "hinge"},
        {"loss": keras.losses.mean_squared_error},
        {"loss": lambda y, p: keras.ops.mean(keras.ops.abs(y - p), axis=-1)},
    ],
    ids=name_of,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_losses(options, n_classes):
    X, y = toy_sequences(n=30, n_classes=n_classes)
    if options["loss"] == "binary_crossentropy" and n_classes == 3:
        options = {"loss": "poisson"}
    model = RNNClassifier(**{**FAST, "epochs": 2}, **options).fit(X, y)
    assert model.predict_proba(X).shape == (30, n_classes)
    assert np.isfinite(model.history_["loss"]).all()


def test_routed_loss_option_changes_the_loss():
    X, y = toy_sequences(n=30, n_classes=3)
    name = {**FAST, "loss": "categorical_crossentropy"}
    plain, smooth = (RNNClassifier(**name, loss__label_smoothing=s).fit(X, y) for s in (0.0, 0.3))
    given = RNNClassifier(**{**name, "loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.3)}).fit(X, y)
    assert plain.history_["loss"] != smooth.history_["loss"]
    assert given.history_["loss"] == smooth.history_["loss"]


@pytest.mark.core
@pytest.mark.parametrize("n_classes", [2, 3])
def test_metrics_are_those_of_the_data(n_classes):
    X, y = toy_sequences(n=32, n_classes=n_classes)
    options = {**FAST, "batch_size": -1, "epochs": 1}
    model = RNNClassifier(**options, metrics=["accuracy"], early_stopping=True).fit(X, y)
    assert set(model.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    first = RNNClassifier(**options, metrics="accuracy").fit(X, y)
    start = RNNClassifier(**options).initialize(X, y)
    assert first.history_["accuracy"][0] == pytest.approx(start.score(X, y))


def test_metrics_by_name_class_function_and_routed():
    X, y = toy_sequences(n=32)
    metrics = {"auc": keras.metrics.AUC, "error": keras.metrics.mean_absolute_error}
    model = RNNClassifier(**{**FAST, "epochs": 2}, metrics=metrics, metrics__auc__name="area").fit(X, y)
    assert set(model.history_) == {"loss", "area", "mean_absolute_error"}


@pytest.mark.core
def test_early_stopping_keeps_the_best_weights(toy):
    X, y = toy
    y = np.random.default_rng(0).permutation(y)  # nothing to learn: the validation loss must rise
    options = {
        **FAST,
        "epochs": 200,
        "learning_rate": 0.05,
        "early_stopping": True,
        "validation_fraction": 0.25,
    }
    model = RNNClassifier(**options, n_iter_no_change=5).fit(X, y)
    validation = model.history_["val_loss"]
    assert model.n_iter_ == len(validation) == len(model.history_["loss"]) < 200
    assert int(np.argmin(validation)) == len(validation) - 6
    best = RNNClassifier(**{**options, "epochs": int(np.argmin(validation)) + 1}).fit(X, y)
    np.testing.assert_array_equal(best.predict_proba(X), model.predict_proba(X))


def test_early_stopping_split_is_stratified_and_respects_groups(toy, monkeypatch):
    from skrnn.estimators import base

    X, y = toy
    y = np.r_[np.zeros(30, int), np.ones(10, int)]
    seen = []
    original = base.split_validation

    def spy(*args):
        seen.append(original(*args))
        return seen[-1]

    monkeypatch.setattr(base, "split_validation", spy)
    options = {**FAST, "epochs": 1, "early_stopping": True, "validation_fraction": 0.2}
    RNNClassifier(**options).fit(X, y)
    training, validation = seen[-1]
    assert len(validation) == 8
    assert y[validation].sum() == 2
    assert sorted([*training, *validation]) == list(range(40))
    groups = np.arange(40) % 10
    RNNClassifier(**options).fit(X, y, groups=groups)
    training, validation = seen[-1]
    assert not set(groups[training]) & set(groups[validation])
    assert len(validation) >= 4


@pytest.mark.core
def test_warm_start_goes_on(toy):
    X, y = toy
    options = {**FAST, "optimizer": "sgd", "learning_rate": 0.1, "batch_size": -1}
    model = RNNClassifier(**{**options, "epochs": 3}, warm_start=True).fit(X, y)
    first = model.history_["loss"].copy()
    model.fit(X, y)
    assert model.history_["loss"][:3] == first
    assert model.n_iter_ == 6
    straight = RNNClassifier(**{**options, "epochs": 6}).fit(X, y)
    np.testing.assert_allclose(model.history_["loss"], straight.history_["loss"], rtol=1e-5)


@pytest.mark.core
def test_epochs_that_go_on_have_an_order_and_dropout_of_their_own(toy):
    X, y = toy
    seen = []

    class Seeds(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append([v.numpy().tolist() for v in self.model.variables if "seed" in v.path])

    model = RNNClassifier(**FAST, dropout=0.5, warm_start=True, callbacks=Seeds)
    again = RNNClassifier(**FAST, dropout=0.5, warm_start=True)
    for _ in range(3):
        model.partial_fit(X, y)
        again.partial_fit(X, y)
    assert len({str(s) for s in seen}) == 3
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_partial_fit_is_an_epoch_and_keeps_the_optimizer(toy3):
    X, y = toy3
    options = {**FAST, "batch_size": -1}
    model = RNNClassifier(**options)
    model.partial_fit(X[:20], y[:20] % 2, classes=[0, 1, 2])
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    model = RNNClassifier(**options)
    for _ in range(4):
        model.partial_fit(X, y)
    straight = RNNClassifier(**{**options, "epochs": 4}).fit(X, y)
    np.testing.assert_allclose(model.history_["loss"], straight.history_["loss"], rtol=1e-4)
    assert model.n_iter_ == 4


def test_learning_rate_may_change_between_warm_starts(toy):
    X, y = toy
    model = RNNClassifier(**{**FAST, "epochs": 2}, warm_start=True).fit(X, y)
    weights = copy.deepcopy(model.weights_)
    model.set_params(learning_rate=1e-12).fit(X, y)
    for a, b in zip(weights, model.weights_):
        np.testing.assert_allclose(a, b, atol=1e-8)


class Interrupt(keras.callbacks.Callback):
    """Stops as Ctrl-C does, after the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_fit_leaves_the_estimator_as_it_was(toy):
    X, y = toy
    model = RNNClassifier(**FAST)
    before = set(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Interrupt()]).fit(X, y)
    assert set(vars(model)) == before
    model.set_params(callbacks=None).fit(X, y)
    expected = model.predict_proba(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Interrupt()]).fit(X[:20], y[:20])
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_an_interrupt_with_warm_start_keeps_what_was_learned(toy):
    X, y = toy
    model = RNNClassifier(**FAST, warm_start=True, callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.n_iter_ == 2
    two_epochs = RNNClassifier(**{**FAST, "epochs": 2}).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), two_epochs.predict_proba(X))


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_real_interrupt(toy, warm_start):
    """The signal of Ctrl-C, while the graph runs."""
    X, y = toy
    model = RNNClassifier(**{**FAST, "epochs": 1}, warm_start=warm_start).fit(X, y)
    before = model.predict_proba(X)
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start background jobs deaf
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.set_params(epochs=1_000_000).fit(X, y)
    finally:
        signal.signal(signal.SIGINT, heard)
    assert np.array_equal(model.predict_proba(X), before) != warm_start
    assert (model.n_iter_ > 1) == warm_start
    assert np.isfinite(model.set_params(epochs=1).fit(X, y).predict_proba(X)).all()


def test_a_failed_fit_leaves_the_estimator_as_it_was(toy):
    X, y = toy
    model = RNNClassifier(**FAST).fit(X, y)
    state = dict(vars(model))
    with pytest.raises(ValueError, match=r"X\[1\] must not contain NaN"):
        model.fit([X[0], np.full((2, 3), np.nan)], [0, 1])

    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        model.set_params(callbacks=Fails).fit(X, y)
    model.set_params(callbacks=None)
    assert vars(model) == state


@pytest.mark.core
def test_callbacks_are_copied_and_batches_are_heard(toy):
    X, y = toy

    class Counter(keras.callbacks.Callback):
        batches = 0
        epochs = 0

        def on_train_batch_end(self, batch, logs=None):
            Counter.batches += 1
            self.seen = logs["loss"]

        def on_epoch_end(self, epoch, logs=None):
            Counter.epochs += 1
            self.losses = [*getattr(self, "losses", []), logs["loss"]]

    counter = Counter()
    slow = RNNClassifier(**FAST, callbacks=[counter]).fit(X, y)
    assert (Counter.batches, Counter.epochs) == (12 * 5, 12)
    assert not hasattr(counter, "losses")
    fast = RNNClassifier(**FAST).fit(X, y)
    np.testing.assert_allclose(slow.history_["loss"], fast.history_["loss"], rtol=1e-6)
    np.testing.assert_allclose(slow.predict_proba(X), fast.predict_proba(X), atol=1e-6)


@pytest.mark.core
def test_keras_callbacks_that_change_training(toy):
    X, y = toy
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.1, patience=0, min_delta=10.0)
    model = RNNClassifier(**FAST, callbacks=plateau).fit(X, y)
    assert model.history_["loss"][3] == pytest.approx(model.history_["loss"][-1], abs=2e-2)
    assert model.history_["learning_rate"][0] == pytest.approx(0.01)
    assert model.history_["learning_rate"][-1] < 1e-8
    assert len(model.history_["learning_rate"]) == 12
    stop = RNNClassifier(**FAST, callbacks=keras.callbacks.EarlyStopping(monitor="loss", min_delta=10, patience=2))
    assert stop.fit(X, y).n_iter_ == 3


def test_learning_rate_schedule(toy):
    X, y = toy
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.5)
    model = RNNClassifier(**FAST, learning_rate=schedule).fit(X, y)
    assert model.history_["loss"][-1] < model.history_["loss"][0]


@pytest.mark.core
@pytest.mark.parametrize("optimizer", ["rmsprop", "adamw", "nadam", keras.optimizers.SGD(0.1, momentum=0.9), "adagrad"])
def test_optimizers(toy, optimizer):
    X, y = toy
    model = RNNClassifier(**FAST, optimizer=optimizer).fit(X, y)
    assert model.history_["loss"][-1] < model.history_["loss"][0]


def test_gradient_clipping(toy):
    """With plain gradient descent, one step is no longer than the clipping norm times the rate."""
    X, y = toy
    options = {**FAST, "optimizer": "sgd", "learning_rate": 1.0, "epochs": 1, "batch_size": -1}

    def step(**clip):
        model = RNNClassifier(**options, **clip)
        start = copy.deepcopy(model).initialize(X, y).weights_
        return np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(start, model.fit(X, y).weights_)))

    assert step(global_clipnorm=0.01) == pytest.approx(0.01, rel=1e-4)
    assert step(global_clipnorm=None) > 0.05
    assert step(optimizer__clipvalue=1e-6) < 1e-4


@pytest.mark.core
def test_tokens(toy):
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 10, size=rng.integers(2, 8)) for _ in range(40)]
    y = np.array([int((x == 3).any()) for x in X])
    model = RNNClassifier(**{**FAST, "epochs": 60}, reader=TokenReader(6, n_tokens=12)).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.model_.input_shape == (None, None)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(alone, model.predict_proba(X), atol=1e-6)
    model.predict([np.array([11])])
    with pytest.raises(ValueError, match="tokens below 12, as in fit. Got 12"):
        model.predict([np.array([12])])
    with pytest.raises(ValueError, match=r"X\[0\] must hold tokens, integers from 0. Got 0.5 at step 1"):
        model.predict([np.array([1, 0.5])])
    with pytest.raises(ValueError, match="tokens below n_tokens=5. Got 9"):
        RNNClassifier(reader=TokenReader(2, n_tokens=5)).fit(X, y)
    assert RNNClassifier(**{**FAST, "epochs": 1}, reader__dim=3, reader=TokenReader()).fit(
        X, y
    )._plan.network.inputs == TokenSpec(32, 3)  # with room for tokens of other folds


def test_feature_names(toy):
    pd = pytest.importorskip("pandas")
    X, y = toy
    frames = [pd.DataFrame(x, columns=["a", "b", "c"]) for x in X]
    model = RNNClassifier(**{**FAST, "epochs": 1}).fit(frames, y)
    np.testing.assert_array_equal(model.feature_names_in_, ["a", "b", "c"])
    with pytest.raises(ValueError, match="feature names"):
        model.predict([f[["b", "a", "c"]] for f in frames])
    model.fit(X, y)
    assert not hasattr(model, "feature_names_in_")


def test_second_fit_of_an_architecture_builds_nothing(toy):
    X, y = toy
    program_cache.clear()
    RNNClassifier(**FAST).fit(X, y).predict(X)
    RNNClassifier(**{**FAST, "learning_rate": 0.2, "epochs": 2}).fit(X[:20], y[:20]).predict(X)
    assert program_cache.info().misses == 1


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's traces")
def test_other_lengths_and_numbers_trace_nothing_new(toy):
    X, y = toy
    program_cache.clear()
    model = RNNClassifier("elman", **{**FAST, "epochs": 2}, early_stopping=True)
    seen = set()
    for n in (40, 30, 21):
        model.fit([x[:n] for x in X[:n]], y[:n]).predict(X)
        model.predict(X[:1])
        with program_cache.borrow(model._plan) as program:
            graphs = (program._train, program._evaluate, *program._predict.values())
            seen.add(tuple(id(graph) for graph in graphs))
    assert len(seen) == 1
    assert len(graphs) == 4  # predictions have one for few sequences, and one for any number


def test_many_architectures_make_tensorflow_warn_of_nothing(toy, caplog):
    X, y = toy
    for units in range(2, 9):
        RNNClassifier("elman", **{**FAST, "units": units, "epochs": 1}).fit(X, y).predict(X)
    assert "retracing" not in caplog.text


def test_verbose(toy, capsys):
    X, y = toy
    RNNClassifier(**{**FAST, "epochs": 3}, verbose=2).fit(X, y)
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("epoch 1/3  loss 0.")
    RNNClassifier(**{**FAST, "epochs": 3}, verbose=1).fit(X, y)
    assert "3/3" in capsys.readouterr().err
    RNNClassifier(**{**FAST, "epochs": 3}).fit(X, y)
    assert capsys.readouterr() == ("", "")
