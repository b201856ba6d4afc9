"""`PerStep` against its transformer on all steps laid under each other by hand."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import Sequences
from skrnn.preprocessing import PerStep


def exactly(sentence):
    return f"^{re.escape(sentence)}$"


def ragged(n=8, n_features=3, seed=0):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** np.arange(n_features)
    return [rng.normal(size=(rng.integers(1, 6), n_features)) * scale + scale for _ in range(n)]


def lay(arrays):
    return np.concatenate([np.asarray(a) for a in arrays])


def assert_steps(got, table, arrays):
    """The rows of table, cut into the lengths of arrays."""
    assert isinstance(got, Sequences)
    assert got.lengths.tolist() == [len(a) for a in arrays]
    np.testing.assert_array_equal(got.values, table)


@pytest.fixture
def arrays():
    return ragged()


# -- the same as on the table --------------------------------------------------------------------------------

TRANSFORMERS = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    RobustScaler(),
    PCA(2, random_state=0),
    PolynomialFeatures(2),
    KBinsDiscretizer(3, encode="onehot-dense", strategy="uniform"),
    FunctionTransformer(np.tanh),
    make_pipeline(StandardScaler(), PCA(1, random_state=0)),
    ColumnTransformer([("scale", MinMaxScaler(), [0, 2])], remainder="passthrough"),
]


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda t: type(t).__name__)
def test_on_a_list(transformer, arrays):
    table = clone(transformer).fit(lay(arrays)).transform(lay(arrays))
    step = PerStep(transformer)
    assert_steps(step.fit_transform(arrays), table, arrays)
    assert_steps(step.transform(arrays), table, arrays)
    assert not hasattr(transformer, "n_features_in_")  # it was cloned


def test_other_sequences_than_those_of_the_fit(arrays):
    others = ragged(n=3, seed=9)
    step = PerStep(StandardScaler()).fit(arrays)
    assert_steps(step.transform(others), StandardScaler().fit(lay(arrays)).transform(lay(others)), others)


def test_nan_is_left_to_the_transformer(arrays):
    holed = [a.copy() for a in arrays]
    holed[0][0, 1] = holed[3][-1, 2] = np.nan
    table = SimpleImputer(strategy="median").fit_transform(lay(holed))
    assert_steps(PerStep(SimpleImputer(strategy="median")).fit_transform(holed), table, holed)
    assert_steps(PerStep(StandardScaler()).fit_transform(holed), StandardScaler().fit_transform(lay(holed)), holed)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        PerStep(PCA(1)).fit(holed)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        PerStep(PCA(1)).fit(arrays).transform(holed)


def test_types_are_the_transformers():
    X = [np.ones((2, 1), np.float32), np.zeros((1, 1), np.float32)]
    assert PerStep(StandardScaler()).fit_transform(X).values.dtype == np.float32
    assert PerStep(FunctionTransformer()).fit_transform([np.array([1, 2]), np.array([3])]).values.dtype == np.int64


def test_the_callers_arrays_are_never_written_to(arrays):
    kept = [a.copy() for a in arrays]
    cube = np.stack([arrays[0]] * 3)
    for a in (*arrays, cube):
        a.flags.writeable = False
    y, weight = np.arange(8.0), np.ones(8)
    y.flags.writeable = weight.flags.writeable = False
    step = PerStep(StandardScaler()).fit(arrays, y, sample_weight=weight)
    step.inverse_transform(step.transform(arrays))
    step.transform(cube)
    for a, b in zip(arrays, kept):
        np.testing.assert_array_equal(a, b)


def test_a_memory_map(tmp_path, arrays):
    np.save(tmp_path / "x.npy", lay(arrays))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    X = Sequences(mapped, np.cumsum([0, *map(len, arrays)]))
    assert_steps(PerStep(StandardScaler()).fit_transform(X), StandardScaler().fit_transform(mapped), arrays)


# -- forms ---------------------------------------------------------------------------------------------------


def test_three_dimensions_stay():
    X = np.random.default_rng(0).normal(size=(4, 5, 3))
    table = StandardScaler().fit_transform(X.reshape(20, 3))
    np.testing.assert_array_equal(PerStep(StandardScaler()).fit_transform(X), table.reshape(4, 5, 3))
    for form in (X.tolist(), X.astype(object)):
        got = PerStep(StandardScaler()).fit_transform(form)
        np.testing.assert_array_equal(got, table.reshape(4, 5, 3))
    assert PerStep(PCA(2)).fit_transform(X).shape == (4, 5, 2)
    assert PerStep(PCA(1)).fit_transform(X).shape == (4, 5, 1)
    assert PerStep(StandardScaler()).fit_transform(X[:, :, :1]).shape == (4, 5, 1)


def test_two_dimensions_stay_where_one_feature_does():
    X = np.random.default_rng(0).normal(size=(4, 5))
    want = StandardScaler().fit_transform(X.reshape(20, 1))
    for form in (X, X.tolist(), pd.DataFrame(X)):
        np.testing.assert_array_equal(PerStep(StandardScaler()).fit_transform(form), want.reshape(4, 5))
    powers = PolynomialFeatures(3).fit_transform(X.reshape(20, 1))
    np.testing.assert_array_equal(PerStep(PolynomialFeatures(3)).fit_transform(X), powers.reshape(4, 5, 4))


FORMS = {
    "list": list,
    "tuple": tuple,
    "column": lambda arrays: pd.Series(list(arrays)),
    "Sequences": Sequences.from_list,
    "nested lists": lambda arrays: [a.tolist() for a in arrays],
}


@pytest.mark.parametrize("form", FORMS)
def test_everything_else_becomes_sequences(form, arrays):
    table = StandardScaler().fit_transform(lay(arrays))
    assert_steps(PerStep(StandardScaler()).fit_transform(FORMS[form](arrays)), table, arrays)
    if form != "nested lists":  # of equal length they are an array
        short = [a[:1] for a in arrays]
        table = StandardScaler().fit_transform(lay(short))
        assert_steps(PerStep(StandardScaler()).fit_transform(FORMS[form](short)), table, short)


def test_fit_on_one_form_and_transform_another():
    X = np.random.default_rng(0).normal(size=(4, 5, 2))
    want = PerStep(StandardScaler()).fit_transform(X)
    for form in (list(X), Sequences.from_padded(X)):
        step = PerStep(StandardScaler()).fit(form)
        np.testing.assert_array_equal(step.transform(X), want)
        np.testing.assert_array_equal(step.transform(X[:, :2]), want[:, :2])


# -- data frames ---------------------------------------------------------------------------------------------


def frames_of_words():
    return [
        pd.DataFrame({"speed": [1.0, 2.0], "gear": ["low", "high"]}, index=[7, 8]),
        pd.DataFrame({"speed": [3.0], "gear": ["low"]}),
        pd.DataFrame({"speed": [4.0, 9.0, 5.0], "gear": ["high", "high", "low"]}),
    ]


def by_column():
    return ColumnTransformer(
        [("scale", StandardScaler(), ["speed"]), ("words", OneHotEncoder(sparse_output=False), ["gear"])]
    )


@pytest.mark.parametrize("form", [list, tuple, pd.Series], ids=["list", "tuple", "column"])
def test_columns_of_words(form):
    frames = frames_of_words()
    table = by_column().fit_transform(pd.concat(frames, ignore_index=True))
    step = PerStep(by_column())
    got = step.fit_transform(form(frames))
    assert_steps(got, table, frames)
    assert got.feature_names == ("scale__speed", "words__gear_high", "words__gear_low")
    assert step.feature_names_in_.tolist() == ["speed", "gear"]
    assert step.n_features_in_ == 2
    assert step.get_feature_names_out().tolist() == list(got.feature_names)


def test_frames_are_never_written_to():
    frames, kept = frames_of_words(), frames_of_words()
    for output in (None, "pandas"):
        PerStep(by_column()).set_output(transform=output).fit_transform(frames)
    for a, b in zip(frames, kept):
        pd.testing.assert_frame_equal(a, b)


def test_frames_without_names_are_arrays(arrays):
    got = PerStep(StandardScaler()).fit(arrays).transform([pd.DataFrame(a) for a in arrays])
    assert_steps(got, StandardScaler().fit_transform(lay(arrays)), arrays)
    assert got.feature_names is None


def test_wrong_frames():
    frames = frames_of_words()
    step = PerStep(by_column()).fit(frames)
    other = frames[0].rename(columns={"gear": "g"})
    with pytest.raises(ValueError, match=exactly("X[1] must have the columns of X[0], speed, gear. Got speed, g.")):
        step.transform([frames[0], other])
    with pytest.raises(ValueError, match=exactly("X[1] must have the columns of X[0], speed, gear. Got none.")):
        PerStep(by_column()).fit([frames[0], np.zeros((2, 2))])
    with pytest.raises(ValueError, match=r"^X\[1\] must have at least one step. Got an empty sequence.$"):
        step.transform([frames[0], frames[1][:0]])
    with pytest.raises(ValueError, match="columns are missing: {'gear'}"):
        step.transform([other])
    numbers = [f[["speed"]].assign(height=1.0) for f in frames]
    with pytest.raises(ValueError, match="feature names should match"):
        PerStep(StandardScaler()).fit(numbers).transform([f[["height", "speed"]] for f in numbers])
    with pytest.raises(ValueError, match=r"^X\[0\] must have shape \(time, 2\). Got \(2, 3\)"):
        step.transform([f.assign(more=1) for f in frames])


def test_a_fit_on_arrays_forgets_names():
    step = PerStep(FunctionTransformer(feature_names_out="one-to-one")).fit(frames_of_words())
    assert hasattr(step, "feature_names_in_")
    step.fit([np.zeros((2, 2))])
    assert not hasattr(step, "feature_names_in_")


# -- set_output ----------------------------------------------------------------------------------------------


def assert_frames(got, table, names, lengths):
    assert isinstance(got, list)
    assert [len(f) for f in got] == list(lengths)
    for f in got:
        assert list(f.columns) == list(names)
    np.testing.assert_array_equal(np.concatenate([f.to_numpy() for f in got]), table)


@pytest.mark.parametrize("way", ["set_output", "set_output later", "config", "inner"])
def test_pandas(way, arrays):
    step = PerStep(StandardScaler())
    if way == "inner":
        step = PerStep(StandardScaler().set_output(transform="pandas"))
    if way == "set_output":
        assert step.set_output(transform="pandas") is step
    step.fit(arrays)
    if way == "set_output later":
        step.set_output(transform="pandas")
    with config_context(transform_output="pandas" if way == "config" else "default"):
        got = step.transform(arrays)
    table = StandardScaler().fit_transform(lay(arrays))
    assert_frames(got, table, ["x0", "x1", "x2"], map(len, arrays))
    assert all(f.index.tolist() == list(range(len(f))) for f in got)


def test_pandas_with_names():
    frames = frames_of_words()
    step = PerStep(by_column()).set_output(transform="pandas")
    table = by_column().fit_transform(pd.concat(frames))
    names = ["scale__speed", "words__gear_high", "words__gear_low"]
    assert_frames(step.fit_transform(frames), table, names, [2, 1, 3])
    step.set_output(transform="default")
    assert_steps(step.transform(frames), table, frames)
    step.set_output(transform="pandas").set_output(transform=None)
    assert_frames(step.transform(frames), table, names, [2, 1, 3])


def test_pandas_of_arrays_is_a_list_of_frames():
    X = np.random.default_rng(0).normal(size=(3, 4))
    got = PerStep(StandardScaler()).set_output(transform="pandas").fit_transform(X)
    assert_frames(got, StandardScaler().fit_transform(X.reshape(12, 1)), ["x0"], [4, 4, 4])


@pytest.mark.parametrize("way", ["set_output", "config"])
def test_polars(way):
    polars = pytest.importorskip("polars")
    frames = [polars.DataFrame({"speed": [1.0, 2.0], "gear": ["low", "high"]})]
    frames += [polars.DataFrame({"speed": [3.0], "gear": ["low"]})]
    step = PerStep(by_column())
    if way == "set_output":
        step.set_output(transform="polars")
    with config_context(transform_output="polars" if way == "config" else "default"):
        got = step.fit_transform(frames)
    assert all(isinstance(f, polars.DataFrame) for f in got)
    table = by_column().fit_transform(polars.concat(frames))
    names = ["scale__speed", "words__gear_high", "words__gear_low"]
    assert_frames(got, table, names, [2, 1])
    assert_steps(PerStep(by_column()).fit_transform(frames), table, frames)


def test_polars_takes_the_names_of_sequences(arrays):
    polars = pytest.importorskip("polars")
    X = Sequences.from_list(arrays, ["a", "b", "c"])
    got = PerStep(StandardScaler()).set_output(transform="polars").fit_transform(X)
    assert isinstance(got[0], polars.DataFrame)
    assert_frames(got, StandardScaler().fit_transform(lay(arrays)), "abc", map(len, arrays))


def test_a_pipeline_sets_the_output_of_all(arrays):
    pipeline = make_pipeline(PerStep(StandardScaler()), PerStep(PCA(2, random_state=0)))
    got = pipeline.set_output(transform="pandas").fit_transform(arrays)
    table = make_pipeline(StandardScaler(), PCA(2, random_state=0)).fit_transform(lay(arrays))
    assert [list(f.columns) for f in got] == [["pca0", "pca1"]] * len(arrays)
    np.testing.assert_allclose(np.concatenate(got), table)


def test_an_output_that_scikit_learn_does_not_know(arrays):
    with pytest.raises(ValueError, match="got word"):
        PerStep(StandardScaler()).set_output(transform="word").fit_transform(arrays)


# -- names ---------------------------------------------------------------------------------------------------


def test_names_go_through_sequences(arrays):
    X = Sequences.from_list(arrays, ["a", "b", "c"])
    step = PerStep(StandardScaler()).fit(X)
    assert step.feature_names_in_.tolist() == ["a", "b", "c"]
    assert step.get_feature_names_out().tolist() == ["a", "b", "c"]
    assert step.transform(X).feature_names == ("a", "b", "c")
    poly = PerStep(PolynomialFeatures(1)).fit(X)
    assert poly.transform(X).feature_names == ("1", "a", "b", "c")
    got = PerStep(StandardScaler()).set_output(transform="pandas").fit_transform(X)
    assert_frames(got, StandardScaler().fit_transform(lay(arrays)), "abc", map(len, arrays))


def test_names_that_are_given(arrays):
    step = PerStep(StandardScaler()).fit(arrays)
    assert step.get_feature_names_out().tolist() == ["x0", "x1", "x2"]
    assert step.get_feature_names_out(["a", "b", "c"]).tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="input_features"):
        step.get_feature_names_out(["a"])
    with pytest.raises(NotFittedError):
        PerStep(StandardScaler()).get_feature_names_out()


def test_names_only_where_the_transformer_has_them(arrays):
    assert not hasattr(PerStep(FunctionTransformer(np.tanh)), "get_feature_names_out")
    frames = [pd.DataFrame(a, columns=list("abc")) for a in arrays]
    assert PerStep(FunctionTransformer(lambda t: t.to_numpy())).fit_transform(frames).feature_names is None


# -- inverse_transform ---------------------------------------------------------------------------------------


def test_inverse_undoes(arrays):
    for step in (PerStep(StandardScaler()), PerStep(make_pipeline(RobustScaler(), PCA(3)))):
        back = step.inverse_transform(step.fit_transform(arrays))
        assert isinstance(back, Sequences)
        np.testing.assert_allclose(back.values, lay(arrays))


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 2)])
def test_inverse_keeps_the_form(shape):
    X = np.random.default_rng(0).normal(size=shape)
    step = PerStep(StandardScaler())
    np.testing.assert_allclose(step.inverse_transform(step.fit_transform(X)), X)


def test_inverse_of_another_number_of_features(arrays):
    step = PerStep(PCA(2, random_state=0)).fit(arrays)
    inner = PCA(2, random_state=0).fit(lay(arrays))
    got = step.inverse_transform(step.transform(arrays))
    assert_steps(got, inner.inverse_transform(inner.transform(lay(arrays))), arrays)


def test_inverse_of_frames(arrays):
    step = PerStep(StandardScaler()).set_output(transform="pandas")
    back = step.inverse_transform(step.fit_transform(arrays))
    np.testing.assert_allclose(back.values, lay(arrays))


def test_inverse_only_where_the_transformer_has_one(arrays):
    for transformer, has in [(StandardScaler(), True), (PolynomialFeatures(), False), (by_column(), False)]:
        assert hasattr(PerStep(transformer), "inverse_transform") is has
    assert not hasattr(PerStep(PolynomialFeatures()).fit(arrays), "inverse_transform")
    assert hasattr(PerStep(make_pipeline(StandardScaler(), PCA(2))), "inverse_transform")
    assert not hasattr(PerStep(make_pipeline(StandardScaler(), PolynomialFeatures())), "inverse_transform")


# -- y and weights -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "cd"], [True, False, True]], ids=str)
@pytest.mark.parametrize("form", [list, np.array, pd.Series])
def test_a_target_a_sequence_is_repeated(form, labels, arrays):
    y = np.resize(np.array(labels), len(arrays))
    repeated = np.concatenate([[label] * len(a) for label, a in zip(y, arrays)])
    want = SelectKBest(f_classif, k=2).fit(lay(arrays), repeated)
    step = PerStep(SelectKBest(f_classif, k=2)).fit(arrays, form(y))
    np.testing.assert_array_equal(step.transformer_.scores_, want.scores_)
    assert_steps(step.fit_transform(arrays, form(y)), want.transform(lay(arrays)), arrays)


def step_targets(arrays, words=False):
    rng = np.random.default_rng(5)
    draw = (lambda n: rng.choice(["noun", "verb"], n)) if words else (lambda n: rng.normal(size=n) + 1e8)
    return [draw(len(a)) for a in arrays]


@pytest.mark.parametrize(
    "form",
    [
        list,
        lambda y: [v.tolist() for v in y],
        lambda y: [v[:, None] for v in y],
        pd.Series,
        Sequences.from_list,
    ],
    ids=["list", "nested lists", "columns", "column", "Sequences"],
)
@pytest.mark.parametrize("words", [False, True])
def test_a_target_a_step_is_laid_down(form, words, arrays):
    y = step_targets(arrays, words)
    score = f_classif if words else f_regression
    want = SelectKBest(score, k=1).fit(lay(arrays), np.concatenate(y))
    step = PerStep(SelectKBest(score, k=1)).fit(arrays, form(y))
    np.testing.assert_array_equal(step.transformer_.scores_, want.scores_)


@pytest.mark.parametrize("words", [False, True])
def test_rows_of_equal_length_are_steps(words):
    """Whatever holds them, they are what arrays of them are; an array of another width is outputs of sequences."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6, 4, 3))
    y = rng.choice(["noun", "verb"], (6, 4)) if words else rng.normal(size=(6, 4))
    score = f_classif if words else f_regression
    want = SelectKBest(score, k=1).fit(X.reshape(24, 3), y.reshape(24)).scores_
    for form in (y, y.tolist(), tuple(map(tuple, y)), list(y), y[:, :, None], pd.DataFrame(y)):
        step = PerStep(SelectKBest(score, k=1)).fit(X, form)
        np.testing.assert_array_equal(step.transformer_.scores_, want)
        step = PerStep(SelectKBest(score, k=1)).fit(list(X), form)
        np.testing.assert_array_equal(step.transformer_.scores_, want)


