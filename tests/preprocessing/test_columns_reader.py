"""`ColumnsReader` and networks of several columns, against the parts read and computed alone."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor, RNNTagger, RNNTranslator
from skrnn.preprocessing import (
    ArrayReader,
    ColumnsReader,
    PerStep,
    SequenceAugmentation,
    Tokenizer,
    TokenReader,
    VocabularyReader,
    WordReader,
)
from skrnn.sequences.ragged import Sequences

N = 24
LITTLE = {"cell": "gru", "units": 3, "epochs": 2, "random_state": 0}


def frame(library="pandas", seed=0):
    rng = np.random.default_rng(seed)
    lengths, others = rng.integers(1, 6, N), rng.integers(1, 4, N)
    columns = {
        "pulse": [rng.normal(size=n) for n in lengths],
        "pressure": [rng.normal(size=n) for n in lengths],
        "age": rng.normal(size=N),
        "unit": [["u", "v", "w"][k % 3] for k in range(N)],
        "words": [["a", "b", "c", "d"][:n] for n in others],
        "steps": [rng.normal(size=(n, 2)) for n in rng.integers(1, 4, N)],
    }
    if library == "pandas":
        return pd.DataFrame(columns, index=np.arange(N) + 7)
    return pl.DataFrame({k: [c.tolist() if hasattr(c, "tolist") else c for c in v] for k, v in columns.items()})


Y = np.arange(N) % 2


def test_columns_of_one_length_are_features_of_the_same_steps():
    X = frame()
    reader = ColumnsReader()
    examples = reader.fit_read(X)
    assert reader.axes_ == {"pulse": "time", "pressure": "time", "words": "words", "steps": "steps"}
    np.testing.assert_allclose(
        examples.columns["steps"].values,
        np.column_stack([np.concatenate(list(X[n])) for n in ("pulse", "pressure")]),
        rtol=1e-6,
    )
    np.testing.assert_array_equal(examples.columns["static"].values[:, 0], X["age"].astype(np.float32))
    assert reader.categories_ == {"unit": ["u", "v", "w"]}
    np.testing.assert_array_equal(examples.columns["categories"].values[:, 0], np.arange(N) % 3)
    alone = WordReader().fit_read(X["words"].tolist())
    np.testing.assert_array_equal(examples.columns["words__words"].values, alone.columns["words"].values)
    np.testing.assert_allclose(examples.columns["steps__steps"].values, np.concatenate(list(X["steps"])), rtol=1e-6)
    assert {spec.name for spec in reader.spec.columns} == set(examples.columns)


@pytest.mark.core
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_order_of_columns_and_the_library_do_not_matter(library):
    model = RNNClassifier(**LITTLE).fit(frame(), Y)
    expected = model.predict_proba(frame())
    X = frame(library)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X[list(X.columns)[::-1]]), expected, atol=1e-6)
    one_by_one = [model.predict_proba(X[i : i + 1])[0] for i in range(N)]
    np.testing.assert_allclose(one_by_one, expected, atol=1e-6)
    assert list(model.feature_names_in_) == list(frame().columns)
    np.testing.assert_allclose(RNNClassifier(**LITTLE).fit(X, Y).predict_proba(X), expected, atol=2e-5)


@pytest.mark.core
def test_static_columns_stand_behind_the_pooling():
    """Against the same network without them, and their part of the output layer by hand."""
    X = frame()[["pulse", "age", "unit"]]
    model = RNNClassifier(**LITTLE, pooling="max").fit(X, Y)
    kernel, bias = model.weights_[-2:]
    assert kernel.shape == (3 + 1 + 3, 1)
    plain = RNNClassifier(**LITTLE, pooling="max").fit(list(X["pulse"]), Y)
    plain.weights_ = [*model.weights_[:-2], kernel[:3], bias]
    p = plain.predict_proba(list(X["pulse"]))[:, 1]
    one_hot = np.eye(3)[np.arange(N) % 3]
    static = np.column_stack([X["age"], one_hot]) @ kernel[3:, 0]
    expected = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + static)))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-4)
    X = X.assign(unit="x")  # a category that the fit did not see is none
    static = X["age"].to_numpy() * kernel[3, 0]
    expected = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + static)))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-4)


def test_static_columns_stand_at_each_step_of_a_target_per_step():
    X = frame()[["pulse", "age"]]
    y = [x + age for x, age in zip(X["pulse"], X["age"])]
    model = RNNRegressor("gru", units=8, epochs=100, learning_rate=0.03, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.99
    without = RNNRegressor("gru", units=8, epochs=100, learning_rate=0.03, random_state=0).fit(list(X["pulse"]), y)
    assert model.score(X, y) > without.score(list(X["pulse"]), y) + 0.1


@pytest.mark.parametrize("kind", [RNNTagger, RNNTranslator])
def test_every_estimator_reads_them(kind):
    X = frame()
    y = [["a" if v > 0 else "b" for v in x] for x in X["pulse"]]
    model = kind(**LITTLE).fit(X, y)
    found = model.predict(X)
    assert len(found) == N
    if kind is RNNTagger:
        assert [len(row) for row in found] == [len(x) for x in X["pulse"]]


@pytest.mark.core
def test_a_static_number_is_learned():
    X = frame()[["pulse", "age"]]
    y = (X["age"] > 0).astype(int)
    model = RNNClassifier("gru", units=4, epochs=100, learning_rate=0.03, random_state=0)
    assert model.fit(X, y).score(X, y) == 1.0


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_steps_and_static_columns_are_scaled_by_name_in_a_pipeline(library):
    X = frame(library)[["pulse", "pressure", "age", "unit"]]
    scale_static = ColumnTransformer(
        [("age", StandardScaler(), ["age"])], remainder="passthrough", verbose_feature_names_out=False
    )
    scale_steps = PerStep(StandardScaler(), features=["pulse"])
    model = make_pipeline(scale_steps, scale_static.set_output(transform=library), RNNClassifier(**LITTLE))
    assert np.isfinite(cross_val_score(model, X, Y, cv=2)).all()
    scaled = model.fit(X, Y)[:-1].transform(X)
    table = np.concatenate([np.asarray(x) for x in X["pulse"]])
    np.testing.assert_allclose(
        np.concatenate([np.asarray(x) for x in scaled["pulse"]]), (table - table.mean()) / table.std(), rtol=1e-6
    )
    np.testing.assert_allclose(np.std(scaled["age"].to_numpy()), 1.0, rtol=0.05)
    search = GridSearchCV(model, {"perstep__features": [["pulse"], ["pulse", "pressure"]]}, cv=2).fit(X, Y)
    assert search.best_params_["perstep__features"] in (["pulse"], ["pulse", "pressure"])


def test_text_beside_numbers():
    X = pd.DataFrame({"review": ["a good film", "a bad film"] * 12, "year": np.arange(24.0)})
    read = ColumnTransformer(
        [("text", Tokenizer(), "review"), ("year", StandardScaler(), ["year"])], verbose_feature_names_out=False
    ).set_output(transform="pandas")
    assert read.fit_transform(X)["review"].iloc[0] == ["a", "good", "film"]
    model = make_pipeline(read, RNNClassifier("gru", units=4, epochs=20, random_state=0))
    assert model.fit(X, [1, 0] * 12).score(X, [1, 0] * 12) == 1.0


def test_readers_of_columns_are_chosen():
    X = frame()[["pulse", "words"]].assign(codes=[np.arange(1 + k % 3) for k in range(N)])
    reader = ColumnsReader({"words": VocabularyReader(dim=4), "codes": TokenReader(dim=5)})
    model = RNNClassifier(**LITTLE, reader=reader).fit(X, Y)
    assert {tensor.name for tensor in model.model_.inputs} == {"steps", "words__tokens", "codes__tokens"}
    assert clone(model).get_params()["reader"].readers.keys() == {"words", "codes"}


def test_missing_values_and_time_stamps_in_cells():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"hours": [np.arange(3.0)] * N, "x": [np.where(rng.random(3) < 0.3, np.nan, 1.0) for _ in Y], "a": Y}
    )
    X["a"] = X["a"].astype(float)
    options = {"units": 3, "epochs": 2, "random_state": 0}
    model = RNNClassifier("grud", cell__time_feature="hours", **options).fit(X, Y)
    assert model._time_column == 0
    assert np.isfinite(model.predict_proba(X)).all()
    values = Sequences(
        np.column_stack([np.concatenate(list(X["hours"])), np.concatenate(list(X["x"]))]), np.arange(N + 1) * 3
    )
    same = RNNClassifier("grud", cell__time_feature=0, **options).fit(values, Y)
    assert [w.shape for w in same.weights_[:-2]] == [w.shape for w in model.weights_[:-2]]
    with pytest.raises(ValueError, match="X\\[0\\] must not contain NaN"):
        RNNClassifier("gru", **options).fit(X.assign(x=[np.array([np.nan, 1.0, 1.0])] * N), Y)


GOOD = frame()
WRONG_AT_PREDICT = {
    "a column is missing": (GOOD.drop(columns="age"), "X must have the columns of the fit, .* Got none that is 'age'."),
    "another column": (GOOD.assign(more=1.0), "X must have the columns of the fit, .* Got 'more', too."),
    "numbers, not strings": (GOOD.assign(unit=1.0), "column 'unit' of X must hold strings, as in fit. Got 1.0 at 0."),
    "strings, not numbers": (GOOD.assign(age="x"), "column 'age' of X must hold numbers, as in fit. Got strings."),
    "one value, no sequence": (
        GOOD.assign(pulse=1.0),
        "column 'pulse' of X must hold a sequence in each row, as in fit",
    ),
    "a sequence, not one value": (GOOD.assign(age=GOOD["pulse"]), "column 'age' of X must hold one value in each row"),
    "other lengths": (
        GOOD.assign(pulse=[np.append(x, 1.0) for x in GOOD["pulse"]]),
        "columns 'pulse' and 'pressure' of X must have as many steps in each row, as in fit. Got 6 and 5 at 0.",
    ),
    "no frame": (
        [[1.0, 2.0]],
        "X must be a data frame with sequences in cells of a data frame, as in fit. Got numbers.",
    ),
    "NaN": (GOOD.assign(age=np.nan), "column 'age' of X must not contain missing values. Got one at 0; SimpleImputer"),
    "words, not numbers": (
        GOOD.assign(pulse=[["a"] * len(x) for x in GOOD["pulse"]]),
        "column 'pulse' of X must hold numbers, as in fit. Got strings.",
    ),
}


@pytest.mark.parametrize("what", sorted(WRONG_AT_PREDICT))
def test_wrong_frames_at_predict(what):
    X, sentence = WRONG_AT_PREDICT[what]
    model = RNNClassifier(**LITTLE).fit(GOOD, Y)
    with pytest.raises(ValueError, match=sentence):
        model.predict(X)


WRONG_AT_FIT = {
    "kinds of sequences": (
        GOOD.assign(pulse=[["a"] if k else [1.0] for k in range(N)]),
        "column 'pulse' of X must hold sequences of one kind. Got numbers and strings.",
    ),
    "an array among static values": (
        GOOD.assign(age=pd.Series([1.0] * (N - 1) + [np.zeros(2)], index=GOOD.index, dtype=object)),
        "column 'age' of X must hold one value in each row. Got array\\(\\[0., 0.\\]\\) at 23.",
    ),
    "words among numbers": (
        GOOD.assign(age=pd.Series([1.0] * (N - 1) + ["x"], index=GOOD.index, dtype=object)),
        "column 'age' of X must hold numbers, or strings. Got both.",
    ),
    "infinity": (GOOD.assign(age=np.inf), "column 'age' of X must hold finite numbers of float32. Got inf at 0."),
    "dates": (GOOD.assign(age=pd.Timestamp("2026-01-01")), "column 'age' of X must hold numbers. Got datetime64"),
}


@pytest.mark.parametrize("what", sorted(WRONG_AT_FIT))
def test_wrong_frames_at_fit(what):
    X, sentence = WRONG_AT_FIT[what]
    with pytest.raises(ValueError, match=sentence):
        RNNClassifier(**LITTLE).fit(X, Y)


@pytest.mark.core
@pytest.mark.parametrize("kind", [RNNClassifier, RNNTranslator])
def test_columns_may_have_any_name(kind):
    """Names that are no names of layers, that differ in such letters alone, or that are those of axes."""
    y = Y if kind is RNNClassifier else [["a"] * (1 + k % 3) for k in range(N)]
    plain, odd = ["first", "second", "third", "fourth"], ["mg/dl", "mg dl", "time", "target"]
    columns = [frame()["pulse"].tolist()]
    columns += [[["a", "b", "c", "d"][: 1 + (k + j) % (j + 1)] for k in range(N)] for j in (1, 2, 3)]
    X, same = (pd.DataFrame(dict(zip(names, columns))) for names in (odd, plain))
    assert len(set(ColumnsReader().fit(X).axes_.values())) == 4
    model, other = (kind(**LITTLE).fit(form, y) for form in (X, same))
    for mine, theirs in zip(model.weights_, other.weights_):
        np.testing.assert_array_equal(mine, theirs)
    assert list(map(str, model.predict(X))) == list(map(str, other.predict(same)))


def test_missing_values_of_polars():
    X = frame("polars")
    model = RNNClassifier(**LITTLE).fit(X, Y)
    for missing in (None, float("nan")):
        ages = pl.Series("age", [missing, *X["age"].to_list()[1:]])
        with pytest.raises(ValueError, match="column 'age' of X must not contain missing values. Got one at 0;"):
            model.predict(X.with_columns(ages))


def test_wrong_readers():
    with pytest.raises(ValueError, match="readers must be for columns of sequences: .* Got 'age'."):
        ColumnsReader({"age": TokenReader()}).fit(GOOD)
    with pytest.raises(ValueError, match="readers\\['pulse'\\] must be a Reader. Got 3."):
        ColumnsReader({"pulse": 3}).fit(GOOD)
    with pytest.raises(ValueError, match="X must hold sequences in cells of a data frame for reader=ColumnsReader"):
        ColumnsReader().fit([[1.0]])


def test_texts_among_categories_are_warned_of():
    X = GOOD.assign(unit=[f"review number {k}" for k in range(N)])
    with pytest.warns(UserWarning, match="column 'unit' of X holds 24 different strings in 24 rows"):
        RNNClassifier(**LITTLE).fit(X, Y)


def test_static_features_are_learned_where_it_is_asked_for():
    """Against the layer by hand, from the weights."""
    X = frame()[["pulse", "age", "unit"]]
    model = RNNClassifier(**LITTLE, reader__static_dim=5, dropout=0.5).fit(X, Y)
    layer = model.model_.get_layer("static_features")
    kernel, bias = (np.asarray(w) for w in layer.get_weights())
    assert kernel.shape == (4, 5)
    plain = RNNClassifier(**LITTLE).fit(list(X["pulse"]), Y)
    by_name = {tuple(v.path.split("/")[-2:]): value for v, value in zip(model.model_.weights, model.weights_)}
    out, out_bias = by_name["output", "kernel"], by_name["output", "bias"]
    recurrent = [
        w for v, w in zip(model.model_.weights, model.weights_) if "static" not in v.path and "output" not in v.path
    ]
    plain.weights_ = [*recurrent, out[:3], out_bias]
    p = plain.predict_proba(list(X["pulse"]))[:, 1]
    static = np.column_stack([X["age"], np.eye(3)[np.arange(N) % 3]])
    scores = np.log(p / (1 - p)) + np.maximum(static @ kernel + bias, 0) @ out[3:, 0]
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-scores)), rtol=1e-4)
    with pytest.raises(ValueError, match="The 'static_dim' parameter of ColumnsReader must be"):
        RNNClassifier(**LITTLE, reader__static_dim=0).fit(X, Y)


@pytest.mark.parametrize("options", [{"frames_per_step": 2}, {"augmentation": SequenceAugmentation(noise=0.1)}])
def test_readers_of_columns_leave_the_steps_as_they_are(options):
    frame = pd.DataFrame({"a": [np.ones(3), np.ones(4)], "b": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"readers\['a'\] must leave the steps as they are"):
        ColumnsReader(readers={"a": ArrayReader(**options)}).fit(frame)
