"""Tokenizers of strings, and the reader and vocabulary of tokens."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
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
