"""Networks: what they build, and a model cut behind its last recurrence."""

import keras
import numpy as np
import pytest
from small_plans import small_network

from skrnn import RNNClassifier
from skrnn.preprocessing.integer_tokens import TokenSpec
from skrnn.targets.classes import ClassSpec
from skrnn.targets.step_labels import StepLabelSpec

if keras.backend.backend() != "tensorflow":
    pytest.skip("only TensorFlow has fused loops", allow_module_level=True)


def network(cell="gru", axis=None, **settings):
    target = StepLabelSpec(2, axis, "softmax") if axis else ClassSpec(3)
    return small_network(target, cell=cell, depth=2, **settings)


@pytest.mark.parametrize(
    "settings",
    [{}, {"bidirectional": True}, {"pooling": "mean"}, {"axis": "time"}, {"dropout": 0.5}, {"inputs": TokenSpec(7, 3)}],
    ids=str,
)
def test_the_parts_are_the_whole(settings):
    net = network(**settings)
    model = net.build()
    recurrences, rest = net.split(model)
    rng = np.random.default_rng(0)
    x = (
        rng.integers(0, 7, size=(5, 6))
        if len(model.inputs[0].shape) == 2
        else rng.normal(size=(5, 6, 3)).astype(np.float32)
    )
    mask = np.arange(6) < rng.integers(1, 7, size=(5, 1))
    got = rest(recurrences(x, mask=mask), mask=mask)
    np.testing.assert_allclose(got, model(x, mask=mask), rtol=1e-6)
    assert not any(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in rest.layers)


class Own(keras.layers.GRUCell):
    """A user's cell, which runs in Keras' loop."""


def test_no_cut_where_a_recurrence_is_a_users_own():
    net = network(Own)
    assert net.split(net.build()) is None


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("options", [{"units": 5}, {"units": (16, 3), "bidirectional": True}, {"pooling": "mean"}])
def test_any_number_of_rows_has_the_same_bits(options, jit_compile):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in rng.integers(1, 12, size=45)]
    y = np.arange(45) % 3
    model = RNNClassifier("lstm", epochs=1, jit_compile=jit_compile, random_state=0, **options).fit(X, y)
    whole = model.predict_proba(X)
    for start, stop in ((0, 1), (1, 3), (3, 20), (20, 45)):
        np.testing.assert_array_equal(model.predict_proba(X[start:stop]), whole[start:stop])
