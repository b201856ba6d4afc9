"""The portable road: the same numbers as the backend's own program, and everything on torch."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from skrnn import Sequences
from skrnn.keras_objects import Recipe
from skrnn.layers import RecurrenceSpec
from skrnn.networks import FunctionNetwork, RecurrentNetwork
from skrnn.sequences.batches import batch_boundaries, training_batches
from skrnn.training import Plan
from skrnn.training.cache import program_class
from skrnn.training.keras_program import KerasProgram
from skrnn.training.objectives import make_loss, make_optimizer
from skrnn.training.plan import Examples

N_CLASSES = 3
METRICS = {
    "classes": (Recipe(keras.metrics.SparseCategoricalAccuracy, {"name": "accuracy"}),),
    "numbers": (Recipe(keras.metrics.MeanAbsoluteError, {"name": "mae"}), keras.losses.mean_squared_error),
}


def network(outputs=1, cell="gru", activation="linear", options=None, **settings):
    return RecurrentNetwork(3, (RecurrenceSpec.from_cell(cell, 4, options),), outputs, activation, **settings)


def user_model():
    inputs = keras.Input((None, 3))
    h = keras.layers.BatchNormalization()(keras.layers.Dense(4, activation="tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(h)))


def tokens():
    layers = (RecurrenceSpec.from_cell("lstm", 4),)
    net = RecurrentNetwork(1, layers, 1, "sigmoid", bidirectional=True, embedding=(7, 3))
    return Plan(net, make_loss("binary_crossentropy", {}), make_optimizer("sgd", 0.5, 1.0, {}))


def classes(**settings):
    loss = make_loss("sparse_categorical_crossentropy", {})
    net = network(N_CLASSES, activation="softmax", **settings)
    per_step = net.pooling is None
    optimizer = make_optimizer("rmsprop", 0.01, None, {}) if per_step else make_optimizer("adam", 0.02, 1.0, {})
    return Plan(net, loss, optimizer, METRICS["classes"], per_step, sparse=True)


def scheduled():
    net = network(2, cell="lstm", options={"kernel_regularizer": keras.regularizers.L2(0.1)}, pooling="mean")
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)
    return Plan(net, make_loss("mse", {}), make_optimizer("sgd", rate, None, {"clipvalue": 0.05}), METRICS["numbers"])


def averaged():
    net = network(2, pooling=None)
    optimizer = make_optimizer("adam", 0.02, 1.0, {"use_ema": True, "ema_momentum": 0.9})
    return Plan(net, make_loss("mse", {}), optimizer, METRICS["numbers"], per_step=True)


PLANS = {
    "classes": classes,
    "classes of every step, no clipping": lambda: classes(pooling=None),
    "numbers, regularized, a schedule, clipping by value": scheduled,
    "numbers of every step, averaged weights": averaged,
    "tokens, both directions": tokens,
    "a model of the user's": lambda: Plan(
        FunctionNetwork(user_model, {}),
        make_loss("huber", {}),
        make_optimizer("adam", 0.02, 1.0, {}),
        METRICS["numbers"],
    ),
}


def examples(plan, n, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, size=n)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    size = offsets[-1] if plan.per_step else n
    if getattr(plan.network, "embedding", None):
        values = rng.integers(1, 7, size=(offsets[-1], 1)).astype(np.int32)
        y = rng.integers(2, size=(size, 1)).astype(np.float32)
    else:
        values = rng.normal(size=(offsets[-1], 3)).astype(np.float32)
        y = rng.integers(N_CLASSES, size=(size, 1)) if plan.sparse else rng.normal(size=(size, 2)).astype(np.float32)
    return Examples(Sequences(values, offsets), y, rng.uniform(0.1, 2, size=size).astype(np.float32))


def trained(program, weights, epochs=3):
    """Everything that a training shows: logs of each epoch, weights, the optimizer and predictions."""
    # JAX's own program fills the last batch up with sequences that a batch normalization sees.
    n = 24 if isinstance(program.plan.network, FunctionNetwork) else 27
    training, validation = examples(program.plan, n, seed=0), examples(program.plan, 12, seed=1)
    program.load(weights, None, program.plan.learning_rate, seed=5)
    rng = np.random.default_rng(0)
    data, held_out, logs = program.put(training), program.put(validation), []
    for _ in range(epochs):
        program.reset_metrics()
        logs.append(program.train(data, *training_batches(training.X.lengths, 8, rng)))
        program.reset_metrics()
        logs[-1] |= {
            f"val_{k}": v for k, v in program.evaluate(held_out, *batch_boundaries(validation.X.lengths)).items()
        }
    program.finish()
    # A program may hold the state of all weights together, in another order.
    state = [np.sort(np.concatenate([np.ravel(v).astype(float) for v in program.read_optimizer()]))]
    return logs, program.read_weights(), state, program.predict(validation.X)


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_portable_road_gives_the_numbers_of_the_backends_own(name):
    """On a backend without a road of its own, a fresh program and a used one."""
    plan = PLANS[name]()
    own, portable = program_class()(plan), KerasProgram(plan)
    weights = own.initial_weights(plan.network, 0)
    wanted = trained(own, weights)
    for _ in range(2):  # nothing of the first training is left in the second
        logs, *arrays = trained(portable, weights)
        assert [sorted(epoch) for epoch in logs] == [sorted(epoch) for epoch in wanted[0]]
        for epoch, other in zip(logs, wanted[0]):
            np.testing.assert_allclose([epoch[k] for k in sorted(epoch)], [other[k] for k in sorted(epoch)], rtol=2e-5)
        for got, want in zip(arrays, wanted[1:]):
            for a, b in zip(got, want):
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.core
def test_metrics_of_steps_do_not_depend_on_padding():
    plan = averaged()
    data = examples(plan, 27, seed=0)
    for kind in (program_class(), KerasProgram):
        program = kind(plan)
        program.load(program.initial_weights(plan.network, 0), None, plan.learning_rate, seed=0)
        program.reset_metrics()
        scores = program.evaluate(program.put(data), *training_batches(data.X.lengths, 8, np.random.default_rng(0)))
        errors = np.abs(program.predict(data.X) - data.y).mean(axis=1)
        assert scores["mae"] == pytest.approx(np.average(errors, weights=data.weights), rel=1e-5)


ON_TORCH = """
import pickle
import keras, numpy as np, torch
from conftest import toy_sequences
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skrnn import RNNClassifier, RNNRegressor

