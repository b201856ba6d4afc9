"""Scores of lists of tokens and strings, against sacrebleu and by hand."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skrnn.metrics import (
    SCORERS,
    bleu_score,
    chrf_score,
    exact_match_score,
    token_accuracy_score,
)

TRUE = [["the", "cat", "sat", "on", "the", "mat"], ["a", "dog"]]
PRED = [["the", "cat", "sat", "on", "a", "mat"], ["a", "dog", "barks"]]


def joined(rows):
    return [" ".join(row) for row in rows]


def test_bleu_and_chrf_are_those_of_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    wanted = sacrebleu.corpus_bleu(joined(PRED), [joined(TRUE)], tokenize="none", force=True).score / 100
    assert bleu_score(TRUE, PRED) == pytest.approx(wanted)
    assert bleu_score(joined(TRUE), joined(PRED)) == pytest.approx(wanted)
    assert bleu_score(TRUE, TRUE) == pytest.approx(1.0)
    assert chrf_score(TRUE, PRED) == pytest.approx(sacrebleu.corpus_chrf(joined(PRED), [joined(TRUE)]).score / 100)
    numbers = [[1, 2, 3, 4, 5]]
    assert bleu_score(numbers, np.array(numbers)) == pytest.approx(1.0)
    upper = [[w.upper() for w in row] for row in TRUE]
    assert bleu_score(TRUE, upper, lowercase=True) == pytest.approx(1.0)


def test_exact_match_and_token_accuracy():
    assert exact_match_score(TRUE, PRED) == 0.0
    assert exact_match_score(TRUE, [TRUE[0], []]) == 0.5
    assert exact_match_score(joined(TRUE), np.array(joined(TRUE), dtype=object)) == 1.0
    assert token_accuracy_score(TRUE, PRED) == pytest.approx(7 / 8)
    assert token_accuracy_score(joined(TRUE), joined(PRED)) == pytest.approx(7 / 8)
    assert token_accuracy_score(TRUE, [[], []]) == 0.0


def test_scorers_have_names():
    class Echo(BaseEstimator):
        def predict(self, X):
            return X

    for name in ("exact_match", "token_accuracy"):
        assert SCORERS[name](Echo(), TRUE, TRUE) == 1.0
    pytest.importorskip("sacrebleu")
    for name in ("bleu", "chrf"):
        assert SCORERS[name](Echo(), TRUE, TRUE) == pytest.approx(1.0)


@pytest.mark.parametrize("score", [bleu_score, chrf_score, exact_match_score, token_accuracy_score])
def test_bad_outputs_are_one_sentence(score):
    with pytest.raises(ValueError, match="Found input variables with inconsistent numbers of samples"):
        score(TRUE, PRED[:1])
    with pytest.raises(ValueError, match="y_true and y_pred must both hold strings, or both lists of tokens"):
        score(TRUE, joined(PRED))
    with pytest.raises(ValueError, match=r"y_pred\[1\] must be a list of tokens. Got 3."):
        score(TRUE, [["a"], 3])


def test_sacrebleu_is_an_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r"need sacrebleu: pip install skrnn\[text\]"):
        bleu_score(TRUE, PRED)
