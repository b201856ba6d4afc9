"""What the tagger does with tokens: encode them, and say what network reads them."""

from __future__ import annotations

from typing import Any

from skrnn.preprocessing.feature_dicts import FeatureEncoder
from skrnn.preprocessing.tokens import WordEncoder, token_kind
from skrnn.sequences.ragged import Sequences

Reader = WordEncoder | FeatureEncoder

_WHAT = {None: "numbers", "words": "strings", "columns": "tuples of strings", "features": "dictionaries"}

# Features of the shape of a word.
SHAPE_SIZE = 8


class Encoded(Sequences):
    """Encoded tokens, and the attributes that the estimator keeps of their reader."""

    fitted: dict[str, Any]


def encode_tokens(estimator: Any, X: Any, reader: Reader | None, is_fitted: bool) -> Encoded | None:
    """Encode the tokens of X.

    Parameters
    ----------
    estimator : RNNTagger
        Its parameters.
    X : any form of X
    reader : WordEncoder, FeatureEncoder or None
        Of the fit. None where the fit had numbers, or there was none yet.
    is_fitted : bool
        Whether X must be of the kind of the fit.

    Returns
    -------
    Encoded or None
        None where X holds numbers.

    Raises
    ------
    ValueError
        If X is of another kind than in fit, or not made of tokens.
    """
    kind = token_kind(X)
    if is_fitted and kind != estimator._token_kind:
        raise ValueError(f"X must hold {_WHAT[estimator._token_kind]}, as in fit. Got {_WHAT[kind]}.")
    if kind is None:
        return None
    if estimator.embedding is not None:
        raise ValueError(f"embedding is for integers; word_size tells the features of words. Got {_WHAT[kind]} in X.")
    if reader is None:
        reader = _new_reader(estimator, kind).fit(X)
    sequences = reader.transform(X)
    encoded = Encoded(sequences.values, sequences.offsets)
    n_strings = reader.n_strings_ if isinstance(reader, WordEncoder) else 1
    encoded.fitted = {"_reader": reader, "_token_kind": kind, "n_features_in_": n_strings}
    if isinstance(reader, WordEncoder) and reader.coverage_ is not None:
        encoded.fitted["vector_coverage_"] = reader.coverage_
    return encoded


def _new_reader(estimator: Any, kind: str) -> Reader:
    if kind == "features":
        if estimator.vectors is not None:
            raise ValueError("vectors are of words. Got dictionaries in X.")
        return FeatureEncoder(estimator.min_count)
    return WordEncoder(estimator.min_count, estimator.affixes, estimator.characters, estimator.vectors)


def _roomy(n: int) -> int:
    """A little more than n: so vocabularies of folds have the same size, and share a compiled program."""
    step = max(16, 2 ** (n.bit_length() - 4))  # an eighth of n at most
    return -(-n // step) * step


def reader_options(estimator: Any, reader: Reader | None) -> dict[str, Any]:
    """Arguments of `TaggerNetwork` for what comes out of a reader."""
    if isinstance(reader, FeatureEncoder):
        return {"n_features": None, "bag": (_roomy(len(reader.vocabulary_)), int(estimator.word_size))}
    if not isinstance(reader, WordEncoder):
        return {}
    sizes = [int(estimator.word_size), *[max(1, int(estimator.word_size) // 4)] * (len(reader.vocabularies_) - 1)]
    options = {
        "vocabularies": [_roomy(len(v)) for v in reader.vocabularies_],
        "sizes": sizes,
        "characters": int(estimator.characters),
        "alphabet": _roomy(len(reader.alphabet_)),
        "character_size": int(estimator.character_size),
        "filters": int(estimator.character_filters),
        "shape_size": SHAPE_SIZE,
        "word_dropout": float(estimator.word_dropout),
        "strings": reader.n_strings_,
    }
    return {"reader": options}
