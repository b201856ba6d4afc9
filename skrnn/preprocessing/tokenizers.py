"""Tokenizers: from strings to lists of tokens, and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skrnn.sequences.sklearn_private import Interval, StrOptions, validate_params
from skrnn.sequences.vocabulary import text_rows, token_rows


class _TextTransformer(TransformerMixin, BaseEstimator):
    """Takes strings, and gives lists of tokens, which no container of scikit-learn's holds."""

    _parameter_constraints: dict[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


class Tokenizer(_TextTransformer):
    """Cut strings into words or characters.

    Parameters
    ----------
    analyzer : {"word", "char"} or callable, default="word"
        "word" cuts at white space, "char" takes each character, and a function gives a list of tokens for a string.
    lowercase : bool, default=False
        Turn strings to lower case first.

    Notes
    -----
    `inverse_transform` joins words by blanks, and characters by nothing. A function has no inverse.

    Examples
    --------
    >>> from skrnn.preprocessing import Tokenizer
    >>> Tokenizer().fit_transform(["to be or not"])[0]
    ['to', 'be', 'or', 'not']
    >>> Tokenizer(analyzer="char").fit([]).inverse_transform([["a", "b"]])[0]
    'ab'
    """

    _parameter_constraints: dict[str, Any] = {
        "analyzer": [StrOptions({"word", "char"}), callable],
        "lowercase": ["boolean"],
    }

    def __init__(self, analyzer: str | Callable[[str], list] = "word", lowercase: bool = False) -> None:
        self.analyzer = analyzer
        self.lowercase = lowercase

    def fit(self, X: Any, y: Any = None) -> Tokenizer:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : list of strings
        y : None
            Ignored.
        """
        validate_params(self)
        return self

    def transform(self, X: Any) -> NDArray:
        """Cut strings.

        Parameters
        ----------
        X : list of N strings

        Returns
        -------
        object array of N lists of tokens
        """
        cut: Any = {"word": str.split, "char": list}.get(self.analyzer, self.analyzer)  # type: ignore[arg-type]
        strings = text_rows(X, "X")
        return as_objects([list(cut(s.lower() if self.lowercase else s)) for s in strings])

    def inverse_transform(self, X: Any) -> NDArray:
        """Join tokens.

        Parameters
        ----------
        X : list of N lists of tokens

        Returns
        -------
        object array of N strings
        """
        if callable(self.analyzer):
            raise TypeError("inverse_transform needs analyzer='word' or 'char'. Got a function.")
        joint = {"word": " ", "char": ""}[self.analyzer]
        return as_objects([joint.join(row) for row in token_rows(X, "X", empty=True)])

    def __sklearn_is_fitted__(self) -> bool:
        return True


class SubwordTokenizer(_TextTransformer):
    """Cut strings into pieces of words, learned from their frequency, by sentencepiece.

    Parameters
    ----------
    vocab_size : int, default=8000
        Different pieces at most.
    model_type : {"unigram", "bpe"}, default="unigram"
        A unigram language model [1]_, or byte-pair encoding [2]_.
    character_coverage : float in (0, 1], default=1.0
        Share of the characters of the fit that are pieces of their own.
    byte_fallback : bool, default=True
        Write other characters in bytes, so that every string comes back; 256 pieces are bytes then.

    Attributes
    ----------
    model_ : bytes
        What sentencepiece learned; equal strings give equal bytes.

    Raises
    ------
    ImportError
        Without sentencepiece, which ``pip install skrnn[text]`` brings.

    References
    ----------
    .. [1] T. Kudo (2018), Subword regularization: improving neural network translation models with multiple subword
       candidates, ACL.
    .. [2] R. Sennrich, B. Haddow, A. Birch (2016), Neural machine translation of rare words with subword units, ACL.
    """

    _parameter_constraints: dict[str, Any] = {
        "vocab_size": [Interval(Integral, 1, None, closed="left")],
        "model_type": [StrOptions({"unigram", "bpe"})],
        "character_coverage": [Interval(Real, 0, 1, closed="right")],
        "byte_fallback": ["boolean"],
    }

    def __init__(
        self,
        vocab_size: int = 8000,
        model_type: str = "unigram",
        character_coverage: float = 1.0,
        byte_fallback: bool = True,
    ) -> None:
        self.vocab_size = vocab_size
        self.model_type = model_type
        self.character_coverage = character_coverage
        self.byte_fallback = byte_fallback

    def fit(self, X: Any, y: Any = None) -> SubwordTokenizer:
        """Learn pieces.

        Parameters
        ----------
        X : list of N strings
        y : None
            Ignored.
        """
        validate_params(self)
        written = io.BytesIO()
        try:
            _sentencepiece().SentencePieceTrainer.train(
                sentence_iterator=iter(text_rows(X, "X")),
                model_writer=written,
                vocab_size=int(self.vocab_size),
                model_type=self.model_type,
                character_coverage=float(self.character_coverage),
                normalization_rule_name="identity",
                remove_extra_whitespaces=False,
                byte_fallback=bool(self.byte_fallback),
                hard_vocab_limit=False,
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:  # what sentencepiece raises, with the place in its source
            what = str(error).rpartition("] ")[2].partition(" Increase")[0].partition("\n")[0]
            raise ValueError(
                f"SubwordTokenizer could not be fitted with vocab_size={self.vocab_size}: {what}"
            ) from error
        self.model_ = written.getvalue()
        return self

    def transform(self, X: Any) -> NDArray:
        """Cut strings.

        Parameters
        ----------
        X : list of N strings

        Returns
        -------
        object array of N lists of pieces
        """
        return as_objects(self._processor().encode(text_rows(X, "X"), out_type=str))

    def inverse_transform(self, X: Any) -> NDArray:
        """Join pieces.

        Parameters
        ----------
        X : list of N lists of pieces

        Returns
        -------
        object array of N strings
        """
        processor = self._processor()
        return as_objects([processor.decode(row) for row in token_rows(X, "X", empty=True)])

    def _processor(self) -> Any:
        check_is_fitted(self)
        return _sentencepiece().SentencePieceProcessor(model_proto=self.model_)


def _sentencepiece() -> Any:
    try:
        import sentencepiece
    except ImportError as error:
        raise ImportError("SubwordTokenizer needs sentencepiece: pip install skrnn[text].") from error
    return sentencepiece


def as_objects(rows: list[Any]) -> NDArray:
    """An object array (N,) of lists or strings, whatever their lengths."""
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array
