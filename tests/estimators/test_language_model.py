"""RNNLanguageModel: its probabilities, what it draws, streams with carried states, scikit-learn's tools, its errors."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn import RNNLanguageModel
from skrnn.estimators.streams import pieces_of, streams_of
from skrnn.layers import Carried
from skrnn.preprocessing import SubwordTokenizer, Tokenizer
from skrnn.sequences.examples import Column, Examples

FAST = {"units": 16, "dim": 12, "epochs": 30, "learning_rate": 0.01, "batch_size": 8, "random_state": 0}
SENTENCES = ["to be or not to be", "to go or not to go", "to be is to do", "to do is to be"] * 8


@pytest.fixture(scope="module")
def model():
    return RNNLanguageModel(**FAST).fit(SENTENCES)


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


@pytest.mark.core
def test_learns_what_follows():
    model = RNNLanguageModel(**FAST).fit(SENTENCES)
    assert list(model.predict(["to be or", "to go or not", "to be or not to be"])) == ["not", "to", None]
    assert model.score(SENTENCES) > -0.6
    assert model.perplexity(SENTENCES) == pytest.approx(np.exp(-model.score(SENTENCES)))
    assert list(pickle.loads(pickle.dumps(model)).predict(["to be or"])) == ["not"]


def test_probabilities_are_one_another(model):
    """Of the next token, of each token, of sequences, and those of the plain Keras model agree."""
    X = ["to be", "", "to go or not"]
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    tokens = model.vocabulary_.tokens
    for text, row in zip(X, p):
        longer = [f"{text} {token}".strip() for token in tokens]
        gained = [t[len(text.split())] for t in model.score_tokens(longer)]
        np.testing.assert_allclose(np.exp(gained), row[2:], rtol=1e-3, atol=1e-6)
        ends = model.score_tokens([text])[0][-1]
        assert np.exp(ends) == pytest.approx(row[0], rel=1e-3)
    np.testing.assert_allclose(model.score_samples(X), [t.sum() for t in model.score_tokens(X)], rtol=1e-6)
    plain = model.model_
    numbers = np.array([[0, *model.vocabulary_.encode([["to", "be"]])]])
    features = plain(numbers, mask=np.ones(numbers.shape, bool))
    scores = plain.get_layer("scores").scores(features, len(model.vocabulary_))
    known = log_softmax(keras.ops.convert_to_numpy(scores)[0, -1, : len(tokens) + 2].astype(np.float64))
    np.testing.assert_allclose(np.exp(known), p[0], rtol=1e-3, atol=1e-6)


def test_probabilities_of_all_short_sequences_add_up(model):
    """What sequences of up to 2 tokens do not have is what is left after 2 tokens and no end."""
    tokens = model.vocabulary_.tokens
    short = [[]] + [[a] for a in tokens] + [[a, b] for a in tokens for b in tokens]
    total = np.exp(model.score_samples([" ".join(s) for s in short])).sum()
    p = model.predict_proba(["", *tokens, *(f"{a} {b}" for a in tokens for b in tokens)])
    reach = p[0, 2:] * p[1 : 1 + len(tokens), 2:].T  # of a, then of b given a: (b, a)
    ends_later = (reach.T.ravel() * (1 - p[1 + len(tokens) :, 0])).sum()
    unknown = p[0, 1] + (p[0, 2:] * p[1 : 1 + len(tokens), 1]).sum()
    assert total + ends_later + unknown == pytest.approx(1.0, abs=1e-4)


def test_the_most_probable_next(model):
    (row,) = model.predict_next(["to be or not"], k=3)
    p = model.predict_proba(["to be or not"])[0]
    assert row[0][0] == "to"
    assert [q for _, q in row] == pytest.approx(sorted(np.delete(p, 1), reverse=True)[:3])
    assert len(model.predict_next(["to"], k=100)[0]) == 1 + len(model.vocabulary_.tokens)


@pytest.mark.core
def test_draws(model):
    drawn = model.sample(200, random_state=0)
    assert drawn.shape == (200,)
    assert list(drawn) == list(model.sample(200, random_state=0))
    assert list(drawn) != list(model.sample(200, random_state=1))
    assert np.mean([s in SENTENCES for s in drawn]) > 0.3
    prompted = model.sample(20, "to be", random_state=0)
    assert all(s.startswith("to be") for s in prompted)
    assert len(set(model.sample(20, "to be or", top_k=1, random_state=0))) == 1
    assert all(len(s.split()) <= 3 for s in model.sample(50, max_length=3, random_state=0))
    assert all(len(s.split()) >= 8 for s in model.sample(50, min_length=8, max_length=9, random_state=0))


def test_frequencies_of_what_is_drawn_are_probabilities(model):
    n = 4000
    firsts = [s.split()[2] if len(s.split()) > 2 else None for s in model.sample(n, "to be", random_state=0)]
    p = model.predict_proba(["to be"])[0]
    p[1] = 0.0  # unknown tokens are never drawn
    p /= p.sum()
    for token, wanted in zip([None, None, *model.vocabulary_.tokens], p):
        if wanted > 0.05:
            assert firsts.count(token) / n == pytest.approx(wanted, abs=4 * np.sqrt(wanted / n))


@pytest.mark.parametrize(
    "options",
    [
        {"tied_embeddings": True},
        {"tied_embeddings": True, "units": 12},
        {"cell": "gru", "units": (12, 16)},
        {"cell": "mgu"},
        {"cell": keras.layers.SimpleRNN},
        {"cell": "mingru", "units": 32},
        {"sequence_length": 5, "epochs": 60},
        {"average_epochs": 3},
        {"early_stopping": True},
        {"early_stopping": True, "sequence_length": 6, "epochs": 60},
    ],
    ids=str,
)
def test_options_learn(options):
    model = RNNLanguageModel(**{**FAST, **options}).fit(SENTENCES)
    assert model.score(SENTENCES) > -1.0
    assert len(model.sample(2, "to be", random_state=0)) == 2


def test_large_vocabularies_are_scored_in_parts(monkeypatch):
    from skrnn.heads import language
    from skrnn.training import program_cache

    whole = RNNLanguageModel(**{**FAST, "epochs": 2}).fit(SENTENCES)
    wanted = whole.score_samples(SENTENCES)
    program_cache.clear()
    monkeypatch.setattr(language, "SCORES_AT_ONCE", 32 * 7)  # 7 steps of a table of 32
    np.testing.assert_allclose(whole.score_samples(SENTENCES), wanted, rtol=1e-6)
    program_cache.clear()


# -- forms ------------------------------------------------------------------------------------------------------------


def test_lists_characters_and_pieces(model):
    of_lists = RNNLanguageModel(**FAST).fit([s.split() for s in SENTENCES])
    np.testing.assert_array_equal(of_lists.score_samples([["to", "be"]]), model.score_samples(["to be"]))
    assert of_lists.sample(1, ["to"], random_state=0)[0][0] == "to"
    of_integers = RNNLanguageModel(**{**FAST, "epochs": 3}).fit([[1, 2, 1], [2, 1], [3]] * 4)
    assert set(of_integers.vocabulary_.tokens) == {1, 2, 3}
    characters = RNNLanguageModel(**{**FAST, "epochs": 3}, tokenizer=Tokenizer("char")).fit(SENTENCES)
    assert characters.sample(3, "to", random_state=0)[0][:2] == "to"
    pytest.importorskip("sentencepiece")
    pieces = RNNLanguageModel(**{**FAST, "epochs": 3}, tokenizer=SubwordTokenizer(vocab_size=300)).fit(SENTENCES)
    assert pieces.sample(3, "to be", random_state=0)[0].startswith("to be")


def test_unknown_tokens():
    model = RNNLanguageModel(**FAST, min_count=10).fit([*SENTENCES, "never seen", "once upon"])
    assert set(model.vocabulary_.tokens) <= {"to", "be", "or", "not", "go", "is", "do"}
    assert np.isfinite(model.score_samples(["a new one"])).all()
    assert not any("<unk>" in s for s in model.sample(50, random_state=0))


# -- streams ----------------------------------------------------------------------------------------------------------


def test_streams_hold_every_step_once_and_go_on():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=30)
    n = int(lengths.sum())
    examples = Examples({"tokens": Column(np.arange(n), "time")}, {"time": np.concatenate([[0], np.cumsum(lengths)])})
    for rows, length in ((4, 5), (1, 7), (7, 1), (3, 1000)):
        pieces = streams_of(examples, n - 3, rows, length)
        offsets, values = pieces.offsets["time"], pieces.columns["tokens"].values
        assert (np.diff(offsets) >= 1).all()
        assert np.diff(offsets).max() <= length + 1 or length == 1000
        assert sorted(values) == list(range(n - 3))
        assert len(pieces) % rows == 0
        for k in range(len(pieces) - rows):  # row k of the next batch begins where row k of this one ends
            assert values[offsets[k + rows]] == values[offsets[k + 1] - 1] + 1
    held_out = pieces_of(examples, n - 40, 2)
    assert held_out.columns["tokens"].values.tolist() == list(range(n - 40, n))
    assert len(held_out) == 2


@pytest.mark.core
def test_states_are_carried_and_gradients_are_not():
    """One epoch in pieces, with a learning rate of zero, has the loss of the whole."""
    text = [SENTENCES[k] for k in (0, 1, 2, 3)]
    options = {**FAST, "optimizer": "sgd", "learning_rate": 1e-12, "epochs": 1}
    whole = RNNLanguageModel(**options).fit(text)
    joined = RNNLanguageModel(**{**options, "batch_size": 1}, sequence_length=4).fit(text)
    again = RNNLanguageModel(**{**options, "batch_size": 1, "epochs": 3}, sequence_length=4).fit(text)
    one = RNNLanguageModel(**{**options, "batch_size": 1}, sequence_length=1000).fit(text)
    assert joined.history_["loss"][0] == pytest.approx(one.history_["loss"][0], rel=1e-5)
    assert again.history_["loss"] == pytest.approx([joined.history_["loss"][0]] * 3, rel=1e-5)  # each begins anew
    assert whole.history_["loss"][0] != pytest.approx(one.history_["loss"][0], rel=1e-5)


@pytest.mark.core
def test_a_carried_layer_goes_on_in_training_only():
    layer = Carried(keras.layers.GRU(3, return_sequences=True, return_state=True), rows=2)
    x = keras.random.normal((2, 6, 4), seed=0)
    whole = layer(x)
    first, second = layer(x[:, :2], training=True), layer(x[:, 2:], training=True)
    np.testing.assert_allclose(keras.ops.concatenate([first, second], axis=1), whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(x), whole, rtol=1e-5, atol=1e-6)
    layer.reset()
    np.testing.assert_allclose(layer(x, training=True), whole, rtol=1e-5, atol=1e-6)


# -- scikit-learn's tools ---------------------------------------------------------------------------------------------


def test_searches_folds_and_copies():
    search = GridSearchCV(RNNLanguageModel(**{**FAST, "epochs": 3}), {"units": [4, 8]}, cv=2).fit(SENTENCES)
    assert np.isfinite(search.best_score_)
    assert np.isfinite(cross_val_score(RNNLanguageModel(**{**FAST, "epochs": 2}), SENTENCES, cv=2, n_jobs=2)).all()
    small = RNNLanguageModel(**{**FAST, "epochs": 2}, sequence_length=4).fit(SENTENCES)
    for a, b in zip(clone(small).fit(SENTENCES).weights_, small.weights_):
        np.testing.assert_array_equal(a, b)


def test_goes_on():
    step = RNNLanguageModel(**{**FAST, "epochs": 2})
    for _ in range(3):
        step.partial_fit(SENTENCES)
    assert len(step.history_["loss"]) == 3
    warm = RNNLanguageModel(**{**FAST, "epochs": 2}, warm_start=True, sequence_length=5).fit(SENTENCES).fit(SENTENCES)
    assert len(warm.history_["loss"]) == 4


def test_weights_of_sequences():
    options = {**FAST, "epochs": 1, "batch_size": -1}
    first = RNNLanguageModel(**options).fit(SENTENCES[:8])
    weighted = RNNLanguageModel(**options).fit(SENTENCES, sample_weight=[1.0] * 8 + [0.0] * 24)
    assert weighted.history_["loss"] == pytest.approx(first.history_["loss"], rel=1e-4)


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({}, "one text", r"X must be a list of texts; one text is \[text\]. Got the single 'one text'."),
        ({}, [], "0 sample"),
        ({}, [["a"], "b"], r"X\[1\] must be a list of tokens. Got 'b'."),
        ({}, [[None]], r"X\[0\] must hold tokens: strings, or integers. Got None at step 0."),
        ({}, 3, "X must be a list of lists of tokens, or of strings. Got 3."),
        ({"sequence_length": 0}, SENTENCES, "The 'sequence_length' parameter"),
        ({"sequence_length": 5, "batch_size": -1}, SENTENCES, "batch_size must be the number of streams"),
        (
            {"sequence_length": 5, "batch_size": 500},
            SENTENCES,
            "X must have at least batch_size=500 tokens to train on",
        ),
        ({"cell": "grud"}, SENTENCES, "cell must be one that reads tokens"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_fits_are_one_sentence(options, X, message):
    model = RNNLanguageModel(**{**FAST, "epochs": 1, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(X)
    assert not model.initialized_


def test_groups_of_a_joined_text_are_refused():
    model = RNNLanguageModel(**{**FAST, "epochs": 1}, sequence_length=4, early_stopping=True)
    with pytest.raises(ValueError, match="groups need sequence_length=None, as early_stopping holds out the end"):
        model.fit(SENTENCES, groups=np.arange(len(SENTENCES)) % 4)


def test_bad_draws_are_one_sentence(model):
    wrong = {
        "temperature must be above 0. Got 0.": {"temperature": 0},
        "temperature must be above 0. Got -1.0.": {"temperature": -1.0},
        "n must be an integer from 1. Got 0.": {"n": 0},
        "top_k must be an integer from 1. Got 0.": {"top_k": 0},
        "top_p must be above 0, and at most 1. Got 1.5.": {"top_p": 1.5},
        "max_length must be an integer from 1. Got 0.": {"max_length": 0},
        "min_length must not be above max_length. Got 9 and 5.": {"min_length": 9, "max_length": 5},
        "a prompt must hold tokens of the fit. Got 'king', which is unknown.": {"prompt": "king"},
        "a prompt must not be longer than max_length, 2 tokens. Got 4.": {"prompt": "to be or not", "max_length": 2},
    }
    for message, options in wrong.items():
        with pytest.raises(ValueError, match=message):
            model.sample(**options)
    with pytest.raises(ValueError, match="k must be a positive integer. Got 0."):
        model.predict_next(["to"], 0)
    of_lists = RNNLanguageModel(**{**FAST, "epochs": 1}).fit([["a", "b"]])
    with pytest.raises(ValueError, match="prompt must be a list of tokens, as X in fit. Got the string 'a'."):
        of_lists.sample(1, "a")
    with pytest.raises(TypeError, match="tokenizer must have inverse_transform"):
        RNNLanguageModel(tokenizer=Tokenizer(str.split)).fit(["a b"])
