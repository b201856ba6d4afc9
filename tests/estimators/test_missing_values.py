"""NaN in X where the cell reads missing values, and time stamps in a column of X."""

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import toy_sequences
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor, RNNTagger, Sequences
from skrnn.cells import CELLS, GRUDCell, LTCCell, TimedCell
from skrnn.preprocessing import PerStep, TokenReader

FAST = {"units": 5, "epochs": 2, "random_state": 0}
TIMED = sorted(name for name, cell in CELLS.items() if issubclass(cell, TimedCell))
COLUMNS = ["hours", "a", "b"]


def gappy(n=40, seed=0, time=True):
    """Ragged sequences with a column of time stamps and two features, half of whose values are missing."""
    X, y = toy_sequences(n=n, n_features=2, seed=seed)
    rng = np.random.default_rng(seed + 1)
    for x in X:
        x[rng.random(x.shape) < 0.5] = np.nan
    if time:
        X = [np.column_stack([np.cumsum(rng.exponential(size=len(x))), x]) for x in X]
    return X, y


def steps_of(X):
    return [(np.nan_to_num(x[:, -1]) > 0).astype(int) for x in X]


def model_of(kind, **options):
    if kind is RNNTagger:
        return RNNTagger(head="softmax", **{"bidirectional": False, **FAST, **options})
    return kind(**{**FAST, **options})


def target_of(kind, X, y):
    return {RNNClassifier: y, RNNRegressor: y.astype(float), RNNTagger: steps_of(X)}[kind]


def outputs(model, X):
    """Probabilities or numbers, one array a sequence."""
    if isinstance(model, RNNTagger):
        return list(model.predict_marginals(X))
    return list(model.predict_proba(X) if isinstance(model, RNNClassifier) else model.predict(X))


@pytest.mark.core
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor, RNNTagger])
@pytest.mark.parametrize(("bidirectional", "units", "time_feature"), [(False, 5, None), (True, (5, 4), 0)])
def test_gaps_are_read_whatever_the_batch(kind, bidirectional, units, time_feature):
    X, y = gappy()
    model = model_of(kind, cell="grud", bidirectional=bidirectional, units=units, cell__time_feature=time_feature)
    model.fit(X, target_of(kind, X, y))
    assert np.isfinite(model.history_["loss"]).all()
    together = outputs(model, X)
    for x, expected in zip(X[:5], together):
        np.testing.assert_allclose(outputs(model, [x])[0], expected, rtol=1e-4, atol=1e-5)  # alone: no padding


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_every_pooling_ignores_padding(pooling):
    X, y = gappy()
    model = RNNClassifier("grud", pooling=pooling, cell__time_feature=0, **FAST).fit(X, y)
    alone = np.concatenate([model.predict_proba([x]) for x in X[:5]])
    np.testing.assert_allclose(alone, model.predict_proba(X)[:5], rtol=1e-4, atol=1e-5)


def test_a_gap_is_not_a_zero():
    X, y = gappy()
    model = RNNClassifier("grud", **FAST).fit(X, y)
    zeros = [np.nan_to_num(x) for x in X]
    assert np.abs(model.predict_proba(X) - model.predict_proba(zeros)).max() > 1e-3


def test_what_is_missing_is_learned():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 8, 2)), np.arange(200) % 2
    X[rng.random(X.shape) < np.where(y, 0.7, 0.2)[:, None, None]] = np.nan  # only the gaps tell the class
    model = RNNClassifier("grud", units=8, epochs=30, random_state=0).fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.9


@pytest.mark.parametrize("name", TIMED)
def test_elapsed_time_is_learned(name):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    pauses = rng.exponential(size=(200, 6)) * np.where(y, 3.0, 0.3)[:, None]  # only the pauses tell the class
    X = np.stack([pauses.cumsum(axis=1), np.ones((200, 6))], axis=2)
    options = {"units": 8, "epochs": 60, "random_state": 0, "cell__time_feature": 0}
    model = RNNClassifier(name, **options).fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.8
    moved = X.copy()
    moved[:, :, 0] *= 2.0
    assert np.abs(model.predict_proba(X) - model.predict_proba(moved)).max() > 1e-3


def nan_sentence(i, step, feature):
    return rf"X\[{i}\] must not contain NaN. Got one at step {step}, feature {feature}: .* cell=\"grud\" reads missing"


@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor, RNNTagger])
def test_other_cells_refuse_gaps(kind):
    X, y = gappy(time=False)
    X[0] = np.nan_to_num(X[0])
    row = next(i for i, x in enumerate(X) if np.isnan(x).any())
    step, feature = np.argwhere(np.isnan(X[row]))[0]
    with pytest.raises(ValueError, match=nan_sentence(row, step, feature)):
        model_of(kind, cell="gru").fit(X, target_of(kind, X, y))
    whole = [np.nan_to_num(x) for x in X]
    model = model_of(kind, cell="gru").fit(whole, target_of(kind, X, y))
    with pytest.raises(ValueError, match=nan_sentence(row, step, feature)):
        model.predict(X)
    model.set_params(cell="grud")  # of the next fit: that of the last one cannot read gaps
    with pytest.raises(ValueError, match="must not contain NaN"):
        model.predict(X)


