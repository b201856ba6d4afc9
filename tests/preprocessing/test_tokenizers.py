"""Tokenizers of strings, and the reader and vocabulary of tokens."""

import pickle
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier
from skrnn.preprocessing import SubwordTokenizer, Tokenizer, VocabularyReader
from skrnn.sequences.vocabulary import Vocabulary

TEXTS = ["to be or not to be", "that is the question", "Ünïcode, 日本語 and  two blanks", ""]


def test_words_characters_and_functions():
    assert list(Tokenizer().transform(TEXTS)) == [s.split() for s in TEXTS]
    assert list(Tokenizer("char").transform(TEXTS)) == [list(s) for s in TEXTS]
    assert Tokenizer(lambda s: s.split(","), lowercase=True).transform(["A,b"])[0] == ["a", "b"]
    assert list(Tokenizer("char").inverse_transform(Tokenizer("char").transform(TEXTS))) == TEXTS
    assert list(Tokenizer().inverse_transform(Tokenizer().transform(TEXTS[:2]))) == TEXTS[:2]
    assert list(Tokenizer().fit(TEXTS).transform(pd.Series(TEXTS))) == [s.split() for s in TEXTS]
    with pytest.raises(TypeError, match="inverse_transform needs analyzer='word' or 'char'. Got a function."):
        Tokenizer(str.split).inverse_transform([["a"]])
    with pytest.raises(ValueError, match="The 'analyzer' parameter of Tokenizer must be"):
        Tokenizer("sentence").fit(TEXTS)
    with pytest.raises(ValueError, match="X must hold strings only. Got 3 at 1."):
        Tokenizer().transform(["a", 3])


def test_tokens_go_into_a_pipeline():
    X = ["good film", "bad film", "good one", "bad one"] * 4
    model = make_pipeline(
        Tokenizer(), RNNClassifier(reader=VocabularyReader(dim=4), units=4, epochs=15, random_state=0)
    )
    assert model.fit(X, [1, 0, 1, 0] * 4).score(X, [1, 0, 1, 0] * 4) == 1.0


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_pieces_of_words_come_back(model_type):
    pytest.importorskip("sentencepiece")
    tokenizer = SubwordTokenizer(vocab_size=320, model_type=model_type).fit(TEXTS[:3] * 5)
    assert tokenizer.model_ == clone(tokenizer).fit(TEXTS[:3] * 5).model_
    new = [*TEXTS, "never ßeen", "a  b   c"]
    pieces = tokenizer.transform(new)
    assert list(tokenizer.inverse_transform(pieces)) == new
    again = pickle.loads(pickle.dumps(tokenizer))
    assert list(again.transform(new)) == list(pieces)
    with pytest.raises(ValueError, match="SubwordTokenizer could not be fitted with vocab_size=20: Vocabulary size is"):
        SubwordTokenizer(vocab_size=20, model_type=model_type).fit(TEXTS)


def test_sentencepiece_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(ImportError, match=r"SubwordTokenizer needs sentencepiece: pip install skrnn\[text\]"):
        SubwordTokenizer().fit(TEXTS)


def test_vocabularies():
    vocabulary = Vocabulary.of([["b", "a", "b"], ["c", "a", "b"]])
    assert vocabulary.tokens == ["b", "a", "c"]
    assert len(vocabulary) == 5
    assert vocabulary.decode(vocabulary.encode([["c", "x", "b"]])) == ["c", "<unk>", "b"]
    assert Vocabulary.of([["b", "a", "b"], ["c", "a"]], min_count=2).tokens == ["b", "a"]
    assert Vocabulary.of([["b", "a", "b"], ["c", "a"]], max_tokens=1).tokens == ["b"]


def test_readers_of_vocabularies():
    reader = VocabularyReader(dim=3).fit([["a", "b"], ["b"]])
    assert reader.spec.n_tokens >= 4
    examples = VocabularyReader(starts=True).fit_read([["a", "b"], [], ["b"]])
    assert examples.columns["tokens"].values.tolist() == [0, 3, 2, 0, 0, 2]
    assert np.diff(examples.offsets["time"]).tolist() == [3, 1, 2]
    with pytest.raises(ValueError, match=r"X\[1\] must have at least one token. Got none."):
        reader.read([["a"], []])
    with pytest.raises(ValueError, match=r"X\[0\] must be a list of tokens. Got 'a b'."):
        reader.read(["a b"])


