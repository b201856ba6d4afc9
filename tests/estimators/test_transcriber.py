"""RNNTranscriber: what it learns, its searches, its forms of X and y, scikit-learn's tools, and its errors."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger, RNNTranscriber
from skrnn.metrics import exact_match_scorer
from skrnn.preprocessing import ArrayReader, PerStep, SequenceAugmentation, Tokenizer
from skrnn.targets.label_lists import steps_needed

TONES = {"a": [1, 0, 0], "b": [0, 1, 0], "c": [0, 0, 1], " ": [1, 1, 0]}
FAST = {"cell": "gru", "units": 16, "epochs": 25, "learning_rate": 0.02, "batch_size": 16, "random_state": 0}


def tones(words, seed=0):
    """A tone of three or four frames for each character, a silent frame behind it, and noise."""
    rng = np.random.default_rng(seed)
    X = []
    for word in words:
        rows = [np.repeat([[*TONES[c]], [0, 0, 0]], [rng.integers(3, 5), 1], axis=0) for c in word]
        clean = np.concatenate(rows) if rows else np.zeros((3, 3))
        X.append(clean + 0.1 * rng.normal(size=clean.shape))
    return X


def pairs(n=100, seed=0):
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list("abc "), size=rng.integers(1, 6))) for _ in range(n)]
    return tones(words, seed), words


@pytest.fixture(scope="module")
def model():
    return RNNTranscriber(**FAST).fit(*pairs())


@pytest.mark.core
def test_learns_labels_without_their_places():
    X, y = pairs()
    model = RNNTranscriber(**FAST).fit(X, y)
    new_X, new_y = pairs(40, seed=1)
    assert exact_match_scorer(model, new_X, new_y) > 0.9
    assert model.score(new_X, new_y) > 0.95
    assert model.classes_.tolist() == ["<blank>", " ", "a", "b", "c"]
    assert [model.predict([x])[0] for x in new_X[:8]] == list(model.predict(new_X)[:8])
    together = model.score_samples(new_X, new_y)
    apart = [model.score_samples([x], [t])[0] for x, t in zip(new_X, new_y)]
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-4)
    model.set_params(beam_width=1)
    assert exact_match_scorer(model, new_X, new_y) > 0.9


def test_the_loss_is_the_negative_log_likelihood():
    X, y = pairs(30)
    weights = np.linspace(0.5, 1.5, 30)
    model = RNNTranscriber("gru", 8, epochs=1, batch_size=-1, random_state=0)
    before = clone(model).initialize(X, y).score_samples(X, y)
    model.fit(X, y, sample_weight=weights)
    assert model.history_["loss"][0] == pytest.approx(-(before * weights).sum() / weights.sum(), rel=1e-4)


def test_likelihoods_of_all_labels_of_a_short_sequence_add_up(model):
    """Every string that three frames may say."""
    import itertools

    X = tones(["a"])[0][:3]
    labels = list("abc ")
    strings = ["".join(s) for n in range(4) for s in itertools.product(labels, repeat=n)]
    possible = [s for s in strings if len(s) + sum(a == b for a, b in zip(s, s[1:])) <= 3]
    assert np.exp(model.score_samples([X] * len(possible), possible)).sum() == pytest.approx(1, rel=1e-4)


def test_lists_in_lists_out(model):
    X, y = pairs()
    lists = [list(word) for word in y]
    of_lists = RNNTranscriber(**FAST).fit(X, lists)
    found = of_lists.predict(X)
    assert found.dtype == object
    assert [list(word) for word in model.predict(X)] == list(found)
    numbers = [["abc ".index(c) for c in word] for word in y]
    of_numbers = RNNTranscriber(**FAST).fit(X, numbers)
    assert of_numbers.classes_.tolist() == ["<blank>", 0, 1, 2, 3]
    assert of_numbers.score(X, numbers) > 0.9
    in_series = RNNTranscriber(**FAST).fit(X, pd.Series(y))
    assert list(in_series.predict(X)) == list(model.predict(X))


def test_words_as_labels():
    X, y = pairs()
    names = [" ".join({"a": "one", "b": "two", "c": "three", " ": "four"}[c] for c in word) for word in y]
    model = RNNTranscriber(**FAST, target_tokenizer=Tokenizer()).fit(X, names)
    assert set(model.classes_[1:]) == {"one", "two", "three", "four"}
    assert exact_match_scorer(model, X, names) > 0.9
    assert [t.label for t in model.word_times(X[:1], names[:1])[0]] == names[0].split()


def test_n_best(model):
    X, y = pairs(20, seed=2)
    lists = model.predict_n_best(X)
    first = model.predict(X)
    for row, best in zip(lists, first):
        assert row[0][0] == best
        scores = [score for _, score in row]
        assert scores == sorted(scores, reverse=True)
        assert len({output for output, _ in row}) == len(row)
    assert [row[:3] for row in lists] == list(model.predict_n_best(X, 3))
    likely = [output for output, _ in lists[0]]
    exact = model.score_samples([X[0]] * len(likely), likely)
    assert np.all(np.array([score for _, score in lists[0]]) <= exact + 1e-3)  # the beam has some of the paths
    assert lists[0][0][1] == pytest.approx(exact[0], abs=1e-2)
    with pytest.raises(ValueError, match="n must be from 1 to beam_width=10. Got 11"):
        model.predict_n_best(X, 11)


def test_times_of_labels_and_words(model):
    X, y = tones(["ab ca"], seed=5), ["ab ca"]
    labels = model.word_times(X, y, by="label")[0]
    assert [t.label for t in labels] == list("ab ca")
    for t, after in zip(labels, labels[1:]):
        assert 0 <= t.start < t.end <= after.start
    for t, begin in zip(labels, np.cumsum([0, *[4.5] * 4])):  # each character takes four or five frames
        assert abs(t.start - begin) <= 3
        assert 0 < t.confidence <= 1
    words = model.word_times(X, seconds_per_step=0.01)[0]
    assert [t.label for t in words] == ["ab", "ca"]
    assert words[0].start == pytest.approx(0.01 * labels[0].start)
    assert words[1].end == pytest.approx(0.01 * labels[-1].end)
    assert words[0].confidence == pytest.approx(np.sqrt(labels[0].confidence * labels[1].confidence), rel=1e-5)
    with pytest.raises(ValueError, match="by must be 'word' or 'label'"):
        model.word_times(X, by="char")
    with pytest.raises(ValueError, match="seconds_per_step must be above 0"):
        model.word_times(X, seconds_per_step=0)


def test_probabilities_of_the_classes(model):
    X, _ = pairs(5)
    found = model.predict_marginals(X)
    for p, x in zip(found, X):
        assert p.shape == (len(x), 5)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    outputs = keras.ops.convert_to_numpy(model.model_(X[0][None].astype("float32")))[0]
    np.testing.assert_array_equal(outputs.argmax(axis=1), found[0].argmax(axis=1))


def test_empty_labels():
    X, y = pairs(60)
    X, y = X + tones([""] * 20, seed=3), y + [""] * 20
    model = RNNTranscriber(**FAST).fit(X, y)
    assert (model.predict(X[-20:]) == "").mean() > 0.8
    assert list(model.word_times(X[-1:], [""])[0]) == []
    assert np.isfinite(model.score_samples(X[-1:], [""])).all()


def test_frames_per_step():
    X, y = pairs()
    model = RNNTranscriber(**FAST, reader__frames_per_step=2).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.predict_marginals(X[:1])[0].shape == (-(-len(X[0]) // 2), 5)
    times = model.word_times(X, y, by="label")
    for x, row in zip(X, times):
        assert row[-1].end <= len(x)
    assert all((t.start % 2) == 0 for row in times for t in row)
    with pytest.raises(ValueError, match=r"X\[0\] must have at least 3 steps of 4 frames each"):
        RNNTranscriber(reader__frames_per_step=4).fit([np.ones((8, 2))], ["ab" + "c"])


@pytest.mark.parametrize("kind", ["lstm", "mgu", "lru", keras.layers.GRUCell])
def test_cells(kind):
    X, y = pairs(20)
    model = RNNTranscriber(kind, (8, 8), epochs=1, random_state=0).fit(X, y)
    assert len(model.predict(X)) == 20


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA compiles loops on TensorFlow")
def test_compiled_losses():
    X, y = pairs(40)
    plain, compiled = (RNNTranscriber(**{**FAST, "epochs": 2}, jit_compile=jit).fit(X, y) for jit in (False, True))
    assert compiled._plan.network.head.jit_compile
    np.testing.assert_allclose(compiled.history_["loss"], plain.history_["loss"], rtol=1e-3)
    again = RNNTranscriber(**{**FAST, "epochs": 2}, jit_compile="auto").fit(X, y)
    assert not again._plan.network.head.jit_compile


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_dtype_policies(policy):
    X, y = pairs(40)
    language_model = RNNLanguageModel(
        "gru", 4, dim=4, epochs=1, tokenizer=Tokenizer(analyzer="char"), random_state=0
    ).fit(y)
    keras.config.set_dtype_policy(policy)
    try:
        model = RNNTranscriber(**FAST, language_model=language_model).fit(X, y)
        assert model.score(X, y) > 0.7
        assert np.isfinite(model.score_samples(X, y)).all()
        assert len(model.word_times(X[:1], y[:1], by="label")[0]) == len(y[0])
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_network_of_ones_own():
    def network(meta):
        inputs = keras.Input((None, meta["n_features_in_"]))
        h = keras.layers.Conv1D(16, 3, padding="same", activation="relu")(inputs)
        h = keras.layers.Bidirectional(keras.layers.GRU(16, return_sequences=True))(h)
        return keras.Model(inputs, keras.layers.Dense(meta["n_outputs_"])(h))

    X, y = pairs()
    model = RNNTranscriber(model=network, epochs=25, learning_rate=0.02, batch_size=16, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match="model must have 5 outputs for 4 labels and the blank. Got 3"):
        RNNTranscriber(model=lambda: keras.Sequential([keras.Input((None, 3)), keras.layers.Dense(3)])).fit(X, y)


def test_a_language_model_decides_between_likely_labels():
    """Frames that say nothing: what is frequent wins."""
    texts = ["abab", "ab", "ababab"] * 20
    language_model = RNNLanguageModel(
        "gru", 16, dim=8, epochs=30, learning_rate=0.02, tokenizer=Tokenizer(analyzer="char"), random_state=0
    ).fit(texts)
    X, y = pairs(120)
    model = RNNTranscriber(**FAST, language_model=language_model, language_model_weight=4.0, length_bonus=1.0)
    model.fit(X, y)
    unclear = tones(["abab"], seed=8)[0]
    unclear[9:12] = 0.35 * np.ones(3)  # the third character may be any
    assert model.predict([unclear])[0] == "abab"
    assert clone(model).language_model is language_model
    again = pickle.loads(pickle.dumps(model))
    assert list(again.predict(X[:5])) == list(model.predict(X[:5]))
    search = GridSearchCV(
        RNNTranscriber(**{**FAST, "epochs": 1}, language_model=language_model),
        {"language_model": [None, FrozenEstimator(language_model)], "language_model_weight": [0.1]},
        cv=2,
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_errors_of_language_models():
    X, y = pairs(20)
    model = RNNTranscriber("gru", 4, epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="language_model must be a fitted RNNLanguageModel"):
        model.set_params(language_model=RNNLanguageModel()).predict(X)
    of_words = RNNLanguageModel("gru", 4, dim=4, epochs=1, random_state=0).fit(["one two", "two one"])
    with pytest.raises(ValueError, match="language_model must have the labels of y as tokens"):
        model.set_params(language_model=of_words).predict(X)


def test_pipelines_and_searches():
    X, y = pairs()
    groups = np.arange(100) % 4
    pipeline = make_pipeline(PerStep(StandardScaler()), RNNTranscriber(**{**FAST, "epochs": 8}))
    search = GridSearchCV(pipeline, {"rnntranscriber__learning_rate": [1e-5, 0.02]}, cv=GroupKFold(2))
    search.fit(X, y, groups=groups)
    assert search.best_params_ == {"rnntranscriber__learning_rate": 0.02}
    assert len(cross_val_predict(pipeline, X, y, cv=2)) == 100
    assert np.isfinite(cross_val_score(pipeline, X, y, cv=2, scoring=exact_match_scorer)).all()


def test_early_stopping_by_the_score_and_partial_fit():
    X, y = pairs()
    stopped = RNNTranscriber(**FAST, early_stopping=True, scoring=None, n_iter_no_change=3).fit(
        X, y, groups=np.arange(100) // 5
    )
    assert len(stopped.history_["val_score"]) == stopped.n_iter_
    model = RNNTranscriber(**FAST)
    for _ in range(3):
        model.partial_fit(X, y)
    assert model.n_iter_ == 3
    with pytest.raises(ValueError, match=r"y\[0\] must hold labels of the first fit, .* Got 'x'"):
        model.partial_fit(X[:1], ["x"])
    assert model.n_iter_ == 3


def test_pickle_and_seeds(model):
    X, _ = pairs(10)
    again = pickle.loads(pickle.dumps(model))
    assert list(again.predict(X)) == list(model.predict(X))
    assert list(RNNTranscriber(**FAST).fit(*pairs()).predict(X)) == list(model.predict(X))


def test_augmentation_is_seeded_and_off_at_predict():
    X, y = pairs(40)
    augmentation = SequenceAugmentation(speed=0.3, noise=0.2, time_masks=1, time_mask_width=2)
    options = {**FAST, "epochs": 2, "reader": ArrayReader(augmentation=augmentation)}
    first, second = (RNNTranscriber(**options).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.score_samples(X, y), second.score_samples(X, y))
    np.testing.assert_array_equal(first.score_samples(X, y), first.score_samples(X, y))
    other = RNNTranscriber(**{**options, "reader": None}).fit(X, y)
    assert not np.array_equal(other.score_samples(X, y), first.score_samples(X, y))
    stronger = RNNTranscriber(**options, reader__augmentation__noise=1.0).fit(X, y)
    assert stronger.reader_.augmentation.noise == 1.0
    assert not np.array_equal(stronger.score_samples(X, y), first.score_samples(X, y))


def test_augmentation_in_other_estimators():
    X, y = pairs(30)
    classes = np.array([word[0] for word in y])
    speed = ArrayReader(augmentation=SequenceAugmentation(speed=0.2))
    RNNClassifier("gru", 4, epochs=2, reader=speed, random_state=0).fit(X, classes)
    RNNRegressor("gru", 4, epochs=2, reader=speed, early_stopping=True, random_state=0).fit(X, np.arange(30.0))
    steps = [np.zeros(len(x), int) + (k % 2) for k, x in enumerate(X)]
    noise = ArrayReader(augmentation=SequenceAugmentation(noise=0.2))
    RNNTagger("gru", 4, epochs=1, reader=noise, random_state=0).fit(X, steps)
    with pytest.raises(ValueError, match="needs an augmentation with speed=0. Got speed=0.2"):
        RNNTagger("gru", 4, reader=speed).fit(X, steps)
    with pytest.raises(ValueError, match="needs frames_per_step=1 in the reader. Got frames_per_step=2"):
        RNNTagger("gru", 4, reader__frames_per_step=2).fit(X, steps)
    with pytest.raises(ValueError, match="readout sees each sequence once. Set augmentation=None"):
        RNNClassifier("esn", 4, readout="ridge", reader=speed).fit(X, classes)
    wide = RNNClassifier("gru", 4, epochs=1, reader__frames_per_step=3, random_state=0).fit(X, classes)
    assert wide.weights_[0].shape[0] == 9
    assert wide.n_features_in_ == 3


def test_steps_that_labels_need():
    numbers = np.array([1, 1, 2, 2, 2, 3, 3])
    assert steps_needed(numbers, np.array([0, 2, 2, 5, 7])).tolist() == [3, 0, 5, 3]


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        (
            [np.ones((2, 2)), np.ones((3, 2))],
            ["a", "aab"],
            r"X\[1\] must have at least 4 steps, one for each of the 3 labels",
        ),
        ([np.ones((2, 2))], ["aa"], r"of y\[0\] and 1 between equal ones. Got 2\."),
        ([np.ones((5, 2))], [["a", "<blank>"]], r"y\[0\] must not hold '<blank>', which is the blank"),
        ([np.ones((5, 2))], [[]], "y must hold at least one label"),
        ([np.ones((5, 2))], ["a", "b"], "inconsistent numbers of samples"),
        ([np.ones((5, 2))], None, "requires y to be passed"),
        ([np.ones((5, 2))], [1], r"y\[0\] must be a list of tokens"),
        ([np.ones((5, 2))], [["a", None]], r"y\[0\] must hold tokens"),
        ([np.full((5, 2), np.nan)], ["a"], "NaN"),
    ],
)
def test_errors(X, y, sentence):
    model = RNNTranscriber("gru", 4, epochs=1)
    with pytest.raises((ValueError, TypeError), match=sentence):
        model.fit(X, y)
    assert not hasattr(model, "weights_")


def test_errors_after_the_fit(model):
    X, y = pairs(3)
    with pytest.raises(ValueError, match=r"y\[1\] must hold labels of the first fit, .* Got 'z'"):
        model.score_samples(X, [y[0], "z", y[2]])
    with pytest.raises(ValueError, match="y must hold strings, as in fit. Got lists"):
        model.score_samples(X, [list(word) for word in y])
    with pytest.raises(ValueError, match=r"X\[0\] must have at least"):
        model.word_times([np.ones((1, 3))], ["abc"])
    for name, value in {"beam_width": 0, "language_model_weight": -1, "blank": None, "length_bonus": "much"}.items():
        with pytest.raises(ValueError, match=name):
            RNNTranscriber(**{name: value}).fit(X, y)
    with pytest.raises(TypeError, match="target_tokenizer must have fit"):
        RNNTranscriber(target_tokenizer=str.split).fit(X, y)