def test_infinity_is_refused_as_ever():
    X, y = gappy()
    X[3][0, 1] = np.inf
    with pytest.raises(ValueError, match=r"X\[3\] must not contain infinity"):
        RNNClassifier("grud", **FAST).fit(X, y)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("grud", True),
        (GRUDCell, True),
        (GRUDCell(3), True),
        (keras.layers.RNN(GRUDCell(3)), True),
        ("gru", False),
        (LTCCell, False),
        (keras.layers.LSTM, False),
        ("no such cell", False),
        (7, False),
    ],
)
def test_the_tag_tells_who_reads_gaps(cell, expected):
    for kind in (RNNClassifier, RNNRegressor, RNNTagger):
        assert kind(cell).__sklearn_tags__().input_tags.allow_nan is expected
    assert RNNClassifier("grud", reader=TokenReader(4)).__sklearn_tags__().input_tags.allow_nan is False
    assert RNNClassifier("grud", model=lambda: None).__sklearn_tags__().input_tags.allow_nan is False


@pytest.mark.parametrize("cell", [GRUDCell, GRUDCell(5), keras.layers.RNN(GRUDCell(5))], ids=str)
def test_classes_and_instances_read_gaps(cell):
    X, y = gappy()
    units = 5 if cell is GRUDCell else None
    by_cell = RNNClassifier(cell, **{**FAST, "units": units}).fit(X, y)
    by_name = RNNClassifier("grud", **FAST).fit(X, y)
    np.testing.assert_allclose(by_cell.predict_proba(X), by_name.predict_proba(X), rtol=1e-4, atol=1e-5)


def frames(X):
    return [pd.DataFrame(x, columns=COLUMNS) for x in X]


@pytest.mark.parametrize("name", ["grud", "cfc"])
def test_the_time_column_by_name_is_that_by_number(name):
    X, y = gappy()
    X = X if CELLS[name].reads_missing else [np.nan_to_num(x) for x in X]
    by_name = RNNClassifier(name, cell__time_feature="hours", **FAST).fit(frames(X), y)
    by_number = RNNClassifier(name, cell__time_feature=0, **FAST).fit(X, y)
    np.testing.assert_array_equal(by_name.predict_proba(frames(X)), by_number.predict_proba(X))
    assert by_name.get_params()["cell__time_feature"] == "hours"
    again = clone(by_name).fit(Sequences.from_list(X, COLUMNS), y)
    np.testing.assert_array_equal(again.predict_proba(frames(X)), by_number.predict_proba(X))
    without = RNNClassifier(name, **FAST).fit(X, y)
    assert np.abs(without.predict_proba(X) - by_number.predict_proba(X)).max() > 1e-4


def test_the_upper_layers_have_no_time_and_no_gaps():
    X, y = gappy()
    for model in (
        RNNClassifier("grud", cell__time_feature=0, cell__n_features=3, **{**FAST, "units": (5, 4)}),
        RNNClassifier(GRUDCell(5, time_feature=0), **{**FAST, "units": (5, 4)}),
    ):
        model.fit(X, y)
        below, above = (layer.cell for layer in model.model_.layers if hasattr(layer, "cell"))
        assert (below.time_feature, above.time_feature) == (0, None)
        assert (below.units, above.units, above.state_size) == (5, 4, [4, 5, 5])


BAD_TIMES = [
    ("hour", True, r"cell__time_feature must be a column of X: hours, a, b. Got 'hour'; did you mean 'hours'\?"),
    ("hours", False, "must be the number of a column, where X has no column names. Got 'hours'"),
    (3, False, "cell__time_feature must be a column of X, below 3. Got 3"),
    (-1, False, "cell__time_feature must be an integer of at least 0. Got -1"),
    (0.5, False, "cell__time_feature must be an integer of at least 0. Got 0.5"),
]


@pytest.mark.parametrize(("time_feature", "named", "sentence"), BAD_TIMES)
def test_no_such_time_column(time_feature, named, sentence):
    X, y = gappy()
    model = RNNClassifier("grud", cell__time_feature=time_feature, **FAST)
    with pytest.raises(ValueError, match=sentence):
        model.fit(frames(X) if named else X, y)
    assert not hasattr(model, "weights_")


def test_tokens_have_no_time_column():
    with pytest.raises(ValueError, match="cell__time_feature is a column of numbers, but X holds tokens. Got 0"):
        RNNClassifier("cfc", reader=TokenReader(3), cell__time_feature=0, **FAST).fit([[1, 2], [3]], [0, 1])
    with pytest.raises(ValueError, match="cell__time_feature is a column of numbers, but X holds tokens. Got 'hours'"):
        RNNTagger("cfc", cell__time_feature="hours", **FAST).fit([["a", "b"], ["c"]], [["X", "Y"], ["X"]])


def test_time_alone_is_no_sequence():
    with pytest.raises(ValueError, match="x must have a feature beside the time stamps of time_feature. Got 1 column"):
        RNNClassifier("cfc", cell__time_feature=0, **FAST).fit(np.ones((4, 3, 1)), [0, 1, 0, 1])


