"""What callbacks save of the model that they see can be loaded by Keras alone."""

import keras
import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.cells import MGUCell

pytestmark = [pytest.mark.core, pytest.mark.filterwarnings("ignore:Skipping variable loading:UserWarning")]

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 4, 2)).astype("float32")
TWO, THREE, NUMBERS, STEPS = [0, 1] * 3, [0, 1, 2] * 2, rng.normal(size=6), [[0, 1, 0, 1]] * 6
INDICATOR = np.array([[0, 1, 1], [1, 0, 0]] * 3)


@keras.saving.register_keras_serializable(package="test_checkpoints")
class Squared(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


@keras.saving.register_keras_serializable(package="test_checkpoints")
def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def own(meta):
    inputs = keras.Input((None, meta["n_features_in_"]))
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(keras.layers.GRU(2)(inputs)))


KINDS = {
    "two classes": (RNNClassifier, TWO, {}),
    "three classes": (RNNClassifier, THREE, {"metrics": ["accuracy"]}),
    "indicator": (RNNClassifier, INDICATOR, {}),
    "loss by name": (RNNClassifier, THREE, {"loss": "categorical_crossentropy"}),
    "loss with options": (RNNClassifier, TWO, {"loss": keras.losses.BinaryCrossentropy(label_smoothing=0.1)}),
    "own model": (RNNClassifier, TWO, {"model": own}),
    "numbers": (RNNRegressor, NUMBERS, {"optimizer": "sgd"}),
    "several numbers": (RNNRegressor, rng.normal(size=(6, 2)), {"loss": "huber", "bidirectional": True}),
    "numbers of steps": (RNNRegressor, list(rng.normal(size=(6, 4))), {}),
    "own loss": (RNNRegressor, NUMBERS, {"loss": Squared()}),
    "loss function": (RNNRegressor, NUMBERS, {"loss": absolute}),
    "own cell": (RNNRegressor, NUMBERS, {"cell": MGUCell, "pooling": "attention"}),
    "crf": (RNNTagger, STEPS, {"constraints": [(1, 1)]}),
    "softmax": (RNNTagger, STEPS, {"head": "softmax"}),
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_checkpoints_load(name, tmp_path):
    kind, y, params = KINDS[name]
    paths = [tmp_path / "checkpoint.keras", tmp_path / "saved.keras", tmp_path / "weights.weights.h5"]
    callbacks = [
        keras.callbacks.ModelCheckpoint(paths[0]),
        keras.callbacks.ModelCheckpoint(paths[2], save_weights_only=True),
        Saving(str(paths[1])),
    ]
    model = kind(**{"cell": "gru", "units": 3, "epochs": 2, "random_state": 0, "callbacks": callbacks, **params}).fit(
        X, y
    )
    expected = keras.ops.convert_to_numpy(model.model_(X))
    for path in paths[:2]:
        loaded = keras.models.load_model(path)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(loaded(X)), expected, atol=1e-6)
        assert type(loaded.optimizer) is type(keras.optimizers.get(params.get("optimizer", "adam")))
        if name in ("two classes", "numbers", "own loss"):  # compiled: Keras evaluates it
            assert np.isfinite(loaded.evaluate(X, np.asarray(y, "float32")[:, None], verbose=0))
    loaded.set_weights([np.zeros_like(w) for w in loaded.get_weights()])
    loaded.load_weights(paths[2])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loaded(X)), expected, atol=1e-6)


class Saving(keras.callbacks.Callback):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch, logs=None):
        self.model.save(self.path)


def test_the_best_of_a_checkpoint(tmp_path):
    """`save_best_only` watches what the history holds."""
    path = tmp_path / "best.keras"
    best = keras.callbacks.ModelCheckpoint(path, monitor="val_loss", save_best_only=True)
    model = RNNRegressor(
        "gru", units=3, epochs=6, early_stopping=True, n_iter_no_change=6, callbacks=best, random_state=0
    )
    model.fit(np.tile(X, (5, 1, 1)), np.tile(NUMBERS, 5))
    loaded = keras.models.load_model(path)
    expected = keras.ops.convert_to_numpy(model.model_(X))  # early stopping goes back to the same
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loaded(X)), expected, atol=1e-6)
