"""Tokenizers: from strings to lists of tokens, and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from skrnn.preprocessing.containers import OutputContainer
from skrnn.sequences.cell_frames import frame_of, pandas_cells
from skrnn.sequences.check import unboxed
from skrnn.sequences.messages import shown
from skrnn.sequences.sklearn_private import Interval, StrOptions, validate_params
from skrnn.sequences.vocabulary import text_rows, token_rows


class _TextTransformer(OutputContainer, TransformerMixin, BaseEstimator):
    """Takes strings, and gives lists of tokens, which no container of scikit-learn's holds."""

    _parameter_constraints: dict[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray:
        """Name of the column of tokens.

        Parameters
        ----------
        input_features : array-like of one str, optional
            Name of the column of strings; by default that of the fit, or "tokens".

        Returns
        -------
        ndarray of one str
        """
        names = [vars(self).get("_column") or "tokens"] if input_features is None else input_features
        return np.array(names, dtype=object)

    def _name(self, X: Any) -> None:
        """Note the name of a column."""
        name = getattr(X, "name", None)
        self._column = name if isinstance(name, str) else None

    def _contained(self, tokens: list[Any], X: Any) -> Any:
        """Lists of tokens in the container that is asked for."""
        if self._library == "default":
            return as_objects(tokens)
        (name,) = self.get_feature_names_out()
        if self._library == "polars":
            import polars

            return polars.DataFrame([polars.Series(name, tokens, dtype=polars.List(polars.String))])
        index = X.index if hasattr(X, "iloc") else None
        return frame_of(self._library, {name: pandas_cells(tokens, index)})


class Tokenizer(_TextTransformer):
    r"""Cut strings into words or characters.

    Names and meanings of parameters are those of `sklearn.feature_extraction.text.CountVectorizer`, whose functions do
    the work.

    Parameters
    ----------
    analyzer : {"word", "char"} or callable, default="word"
        "word" takes what matches `token_pattern`, "char" takes each character, and a function gives a list of tokens
        for a string.
    token_pattern : str, default=None
        Regular expression of a word. None cuts at white space; ``r"\w+|[^\w\s]"`` cuts off punctuation, too.
    lowercase : bool, default=False
        Turn strings to lower case first.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Take accents away first.
    stop_words : {"english"}, list of str or None, default=None
        Words that are left out.
    input : {"content", "filename", "file"}, default="content"
        Whether X holds strings, paths of files, or open files.
    encoding : str, default="utf-8"
        Of files and bytes.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        What to do about bytes that are not in this encoding.

    Notes
    -----
    `inverse_transform` joins words by blanks, and characters by nothing, which gives strings back that were cut at
    single blanks. A function has no inverse.

    A pipeline ``make_pipeline(Tokenizer(), RNNClassifier())`` takes a list of strings or a column of a data frame. For
    one column among others, put it with its name, as a string, into a ``ColumnTransformer`` with
    ``set_output(transform="pandas")``.

    Examples
    --------
    >>> from skrnn.preprocessing import Tokenizer
    >>> Tokenizer().fit_transform(["to be or not"])[0]
    ['to', 'be', 'or', 'not']
    >>> Tokenizer(token_pattern=r"\w+|[^\w\s]", lowercase=True).fit_transform(["Well, no!"])[0]
    ['well', ',', 'no', '!']
    >>> Tokenizer(analyzer="char").fit([]).inverse_transform([["a", "b"]])[0]
    'ab'
    """

    _parameter_constraints: dict[str, Any] = {
        "analyzer": [StrOptions({"word", "char"}), callable],
        "token_pattern": [str, None],
        "lowercase": ["boolean"],
        "strip_accents": [StrOptions({"ascii", "unicode"}), callable, None],
        "stop_words": [StrOptions({"english"}), list, None],
        "input": [StrOptions({"content", "filename", "file"})],
        "encoding": [str],
        "decode_error": [StrOptions({"strict", "ignore", "replace"})],
    }

    def __init__(
        self,
        analyzer: str | Callable[[str], list] = "word",
        *,
        token_pattern: str | None = None,
        lowercase: bool = False,
        strip_accents: Any = None,
        stop_words: Any = None,
        input: str = "content",
        encoding: str = "utf-8",
        decode_error: str = "strict",
    ) -> None:
        self.analyzer = analyzer
        self.token_pattern = token_pattern
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.stop_words = stop_words
        self.input = input
        self.encoding = encoding
        self.decode_error = decode_error

    def fit(self, X: Any, y: Any = None) -> Tokenizer:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : list of strings
        y : None
            Ignored.
        """
        validate_params(self)
        self._cutter()  # which tells of a wrong pattern
        self._name(X)
        return self

    def transform(self, X: Any) -> Any:
        """Cut strings.

        Parameters
        ----------
        X : list of N strings, or of paths or files

        Returns
        -------
        object array of N lists of tokens, or data frame of one column
        """
        cut = self._cutter()
        if self.input != "content" and isinstance(X, (str, bytes)):
            raise ValueError(f"X must be a list of paths or files. Got {shown(X)}.")
        rows = text_rows(X, "X") if self.input == "content" else unboxed(X)
        return self._contained([list(cut(row)) for row in rows], X)

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

    def _cutter(self) -> Callable[[Any], Any]:
        """From a string, a path or a file to tokens."""
        split: Any = {"word": str.split, "char": list}.get(self.analyzer, self.analyzer)  # type: ignore[arg-type]
        prepared = self.input != "content" or self.lowercase or self.strip_accents is not None
        if not prepared and self.stop_words is None and self.token_pattern is None:
            return split
        vectorizer = CountVectorizer(
            input=self.input,
            encoding=self.encoding,
            decode_error=self.decode_error,
            strip_accents=self.strip_accents,
            lowercase=self.lowercase,
            stop_words=self.stop_words,
            token_pattern=r"\S+" if self.token_pattern is None else self.token_pattern,
        )
        if self.analyzer == "word":
            return vectorizer.build_analyzer()
        prepare = vectorizer.build_preprocessor()
        return lambda row: split(prepare(vectorizer.decode(row)))

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
        self._name(X)
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

    def transform(self, X: Any) -> Any:
        """Cut strings.

        Parameters
        ----------
        X : list of N strings

        Returns
        -------
        object array of N lists of pieces, or data frame of one column
        """
        return self._contained(self._processor().encode(text_rows(X, "X"), out_type=str), X)

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
