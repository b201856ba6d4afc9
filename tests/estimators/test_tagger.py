"""`RNNTagger`: what it learns from each kind of X and y, and what its parts mean."""

import copy
import pickle
import warnings

import keras
import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTagger, Sequences
from skrnn.preprocessing import FeatureReader, PerStep, TokenReader
from skrnn.training import program_cache

FAST = {"units": 4, "epochs": 3, "random_state": 0, "batch_size": 8}
LEARNS = {"units": 8, "epochs": 30, "random_state": 0, "batch_size": 8}
PLAIN = {"optimizer": "sgd", "learning_rate": 1.0, "global_clipnorm": None, "batch_size": -1, "epochs": 1}
STEMS = "walk talk look play jump call turn pull work help ask show sing rain cook bark fish dream".split()


def sentences(n=60, seed=0):
    """Verbs end in "ing", names begin with a capital, the rest are things."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n):
        kinds = rng.choice(["verb", "name", "thing"], size=rng.integers(2, 7))
        stems = rng.choice(STEMS, size=len(kinds))
        write = {"verb": lambda s: s + "ing", "name": lambda s: s.title(), "thing": lambda s: s + "s"}
        X.append([write[kind](stem) for kind, stem in zip(kinds, stems)])
        y.append(kinds.tolist())
    return X, y


def streams(n=40, seed=0):
    """Arrays (T_i, 2); a label tells whether the first feature has been above 1 yet."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(rng.integers(3, 9), 2)) for _ in range(n)]
    return X, [np.maximum.accumulate(x[:, 0] > 1).astype(int) for x in X]


def as_features(X):
    return [[{"end": w[-2:], "title": w.istitle(), "length": len(w), "in": {"first": w[0]}} for w in s] for s in X]


def same(a, b):
    assert len(a) == len(b)
    for p, q in zip(a, b):
        np.testing.assert_array_equal(p, q)


# -- kinds of X and y -------------------------------------------------------------------------------------------------


@pytest.mark.core
@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("form", ["words", "array", "columns", "features"])
def test_tokens(head, form):
    """Unseen words are known by their characters and shape, unseen dictionaries by their features."""
    X, y = sentences()
    unseen = [["parking", "Milk", "hooks"], ["Wand", "flips"]], [["verb", "name", "thing"], ["name", "thing"]]
    change = {
        "words": lambda X: X,
        "array": lambda X: [np.array(s) for s in X],
        "columns": lambda X: [[(w, "x") for w in s] for s in X],
        "features": as_features,
    }[form]
    options = {} if form == "features" else {"reader__word_dropout": 0.3}
    model = RNNTagger(**LEARNS, head=head, **options).fit(change(X), y)
    assert model.score(change(X), y) > 0.97
    assert model.score(change(unseen[0]), unseen[1]) == 1.0
    assert model.classes_.tolist() == ["name", "thing", "verb"]
    assert model.n_features_in_ == (2 if form == "columns" else 1)
    assert [row.tolist() for row in model.predict(change(unseen[0]))] == unseen[1]


def test_word_dropout_leaves_the_other_strings_of_a_token():
    X, y = sentences()
    tagged = [[(w, tag) for w, tag in zip(s, tags)] for s, tags in zip(X, y)]
    model = RNNTagger(**FAST, reader__dim=8, reader__word_dropout=0.9).fit(tagged, y)
    layer = model.model_.get_layer("word_features")
    words = model.reader_.read(tagged).batch(np.arange(1)).columns["words"]  # (1, T, W)
    known, hidden = (keras.ops.convert_to_numpy(layer(words, training=t)) for t in (False, True))
    np.testing.assert_array_equal(hidden[..., 8:10], known[..., 8:10])  # dim=8, a quarter of it for the second
    assert (hidden[..., :8] != known[..., :8]).any()
    assert (hidden[..., 10:26] != known[..., 10:26]).any()


@pytest.mark.core
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_numbers(head):
    X, y = streams()
    model = RNNTagger(**LEARNS, head=head).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.predict(X)[0].dtype == y[0].dtype
    same(model.predict(Sequences.from_list(X)), model.predict(X))
    tokens = [(x[:, 0] > 1).astype(int) for x in X]
    assert RNNTagger(**LEARNS, head=head, reader=TokenReader(4)).fit(tokens, y).score(tokens, y) > 0.97


