"""`PerSequence`, `Differences`, `Resample`, `Truncate` and `PerStep(features=)`, against each sequence by hand."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from skrnn import RNNClassifier, Sequences
from skrnn.preprocessing import Differences, PerSequence, PerStep, Resample, Truncate

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(n, 3)) for n in (4, 1, 6, 2)]
NAMES = ["a", "b", "c"]
ALL = {
    "PerSequence": PerSequence(StandardScaler()),
    "Differences": Differences(lag=2),
    "Resample": Resample(5),
    "Truncate": Truncate(3, keep="last"),
}


def by_hand(name, x):
    if name == "PerSequence":
        return StandardScaler().fit_transform(x)
    if name == "Differences":
        return np.array([x[t] - x[t - 2] if t >= 2 else 0 * x[t] for t in range(len(x))])
    if name == "Resample":
        return np.column_stack([np.interp(np.linspace(0, len(x) - 1, 5), np.arange(len(x)), column) for column in x.T])
    return x[-3:]


FORMS = {
    "list": lambda rows: rows,
    "Sequences": lambda rows: Sequences.from_list(rows, NAMES),
    "pandas": lambda rows: [pd.DataFrame(x, columns=NAMES) for x in rows],
    "polars": lambda rows: [pl.DataFrame(x, schema=NAMES) for x in rows],
}


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", sorted(ALL))
def test_each_sequence_by_hand(name, form):
    transformer = clone(ALL[name])
    X = FORMS[form](ARRAYS)
    found = transformer.fit_transform(X)
    assert isinstance(found, Sequences)
    for x, got in zip(ARRAYS, found):
        np.testing.assert_allclose(got, by_hand(name, x), atol=1e-12)
    assert list(transformer.get_feature_names_out()) == (NAMES if form != "list" else ["x0", "x1", "x2"])
    again = pickle.loads(pickle.dumps(transformer)).transform(X)
    np.testing.assert_array_equal(again.values, found.values)
    alone = transformer.transform(X[2:3])
    np.testing.assert_array_equal(alone[0], found[2])


@pytest.mark.parametrize("name", sorted(ALL))
def test_arrays_stay_arrays(name):
    X = RNG.normal(size=(5, 7, 2))
    found = clone(ALL[name]).fit_transform(X)
    np.testing.assert_allclose(found, np.stack([by_hand(name, x) for x in X]), atol=1e-12)
    flat = clone(ALL[name]).fit_transform(X[:, :, 0])
    np.testing.assert_allclose(flat, found[:, :, 0], atol=1e-12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_frames_come_out_where_they_are_asked_for(name, library):
    transformer = clone(clone(ALL[name]).set_output(transform=library))
    for X, names in ((FORMS["pandas"](ARRAYS), NAMES), (ARRAYS, ["x0", "x1", "x2"])):
        found = transformer.fit_transform(X)
        assert [list(frame.columns) for frame in found] == [names] * len(ARRAYS)
        for x, got in zip(ARRAYS, found):
            assert isinstance(got, pd.DataFrame if library == "pandas" else pl.DataFrame)
            np.testing.assert_allclose(got.to_numpy(), by_hand(name, x), atol=1e-12)


def of_cells(library="pandas"):
    columns = {n: [x[:, k] for x in ARRAYS] for k, n in enumerate(NAMES)} | {"age": [1.0, 2.0, 3.0, 4.0]}
    return pd.DataFrame(columns) if library == "pandas" else pl.DataFrame(columns)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_cells_of_frames(name, library):
    X = of_cells(library)
    transformer = clone(ALL[name]).fit(X)
    found = transformer.transform(X)
    assert list(found.columns) == list(transformer.get_feature_names_out()) == [*NAMES, "age"]
    for k, column in enumerate(NAMES):
        for x, got in zip(ARRAYS, found[column]):
            np.testing.assert_allclose(np.asarray(got), by_hand(name, x)[:, k], atol=1e-12)
    assert list(found["age"]) == list(X["age"])


def test_differences_come_back():
    kept = Differences(lag=2, initial="value")
    for X in (ARRAYS, of_cells()):
        found = kept.fit(X).inverse_transform(kept.transform(X))
        rows = list(found) if X is ARRAYS else [np.column_stack(cells) for cells in found[NAMES].to_numpy().tolist()]
        for x, got in zip(ARRAYS, rows):
            np.testing.assert_allclose(got, x, atol=1e-12)
    assert not hasattr(Differences(), "inverse_transform")
    whole = Differences().fit_transform([np.array([1, 2, 4])])
    np.testing.assert_array_equal(whole.values.ravel(), [0.0, 1.0, 2.0])


def test_resample_by_a_factor():
    found = Resample(0.5).fit_transform(ARRAYS)
    assert found.lengths.tolist() == [2, 1, 3, 1]
    np.testing.assert_array_equal(found[2][0], ARRAYS[2][0])
    np.testing.assert_allclose(found[2][1], (ARRAYS[2][2] + ARRAYS[2][3]) / 2)
    holed = [np.array([1.0, np.nan, 3.0])]
    np.testing.assert_array_equal(Resample(3).fit_transform(holed).values.ravel(), [1.0, np.nan, 3.0])


def test_tokens_are_truncated():
    found = Truncate(2).fit_transform([["a", "b", "c"], ["d"]])
    assert list(found) == [["a", "b"], ["d"]]
    assert found.dtype == object
    with pytest.raises(ValueError, match="X must hold numbers for Resample. Got strings or dictionaries."):
        Resample(2).fit([["a"]]).transform([["a"]])


@pytest.mark.parametrize(
    ("transformer", "sentence"),
    [
        (Truncate(0), "The 'max_length' parameter of Truncate must be"),
        (Resample(0.0), "The 'length' parameter of Resample must be"),
        (Differences(0), "The 'lag' parameter of Differences must be"),
        (Truncate(1, keep="middle"), "The 'keep' parameter of Truncate must be"),
        (Differences(features=[7]), "features must be names, or numbers below 3. Got 7."),
        (Differences(features=["a"]), "features must be numbers, where X has no column names. Got 'a'."),
        (PerStep(StandardScaler(), features=[]), "features must name at least one feature. Got none."),
        (PerStep(StandardScaler(), features=[0, 0]), "features must be different. Got 0 twice."),
    ],
)
def test_wrong_parameters(transformer, sentence):
    with pytest.raises(ValueError, match=sentence):
        transformer.fit(ARRAYS)


def test_other_features_than_in_the_fit():
    for name in sorted(ALL):
        with pytest.raises(ValueError, match=f"X has 2 features, but {name} is expecting 3 features as input"):
            clone(ALL[name]).fit(ARRAYS).transform([x[:, :2] for x in ARRAYS])
    with pytest.raises(ValueError, match="PerSequence needs a transformer that keeps the steps. Got"):
        PerSequence(ShorterScaler()).fit(ARRAYS).transform(ARRAYS)


class ShorterScaler(StandardScaler):
    def fit_transform(self, X, y=None):
        return super().fit_transform(X)[:-1]


def test_other_containers_are_refused():
    for transformer in ALL.values():
        with pytest.raises(ValueError, match="output must be 'default', 'pandas' or 'polars'. Got 'arrow'."):
            clone(transformer).set_output(transform="arrow").fit_transform(ARRAYS)


def test_threads_may_share_a_transformer():
    transformer = PerSequence(StandardScaler()).fit(ARRAYS)
    many = [[RNG.normal(size=(50, 3)) for _ in range(20)] for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(transformer.transform, many))
    for rows, got in zip(many, found):
        np.testing.assert_array_equal(got.values, transformer.transform(rows).values)


def test_sequences_are_scaled_alone_in_a_pipeline():
    y = np.arange(20) % 2
    X = [(10.0 ** RNG.integers(-3, 3)) * np.cumsum(np.full(6, 1.0 if k else -1.0)) + RNG.normal() for k in y]
    model = make_pipeline(PerSequence(MinMaxScaler()), RNNClassifier("gru", units=4, epochs=40, random_state=0))
    assert model.fit(X, y).score(X, y) == 1.0


# -- PerStep on chosen features -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("features", [[2, 0], ["c", "a"], "b", -1])
def test_chosen_features_are_transformed_in_their_places(form, features):
    if form == "list":  # which has no names
        numbers = [NAMES.index(f) if isinstance(f, str) else f for f in np.atleast_1d(features).tolist()]
        features = numbers if isinstance(features, list) else numbers[0]
    step = PerStep(StandardScaler(), features=features)
    X = FORMS[form](ARRAYS)
    asked = features if isinstance(features, list) else [features]
    chosen = [NAMES.index(f) if isinstance(f, str) else f % 3 for f in asked]
    table = np.concatenate(ARRAYS)
    expected = table.copy()
    expected[:, chosen] = StandardScaler().fit_transform(table[:, chosen])
    found = step.fit_transform(X)
    np.testing.assert_allclose(found.values, expected)
    np.testing.assert_allclose(step.inverse_transform(found).values, table, atol=1e-12)
    assert list(step.get_feature_names_out()) == (NAMES if form != "list" else ["x0", "x1", "x2"])
    assert clone(step).features == features


def test_fewer_features_stand_behind_the_others():
    X = FORMS["pandas"](ARRAYS)
    step = PerStep(PCA(1), features=["a", "b"]).fit(X)
    assert list(step.get_feature_names_out()) == ["c", "pca0"]
    table = np.concatenate(ARRAYS)
    expected = np.column_stack([table[:, 2], PCA(1).fit_transform(table[:, :2])])
    found = step.transform(X)
    np.testing.assert_allclose(found.values, expected)
    assert found.feature_names == ("c", "pca0")
    assert list(step.set_output(transform="pandas").transform(X)[0].columns) == ["c", "pca0"]
    cells = PerStep(PCA(1), features=["a", "b"]).fit(of_cells())
    assert list(cells.transform(of_cells()).columns) == list(cells.get_feature_names_out()) == ["c", "age", "pca0"]
    np.testing.assert_allclose(np.concatenate(list(cells.transform(of_cells())["pca0"])), expected[:, 1])


def test_words_beside_numbers():
    frames = [
        frame.assign(kind=["x", "y"] * 3)[: len(frame)] if len(frame) == 6 else frame.assign(kind="x")
        for frame in FORMS["pandas"](ARRAYS)
    ]
    step = PerStep(OneHotEncoder(sparse_output=False), features=["kind"]).fit(frames)
    assert list(step.get_feature_names_out()) == [*NAMES, "kind_x", "kind_y"]
    found = step.transform(frames)
    np.testing.assert_allclose(found.values[:, :3].astype(float), np.concatenate(ARRAYS))
    assert found.values[:, 3:].sum(axis=1).astype(float).tolist() == [1.0] * 13


def test_columns_of_cells_by_name():
    X = of_cells()
    inside = ColumnTransformer(
        [("a", StandardScaler(), ["a"])], remainder="passthrough", verbose_feature_names_out=False
    )
    found = PerStep(inside).fit_transform(X)
    table = np.concatenate(ARRAYS)
    np.testing.assert_allclose(np.concatenate(list(found["a"])), StandardScaler().fit_transform(table[:, :1])[:, 0])
    np.testing.assert_array_equal(np.concatenate(list(found["b"])), table[:, 1])
    kept = PerStep(VarianceThreshold(), features=["a", "b"]).fit_transform(X.assign(b=[0 * x for x in X["b"]]))
    assert list(kept.columns) == ["c", "age", "a"]
    vectors = pd.DataFrame({"v": list(ARRAYS), "age": [1.0, 2.0, 3.0, 4.0]})
    scaled = PerStep(StandardScaler()).fit(vectors)
    np.testing.assert_allclose(
        np.concatenate(list(scaled.transform(vectors)["v"])), StandardScaler().fit_transform(table)
    )
    back = scaled.inverse_transform(scaled.transform(vectors))
    np.testing.assert_allclose(np.concatenate(list(back["v"])), table, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "features", "sentence"),
    [
        ({}, ["age"], "features must be columns of sequences. Got 'age', which has one value per row."),
        ({}, ["d"], "features must be columns of X: .* Got 'd'"),
        (
            {"b": [x[:1, 0] for x in ARRAYS]},
            None,
            "features must have as many steps in each row. Got other lengths in 'b'",
        ),
        (
            {"b": list(ARRAYS)},
            None,
            "features must be one column whose steps are vectors, or several of numbers. Got 'b'",
        ),
    ],
)
def test_wrong_columns_of_cells(change, features, sentence):
    X = of_cells()
    for name, cells in change.items():
        X[name] = pd.Series(cells, dtype=object)
    with pytest.raises(ValueError, match=sentence):
        PerStep(StandardScaler(), features=features).fit(X)


def test_forms_of_fit_and_transform_agree_where_features_are_chosen():
    with pytest.raises(ValueError, match="X must be a data frame with sequences in its cells, or not, as in fit."):
        PerStep(StandardScaler(), features=["a"]).fit(of_cells()).transform(FORMS["pandas"](ARRAYS))
    with pytest.raises(
        ValueError, match="inverse_transform needs a transformer that keeps the 2 features. Got others."
    ):
        PerStep(PCA(1), features=[0, 1]).fit(ARRAYS).inverse_transform([x[:, :2] for x in ARRAYS])
