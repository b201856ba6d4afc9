"""The fused layers inside models: weights, copies, files, training by Keras, and predictions bit for bit."""

import keras
import numpy as np
import pytest
from keras import ops
from small_plans import small_network, small_plan

from skrnn.layers import GRU, LSTM, RecurrenceSpec, SimpleRNN
from skrnn.networks import Network
from skrnn.preprocessing.reader import ArraySpec
from skrnn.targets.classes import ClassSpec

D, T = 3, 6
OURS = {"elman": SimpleRNN, "gru": GRU, "lstm": LSTM}
KERAS = {"elman": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
CELLS = {"elman": keras.layers.SimpleRNNCell, "gru": keras.layers.GRUCell, "lstm": keras.layers.LSTMCell}
on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the loops are TensorFlow's")


def sequences(n=19, time=T):
    """Inputs (B, T, D) and a mask with padding at the end."""
    rng = np.random.default_rng(0)
    mask = np.arange(time) < (np.arange(n) * 5 % time + 1)[:, None]
    return rng.normal(size=(n, time, D)).astype(np.float32), mask


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


def randomized(*models):
    """Give all the same weights, none of them zero."""
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=w.shape) * 0.5 for w in models[0].get_weights()]
    for model in models:
        model.set_weights(weights)
    return models


def shapes(layer):
    return [(w.name, tuple(w.shape), w.trainable) for w in layer.weights]


@pytest.mark.core
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_weights_are_interchangeable_with_keras(name, jit_compile, bidirectional):
    """On every backend; away from TensorFlow the layer is Keras' own."""
    x, mask = sequences()
    ours, own = OURS[name](5, return_sequences=True, jit_compile=jit_compile), KERAS[name](5, return_sequences=True)
    assert ours.is_fused is (keras.backend.backend() == "tensorflow")
    if bidirectional:
        ours, own = keras.layers.Bidirectional(ours), keras.layers.Bidirectional(own)
    for layer in (ours, own):
        layer.build(x.shape)
    assert shapes(ours) == shapes(own)
    randomized(own)
    ours.set_weights(own.get_weights())
    for mine, theirs in zip(ours.get_weights(), own.get_weights()):
        np.testing.assert_array_equal(mine, theirs)
    got, want = (numbers(layer(x, mask=ops.convert_to_tensor(mask))) for layer in (ours, own))
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    own.set_weights([w * 0 for w in own.get_weights()])
    own.set_weights(ours.get_weights())
    np.testing.assert_array_equal(numbers(own(x, mask=ops.convert_to_tensor(mask))), want)


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(OURS))
def test_configuration_there_and_back(name):
    options = {"go_backwards": True, "dropout": 0.2, "seed": 3, "kernel_regularizer": keras.regularizers.L2(0.1)}
    layer = OURS[name](5, jit_compile=True, right_padded=True, **options)
    config = layer.get_config()
    assert config["jit_compile"] is config["right_padded"] is True
    for copy in (OURS[name].from_config(config), keras.layers.deserialize(keras.layers.serialize(layer))):
        assert type(copy) is OURS[name]
        assert copy.jit_compile is copy.right_padded is True
        assert copy.get_config() == config
        assert copy.is_fused is layer.is_fused
    plain = OURS[name](5)
    assert plain.jit_compile is plain.right_padded is False


def stack(jit_compile=False, layers=OURS, units=5):
    """All layers, in one and in both directions, on tokens."""
    options = {"jit_compile": jit_compile} if layers is OURS else {}
    inputs = keras.Input((None,), dtype="int32")
    h = keras.layers.Embedding(9, D, mask_zero=True)(inputs)
    h = keras.layers.Bidirectional(layers["lstm"](units, return_sequences=True, **options))(h)
    h = layers["gru"](units, return_sequences=True, dropout=0.1, **options)(h)
    h = keras.layers.Bidirectional(layers["elman"](units, **options), merge_mode="sum")(h)
    return keras.Model(inputs, keras.layers.Dense(2)(h))


def tokens(n=19):
    rng = np.random.default_rng(2)
    x = rng.integers(0, 9, size=(n, T))  # 0 is masked, anywhere
    x[0] = 0
    return x


