"""`RNNTranslator`: from one sequence to another, of a length of its own."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.hypotheses import merged
from skrnn.estimators.translation import TranslationEstimator
from skrnn.metrics.token_lists import bleu_score
from skrnn.preprocessing.tokenizers import as_objects
from skrnn.training.predict import predict


class RNNTranslator(TranslationEstimator):
    """Turn sequences into other sequences: a recurrent encoder, attention, and a recurrent decoder.

    Sentences in another language, dates in another form, phonemes of a word: X and y are sequences of unequal lengths.
    X may hold numbers, too.

    Parameters
    ----------
    cell : str, class or instance, default="lstm"
        Of the encoder and the decoder: a name in `skrnn.cells.CELLS`, or a Keras cell that takes single steps. Options
        are given as ``cell__*``.
    units : int or tuple of int, default=None
        H, the width of a layer; a tuple has one for each stacked layer. None is 32, or that of an instance.
    bidirectional : bool, default=True
        Run each layer of the encoder from both ends. The decoder has one direction.
    attention_type : {"additive", "multiplicative"} or None, default="additive"
        How the decoder looks at the source: by a network of one layer [1]_, by products of states with a matrix between
        them [2]_, or not at all but for the ends of the encoder [3]_. Additive attention takes memory for S T H numbers
        of a pair, multiplicative for S T: take it for long sources.
    input_feeding : bool, default=False
        Give the decoder its last output beside its last token [2]_. Training is slower, as the whole step is in a loop.
    target_dim : int, default=128
        E, the features of a token of y in the decoder.
    tied_embeddings : bool, default=False
        Use the table of these features as the matrix of the output, too.
    dropout : float in [0, 1), default=0.0
        Dropout rate of learned features of tokens, of the outputs of the encoder's layers, and of the decoder's output.
    recurrent_dropout : float in [0, 1), default=0.0
        Dropout rate of the recurrent state, for cells that take it.
    reader : Reader, default=None
        How X is read, with options as ``reader__*``. None is `VocabularyReader` for tokens, and `ArrayReader` for
        numbers.
    source_tokenizer, target_tokenizer : transformer, default=None
        Cut strings in X and in y into tokens, and join tokens of y, such as `skrnn.preprocessing.Tokenizer` and
        `SubwordTokenizer`; a clone is fitted. None cuts at white space and joins by blanks.
    target_min_count : int, default=1
        Tokens of y with fewer occurrences in the fit are mapped to the unknown token.
    target_max_tokens : int, default=None
        Keep only the most frequent tokens of y; None keeps all.
    label_smoothing : float in [0, 1), default=0.0
        Share of the probability that the training loss spreads over all tokens.
    teacher_forcing : float in [0, 1], pair of them, or callable, default=1.0
        Probability that a step in training reads the true token before it, and not the decoder's own (scheduled
        sampling [4]_). A pair goes from the first to the second value over the epochs; a function takes the number of
        the epoch, from 0. Below 1 training is slower.
    beam_width : int, default=5
        W, hypotheses that the search keeps. 1 is greedy.
    length_penalty : float, default=1.0
        Hypotheses are compared by their log probability divided by their length to this power.
    max_length : int, float or None, default=None
        Tokens of an output at most; a float is a multiple of the steps of the source. None is twice the longest target
        of the fit.
    min_length : int or float, default=0
        Tokens of an output at least, in the same way.
    no_repeat_ngram_size : int, default=0
        No sequence of so many tokens comes twice in an output; 0 allows any.
    copy_unknown : bool or dict, default=False
        True lets unknown tokens be written, and puts the token of X that attention looked at most in their place, or
        what a dict has for that one. False writes known tokens only.
    optimizer : str, class or `keras.optimizers.Optimizer`, default="adam"
        Options are given as ``optimizer__*``. An instance keeps its own learning rate and clipping.
    learning_rate : float or LearningRateSchedule, default=0.002
        None is the optimizer's own; ``optimizer__learning_rate`` takes its place.
    global_clipnorm : float, default=1.0
        Greatest norm of all gradients together; None for no clipping.
    epochs : int, default=20
        Passes over the data.
    batch_size : int, default=64
        Pairs in a step of the optimizer; -1 takes all. Batches hold pairs of like length.
    jit_compile : bool or "auto", default="auto"
        Compile the loops of skrnn's recurrences with XLA, as in `RNNClassifier`.
    callbacks : Keras callbacks, default=None
        One, a list or a dict, instances or classes with ``callbacks__*``. Each fit gets copies.
    early_stopping : bool, default=False
        Hold out a part of the training data, stop when it gets no better, and return to the best weights.
    scoring : "loss", None, str or callable, default="loss"
        What early stopping watches: the loss, or after each epoch the score of the held out pairs that are decoded:
        that of `score` (None), a name of scikit-learn's, or ``scoring(estimator, X, y)``.
    validation_fraction, n_iter_no_change : float in (0, 1), default=0.1; int, default=10
        The part held out, and epochs without a better value before training stops.
    average_epochs : int, default=1
        The weights are the mean over so many last epochs; with early stopping, over those up to the best.
    warm_start : bool, default=False
        `fit` goes on from the last weights and optimizer state, with the tokens of the first fit.
    random_state : int, RandomState instance or None, default=None
        Controls weight initialization, shuffling, dropout and the validation split.
    verbose : int, default=0
        1 shows a progress bar over epochs, 2 prints a line an epoch.
    **routed
        ``cell__*``, ``reader__*``, ``optimizer__*`` and ``callbacks__*``.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        ``vocabulary_.tokens`` are the tokens of y.
    reader_ : Reader
        The fitted reader of X.
    history_ : dict of str to list of float
        "loss" per token, and with early stopping "val_loss" and "val_score": one value per epoch, of which `n_iter_`
        are.
    n_features_in_ : int
        D; 1 of tokens.
    weights_ : list of ndarray
        Weights of the network.
    model_ : keras.Model
        A new plain Keras model with these weights, from X to what the decoder looks at.

    See Also
    --------
    RNNTagger : One label for each step of X.

    Notes
    -----
    The loss is the cross-entropy of each token of y, and of its end, given those before it, averaged over all tokens.
    Sources and targets may be of any length; an output ends at `max_length`.

    References
    ----------
    .. [1] D. Bahdanau, K. Cho, Y. Bengio (2015), Neural machine translation by jointly learning to align and
       translate, ICLR.
    .. [2] M.-T. Luong, H. Pham, C. D. Manning (2015), Effective approaches to attention-based neural machine
       translation, EMNLP.
    .. [3] I. Sutskever, O. Vinyals, Q. V. Le (2014), Sequence to sequence learning with neural networks, NeurIPS.
    .. [4] S. Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS.

    Examples
    --------
    >>> from skrnn import RNNTranslator
    >>> X = ["one two", "two", "two one one", "one", "two two"] * 8
    >>> y = ["1 2", "2", "2 1 1", "1", "2 2"] * 8
    >>> model = RNNTranslator(units=16, epochs=30, learning_rate=0.01, random_state=0).fit(X, y)
    >>> model.predict(["two one one", "two"])
    array(['2 1 1', '2'], dtype=object)
    """

    def __init__(
        self,
        cell: Any = "lstm",
        units: Any = None,
        *,
        bidirectional: bool = True,
        attention_type: str | None = "additive",
        input_feeding: bool = False,
        target_dim: int = 128,
        tied_embeddings: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reader: Any = None,
        source_tokenizer: Any = None,
        target_tokenizer: Any = None,
        target_min_count: int = 1,
        target_max_tokens: int | None = None,
        label_smoothing: float = 0.0,
        teacher_forcing: Any = 1.0,
        beam_width: int = 5,
        length_penalty: float = 1.0,
        max_length: Any = None,
        min_length: Any = 0,
        no_repeat_ngram_size: int = 0,
        copy_unknown: Any = False,
        optimizer: Any = "adam",
        learning_rate: Any = 0.002,
        global_clipnorm: float | None = 1.0,
        epochs: int = 20,
        batch_size: int = 64,
        jit_compile: Any = "auto",
        callbacks: Any = None,
        early_stopping: bool = False,
        scoring: Any = "loss",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        average_epochs: int = 1,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        **routed: Any,
    ) -> None:
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.attention_type = attention_type
        self.input_feeding = input_feeding
        self.target_dim = target_dim
        self.tied_embeddings = tied_embeddings
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.reader = reader
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.target_min_count = target_min_count
        self.target_max_tokens = target_max_tokens
        self.label_smoothing = label_smoothing
        self.teacher_forcing = teacher_forcing
        self.beam_width = beam_width
        self.length_penalty = length_penalty
        self.max_length = max_length
        self.min_length = min_length
        self.no_repeat_ngram_size = no_repeat_ngram_size
        self.copy_unknown = copy_unknown
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.global_clipnorm = global_clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.jit_compile = jit_compile
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.scoring = scoring
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.average_epochs = average_epochs
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    # -- fitting ------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNTranslator:
        """Train on pairs of sequences.

        Parameters
        ----------
        X : list of N strings, N lists of tokens, or N arrays of numbers (T_i, D)
            Numbers in any form that `RNNClassifier.fit` takes.
        y : list of N strings, or N lists of tokens
            Of lengths of their own, at least one token each. Tokens are strings, integers, or other keys.
        sample_weight : array-like of shape (N,), optional
            How much each pair counts; or (S_i + 1,) for each of its tokens and its end.
        groups : array-like of shape (N,), optional
            `early_stopping` keeps the pairs of a group on one side of its split.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For input that cannot be learned from, before any training, with the estimator as it was.
        """
        return self._fit(X, y, sample_weight, groups, resume=self.warm_start)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> RNNTranslator:
        """Train one more epoch. Tokens that the first call does not hold stay unknown.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`

        Returns
        -------
        self
        """
        return self._fit_an_epoch(X, y, sample_weight)

    # -- predicting ---------------------------------------------------------------------------------------------

    def predict(self, X: Any, prefix: Any = None) -> NDArray:
        """The best output for each source, by beam search.

        Parameters
        ----------
        X : as in `fit`
            Of any length.
        prefix : string or list of tokens, or a list of N of them, optional
            What each output must begin with.

        Returns
        -------
        object array of N strings or lists of tokens, as y in the fit
        """
        found = self._hypotheses(X, prefix)
        return self._target.joined([best[0].tokens for best in found])

    def predict_n_best(self, X: Any, n: int | None = None, prefix: Any = None) -> NDArray:
        """The best outputs of the beam for each source, with their scores.

        Parameters
        ----------
        X : as in `fit`
        n : int, default=None
            How many at most, up to `beam_width`, which None takes. The first ones do not depend on it.
        prefix : as in `predict`

        Returns
        -------
        object array of N lists of (output, score)
            The score is the log probability, divided by length to the power of `length_penalty`; the best come first.
            Equal strings are merged.

        Raises
        ------
        ValueError
            If n is more than `beam_width`.
        """
        n = self.beam_width if n is None else n
        if not isinstance(n, Integral) or not 1 <= n <= self.beam_width:
            raise ValueError(f"n must be from 1 to beam_width={self.beam_width}. Got {n!r}.")
        lists = []
        for hypotheses in self._hypotheses(X, prefix):
            outputs = self._target.joined([h.tokens for h in hypotheses])
            lists.append(merged(outputs, [h.score for h in hypotheses])[:n])
        return as_objects(lists)

    def score_samples(self, X: Any, y: Any) -> NDArray[np.float64]:
        """Log probabilities of given outputs, their ends included.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        ndarray of shape (N,)
        """
        decoded = predict(self._plan, self.weights_, self._pairs(X, y), "log_likelihood")
        values, axis = decoded.columns["log_likelihood"]
        return np.add.reduceat(values.astype(np.float64), decoded.offsets[str(axis)][:-1])

    def attention(self, X: Any, y: Any = None) -> NDArray:
        """How much each token of an output looks at each step of its source.

        Parameters
        ----------
        X : as in `fit`
        y : as in `fit`, optional
            Outputs; None takes those of `predict`.

        Returns
        -------
        object array of N arrays of shape (S_i, T_i)
            Rows sum to 1.

        Raises
        ------
        ValueError
            Without attention.
        """
        check_is_fitted(self)
        if self._plan.network.head.attention is None:
            raise ValueError("attention needs an attention_type. Got an estimator fitted with None.")
        y = self.predict(X) if y is None else y
        examples = self._pairs(X, y)
        decoded = predict(self._plan, self.weights_, examples, "attention")
        values, axis = decoded.columns["attention"]
        parts = np.split(values, decoded.offsets[str(axis)][1:-1])
        widths = examples.lengths("time")
        return as_objects([part.reshape(-1, width)[:-1] for part, width in zip(parts, widths)])  # without the end

    def score(self, X: Any, y: Any) -> float:
        """Corpus BLEU of the predictions, divided by 100.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        float

        Raises
        ------
        ImportError
            Without sacrebleu, which ``pip install skrnn[text]`` brings.
        """
        return bleu_score(y, self.predict(X))
