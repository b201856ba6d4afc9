"""The portable program: the same numbers as the backend's own program, and everything on torch."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from small_plans import small_plan

from skrnn.keras_objects import Recipe
from skrnn.keras_objects.objectives import make_optimizer
from skrnn.networks import FunctionBody
from skrnn.preprocessing.integer_tokens import TokenSpec
from skrnn.preprocessing.words import WordSpec
from skrnn.sequences.batches import batch_boundaries, training_batches
from skrnn.sequences.examples import Column, Examples
from skrnn.targets.classes import ClassSpec
from skrnn.targets.numbers import NumberSpec
from skrnn.targets.step_labels import StepLabelSpec
from skrnn.training.cache import program_class
from skrnn.training.keras_program import KerasProgram

N_CLASSES = 3
METRICS = {
    "classes": (Recipe(keras.metrics.SparseCategoricalAccuracy, {"name": "accuracy"}),),
    "numbers": (Recipe(keras.metrics.MeanAbsoluteError, {"name": "mae"}), keras.losses.mean_squared_error),
}


def user_model():
    inputs = keras.Input((None, 3))
    h = keras.layers.BatchNormalization()(keras.layers.Dense(4, activation="tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(h)))


def tokens():
    optimizer = make_optimizer("sgd", 0.5, 1.0, {})
    return small_plan(optimizer, ClassSpec(2), inputs=TokenSpec(7, 3), cell="lstm", bidirectional=True)


def words():
    spec = WordSpec(
        5, 4, 4, 2, n_strings=2, max_characters=3, alphabet=6, character_dim=3, character_filters=4, vector_dim=2
    )
    return small_plan(make_optimizer("sgd", 0.5, 1.0, {}), ClassSpec(2), inputs=spec)


def classes(axis=None):
    optimizer = make_optimizer("rmsprop", 0.01, None, {}) if axis else make_optimizer("adam", 0.02, 1.0, {})
    target = StepLabelSpec(N_CLASSES, "time", "softmax") if axis else ClassSpec(N_CLASSES)
    return small_plan(optimizer, target, METRICS["classes"])


def labels():
    target = StepLabelSpec(N_CLASSES, "time", "crf", forbidden=((0, 1), (-1, 2)))
    return small_plan(make_optimizer("adam", 0.05, 1.0, {}), target)


def scheduled():
    options = {"kernel_regularizer": keras.regularizers.L2(0.1)}
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)
    optimizer = make_optimizer("sgd", rate, None, {"clipvalue": 0.05})
    return small_plan(optimizer, NumberSpec(2), METRICS["numbers"], cell="lstm", options=options, pooling="mean")


def averaged():
    optimizer = make_optimizer("adam", 0.02, 1.0, {"use_ema": True, "ema_momentum": 0.9})
    return small_plan(optimizer, NumberSpec(2, "time"), METRICS["numbers"])


def of_the_users():
    optimizer = make_optimizer("adam", 0.02, 1.0, {})
    body = FunctionBody(user_model, {})
    return small_plan(optimizer, NumberSpec(2), METRICS["numbers"], loss="huber", body=body)


PLANS = {
    "classes": classes,
    "classes of every step, no clipping": lambda: classes("time"),
    "labels of every step, a random field": labels,
    "numbers, regularized, a schedule, clipping by value": scheduled,
    "numbers of every step, averaged weights": averaged,
    "tokens, both directions": tokens,
    "words and vectors": words,
    "a model of the user's": of_the_users,
}


def examples(plan, n, seed):
    """Random values for every column of a plan."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 9, size=n))])
    columns = {}
    for spec in plan.columns:
        shape = (n if spec.axis is None else offsets[-1], *spec.shape)
        if spec.name == "weight":
            values = rng.uniform(0.1, 2, size=shape)
        elif spec.dtype == "int32":
            values = rng.integers(min(N_CLASSES, plan.network.head.units, 2) if spec.name == "y" else 3, size=shape)
        else:
            values = rng.normal(size=shape)
        columns[spec.name] = Column(values.astype(spec.dtype), spec.axis)
    return Examples(columns, {"time": offsets})


def trained(program, weights, epochs=3):
    """Everything that a training shows: logs of each epoch, weights, the optimizer and predictions."""
    # JAX's own program fills the last batch up with sequences that a batch normalization sees.
    n = 24 if isinstance(program.plan.network.body, FunctionBody) else 27
    training, validation = examples(program.plan, n, seed=0), examples(program.plan, 12, seed=1)
    program.load(weights, None, program.plan.learning_rate, seed=5)
    rng = np.random.default_rng(0)
    data, held_out, logs = program.put(training), program.put(validation), []
    for _ in range(epochs):
        program.reset_metrics()
        logs.append(program.train(data, *training_batches(training.sizes, 8, rng)))
        program.reset_metrics()
        logs[-1] |= {f"val_{k}": v for k, v in program.evaluate(held_out, *batch_boundaries(validation.sizes)).items()}
    program.finish()
    # A program may hold the state of all weights together, in another order.
    state = [np.sort(np.concatenate([np.ravel(v).astype(float) for v in program.read_optimizer()]))]
    predicted = {how: program.predict(validation, how).columns["y"].values for how in ("best", "probabilities")}
    return logs, program.read_weights(), state, predicted


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_portable_program_gives_the_numbers_of_the_backends_own(name):
    """On a backend without a program of its own, a fresh program and a used one."""
    plan = PLANS[name]()
    own, portable = program_class()(plan), KerasProgram(plan)
    weights = own.initial_weights(plan.network, 0)
    wanted = trained(own, weights)
    for _ in range(2):  # nothing of the first training is left in the second
        logs, *arrays = trained(portable, weights)
        assert [sorted(epoch) for epoch in logs] == [sorted(epoch) for epoch in wanted[0]]
        for epoch, other in zip(logs, wanted[0]):
            np.testing.assert_allclose([epoch[k] for k in sorted(epoch)], [other[k] for k in sorted(epoch)], rtol=2e-5)
        *states, predicted = arrays
        for got, want in zip(states, wanted[1:]):
            for a, b in zip(got, want):
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
        for how, values in wanted[-1].items():
            np.testing.assert_allclose(predicted[how], values, rtol=1e-4, atol=1e-5)


@pytest.mark.core
def test_metrics_of_steps_do_not_depend_on_padding():
    plan = averaged()
    data = examples(plan, 27, seed=0)
    for kind in (program_class(), KerasProgram):
        program = kind(plan)
        program.load(program.initial_weights(plan.network, 0), None, plan.learning_rate, seed=0)
        program.reset_metrics()
        scores = program.evaluate(program.put(data), *training_batches(data.sizes, 8, np.random.default_rng(0)))
        y, weights = (data.columns[name].values for name in ("y", "weight"))
        errors = np.abs(program.predict(data, "best").columns["y"].values - y).mean(axis=1)
        assert scores["mae"] == pytest.approx(np.average(errors, weights=weights), rel=1e-5)


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