@pytest.mark.core
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_stack_equals_keras_and_is_saved_and_loaded(jit_compile, tmp_path):
    ours, own = randomized(stack(jit_compile), stack(layers=KERAS))
    want = numbers(ours(tokens()))
    np.testing.assert_allclose(want, numbers(own(tokens())), rtol=1e-5, atol=1e-5)
    ours.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert {type(layer) for layer in loaded._flatten_layers()} >= set(OURS.values())
    np.testing.assert_array_equal(numbers(loaded(tokens())), want)
    own.save_weights(tmp_path / "own.weights.h5")
    loaded.set_weights([w * 0 for w in loaded.get_weights()])
    assert len(loaded.get_weights()) == len(own.get_weights())


@pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`:UserWarning")
@pytest.mark.parametrize("model_jit", ["auto", True, False])
@pytest.mark.parametrize("jit_compile", [False, True])
@on_tensorflow
def test_keras_trains_a_model_of_them(jit_compile, model_jit):
    """Whatever compile(jit_compile=) says, of which "auto" is the default."""
    x, _ = sequences(16)
    y = x.sum(axis=(1, 2))[:, None]
    histories = []
    for layers in (OURS, KERAS):
        inputs = keras.Input((None, D))
        options = {"jit_compile": jit_compile} if layers is OURS else {}
        h = layers["lstm"](5, return_sequences=True, **options)(inputs)
        model = keras.Model(inputs, keras.layers.Dense(1)(layers["gru"](5, **options)(h)))
        randomized(model)
        model.compile("sgd", "mse", jit_compile=model_jit if layers is OURS else False)
        histories.append(model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"])
        histories.append(model.predict(x, batch_size=16, verbose=0))
    np.testing.assert_allclose(histories[0], histories[2], rtol=1e-4)
    np.testing.assert_allclose(histories[1], histories[3], rtol=1e-4, atol=1e-4)


# -- predictions ---------------------------------------------------------------------------------------------


@on_tensorflow
@pytest.mark.parametrize("units", [5, 16])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", sorted(OURS))
def test_a_row_has_the_same_bits_alone_in_a_batch_and_padded(name, jit_compile, units):
    layer = OURS[name](units, return_sequences=True, return_state=True, jit_compile=jit_compile)
    layer.build((None, None, D))
    randomized(layer)
    x, mask = sequences(19)
    x *= mask[:, :, None]
    many = [numbers(r) for r in layer(x, mask=ops.convert_to_tensor(mask))]
    for row in (0, 4, 9, 18):
        length = mask[row].sum()
        for time, n in [(length, 1), (T, 1), (9, 1), (T, 2), (T, 17)]:
            # Alone, padded further, or above rows without a step, as batches are filled up.
            steps, real = np.zeros((n, time, D), np.float32), np.zeros((n, time), bool)
            steps[0, :length], real[0, :length] = x[row, :length], True
            outputs, *states = layer(steps, mask=ops.convert_to_tensor(real))
            np.testing.assert_array_equal(numbers(outputs)[0, :length], many[0][row, :length])
            for state, want in zip(states, many[1:]):
                np.testing.assert_array_equal(numbers(state)[0], want[row])


def network(cell, units=5, **options):
    settings = {"units": units, "depth": 2, "bidirectional": True, "pooling": "mean", **options}
    return small_network(ClassSpec(3), ArraySpec(D), cell, **settings)


@pytest.mark.core
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cell", sorted(OURS))
def test_the_network_is_the_same_without_fused_layers(cell, jit_compile):
    net = network(cell, jit_compile=jit_compile)
    fused, plain = randomized(net.build(), net.build(fused=False))
    assert [tuple(w.shape) for w in fused.weights] == [tuple(w.shape) for w in plain.weights]
    x, mask = sequences()
    got, want = (numbers(model(x, mask=ops.convert_to_tensor(mask))) for model in (fused, plain))
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@on_tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cell", sorted(OURS))
def test_the_classifier_predicts_one_as_many(cell, jit_compile):
    from skrnn import RNNClassifier

    x, mask = sequences(40)
    X = [row[real] for row, real in zip(x, mask)]
    y = np.arange(40) % 3
    model = RNNClassifier(cell, units=5, epochs=1, batch_size=40, jit_compile=jit_compile, random_state=0).fit(X, y)
    many = model.predict_proba(X)
    for k in (0, 1, 7, 39):
        np.testing.assert_array_equal(model.predict_proba(X[k : k + 1])[0], many[k])
    np.testing.assert_array_equal(model.predict_proba(X[3:9]), many[3:9])


# -- RecurrenceSpec ------------------------------------------------------------------------------------------

WAYS = {
    "name": lambda cell, options: RecurrenceSpec.from_cell(cell, 5, options),
    "class": lambda cell, options: RecurrenceSpec.from_cell(CELLS[cell], 5, options),
    "instance": lambda cell, options: RecurrenceSpec.from_cell(CELLS[cell](5, **options), None),
    "layer": lambda cell, options: RecurrenceSpec.from_cell(KERAS[cell], 5, options),
    "instance of a layer": lambda cell, options: RecurrenceSpec.from_cell(KERAS[cell](5, **options), None),
}


@pytest.mark.core
@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("cell", sorted(OURS))
def test_a_fused_layer_has_the_options_of_the_cell(cell, way):
    options = {
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3, seed=4),
        "recurrent_regularizer": keras.regularizers.L2(0.1),
        "bias_constraint": keras.constraints.NonNeg(),
        "dropout": 0.25,
        "seed": 11,
        "use_bias": True,
        "trainable": False,
    }
    spec = WAYS[way](cell, options)
    assert spec.is_fused
    assert spec.loop == cell
    layer, plain = (spec.make(True, False, fused=fused, jit_compile=True) for fused in (True, False))
    assert type(layer) is OURS[cell]
    assert type(plain) is (keras.layers.RNN if spec.kind == "cell" else KERAS[cell])
    assert layer.jit_compile is layer.return_sequences is True
    mine, theirs = layer.cell.get_config(), plain.cell.get_config()
    mine.pop("name"), theirs.pop("name")
    assert mine == theirs
    for each in (layer, plain):
        each.build((None, None, D))
    assert shapes(layer) == shapes(plain)
    np.testing.assert_array_equal(layer.get_weights()[0], plain.get_weights()[0])


@pytest.mark.core
@pytest.mark.parametrize("cell", sorted(OURS))
def test_penalties_are_those_of_the_plain_layer(cell):
    spec = RecurrenceSpec.from_cell(cell, 5, {"kernel_regularizer": keras.regularizers.L2(0.1)})
    x, _ = sequences()
    losses = []
    for fused in (True, False):
        layer = spec.make(False, True, fused=fused)
        layer.build(x.shape)
        randomized(layer)
        layer(x)
        losses.append([float(numbers(value)) for value in layer.losses])
    assert len(losses[0]) == 2
    np.testing.assert_allclose(*losses, rtol=1e-6)
    assert min(losses[0]) > 0


@pytest.mark.core
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", sorted(OURS))
def test_one_seed_gives_the_weights_of_the_plain_network(cell, bidirectional):
    from skrnn.keras_objects.objectives import make_optimizer
    from skrnn.training.cache import program_class

    class Plain(Network):
        def build(self, fused=True):
            return super().build(fused=False)

    drawn = []
    for cls in (Network, Plain):
        net = small_network(inputs=ArraySpec(D), cell=cell, units=5, bidirectional=bidirectional)
        net = cls(net.inputs, net.body, net.head)
        program = program_class()(small_plan(make_optimizer("sgd", 0.1, None, {}), network=net))
        drawn.append(program.initial_weights(net, 7))
    assert len(drawn[0]) == len(drawn[1])
    for fused, plain in zip(*drawn):
        np.testing.assert_array_equal(fused, plain)


@pytest.mark.core
def test_an_unknown_recurrence_has_no_loop():
    for cell in (keras.layers.StackedRNNCells([keras.layers.LSTMCell(2)]), keras.layers.Dense(2)):
        spec = RecurrenceSpec.from_cell(cell, None)
        assert not spec.is_fused
        assert spec.loop is None
