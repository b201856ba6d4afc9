"""Metrics of Keras: their names in every fit, and the form in which they take classes."""

import inspect
import re

import keras
import numpy as np
import pytest

from skrnn import RNNClassifier, RNNTagger
from skrnn.keras_objects.objectives import _first_name, make_metrics

X = np.random.default_rng(0).normal(size=(60, 3, 1))
Y = (X[:, -1, 0] > -0.5).astype(int) + (X[:, -1, 0] > 0.5)


def names(metrics):
    return [m.config["name"] for m in make_metrics(metrics, {}, "BinaryAccuracy")]


def test_the_first_name_is_that_of_keras():
    """Of every class of metrics that Keras names by itself."""
    tried = 0
    for cls in vars(keras.metrics).values():
        if not (inspect.isclass(cls) and issubclass(cls, keras.metrics.Metric)):
            continue
        parameters = inspect.signature(cls).parameters
        needed = [p for p in parameters.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        if needed or parameters["name"].default is not None:
            continue
        cls()
        automatic = cls().name  # the second has a number
        assert _first_name(cls, automatic) == re.sub(r"_\d+$", "", automatic) != automatic
        tried += 1
    assert tried >= 5


@pytest.mark.parametrize(
    ("metrics", "wanted"),
    [
        ("AUC", ["auc"]),
        (["Precision", "Recall"], ["precision", "recall"]),
        ([keras.metrics.AUC, keras.metrics.AUC], ["auc", "auc_1"]),
        ([keras.metrics.AUC(name="roc"), "F1Score"], ["roc", "f1_score"]),
        (keras.metrics.MeanSquaredError(name="error_2"), ["error_2"]),
    ],
)
def test_names_are_the_same_in_every_fit(metrics, wanted):
    for _ in range(3):
        assert names(metrics) == wanted
    assert names([keras.metrics.AUC()]) == ["auc"]


def test_keras_early_stopping_finds_a_metric_in_the_third_fit():
    for _ in range(3):
        stop = keras.callbacks.EarlyStopping("auc", mode="max", patience=1, min_delta=2.0)
        model = RNNClassifier("gru", units=2, epochs=6, metrics="AUC", callbacks=stop, random_state=0)
        assert len(model.fit(X, Y > 0).history_["auc"]) == 2


@pytest.mark.core
def test_metrics_of_three_classes():
    """Right at the last epoch, against NumPy and Keras on what the network then says."""
    metrics = ["CategoricalAccuracy", "accuracy", "AUC", "F1Score", "Accuracy", keras.metrics.MeanIoU(3)]
    model = RNNClassifier("gru", units=8, epochs=60, metrics=metrics, random_state=0).fit(X, Y)
    last = {name: values[-1] for name, values in model.history_.items()}
    assert last["categorical_accuracy"] == pytest.approx(last["accuracy"], abs=1e-6)
    assert last["accuracy"] > 0.8
    proba = model.predict_proba(X)
    auc, f1 = keras.metrics.AUC(), keras.metrics.F1Score()
    for metric in (auc, f1):
        metric.update_state(np.eye(3, dtype="float32")[Y], proba.astype("float32"))
    # A metric of an epoch is taken while the weights change.
    assert last["auc"] == pytest.approx(float(auc.result()), abs=0.05)
    assert last["f1_score"] == pytest.approx(float(np.mean(np.asarray(f1.result()))), abs=0.1)
    assert 0.5 < last["mean_io_u"] <= 1


def test_metrics_of_labels_of_steps():
    y = np.stack([Y, Y, (Y + 1) % 3], axis=1)
    options = {"head": "softmax", "metrics": ["CategoricalAccuracy", "accuracy"]}
    model = RNNTagger("gru", units=2, epochs=3, **options).fit(X, y)
    np.testing.assert_allclose(model.history_["categorical_accuracy"], model.history_["accuracy"], atol=1e-6)


def test_a_metric_of_a_user_gets_numbers_of_classes():
    seen = []

    def share_of_ones(y_true, y_pred):
        seen.append((tuple(y_true.shape), tuple(y_pred.shape)))
        return keras.ops.cast(keras.ops.equal(y_true, 1), "float32")

    model = RNNClassifier("gru", units=2, epochs=1, metrics=share_of_ones).fit(X, Y)
    assert all(len(true) == 1 and pred[-1] == 3 for true, pred in seen)
    assert model.history_["share_of_ones"] == [pytest.approx((Y == 1).mean())]