@pytest.mark.parametrize("frames", [False, True])
@pytest.mark.parametrize("words", [False, True])
def test_steps_without_a_target(words, frames, arrays):
    """A transformer that needs y does not see them; one that can do without it sees all steps, and no y."""
    y = step_targets(arrays, words)
    known = np.concatenate(y)
    gaps = np.random.default_rng(0).random(len(known)) < 0.3
    lists = np.split(np.where(gaps, None, known.astype(object)), np.cumsum([len(v) for v in y])[:-1])
    lists = [v.tolist() for v in lists]
    X = [pd.DataFrame(a, columns=[f"f{k}" for k in range(a.shape[1])]) for a in arrays] if frames else arrays
    score = f_classif if words else f_regression
    want = SelectKBest(score, k=1).fit(lay(arrays)[~gaps], known[~gaps]).scores_
    np.testing.assert_allclose(PerStep(SelectKBest(score, k=1)).fit(X, lists).transformer_.scores_, want, rtol=1e-9)
    if not words:
        nan = [np.array(v, dtype=float) for v in lists]
        np.testing.assert_allclose(PerStep(SelectKBest(score, k=1)).fit(X, nan).transformer_.scores_, want, rtol=1e-9)
    assert PerStep(NotesTarget()).fit(X, lists).transformer_.y_ is None
    scaled = PerStep(StandardScaler()).fit(X, lists).transformer_
    np.testing.assert_allclose(scaled.mean_, StandardScaler().fit(lay(arrays)).mean_, rtol=1e-12)
    with pytest.raises(ValueError, match="y must hold a target. Got None or NaN for all steps"):
        PerStep(SelectKBest(score, k=1)).fit(X, [[None] * len(a) for a in arrays])


