"""RNNTranslator: what it learns, its searches, its forms of X and y, scikit-learn's tools, and its errors."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNTranslator
from skrnn.metrics import exact_match_scorer
from skrnn.preprocessing import PerStep, SubwordTokenizer, Tokenizer, VocabularyReader
from skrnn.training import program_cache

NAMES = "zero one two three four five".split()
FAST = {"units": 24, "target_dim": 16, "epochs": 40, "learning_rate": 0.01, "batch_size": 16, "random_state": 0}


def numbers(n=120, seed=0, longest=5):
    """Names of digits to the digits in reverse: the order matters, and so does every token."""
    rng = np.random.default_rng(seed)
    rows = [rng.integers(len(NAMES), size=rng.integers(1, longest + 1)) for _ in range(n)]
    return [[NAMES[d] for d in row] for row in rows], [[str(d) for d in row[::-1]] for row in rows]


@pytest.fixture(scope="module")
def model():
    return RNNTranslator(**FAST).fit(*numbers())


def strings(rows):
    return [" ".join(row) for row in rows]


@pytest.mark.core
def test_learns_to_reverse():
    X, y = numbers()
    model = RNNTranslator(**FAST).fit(X, y)
    new_X, new_y = numbers(40, seed=1)
    assert exact_match_scorer(model, new_X, new_y) > 0.8
    assert model.history_["loss"][-1] < 0.1
    alone = [model.predict([x])[0] for x in new_X[:10]]
    assert alone == list(model.predict(new_X)[:10])
    together = model.score_samples(new_X, new_y)
    apart = [model.score_samples([x], [t])[0] for x, t in zip(new_X, new_y)]
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-5)


def test_strings_in_strings_out(model):
    X, y = numbers()
    of_text = RNNTranslator(**FAST).fit(strings(X), strings(y))
    found = of_text.predict(strings(X))
    assert found.dtype == object
    assert list(found) == strings(model.predict(X))
    in_series = RNNTranslator(**FAST).fit(pd.Series(strings(X)), np.array(strings(y), dtype=object))
    assert list(in_series.predict(pd.Series(strings(X)))) == list(found)


def test_tokens_of_other_types():
    X, y = numbers(60)
    as_integers = [[int(d) for d in row] for row in y]
    model = RNNTranslator(**{**FAST, "epochs": 3}).fit(X, as_integers)
    assert all(isinstance(d, int) for row in model.predict(X) for d in row)
    of_arrays = RNNTranslator(**{**FAST, "epochs": 3}).fit(X, [np.array(row) for row in as_integers])
    assert list(of_arrays.predict(X)) == list(model.predict(X))


def test_numbers_in():
    rng = np.random.default_rng(0)
    y = [list(rng.integers(3, size=rng.integers(1, 5))) for _ in range(100)]
    X = [np.repeat(np.eye(3)[row], 2, axis=0) + 0.05 * rng.normal(size=(2 * len(row), 3)) for row in y]
    pipeline = make_pipeline(PerStep(StandardScaler()), RNNTranslator(**FAST))
    assert exact_match_scorer(pipeline.fit(X, y), X, y) > 0.8


def test_the_loss_is_the_mean_over_tokens_and_ends():
    X, y = numbers(20)
    model = RNNTranslator(**{**FAST, "optimizer": "sgd", "learning_rate": 1e-9, "epochs": 1, "batch_size": -1}).fit(
        X, y
    )
    tokens = sum(len(row) + 1 for row in y)
    assert model.history_["loss"][0] == pytest.approx(-model.score_samples(X, y).sum() / tokens, rel=1e-4)


def test_weights_of_pairs():
    X, y = numbers(20)
    options = {**FAST, "epochs": 3, "batch_size": -1}
    twice = RNNTranslator(**options).fit(X + X[:5], y + y[:5])
    weighted = RNNTranslator(**options).fit(X, y, sample_weight=[2.0] * 5 + [1.0] * 15)
    first = RNNTranslator(**options).fit(X[:10], y[:10])
    zero = RNNTranslator(**options).fit(X, y, sample_weight=[1.0] * 10 + [0.0] * 10)
    assert twice.history_["loss"][0] == pytest.approx(weighted.history_["loss"][0], rel=0.05)  # weights have mean 1
    assert first.history_["loss"][0] == pytest.approx(zero.history_["loss"][0], rel=1e-3)


# -- searches ---------------------------------------------------------------------------------------------------------


def test_the_n_best(model):
    X, _ = numbers(30, seed=2)
    best = model.predict(X)
    for n in (1, 3, 5):
        lists = model.predict_n_best(X, n)
        assert [row[0][0] for row in lists] == list(best)
        assert max(map(len, lists)) <= n
        for row in lists:
            scores = [score for _, score in row]
            assert scores == sorted(scores, reverse=True)
            assert len({tuple(output) for output, _ in row}) == len(row)
    for x, row in zip(X, model.predict_n_best(X)):
        found = model.score_samples([x] * len(row), [output for output, _ in row])
        lengths = np.array([len(output) + 1 for output, _ in row])
        np.testing.assert_allclose(found / lengths, [score for _, score in row], rtol=1e-3, atol=1e-3)


def test_equal_strings_are_merged():
    X, y = strings(numbers(40)[0]), strings(numbers(40)[1])
    tokenizer = Cutter()
    model = RNNTranslator(**{**FAST, "epochs": 3}, target_tokenizer=tokenizer, beam_width=8).fit(X, y)
    for row in model.predict_n_best(X):
        assert len({output for output, _ in row}) == len(row)


class Cutter(Tokenizer):
    """Joins tokens without blanks, so that several lists of tokens give one string."""

    def inverse_transform(self, X):
        return np.array([*("".join(row).replace("0", "") for row in X), None], dtype=object)[:-1]


@pytest.mark.parametrize("max_length", [2, 0.5])
def test_lengths(model, max_length):
    X, _ = numbers(30, seed=2)
    other = pickle.loads(pickle.dumps(model)).set_params(max_length=max_length)
    most = [max_length if isinstance(max_length, int) else max(1, int(np.ceil(0.5 * len(x)))) for x in X]
    assert all(len(row) <= n for row, n in zip(other.predict(X), most))
    long = pickle.loads(pickle.dumps(model)).set_params(min_length=7)
    assert all(len(row) >= 7 for row in long.predict(X))
    free = pickle.loads(pickle.dumps(model)).set_params(min_length=7, no_repeat_ngram_size=2)
    for row in free.predict(X):
        pairs = list(zip(row[:-1], row[1:]))
        assert len(set(pairs)) == len(pairs)


def test_prefixes(model):
    X, _ = numbers(10, seed=2)
    assert all(row[:2] == ["3", "1"] for row in model.predict(X, prefix=["3", "1"]))
    prefixes = [["5"] * (k % 3) for k in range(10)]
    assert all(row[: len(p)] == p for row, p in zip(model.predict(X, prefix=prefixes), prefixes))
    assert list(model.predict(X, prefix=[[]] * 10)) == list(model.predict(X))
    assert [row[0][0] for row in model.predict_n_best(X, 1, prefix=["2"])] == list(model.predict(X, prefix=["2"]))
    of_text = RNNTranslator(**{**FAST, "epochs": 2}).fit(strings(X), strings(numbers(10, seed=2)[1]))
    assert all(s.startswith("2 ") for s in of_text.set_params(min_length=3).predict(strings(X), prefix="2"))
    each = of_text.predict(strings(X), prefix=["2", "3"] * 5)
    assert [s[0] for s in each] == ["2", "3"] * 5


def test_unknown_words_are_copied():
    rng = np.random.default_rng(0)
    known = [f"w{k}" for k in range(6)]
    X = [[known[k] for k in rng.integers(6, size=rng.integers(2, 5))] for _ in range(300)]
    for x in X[::2]:  # names, each of which stands once, and stays as it is
        x[rng.integers(len(x))] = f"Name{rng.integers(10**9)}"
    y = [[w.upper() if w.startswith("w") else w for w in x] for x in X]
    options = {"target_min_count": 2, "copy_unknown": True, "reader": VocabularyReader(min_count=2)}
    model = RNNTranslator(**{**FAST, **options, "attention_type": "additive"}).fit(X, y)
    new = [["w1", "Nobody77", "w2"], ["Somebody12", "w3"], ["w0", "w5", "Anybody3"]]
    wanted = [["W1", "Nobody77", "W2"], ["Somebody12", "W3"], ["W0", "W5", "Anybody3"]]
    assert list(model.predict(new)) == wanted
    translated = model.set_params(copy_unknown={"Nobody77": "Niemand"}).predict(new)
    assert translated[0] == ["W1", "Niemand", "W2"]
    assert translated[1] == wanted[1]
    never = model.set_params(copy_unknown=False).predict(new)
    assert "<unk>" not in {token for row in never for token in row}


def test_attention_is_that_of_the_network(model):
    X, y = numbers(6, seed=3)
    matrices = model.attention(X, y)
    for x, row, matrix in zip(X, y, matrices):
        assert matrix.shape == (len(row), len(x))
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-5)
    assert [m.shape[0] for m in model.attention(X)] == [len(row) for row in model.predict(X)]
    # Of the plain Keras model, whose layers are called one by one.
    plain, decoder = model.model_, model.model_.get_layer("decoder")
    decoder = plain.get_layer("decoder")
    tokens = model.reader_.read(X[:1]).columns["tokens"].values[None]
    mask = np.ones(tokens.shape, bool)
    memory = decoder.look(plain(tokens, mask=mask), ops.convert_to_tensor(mask))
    before = np.array([[0, *model.vocabulary_.encode([y[0]])]], "int32")
    n = len(model.vocabulary_)
    _, weights = decoder.scores(memory, ops.convert_to_tensor(before), ops.ones(before.shape, "bool"), n)
    np.testing.assert_allclose(ops.convert_to_numpy(weights)[0, :-1], matrices[0], rtol=1e-3, atol=1e-5)


# -- training -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"attention_type": "additive"},
        {"attention_type": None},
        {"input_feeding": True},
        {"tied_embeddings": True},
        {"cell": "gru", "units": (16, 24), "dropout": 0.1},
        {"cell": "mgu", "bidirectional": False},
        {"cell": keras.layers.GRU},
        {"teacher_forcing": (1.0, 0.7)},
        {"label_smoothing": 0.1},
        {"average_epochs": 5},
    ],
    ids=str,
)
def test_options_learn(options):
    X, y = numbers(longest=3)
    model = RNNTranslator(**{**FAST, **options}).fit(X, y)
    assert exact_match_scorer(model, X, y) > (0.6 if options.get("attention_type", "") is None else 0.75)


def test_label_smoothing_is_the_mean_over_all_tokens():
    X, y = numbers(20)
    options = {**FAST, "optimizer": "sgd", "learning_rate": 1e-9, "epochs": 1, "batch_size": -1}
    smooth = RNNTranslator(**options, label_smoothing=0.3).fit(X, y)
    plain = RNNTranslator(**options).fit(X, y)
    n = len(plain.vocabulary_)
    decoder, model = plain.model_.get_layer("decoder"), plain.model_
    total, tokens = 0.0, 0
    for x, row in zip(X, y):
        source = model.predict_on_batch  # the model is called eagerly below
        assert callable(source)
        numbers_of_x = plain.reader_.read([x]).columns["tokens"].values[None]
        mask = np.ones(numbers_of_x.shape, bool)
        memory = decoder.look(model(numbers_of_x, mask=mask), ops.convert_to_tensor(mask))
        y_numbers = np.append(plain.vocabulary_.encode([row]), 0)
        before = ops.convert_to_tensor(np.insert(y_numbers[:-1], 0, 0)[None].astype("int32"))
        scores, _ = decoder.scores(memory, before, ops.ones(before.shape, "bool"), n)
        log_p = ops.convert_to_numpy(ops.log_softmax(scores))[0, :, :n].astype(np.float64)
        wanted = np.full((len(y_numbers), n), 0.3 / n)
        wanted[np.arange(len(y_numbers)), y_numbers] += 0.7
        total, tokens = total - (wanted * log_p).sum(), tokens + len(y_numbers)
    assert smooth.history_["loss"][0] == pytest.approx(total / tokens, rel=1e-4)


def test_averaged_weights_are_the_mean_of_the_last_epochs():
    X, y = numbers(30)
    options = {**FAST, "batch_size": -1}
    each = [RNNTranslator(**{**options, "epochs": n}).fit(X, y).weights_ for n in (3, 4, 5)]
    averaged = RNNTranslator(**{**options, "epochs": 5}, average_epochs=3).fit(X, y).weights_
    for mean, *parts in zip(averaged, *each):
        np.testing.assert_allclose(mean, np.mean(parts, axis=0), rtol=1e-4, atol=1e-5)


def test_early_stopping_on_the_loss_and_on_a_score():
    X, y = numbers(60)
    options = {**FAST, "epochs": 8, "early_stopping": True, "n_iter_no_change": 2}
    by_loss = RNNTranslator(**options).fit(X, y)
    assert len(by_loss.history_["val_loss"]) == by_loss.n_iter_
    by_score = RNNTranslator(**options, scoring=exact_match_scorer).fit(X, y)
    scores = by_score.history_["val_score"]
    assert len(scores) == by_score.n_iter_
    best = int(np.argmax(scores))
    assert by_score.n_iter_ == min(8, best + 1 + 2)
    assert all(0 <= s <= 1 for s in scores)


def test_teacher_forcing_falls_with_the_epochs():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(float(self.model.get_layer("decoder").teacher_forcing))

    X, y = numbers(16)
    RNNTranslator(**{**FAST, "epochs": 5}, teacher_forcing=(1.0, 0.6), callbacks=[Watch()]).fit(X, y)
    np.testing.assert_allclose(seen, [1.0, 0.9, 0.8, 0.7, 0.6], rtol=1e-6)
    seen.clear()
    RNNTranslator(**{**FAST, "epochs": 3}, teacher_forcing=halved, callbacks=[Watch()]).fit(X, y)
    np.testing.assert_allclose(seen, [1.0, 0.5, 0.25], rtol=1e-6)


def halved(epoch):
    return 0.5**epoch


def test_goes_on():
    X, y = numbers(30)
    options = {**FAST, "epochs": 2, "batch_size": -1}
    step = RNNTranslator(**options)
    for _ in range(3):
        step.partial_fit(X, y)
    assert len(step.history_["loss"]) == 3
    warm = RNNTranslator(**options, warm_start=True).fit(X, y).fit(X, y)
    assert warm.history_["loss"][-1] < warm.history_["loss"][0]
    step.partial_fit([["nine", "one"]], [["9", "1"]])  # tokens that the first call did not hold


# -- scikit-learn's tools ---------------------------------------------------------------------------------------------


@pytest.mark.core
def test_copies_are_the_same(model):
    X, y = numbers(12, seed=4)
    again = pickle.loads(pickle.dumps(model))
    assert list(again.predict(X)) == list(model.predict(X))
    small = RNNTranslator(**{**FAST, "epochs": 2}).fit(X, y)
    refit = clone(small).fit(X, y)
    for a, b in zip(small.weights_, refit.weights_):
        np.testing.assert_array_equal(a, b)


def test_searches_and_folds():
    X, y = numbers(24)
    base = RNNTranslator(**{**FAST, "epochs": 2})
    grid = {"attention_type": ["additive", None], "beam_width": [1, 3]}
    search = GridSearchCV(base, grid, cv=2, scoring=exact_match_scorer).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    found = cross_val_predict(base, strings(X), strings(y), cv=3)
    assert found.shape == (24,)
    assert all(isinstance(s, str) for s in found)
    scores = cross_val_score(base, X, y, cv=2, n_jobs=2, scoring=exact_match_scorer)
    assert scores.shape == (2,)


def test_subwords():
    pytest.importorskip("sentencepiece")
    X, y = numbers(80)
    model = RNNTranslator(
        **FAST,
        source_tokenizer=SubwordTokenizer(vocab_size=60, byte_fallback=False),
        target_tokenizer=SubwordTokenizer(vocab_size=20, model_type="bpe", byte_fallback=False),
    ).fit(strings(X), strings(y))
    assert exact_match_scorer(model, strings(X), strings(y)) > 0.5
    assert list(pickle.loads(pickle.dumps(model)).predict(strings(X)[:5])) == list(model.predict(strings(X)[:5]))


def test_bleu_is_its_score(model):
    sacrebleu = pytest.importorskip("sacrebleu")
    X, y = numbers(30, seed=5)
    found = sacrebleu.corpus_bleu(strings(model.predict(X)), [strings(y)], tokenize="none", force=True)
    assert model.score(X, y) == pytest.approx(found.score / 100)


# -- errors -----------------------------------------------------------------------------------------------------------

X2, Y2 = [["a", "b"], ["c"]], [["x"], ["y", "z"]]


@pytest.mark.parametrize(
    ("options", "X", "y", "message"),
    [
        ({}, X2, Y2[:1], r"Found input variables with inconsistent numbers of samples: \[2, 1\]"),
        ({}, X2, [["x"], []], r"y\[1\] must have at least one token. Got none."),
        ({}, ["a b", "c"], ["x", ""], r"y\[1\] must have at least one token. Got none."),
        ({}, X2, [["x"], "y"], r"y\[1\] must be a list of tokens. Got 'y'."),
        ({}, X2, [["x"], [None]], r"y\[1\] must hold tokens: strings, or integers. Got None at step 0."),
        ({}, X2, ["x", 3], "y must hold strings only. Got 3 at 1."),
        ({}, X2, None, "requires y to be passed, but the target y is None"),
        ({}, X2, 3, "y must be a list of lists of tokens, or of strings. Got 3."),
        ({"beam_width": 0}, X2, Y2, "The 'beam_width' parameter of RNNTranslator must be an int in the range"),
        ({"max_length": 0}, X2, Y2, "The 'max_length' parameter of RNNTranslator"),
        ({"attention_type": "cosine"}, X2, Y2, "The 'attention_type' parameter of RNNTranslator"),
        ({"teacher_forcing": (1.0, 2.0)}, X2, Y2, "teacher_forcing must be from 0 to 1. Got 2.0."),
        ({"teacher_forcing": (1.0,)}, X2, Y2, r"teacher_forcing must be a pair \(first, last\). Got \(1.0,\)."),
        ({"copy_unknown": True, "attention_type": None}, X2, Y2, "copy_unknown needs an attention_type"),
        ({"copy_unknown": True}, [[[1.0]], [[2.0]]], Y2, "copy_unknown needs an X of strings or lists of tokens"),
        ({"input_feeding": True, "recurrent_dropout": 0.1}, X2, Y2, "recurrent_dropout needs teacher_forcing=1"),
        ({"cell": "grud"}, X2, Y2, "cell must be one that reads tokens, to decode. Got GRUDCell"),
        ({"cell": keras.layers.Dense, "bidirectional": False}, X2, Y2, "cell must be one that takes single steps"),
    ],
    ids=str,
)
def test_bad_fits_are_one_sentence(options, X, y, message):
    model = RNNTranslator(**{**FAST, "epochs": 1, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not model.initialized_


def test_tokenizers_without_a_way_back():
    for tokenizer, wanted in (
        (Tokenizer(analyzer=str.split), "have inverse_transform. Got a Tokenizer with a function"),
        (StandardScaler, "be an instance. Got the class StandardScaler"),
        (object(), "have fit, as skrnn.preprocessing.Tokenizer has. Got object"),
    ):
        with pytest.raises(TypeError, match=f"target_tokenizer must {wanted}"):
            RNNTranslator(target_tokenizer=tokenizer).fit(["a"], ["b"])


def test_bad_predictions_are_one_sentence(model):
    X, y = numbers(3)
    wrong = {
        "n must be from 1 to beam_width=5. Got 6.": lambda: model.predict_n_best(X, 6),
        "n must be from 1 to beam_width=5. Got 0.": lambda: model.predict_n_best(X, 0),
        "a prefix must not be longer than max_length, 10 tokens. Got 11.": lambda: model.predict(X, prefix=["1"] * 11),
        "a prefix must hold tokens of the fit. Got 'nine', which is unknown.": lambda: model.predict(
            X, prefix=["nine"]
        ),
        "y must hold lists of tokens, as in fit. Got strings.": lambda: model.score_samples(X, strings(y)),
        r"X\[0\] must be a list of tokens. Got '": lambda: model.predict(strings(X)),
        "inconsistent numbers of samples": lambda: model.predict(X, prefix=[["1"], ["2"]]),
        "min_length must not be above max_length. Got 4 and 2.": lambda: clone_with(model, 4, 2).predict(X),
    }
    for message, call in wrong.items():
        with pytest.raises(ValueError, match=message):
            call()
    blind = RNNTranslator(**{**FAST, "epochs": 1}, attention_type=None).fit(X, y)
    with pytest.raises(ValueError, match="attention needs an attention_type. Got an estimator fitted with None."):
        blind.attention(X)


def test_options_of_the_search_share_a_graph(model):
    X, _ = numbers(4)
    with program_cache.borrow(model._plan) as program:
        graphs = program._predict if hasattr(program, "_predict") else program._decoders
    model.predict(X)
    before = len(graphs)
    for penalty in (0.0, 0.5, 2.0):
        pickle.loads(pickle.dumps(model)).set_params(length_penalty=penalty, max_length=4, min_length=1).predict(X)
    assert len(graphs) == before


def test_copying_is_checked_where_it_is_asked_for_late(model):
    blind = RNNTranslator(**{**FAST, "epochs": 1}, attention_type=None).fit(*numbers(4))
    with pytest.raises(ValueError, match="copy_unknown needs an attention_type"):
        blind.set_params(copy_unknown=True).predict(numbers(2)[0])


def clone_with(model, min_length, max_length):
    return pickle.loads(pickle.dumps(model)).set_params(min_length=min_length, max_length=max_length)


def test_long_sources_are_no_error(model):
    X, _ = numbers(1, longest=2)
    assert len(model.predict([X[0] * 60])[0]) <= 2 * 5