assert keras.backend.backend() == "torch"
X, y = toy_sequences()
before = torch.random.get_rng_state()
model = RNNClassifier(units=4, epochs=10, batch_size=8, learning_rate=0.05, dropout=0.2, random_state=0)
search = GridSearchCV(model, {"recurrent_dropout": [0.0, 0.2]}, cv=2, error_score="raise").fit(X, y)
assert search.best_score_ > 0.8, search.cv_results_
torch.rand(3)
again = clone(search.best_estimator_).fit(X, y)
expected = search.predict_proba(X)
np.testing.assert_array_equal(again.predict_proba(X), expected)  # one seed, one result
np.testing.assert_allclose(pickle.loads(pickle.dumps(again)).predict_proba(X), expected, atol=1e-6)
alone = np.concatenate([again.predict_proba([x]) for x in X])
np.testing.assert_allclose(alone, expected, atol=1e-5)

torch.random.set_rng_state(before)
targets = [x[:, 0] for x in X]
steps = RNNRegressor(units=4, epochs=20, batch_size=8, learning_rate=0.05, dropout=0.1, random_state=0).fit(X, targets)
assert steps.score(X, targets) > 0.5, steps.history_
assert steps.history_["loss"][-1] < steps.history_["loss"][0] / 2
assert torch.equal(torch.random.get_rng_state(), before)  # nothing was drawn
"""


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_estimators_on_torch():
    tests = os.path.dirname(os.path.dirname(__file__))
    paths = os.pathsep.join([tests, os.path.dirname(tests), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", ON_TORCH], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