def test_forms_of_y_are_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 5, 2))
    y = (X[:, :, 0] > 0).astype(int)
    boxed = np.empty(12, dtype=object)
    boxed[:] = [row.tolist() for row in y]
    expected = RNNTagger(**FAST).fit(X, y).predict(X)
    for form in (y.tolist(), list(y), boxed, y[:, :, None], Sequences.from_padded(y), Sequences.from_list(y)):
        same(RNNTagger(**FAST).fit(list(X), form).predict(X), expected)


@pytest.mark.parametrize("names", [["no", "yes"], [False, True], [7, 9], ["a" * 30, "b"]])
def test_labels_of_any_type(names):
    X, y = streams(12)
    named = [[names[label] for label in row] for row in y]
    model = RNNTagger(**FAST).fit(X, named)
    expected = RNNTagger(**FAST).fit(X, y)
    assert model.classes_.tolist() == names
    assert [row.tolist() for row in model.predict(X)] == [[names[i] for i in row] for row in expected.predict(X)]


def test_predictions_in_any_order_and_company():
    X, y = sentences(30)
    model = RNNTagger(**FAST).fit(X, y)
    together, p = model.predict(X), model.predict_marginals(X)
    same(np.concatenate([model.predict([x]) for x in X]), together)
    order = np.random.default_rng(0).permutation(len(X))
    same(model.predict([X[i] for i in order]), together[order])
    for a, b in zip(model.predict_marginals([*X, ["walks"] * 50]), p):
        np.testing.assert_allclose(a, b, atol=1e-6)


# -- the conditional random field -------------------------------------------------------------------------------------


@pytest.mark.core
def test_outputs_are_those_of_the_plain_model_and_the_functions_of_crf():
    X, y = streams(20)
    model = RNNTagger(**FAST).fit(X, y)
    sequences = Sequences.from_list([x.astype("float32") for x in X])
    padded, mask = sequences.to_padded(12)
    plain = model.model_
    scores = plain(padded, mask=mask)
    p = keras.ops.convert_to_numpy(plain.layers[-1].marginals(scores, mask))
    best = keras.ops.convert_to_numpy(plain.layers[-1].best_paths(scores, mask))
    for i, (row, labels) in enumerate(zip(model.predict_marginals(X), model.predict(X))):
        np.testing.assert_allclose(row, p[i, : len(row)], atol=1e-5)
        np.testing.assert_allclose(row.sum(axis=1), 1.0, atol=1e-5)
        np.testing.assert_array_equal(labels, best[i, : len(row)])
    np.testing.assert_allclose(model.transition_, keras.ops.convert_to_numpy(plain.layers[-1].transitions))
    np.testing.assert_allclose(model.start_, keras.ops.convert_to_numpy(plain.layers[-1].start))
    np.testing.assert_allclose(model.end_, keras.ops.convert_to_numpy(plain.layers[-1].end))