def test_weights_and_steps_without_a_target(arrays):
    class Weighed(SelectKBest):
        def fit(self, X, y, sample_weight=None):
            self.seen_ = (len(X), sample_weight)
            return super().fit(X, y)

    y = step_targets(arrays)
    y[0][0] = np.nan
    weights = np.arange(1.0, 1 + len(arrays))
    seen = PerStep(Weighed(f_regression, k=1)).fit(arrays, y, sample_weight=weights).transformer_.seen_
    laid = np.concatenate([np.full(len(a), w) for a, w in zip(arrays, weights)])[1:]
    assert seen[0] == len(laid)
    np.testing.assert_array_equal(seen[1], laid)


class NotesTarget(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.y_ = y
        return self

    def transform(self, X):
        return X


def test_several_targets_a_sequence_or_step(arrays):
    y = np.arange(2.0 * len(arrays)).reshape(-1, 2)
    noted = PerStep(NotesTarget()).fit(arrays, y).transformer_.y_
    np.testing.assert_array_equal(noted, np.concatenate([[row] * len(a) for row, a in zip(y, arrays)]))
    y = [np.outer(np.arange(len(a)), [1, 2]) for a in arrays]
    np.testing.assert_array_equal(PerStep(NotesTarget()).fit(arrays, y).transformer_.y_, np.concatenate(y))
    cube = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(PerStep(NotesTarget()).fit(cube, cube).transformer_.y_, cube.reshape(6, 2))
    assert PerStep(NotesTarget()).fit(arrays).transformer_.y_ is None


def test_rows_of_other_lengths_are_for_those_who_need_none(arrays):
    y = [["token"] * (1 + k % 3) for k in range(len(arrays))]
    scaled = PerStep(StandardScaler()).fit(arrays, y)
    np.testing.assert_array_equal(scaled.transformer_.mean_, PerStep(StandardScaler()).fit(arrays).transformer_.mean_)
    with pytest.raises(ValueError, match="must have the"):
        PerStep(SelectKBest(k=1)).fit(arrays, y)


def test_wrong_targets(arrays):
    step = PerStep(SelectKBest(k=1))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[8, 7\]"):
        step.fit(arrays, np.arange(7))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[8, 7\]"):
        step.fit(arrays, list("abcdefg"))
    with pytest.raises(ValueError, match="Input y contains NaN"):
        step.fit(arrays, [0, 1, 0, 1, 0, 1, 0, np.nan])
    y = step_targets(arrays)
    y[2] = np.zeros(len(arrays[2]) + 1)
    steps = len(arrays[2])
    with pytest.raises(ValueError, match=exactly(f"y[2] must have the {steps} steps of X[2]. Got {steps + 1}.")):
        step.fit(arrays, y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        step.fit(arrays)


@pytest.mark.parametrize("per_step", [False, True])
def test_sample_weight(per_step, arrays):
    rng = np.random.default_rng(1)
    weight = [rng.random(len(a)) for a in arrays] if per_step else rng.random(len(arrays))
    laid = np.concatenate([np.broadcast_to(w, len(a)) for w, a in zip(weight, arrays)])
    want = StandardScaler().fit(lay(arrays), sample_weight=laid)
    for step in (
        PerStep(StandardScaler()).fit(arrays, sample_weight=weight),
        PerStep(StandardScaler()).fit(arrays, None, weight),
    ):
        np.testing.assert_array_equal(step.transformer_.mean_, want.mean_)
        np.testing.assert_array_equal(step.transformer_.var_, want.var_)
    got = PerStep(StandardScaler()).fit_transform(arrays, sample_weight=weight)
    assert_steps(got, want.transform(lay(arrays)), arrays)


def test_a_weight_of_two_is_two_sequences(arrays):
    weighted = PerStep(StandardScaler()).fit(arrays, sample_weight=[2, 0, 1, 1, 1, 1, 1, 1])
    repeated = PerStep(StandardScaler()).fit([arrays[0], arrays[0], *arrays[2:]])
    np.testing.assert_allclose(weighted.transformer_.mean_, repeated.transformer_.mean_)
    np.testing.assert_allclose(weighted.transformer_.scale_, repeated.transformer_.scale_)


def test_wrong_sample_weight(arrays):
    with pytest.raises(TypeError, match=exactly("PCA takes no sample_weight.")):
        PerStep(PCA(1)).fit(arrays, sample_weight=np.ones(8))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PerStep(StandardScaler()).fit(arrays, sample_weight=np.ones(7))
    with pytest.raises(ValueError, match=exactly("sample_weight must not be negative. Got -1.")):
        PerStep(StandardScaler()).fit(arrays, sample_weight=-np.ones(8))


# -- parameters, clones, searches ----------------------------------------------------------------------------


def test_parameters_are_nested():
    step = PerStep(StandardScaler())
    assert step.get_params()["transformer__with_mean"] is True
    assert set(step.get_params(deep=False)) == {"transformer", "features"}
    step.set_params(transformer__with_mean=False)
    assert step.transformer.with_mean is False
    step.set_params(transformer=PCA(2))
    assert step.get_params()["transformer__n_components"] == 2
    assert repr(PerStep(PCA(2))) == "PerStep(transformer=PCA(n_components=2))"


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("output", [None, "default", "pandas"])
def test_clone(fitted, output, arrays):
    step = PerStep(PCA(2, random_state=0)).set_output(transform=output)
    if fitted:
        step.fit(arrays)
    twin = clone(step)
    assert twin.transformer is not step.transformer
    assert twin.get_params()["transformer__n_components"] == 2
    assert not hasattr(twin, "transformer_")
    assert type(twin.fit_transform(arrays)) is type(step.fit_transform(arrays))
    assert type(clone(twin).fit_transform(arrays)) is (list if output == "pandas" else Sequences)


def test_clone_keeps_metadata_requests(arrays):
    with config_context(enable_metadata_routing=True):
        step = PerStep(StandardScaler()).set_fit_request(sample_weight=True)
        assert clone(step).get_metadata_routing().fit.requests == {"sample_weight": True}


@pytest.mark.parametrize("output", [None, "pandas"])
def test_pickle(output, arrays):
    step = PerStep(StandardScaler()).set_output(transform=output).fit(arrays)
    got, want = pickle.loads(pickle.dumps(step)).transform(arrays), step.transform(arrays)
    assert type(got) is type(want)
    for a, b in zip(got, want):
        np.testing.assert_array_equal(a, b)


class Means(TransformerMixin, BaseEstimator):
    """(T_i, D) -> (D,), so that a linear model can end the pipeline."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.array([np.asarray(x).mean(axis=0) for x in X])


@pytest.mark.parametrize("output", [None, "pandas"])
def test_search_in_a_pipeline(output):
    X = ragged(40, 4, seed=2)
    y = np.arange(40) % 2
    for x, label in zip(X, y):
        x[:, 3] += 4000.0 * label
    pipeline = Pipeline(
        [
            ("scale", PerStep(StandardScaler()).set_output(transform=output)),
            ("project", PerStep(PCA(random_state=0))),
            ("mean", Means()),
            ("classify", LogisticRegression()),
        ]
    )
    grid = {
        "project__transformer__n_components": [1, 4],
        "scale__transformer": [StandardScaler(), RobustScaler()],
    }
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(X, y)
    assert search.best_params_["project__transformer__n_components"] == 4
    assert search.score(X, y) > 0.9
    assert search.best_estimator_["project"].transformer_.n_components_ == 4


def test_in_a_pipeline_with_sequences(arrays):
    class Last(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            self.n_ = len(X)
            return self

        def predict(self, X):
            return np.array([x[-1, 0] for x in X])

    pipeline = make_pipeline(PerStep(StandardScaler()), Last())
    X = Sequences.from_list(arrays)
    pipeline.fit(X[:6], np.zeros(6))
    want = StandardScaler().fit(X[:6].values).transform(np.array([a[-1] for a in arrays[6:]]))[:, 0]
    np.testing.assert_array_equal(pipeline.predict(X[6:]), want)


# -- errors --------------------------------------------------------------------------------------------------


def test_unfitted(arrays):
    for method in ("transform", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(PerStep(StandardScaler()), method)(arrays)


def test_another_number_of_features(arrays):
    step = PerStep(StandardScaler()).fit(arrays)
    wrong = [np.zeros((7, 5)), np.zeros((2, 5))]
    sentence = (
        "X[0] must have shape (time, 3). Got (7, 5): X has 5 features, but PerStep is expecting 3 features as input."
    )
    for X in (wrong, Sequences.from_list(wrong), [pd.DataFrame(w, columns=list("abcde")) for w in wrong]):
        with pytest.raises(ValueError, match=exactly(sentence)):
            step.transform(X)
    with pytest.raises(ValueError, match=r"^X\[0\] must have shape \(time, 3\). Got \(5, 1\)"):
        step.transform(np.zeros((4, 5)))


def test_ragged_features_and_empty_sequences():
    with pytest.raises(ValueError, match=exactly("X[1] must have shape (time, 2). Got (3, 4).")):
        PerStep(StandardScaler()).fit([np.zeros((1, 2)), np.zeros((3, 4))])
    with pytest.raises(ValueError, match=exactly("X[1] must have at least one step. Got an empty sequence.")):
        PerStep(StandardScaler()).fit([np.zeros((1, 2)), np.zeros((0, 2))])
    with pytest.raises(ValueError, match="must hold at least one sequence"):
        PerStep(StandardScaler()).fit([])


def test_infinity_is_refused(arrays):
    arrays[2][0, 1] = np.inf
    with pytest.raises(ValueError, match=r"^X\[2\] must not contain infinity.*step 0, feature 1"):
        PerStep(StandardScaler()).fit(arrays)


def test_sparse_output():
    sentence = "PerStep needs a transformer with dense output. Got a sparse matrix; set sparse_output=False."
    with pytest.raises(TypeError, match=exactly(sentence)):
        PerStep(OneHotEncoder()).fit_transform([np.array([1, 2]), np.array([1])])


@pytest.mark.parametrize(
    ("function", "rows"),
    [
        (lambda table: table[1:], 2),
        (lambda table: table.mean(axis=0), 2),
        (lambda table: pd.DataFrame(table)[:1], 1),
        (lambda table: table.sum(), "no"),
    ],
)
def test_transformers_that_change_the_steps(function, rows):
    X = [np.ones((2, 2)), np.ones((1, 2))]
    sentence = f"PerStep needs a transformer that keeps the 3 steps. Got {rows} rows."
    with pytest.raises(ValueError, match=exactly(sentence)):
        PerStep(FunctionTransformer(function)).fit_transform(X)


def test_a_result_with_one_axis_is_one_feature():
    got = PerStep(FunctionTransformer(lambda table: table.sum(axis=1))).fit_transform(
        [np.ones((2, 3)), np.ones((1, 3))]
    )
    assert [x.tolist() for x in got] == [[[3], [3]], [[3]]]


def test_a_fit_that_fails_changes_nothing(arrays):
    step = PerStep(StandardScaler()).fit(arrays)
    before = dict(vars(step))
    for X, kwargs in [([np.zeros((1, 2)), np.zeros((1, 3))], {}), (arrays, {"sample_weight": [1]})]:
        with pytest.raises(ValueError, match="must have|inconsistent"):
            step.fit(X, **kwargs)
    assert vars(step) == before


# -- scikit-learn's checks -----------------------------------------------------------------------------------


def expected_failures(estimator):
    # The checks read a table as N samples of D features; here it is N sequences of T steps with one feature,
    # so another number of columns is another length, which is welcome, and `n_features_in_` is 1.
    steps = "the columns of a table are steps, of which there may be any number"
    return {
        "check_n_features_in": steps,
        "check_n_features_in_after_fitting": steps,
        "check_transformer_general": steps,
        "check_sample_weights_shape": "weights (N, T) are one for each of T steps",
    }


@parametrize_with_checks([PerStep(StandardScaler())], expected_failed_checks=expected_failures)
def test_check_estimator(estimator, check):
    check(estimator)


def test_tags_are_the_transformers():
    def tags(transformer):
        return PerStep(transformer).__sklearn_tags__()

    assert tags(SimpleImputer()).input_tags.allow_nan
    assert not tags(PCA()).input_tags.allow_nan
    assert tags(LinearDiscriminantAnalysis()).target_tags.required
    assert not tags(PCA()).target_tags.required
    assert tags(PCA()).input_tags.three_d_array