def test_what_is_no_list_of_strings_is_refused():
    with pytest.raises(ValueError, match="X must be a list of strings. Got a data frame; take one column."):
        Tokenizer().transform(pd.DataFrame({"text": TEXTS}))
    with pytest.raises(ValueError, match="X must be a list of strings. Got 'to be'."):
        Tokenizer().transform("to be")
    with pytest.raises(ValueError, match=r"X must hold strings only. Got \['to', 'be'\] at 0."):
        Tokenizer().transform([["to", "be"]])


def test_parameters_are_those_of_count_vectorizer(tmp_path):
    """Tokens against the analyzer of scikit-learn with the same parameters."""
    options = {"token_pattern": r"(?u)\b\w\w+\b", "lowercase": True, "strip_accents": "unicode", "stop_words": ["the"]}
    texts = ["The Café is open.", "Ünïcode, the end"]
    analyzer = CountVectorizer(**options).build_analyzer()
    assert list(Tokenizer(**options).transform(texts)) == [analyzer(text) for text in texts]
    assert Tokenizer(token_pattern=r"\w+|[^\w\s]").transform(["Well, no!"])[0] == ["Well", ",", "no", "!"]
    assert Tokenizer("char", lowercase=True).transform(["A b"])[0] == ["a", " ", "b"]
    paths = []
    for k, text in enumerate(texts):
        paths.append(tmp_path / f"{k}.txt")
        paths[-1].write_bytes(text.encode("latin-1"))
    of_files = Tokenizer(input="filename", encoding="latin-1")
    assert list(of_files.fit_transform(paths)) == [text.split() for text in texts]
    with pytest.raises(ValueError, match="X must be a list of paths or files. Got 'a.txt'."):
        of_files.transform("a.txt")
    with pytest.raises(ValueError, match="The 'input' parameter of Tokenizer must be"):
        Tokenizer(input="path").fit(texts)


@pytest.mark.parametrize("make", [Tokenizer, lambda: SubwordTokenizer(vocab_size=300)])
def test_a_column_of_lists_comes_out_for_a_column_transformer(make):
    pytest.importorskip("sentencepiece")
    column = pd.Series(TEXTS[:3], name="review", index=[5, 6, 7])
    for library, kind in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        tokenizer = clone(make().set_output(transform=library)).fit(column)
        found = tokenizer.transform(column)
        assert isinstance(found, kind)
        assert list(found.columns) == list(tokenizer.get_feature_names_out()) == ["review"]
        assert [list(row) for row in found["review"]] == list(make().fit(column).transform(column))
    assert list(make().set_output(transform="pandas").fit(TEXTS).transform(TEXTS).columns) == ["tokens"]
    assert found.shape == (3, 1)
    with pytest.raises(ValueError, match="output must be 'default', 'pandas' or 'polars'. Got 'arrow'."):
        make().set_output(transform="arrow").fit(TEXTS).transform(TEXTS)


def test_folds_do_not_see_each_other():
    """Each fold's vocabulary holds the tokens of its training part alone, and a search goes over both steps."""
    X = [f"word{k} good" if k % 2 else f"word{k} bad" for k in range(12)]
    y = np.arange(12) % 2
    model = make_pipeline(Tokenizer(), RNNClassifier(reader=VocabularyReader(dim=4), units=2, epochs=1, random_state=0))
    for train, fitted in zip(
        [train for train, _ in StratifiedKFold(3).split(X, y)],
        cross_validate(model, X, y, cv=StratifiedKFold(3), return_estimator=True)["estimator"],
    ):
        assert set(fitted[-1].reader_.vocabulary_.tokens) == {token for i in train for token in X[i].split()}
        assert np.isfinite(fitted.predict_proba(["words never seen"])).all()
    search = GridSearchCV(model, {"tokenizer__lowercase": [True, False], "rnnclassifier__units": [2, 3]}, cv=2)
    for column in (X, pd.Series(X), pl.Series(X)):
        assert search.fit(column, y).best_params_.keys() == {"tokenizer__lowercase", "rnnclassifier__units"}


def test_strings_where_tokens_are_expected_name_the_tokenizer():
    for X in (["a good film", "a bad one"], pd.Series(["a good film", "a bad one"])):
        with pytest.raises(ValueError, match=r"make_pipeline\(Tokenizer\(\), ...\) cuts strings"):
            RNNClassifier(units=2).fit(X, [0, 1])