def test_n_features_must_be_those_of_x():
    X, y = gappy()
    with pytest.raises(ValueError, match="x must have 2 columns, as n_features says. Got 3"):
        RNNClassifier("grud", cell__n_features=2, **FAST).fit(X, y)


BAD_STAMPS = [
    (1, 2.0, 3.0, r"X\[2\] must hold time stamps in column 0 .* never fall. Got 2 at step 1 after 3"),
    (0, -0.5, 0.0, r"X\[2\] must hold time stamps in column 0 that begin at 0 or later .*. Got -0.5 at step 0\."),
    (1, np.nan, 3.0, r"X\[2\] must hold time stamps in column 0 .* Got nan at step 1 after 3"),
]


@pytest.mark.parametrize(("step", "stamp", "before", "sentence"), BAD_STAMPS)
@pytest.mark.parametrize("on_disk", [False, True])
def test_time_stamps_rise_from_zero(step, stamp, before, sentence, on_disk, tmp_path):
    X, y = gappy()
    model = RNNClassifier("grud", cell__time_feature=0, **FAST).fit(X, y)
    good = X[2] = np.vstack([[before, 1.0, 1.0], [before, 1.0, 1.0], [4.0, 1.0, np.nan]])
    X[2] = good.copy()
    X[2][step, 0] = stamp
    if on_disk:
        flat = Sequences.from_list(X)
        np.save(tmp_path / "values.npy", flat.values)
        X = Sequences(np.load(tmp_path / "values.npy", mmap_mode="r"), flat.offsets)
        assert X.on_disk
    with pytest.raises(ValueError, match=sentence):
        clone(model).fit(X, y)
    with pytest.raises(ValueError, match=sentence):
        model.predict(X)
    assert len(model.predict([good])) == 1


def test_scaling_leaves_gaps_and_hours_alone():
    X, y = gappy()
    scaled = PerStep(StandardScaler()).fit_transform(X)
    np.testing.assert_array_equal(np.isnan(scaled.values), np.isnan(np.concatenate(X)))
    scale = PerStep(ColumnTransformer([("hours", "passthrough", [0])], remainder=StandardScaler()))
    model = make_pipeline(scale, RNNClassifier("grud", cell__time_feature=0, **FAST))
    search = GridSearchCV(model, {"rnnclassifier__units": [3, 5]}, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.predict_proba(X)).all()
    wrong = make_pipeline(PerStep(StandardScaler()), RNNClassifier("grud", cell__time_feature=0, **FAST))
    with pytest.raises(ValueError, match="time stamps in column 0 that begin at 0 or later"):
        wrong.fit(X, y)


def test_names_come_through_a_pipeline():
    X, y = gappy()
    scale = ColumnTransformer(
        [("values", StandardScaler(), ["a", "b"])], remainder="passthrough", verbose_feature_names_out=False
    )
    scale = PerStep(scale).set_output(transform="pandas")
    model = make_pipeline(scale, RNNClassifier("grud", cell__time_feature="hours", **FAST)).fit(frames(X), y)
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "hours"]  # time is the last column now
    assert model[-1].model_.layers[1].cell.time_feature == 2
    assert np.isfinite(model.predict_proba(frames(X))).all()


def test_dropout_of_inputs_leaves_gaps_and_time_alone():
    X, y = gappy()
    model = RNNClassifier("grud", cell__time_feature=0, cell__dropout=0.5, recurrent_dropout=0.3, **FAST).fit(X, y)
    assert np.isfinite(model.history_["loss"]).all()
    cell = GRUDCell(3, time_feature=1, dropout=0.5, seed=0)
    mask = keras.ops.convert_to_numpy(cell.get_dropout_mask(np.ones((4, 3), "float32")))
    np.testing.assert_array_equal(mask[:, 1], 1.0)
    assert set(np.unique(mask[:, [0, 2]])) == {0.0, 2.0}


def test_warm_start_and_partial_fit_go_on_with_gaps():
    X, y = gappy()
    model = RNNClassifier("grud", cell__time_feature=0, warm_start=True, **FAST).fit(X, y).fit(X, y)
    model.partial_fit(X, y)
    assert model.n_iter_ == 5
    with pytest.raises(ValueError, match="go on with the network of the first fit"):
        model.set_params(cell__time_feature=None).partial_fit(X, y)


class CellOfUser(keras.layers.Layer):
    """h' = tanh(x W) where there is a value; it has a time_feature of its own, and reads missing values."""

    reads_missing = True

    def __init__(self, units, time_feature="mine", **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.time_feature = time_feature

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states, training=False):
        x = keras.ops.where(keras.ops.isnan(inputs), 0.0, inputs)
        h = keras.ops.tanh(states[0] + keras.ops.matmul(x, self.kernel))
        return h, [h]


def test_a_cell_of_the_users_is_left_alone():
    X, y = gappy()
    model = RNNClassifier(CellOfUser, cell__time_feature="any thing", **FAST).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    assert RNNClassifier(CellOfUser).__sklearn_tags__().input_tags.allow_nan