@pytest.mark.core
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_the_loss_is_the_mean_over_labelled_steps(head):
    """Of the weights before the step that is taken, computed by hand."""
    X, y = streams(20)
    y = [np.where(np.arange(len(row)) == 1, -1, row) for row in y]
    weight = [1.0 + np.arange(len(row)) for row in y]
    model = RNNTagger(**{**FAST, **PLAIN}, head=head, warm_start=True).initialize(X, y)
    padded, mask = Sequences.from_list([x.astype("float32") for x in X]).to_padded()
    output = model.model_(padded, mask=mask)
    labels, weights = np.full(mask.shape, -1, "int32"), np.zeros(mask.shape)
    labels[mask], weights[mask] = np.concatenate(y), np.concatenate(weight)
    if head == "crf":
        losses = model.model_.layers[-1].step_losses(labels, output, mask)
    else:
        losses = keras.losses.sparse_categorical_crossentropy(np.maximum(labels, 0), output)
    weights = weights * (labels >= 0)
    expected = (keras.ops.convert_to_numpy(losses) * weights).sum() / weights.sum()
    assert model.fit(X, y, sample_weight=weight).history_["loss"][-1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("ignore:Layer 'conv1d:UserWarning")
def test_a_crf_learns_what_single_steps_cannot_tell():
    """Of two labels that look the same, the one that was last goes on: a recurrence that sees no other step."""
    rng = np.random.default_rng(0)
    X, y = [], []
    for _ in range(60):
        label, length = rng.integers(2), rng.integers(3, 8)
        shows = np.zeros(length)
        shows[rng.integers(length)] = 1.0 if label else -1.0
        X.append(shows)
        y.append(np.full(length, label))
    one_step = keras.layers.Conv1D(8, 1)
    options = {**LEARNS, "cell": one_step, "units": None, "bidirectional": False}
    assert RNNTagger(**options).fit(X, y).score(X, y) > 0.99
    assert RNNTagger(**options, head="softmax").fit(X, y).score(X, y) < 0.8


@pytest.mark.core
def test_constraints():
    """No forbidden pair is ever predicted, however little was learned; without constraints there are some."""
    rng = np.random.default_rng(0)
    labels = ["O", "B-X", "I-X", "B-Y", "I-Y"]
    spans = [["O"], ["B-X"], ["B-X", "I-X"], ["B-Y", "I-Y", "I-Y"]]
    y = [sum((spans[i] for i in rng.integers(4, size=5)), []) for _ in range(20)]
    X = [rng.normal(size=(len(row), 2)) for row in y]
    options = {**FAST, "epochs": 1}
    free, bound = RNNTagger(**options).fit(X, y), RNNTagger(**options, constraints="bio").fit(X, y)

    def broken(model):
        rows = model.predict([10 * x for x in X])
        pairs = [pair for row in rows for pair in zip(["O", *row], row)]
        return sum(b.startswith("I") and a[1:] != b[1:] for a, b in pairs)

    assert broken(free) > 0
    assert broken(bound) == 0
    i, j = (bound.classes_.tolist().index(label) for label in ("O", "I-X"))
    assert bound.transition_[i, j] == bound.start_[j] == -np.inf
    assert np.isfinite(bound.end_).all()
    assert np.isfinite(free.transition_).all()
    p = bound.predict_marginals(X)
    assert max(row[0, j] for row in p) == 0
    pairs = [(None, "O"), ("B-X", "B-X"), ("I-Y", None)]
    keeps = [row for row in y if row[0] != "O" and row[-1] != "I-Y" and ("B-X", "B-X") not in zip(row, row[1:])]
    own = RNNTagger(**options, constraints=pairs).fit([x for x, r in zip(X, y) if r in keeps], keeps)
    for row in own.predict(X):
        assert row[0] != "O"
        assert row[-1] != "I-Y"
        assert ("B-X", "B-X") not in zip(row, row[1:])
    assert set(labels) == set(free.classes_)


def test_softmax_has_no_transitions():
    X, y = streams(12)
    model = RNNTagger(**FAST, head="softmax").fit(X, y)
    assert model.transition_ is model.start_ is model.end_ is None
    for row, labels in zip(model.predict_marginals(X), model.predict(X)):
        np.testing.assert_allclose(row.sum(axis=1), 1.0)
        np.testing.assert_array_equal(row.argmax(axis=1), labels)


# -- weights and missing labels ---------------------------------------------------------------------------------------


@pytest.mark.core
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_steps_without_a_label(head):
    """None, -1 and a weight of 0 are the same, whatever the label of the step would have been."""
    X, y = streams()
    gone = [np.arange(len(row)) % 3 == 1 for row in y]
    by_none = [[None if g else int(v) for v, g in zip(row, away)] for row, away in zip(y, gone)]
    by_number = [np.where(away, -1, row) for row, away in zip(y, gone)]
    weight = [(~away).astype(float) for away in gone]
    other = [np.where(away, 1 - row, row) for row, away in zip(y, gone)]
    options = {**FAST, "head": head, "metrics": ["accuracy"], "early_stopping": True}
    models = [
        RNNTagger(**options).fit(X, by_none),
        RNNTagger(**options).fit(X, by_number),
        RNNTagger(**options).fit(X, y, sample_weight=weight),
        RNNTagger(**options).fit(X, other, sample_weight=weight),
    ]
    for model in models:
        assert model.history_ == models[0].history_
        same(model.weights_, models[0].weights_)
        assert model.classes_.tolist() == [0, 1]
    scores = {models[0].score(X, by_none), models[0].score(X, by_number), models[0].score(X, other, weight)}
    right = np.concatenate([(p == v)[~g] for p, v, g in zip(models[0].predict(X), y, gone)])
    assert scores == {right.mean()}


def test_sequences_without_any_label_are_left_out():
    X, y = streams(20)
    none = [[None] * len(row) if i % 4 == 0 else row.tolist() for i, row in enumerate(y)]
    kept = [i for i in range(20) if i % 4]
    a = RNNTagger(**FAST).fit(X, none)
    b = RNNTagger(**FAST).fit([X[i] for i in kept], [y[i] for i in kept])
    same(a.weights_, b.weights_)


@pytest.mark.core
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_weights_are_repetitions(head):
    X, y = streams()
    weight = np.resize([2.0, 0.0, 1.0, 3.0], len(X))
    rows = np.repeat(np.arange(len(X)), weight.astype(int))
    options = {**FAST, **PLAIN, "head": head}
    a = RNNTagger(**options).fit(X, y, sample_weight=weight)
    b = RNNTagger(**options).fit([X[i] for i in rows], [y[i] for i in rows])
    c = RNNTagger(**options).fit(X, y, sample_weight=[np.full(len(x), w) for x, w in zip(X, weight)])
    assert a.history_["loss"] == pytest.approx(b.history_["loss"], rel=1e-5)
    for p, q, r in zip(a.weights_, b.weights_, c.weights_):
        np.testing.assert_allclose(p, q, atol=1e-5)
        np.testing.assert_array_equal(p, r)
    assert a.score(X, y, weight) == pytest.approx(a.score([X[i] for i in rows], [y[i] for i in rows]))


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_class_weight(head):
    X, y = streams()
    options = {**FAST, "head": head}
    a = RNNTagger(**options, class_weight={1: 3.0}).fit(X, y)
    b = RNNTagger(**options).fit(X, y, sample_weight=[np.where(row == 1, 3.0, 1.0) for row in y])
    same(a.weights_, b.weights_)
    flat = np.concatenate(y)
    balanced = len(flat) / (2 * np.bincount(flat))
    c = RNNTagger(**options, class_weight="balanced").fit(X, y)
    d = RNNTagger(**options).fit(X, y, sample_weight=[balanced[row] for row in y])
    same(c.weights_, d.weights_)


def test_the_callers_data_are_never_written_to():
    X, y = streams(12)
    weight = [np.linspace(0, 1, len(row)) for row in y]
    before = copy.deepcopy((X, y, weight))
    RNNTagger(**FAST, class_weight={1: 2.0}).fit(X, y, sample_weight=weight).score(X, y, weight)
    for now, then in zip((X, y, weight), before):
        same(now, then)


# -- vectors ----------------------------------------------------------------------------------------------------------


class Vectors:
    """Words of which the first feature tells the label."""

    def __init__(self, n=40):
        rng = np.random.default_rng(0)
        self.words = ["".join(rng.choice(list("abcdef"), 5)) for _ in range(n)]
        self.vectors = rng.normal(size=(n, 3)).astype("float32")
        self.labels = (self.vectors[:, 0] > 0).astype(int)


class LikeGensim:
    def __init__(self, of):
        self.index_to_key, self.vectors = of.words, of.vectors


def test_vectors_tell_of_words_that_training_never_saw(tmp_path):
    vectors = Vectors()
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 30, size=6) for _ in range(60)]
    X, y = [[vectors.words[i] for i in row] for row in rows], [vectors.labels[row] for row in rows]
    unseen = np.arange(30, 40)[None]
    options = {**LEARNS, "epochs": 60, "reader__max_characters": 0, "reader__word_dropout": 0.3}
    new = [[vectors.words[i].upper() for i in row] for row in unseen]
    models = [RNNTagger(**{**options, "random_state": s}, reader__vectors=vectors).fit(X, y) for s in range(4)]
    # Measured with eight seeds: 0.7 to 1.0, in the mean 0.9; chance is 0.5.
    assert np.mean([model.score(new, vectors.labels[unseen]) for model in models]) >= 0.8
    model = models[0]
    assert model.reader_.coverage_ == 1.0
    same(RNNTagger(**options, reader__vectors=LikeGensim(vectors)).fit(X, y).weights_, model.weights_)
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join(f"{w} {' '.join(map(str, v))}" for w, v in zip(vectors.words, vectors.vectors)))
    same(RNNTagger(**options, reader__vectors=path).fit(X, y).weights_, model.weights_)
    half = RNNTagger(**FAST, reader__vectors=vectors).fit([[*row, "?"] for row in X], [[*row, 0] for row in y])
    assert half.reader_.coverage_ == pytest.approx(6 / 7)
    again = pickle.loads(pickle.dumps(model))
    same(again.predict(new), model.predict(new))


