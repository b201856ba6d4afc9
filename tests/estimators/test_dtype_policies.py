"""Keras' dtype policies: the estimators train and predict under each of them."""

import keras
import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.preprocessing import TokenReader

BACKEND = keras.backend.backend()
KINDS = {
    "classifier": lambda **options: RNNClassifier(**options),
    "regressor": lambda **options: RNNRegressor(**options),
    "tagger": lambda **options: RNNTagger(**options),
}
POLICIES = ["float64", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16"]
# Outputs of a fit beside those of one in float32. In float64 weights are drawn from other random numbers.
CLOSE = {"float64": np.inf, "mixed_float16": 0.02, "mixed_bfloat16": 0.05, "float16": 0.1, "bfloat16": 0.2}
# Recurrences that run in ways of their own; the others backends compile for each shape, so they get two.
CASES = [("classifier", cell) for cell in ("lstm", "elman", "mgu", "mingru", "mlstm")]
CASES = [
    *CASES,
    ("regressor", "gru"),
    *(pytest.param(k, "gru", marks=pytest.mark.core) for k in ("classifier", "tagger")),
]


@pytest.fixture(params=POLICIES)
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.fixture
def toy():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in rng.integers(1, 20, size=40)]
    means = np.array([x[:, 0].mean() for x in X])
    per_step = [x[:, 0] + 0.5 for x in X]
    return X, {
        "classifier": np.where(means > 0, "up", "down"),
        "regressor": per_step,
        "tagger": [np.where(y > 0, "up", "down") for y in per_step],
    }


def outputs(kind, model, X):
    method = {"classifier": "predict_proba", "regressor": "predict", "tagger": "predict_marginals"}[kind]
    return np.concatenate(list(getattr(model, method)(X)))


@pytest.mark.parametrize(("kind", "cell"), CASES)
def test_results_are_near_those_of_float32(policy, kind, cell, toy):
    X, targets = toy
    options = {"cell": cell, "units": 6, "epochs": 3, "random_state": 0, "optimizer": "sgd", "learning_rate": 0.1}
    model = KINDS[kind](**options).fit(X, targets[kind])
    wanted = {"mixed_float16": "float32", "mixed_bfloat16": "float32", "float64": "float64"}.get(policy, policy)
    if BACKEND == "tensorflow":
        assert {str(w.dtype) for w in model.weights_} == {wanted}
    got = outputs(kind, model, X)
    assert got.dtype in (np.float32, np.float64)
    assert np.isfinite(got).all()
    plain = keras.ops.convert_to_numpy(model.model_(X[0][None].astype("float32")))
    assert np.isfinite(plain.astype("float32")).all()
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    keras.config.set_dtype_policy("float32")
    want = outputs(kind, KINDS[kind](**options).fit(X, targets[kind]), X)
    assert np.abs(got - want).max() < CLOSE[policy]
    assert np.ptp(want, axis=0).max() > 0.01


@pytest.mark.core
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_factor_of_the_loss_changes_nothing_but_what_underflows(early_stopping, toy):
    X, targets = toy
    options = {"units": 4, "epochs": 3, "optimizer": "sgd", "learning_rate": 0.1, "random_state": 0}
    fits = [
        RNNClassifier("gru", early_stopping=early_stopping, **options, **more).fit(X, targets["classifier"])
        for more in ({}, {"optimizer__loss_scale_factor": 1024.0})
    ]
    for a, b in zip(*(m.weights_ for m in fits)):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(*(m.history_["loss"] for m in fits), rtol=1e-5)


@keras.saving.register_keras_serializable(package="tests")
class Failing(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        raise ArithmeticError("cannot draw")


@pytest.mark.core
def test_weights_that_cannot_be_drawn_leave_nothing_behind(toy):
    """Keras tries to draw them again whenever it draws others, and each fit after this one would fail."""
    X, targets = toy
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="cannot draw"):
            RNNClassifier("mgu", units=5, cell__kernel_initializer=Failing()).fit(X, targets["classifier"])
    RNNClassifier("mgu", units=5, epochs=1).fit(X, targets["classifier"])
    with keras.StatelessScope():
        pass


@pytest.mark.core
@pytest.mark.parametrize("kind", ["words", "dictionaries", "tokens"])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"], indirect=True)
def test_words_stay_the_words_they_are(policy, kind):
    """Numbers of words above 256 or 2048, which 16 bits do not tell apart, next to each other with other labels."""
    n = 2300 if policy == "mixed_float16" else 300
    numbers = np.arange(n - 40, n)
    y = [["odd" if i % 2 else "even"] for i in numbers]
    X = {
        "words": [[f"w{i:05d}"] for i in range(n)],
        "dictionaries": [[{"w": f"{i:05d}"}] for i in range(n)],
        "tokens": [[i] for i in range(n)],
    }[kind]
    options = {"words": {"reader__max_affix_length": 0, "reader__max_characters": 0, "reader__word_dropout": 0.0}}
    options = {"tokens": {"reader": TokenReader(8)}, **options}.get(kind, {})
    options = options if kind == "tokens" else {**options, "reader__min_count": 1, "reader__dim": 8}
    labels = [[None]] * (n - 40) + y
    model = RNNTagger("elman", 8, head="softmax", epochs=1, batch_size=-1, random_state=0, **options)
    weights = [1e-9] * (n - 40) + [1.0] * 40  # only the last ones have labels; all are in the vocabulary
    model.set_params(epochs=60, learning_rate=0.05).fit(X, labels, sample_weight=weights)
    assert model.score(X[-40:], y) == 1.0
