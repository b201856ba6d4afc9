import keras
import numpy as np
import pytest

from skrnn import RNNClassifier

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's own program", allow_module_level=True)

import tensorflow as tf

from skrnn.training.flat_weights import ELEMENTWISE, FlatWeights, can_be_flat


def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)])


def trained(optimizer, flat, steps=6):
    """Weights after some steps on the same data, with one gradient missing."""
    net = model()
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    joined = FlatWeights(net) if flat else None
    optimizer.build([joined.joined] if flat else net.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((net(x) - 1.0) ** 2)
        variables = [v.value for v in net.trainable_variables]
        gradients = tape.gradient(loss, variables)
        if flat:
            joined.read()
            joined.apply(optimizer, gradients)
        else:
            optimizer.apply_gradients(zip(gradients, net.trainable_variables))

    for _ in range(steps):
        step()
    return net.get_weights()


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 0.1}, {"clipvalue": 0.01}, {"weight_decay": 0.1}], ids=str)
@pytest.mark.parametrize("cls", sorted(ELEMENTWISE, key=lambda c: c.__name__))
def test_joined_weights_take_the_steps_of_each(cls, options):
    for got, want in zip(trained(cls(0.05, **options), True), trained(cls(0.05, **options), False)):
        np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)


def test_a_missing_gradient_changes_nothing_of_its_weights():
    net = model()
    flat, optimizer = FlatWeights(net), keras.optimizers.Adam(0.1)
    optimizer.build([flat.joined])
    before = net.get_weights()
    flat.read()
    flat.apply(optimizer, [tf.ones((3, 4)), None, tf.ones((4, 2)), None])
    after = net.get_weights()
    np.testing.assert_array_equal(after[1], before[1])
    np.testing.assert_allclose(after[0], before[0] - 0.1, atol=1e-5)
    with pytest.raises(ValueError, match="No gradients"):
        flat.apply(optimizer, [None] * 4)


def test_where_weights_are_not_joined():
    plain = keras.optimizers.Adam
    assert can_be_flat(plain(), model())
    assert not can_be_flat(plain(clipnorm=1.0), model())
    assert not can_be_flat(plain(use_ema=True), model())
    assert not can_be_flat(plain(gradient_accumulation_steps=2), model())
    assert not can_be_flat(keras.optimizers.Lamb(), model())
    assert not can_be_flat(type("Own", (plain,), {})(), model())
    constrained = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, kernel_constraint="non_neg")])
    assert not can_be_flat(plain(), constrained)
    large = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2**17)])
    assert not can_be_flat(plain(), large)
    table = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 2), keras.layers.Flatten()])
    assert not can_be_flat(plain(), table)


class Halve(keras.callbacks.Callback):
    """Changes the weights between epochs."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([w / 2 for w in self.model.get_weights()])


def test_weights_that_a_callback_sets_are_trained_on(toy):
    # With a tiny rate training changes nothing to speak of, so two epochs leave a quarter.
    settings = {"cell": "gru", "units": 3, "learning_rate": 1e-9, "random_state": 0}
    start = RNNClassifier(**settings).initialize(*toy).weights_
    halved = RNNClassifier(**settings, epochs=2, callbacks=Halve()).fit(*toy).weights_
    for got, want in zip(halved, start):
        np.testing.assert_allclose(got, want / 4, atol=1e-7)


def test_a_warm_start_with_other_options_starts_the_optimizer_anew(toy):
    model = RNNClassifier("gru", units=3, epochs=2, warm_start=True, random_state=0).fit(*toy)
    model.set_params(optimizer__clipnorm=1.0).fit(*toy)  # state by weight, where it was joined
    assert np.isfinite(model.history_["loss"]).all()
    assert model.n_iter_ == 4