def test_a_file_of_vectors_with_another_width_in_a_line(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("cat 0.1 0.2\ndog 0.1 0.2 0.3\n")
    with pytest.raises(ValueError, match="line 2"):
        RNNTagger(**FAST, reader__vectors=str(path)).fit([["cat", "dog"]], [["a", "b"]])


# -- as an estimator of scikit-learn ----------------------------------------------------------------------------------


def test_model_selection_with_ragged_data():
    X, y = sentences(24)
    model = RNNTagger(**{**FAST, "epochs": 1})
    for boxed in (False, True):
        if boxed:
            X, y = (np.array([*rows, None], dtype=object)[:-1] for rows in (X, y))
        assert np.isfinite(cross_val_score(model, X, y, cv=3, error_score="raise")).all()
        predicted = cross_val_predict(model, X, y, cv=3)
        assert [len(row) for row in predicted] == [len(row) for row in y]
        groups = np.arange(24) // 4
        scores = cross_val_score(model, X, y, cv=GroupKFold(3), groups=groups, error_score="raise")
        assert len(scores) == 3
    sizes, training, test = learning_curve(model, X, y, cv=2, train_sizes=[0.5, 1.0], error_score="raise")
    assert training.shape == test.shape == (2, 2)
    grid = {"head": ["crf", "softmax"], "optimizer__beta_1": [0.8]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    same(search.predict(X), clone(model).set_params(**search.best_params_).fit(X, y).predict(X))


def test_cross_val_predict_is_the_prediction_of_each_fold():
    X, y = streams(12)
    predicted = cross_val_predict(
        RNNTagger(**FAST), X, y, cv=[(np.arange(6), np.arange(6, 12)), (np.arange(6, 12), np.arange(6))]
    )
    same(predicted[6:], RNNTagger(**FAST).fit(X[:6], y[:6]).predict(X[6:]))


def test_pipeline():
    X, y = streams()
    pipeline = make_pipeline(PerStep(StandardScaler()), RNNTagger(**LEARNS))
    scaled = [1000 * x + 5 for x in X]
    assert pipeline.fit(scaled, y).score(scaled, y) > 0.9
    same(cross_val_predict(pipeline, scaled, y, cv=2), cross_val_predict(pipeline, scaled, y, cv=2))


def test_tags():
    tags = RNNTagger().__sklearn_tags__()
    assert tags.target_tags.required
    assert tags.input_tags.string
    assert tags.input_tags.three_d_array
    # Folds are not stratified: scikit-learn knows classes of sequences only.
    assert not is_classifier(RNNTagger())
    assert not is_regressor(RNNTagger())


@pytest.mark.core
@pytest.mark.parametrize("kind", ["words", "features", "numbers"])
def test_copies(kind):
    X, y = streams(16) if kind == "numbers" else sentences(16)
    X = as_features(X) if kind == "features" else X
    plain = RNNTagger(**FAST)
    model = clone(plain).fit(X, y)
    expected = model.predict_marginals(X)
    for duplicate in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same(duplicate.predict_marginals(X), expected)
        same(clone(duplicate).fit(X, y).predict_marginals(X), expected)
    assert not hasattr(clone(model), "classes_")


@pytest.mark.core
def test_one_seed_one_result():
    X, y = sentences(24)
    options = {"dropout": 0.3, "reader__word_dropout": 0.3, "early_stopping": True}
    first = RNNTagger(**FAST, **options).fit(X, y)
    RNNTagger(**{**FAST, "random_state": 5}, **options).fit(X[:12], y[:12])
    same(RNNTagger(**FAST, **options).fit(X, y).weights_, first.weights_)
    other = RNNTagger(**{**FAST, "random_state": 1}, **options).fit(X, y)
    assert not np.array_equal(other.weights_[0], first.weights_[0])


def test_going_on():
    X, y = sentences(24)
    options = {**FAST, "optimizer": "sgd", "batch_size": -1}
    whole = RNNTagger(**{**options, "epochs": 6}).fit(X, y)
    twice = RNNTagger(**options, warm_start=True).fit(X, y).fit(X, y)
    assert len(twice.history_["loss"]) == 6
    np.testing.assert_allclose(twice.history_["loss"][:3], whole.history_["loss"][:3])
    steps = RNNTagger(**options).partial_fit(X, y, classes=["name", "thing", "verb", "zero"])
    steps.partial_fit([["New", "words"]], [["name", "zero"]])
    assert steps.n_iter_ == 2
    assert steps.classes_.tolist() == ["name", "thing", "verb", "zero"]


def test_groups_stay_together():
    X, y = streams(20)
    groups = np.arange(20) // 2
    model = RNNTagger(**FAST, early_stopping=True, validation_fraction=0.3).fit(X, y, groups=groups)
    assert len(model.history_["val_loss"]) == 3


def test_labels_that_the_fit_did_not_see():
    X, y = streams(12)
    model = RNNTagger(**FAST).fit(X, y)
    new = [np.where(np.arange(len(row)) == 0, 2, row) for row in y]
    right = np.concatenate([p == v for p, v in zip(model.predict(X), new)]).mean()
    with pytest.warns(UserWarning, match="y holds the label 2, which the fit did not see: its steps count as wrong"):
        assert model.score(X, new) == right
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(X, y)


# -- dictionaries as python-crfsuite reads them -----------------------------------------------------------------------


def test_features_of_dictionaries_are_those_of_python_crfsuite():
    pycrfsuite = pytest.importorskip("pycrfsuite")
    token = {
        "word": "go",
        "title": False,
        "upper": True,
        "length": 2,
        "share": 0.5,
        "list": ["a", "b"],
        "set": {"c"},
        "in": {"word": "x", "deep": {"flag": True}},
    }
    (expected,) = pycrfsuite.ItemSequence([token]).items()
    reader = FeatureReader(min_count=1)
    numbers, values = (column.values[0] for column in reader.fit_read([[token]]).columns.values())
    names = {number: name for name, number in reader.vocabulary_.items()}
    assert {names[n]: v for n, v in zip(numbers, values)} == expected


def test_more_features_than_ever_before():
    """A step may have more of the known features than any step of the fit."""
    X = [[{"a": 1.0}, {"b": 1.0}, {"c": 1.0}]] * 8
    model = RNNTagger(**FAST).fit(X, [["x", "y", "y"]] * 8)
    assert model.predict([[{"a": 1.0, "b": 1.0, "c": 1.0, "new": 1.0}]])[0].shape == (1,)
    np.testing.assert_array_equal(model.predict_marginals([[{"new": 1.0}]])[0], model.predict_marginals([[{}]])[0])


# -- one graph --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's graphs")
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_a_prediction_is_one_graph(head):
    """From padded columns to numbers of labels, for one sequence and for any number."""
    X, y = streams(20)
    program_cache.clear()
    model = RNNTagger(**FAST, head=head).fit(X, y)
    model.predict(X), model.predict(X[:1])
    with program_cache.borrow(model._plan) as program:
        assert sorted(program._predict, key=str) == [("best", 1, False), ("best", None, False)]
        decoded = program.forward(model.reader_.read(X[:1]).batch(np.array([0])), "best")
    assert decoded.columns["y"].values.shape == (1, len(X[0]))
    assert decoded.columns["y"].values.dtype.kind == "i"
