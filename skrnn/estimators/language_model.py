"""`RNNLanguageModel`: the next token."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.hypotheses import search_columns, split_hypotheses
from skrnn.estimators.language import LanguageEstimator, check_sampling
from skrnn.heads import Search
from skrnn.preprocessing.tokenizers import as_objects
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.vocabulary import END, UNKNOWN
from skrnn.training.predict import predict


class RNNLanguageModel(LanguageEstimator):
    """Foretell the next token of a sequence, score sequences, and write new ones.

    Tokens are words, characters, pieces of words, or integers such as notes and clicks.

    Parameters
    ----------
    cell : str, class or instance, default="lstm"
        A name in `skrnn.cells.CELLS`, or a Keras cell that takes single steps. Options are given as ``cell__*``.
    units : int or tuple of int, default=None
        H, the width of a layer; a tuple has one for each stacked layer. None is 32, or that of an instance.
    dim : int, default=128
        E, the features of a token.
    tied_embeddings : bool, default=False
        Use the table of these features as the matrix of the output, too [2]_.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the features of tokens and of the outputs of each layer.
    recurrent_dropout : float in [0, 1), default=0.0
        Dropout rate of the recurrent state, for cells that take it.
    tokenizer : transformer, default=None
        Cuts strings into tokens and joins tokens, such as `skrnn.preprocessing.Tokenizer` (``analyzer="char"`` for
        characters) and `SubwordTokenizer`; a clone is fitted. None cuts at white space and joins by blanks.
    min_count : int, default=1
        Tokens with fewer occurrences in the fit are mapped to the unknown token.
    max_tokens : int, default=None
        Keep only the most frequent tokens; None keeps all.
    sequence_length : int, default=None
        Join all sequences to one, with an end between them, and learn it in `batch_size` streams, in pieces of so many
        tokens: each goes on with the state of the one before, and gradients end where it begins (truncated
        backpropagation [1]_). For long texts. None learns each sequence as a whole.
    optimizer : str, class or `keras.optimizers.Optimizer`, default="adam"
        Options are given as ``optimizer__*``. An instance keeps its own learning rate and clipping.
    learning_rate : float or LearningRateSchedule, default=0.002
        None is the optimizer's own; ``optimizer__learning_rate`` takes its place.
    global_clipnorm : float, default=1.0
        Greatest norm of all gradients together; None for no clipping.
    epochs : int, default=20
        Passes over the data.
    batch_size : int, default=32
        Sequences, or streams, in a step of the optimizer; -1 takes all sequences.
    jit_compile : bool or "auto", default="auto"
        Compile the loops of skrnn's recurrences with XLA, as in `RNNClassifier`.
    callbacks : Keras callbacks, default=None
        One, a list or a dict, instances or classes with ``callbacks__*``. Each fit gets copies.
    early_stopping : bool, default=False
        Hold out a part of the sequences, or with `sequence_length` the end of the text, stop when its loss gets no
        better, and return to the best weights.
    validation_fraction, n_iter_no_change : float in (0, 1), default=0.1; int, default=10
        The part held out, and epochs without a better loss before training stops.
    average_epochs : int, default=1
        The weights are the mean over so many last epochs; with early stopping, over those up to the best.
    warm_start : bool, default=False
        `fit` goes on from the last weights and optimizer state, with the tokens of the first fit.
    random_state : int, RandomState instance or None, default=None
        Controls weight initialization, shuffling, dropout and the validation split.
    verbose : int, default=0
        1 shows a progress bar over epochs, 2 prints a line an epoch.
    **routed
        ``cell__*``, ``optimizer__*`` and ``callbacks__*``.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        ``vocabulary_.tokens`` are the known tokens, the most frequent first.
    reader_ : Reader
        The fitted reader of X.
    history_ : dict of str to list of float
        "loss", per token in nats, and with early stopping "val_loss": one value per epoch, of which `n_iter_` are.
    n_features_in_ : int
        1.
    weights_ : list of ndarray
        Weights of the network.
    model_ : keras.Model
        A new plain Keras model with these weights, from numbers of tokens to the features that the output reads.

    See Also
    --------
    RNNClassifier : ``pretrained=`` begins with the weights of a language model.

    Notes
    -----
    A sequence w_1 ... w_n has the probability p(w_1) p(w_2 | w_1) ... p(end | w_1 ... w_n). Where the fit joins
    sequences, the state at the beginning of one is what the one before left; to predict, each begins anew.

    References
    ----------
    .. [1] T. Mikolov et al. (2010), Recurrent neural network based language model, Interspeech.
    .. [2] O. Press, L. Wolf (2017), Using the output embedding to improve language models, EACL.

    Examples
    --------
    >>> from skrnn import RNNLanguageModel
    >>> X = ["to be or not to be", "to go or not to go", "to be is to do"] * 8
    >>> model = RNNLanguageModel(units=16, epochs=30, random_state=0).fit(X)
    >>> model.predict(["to be or not"])
    array(['to'], dtype=object)
    >>> model.predict_proba(["to be or not"]).shape
    (1, 9)
    """

    def __init__(
        self,
        cell: Any = "lstm",
        units: Any = None,
        *,
        dim: int = 128,
        tied_embeddings: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        tokenizer: Any = None,
        min_count: int = 1,
        max_tokens: int | None = None,
        sequence_length: int | None = None,
        optimizer: Any = "adam",
        learning_rate: Any = 0.002,
        global_clipnorm: float | None = 1.0,
        epochs: int = 20,
        batch_size: int = 32,
        jit_compile: Any = "auto",
        callbacks: Any = None,
        early_stopping: bool = False,
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
        self.dim = dim
        self.tied_embeddings = tied_embeddings
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.tokenizer = tokenizer
        self.min_count = min_count
        self.max_tokens = max_tokens
        self.sequence_length = sequence_length
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.global_clipnorm = global_clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.jit_compile = jit_compile
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.average_epochs = average_epochs
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.input_tags.two_d_array = tags.input_tags.three_d_array = False  # X holds tokens, or strings
        return tags

    # -- fitting ------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, groups: Any = None) -> RNNLanguageModel:
        """Train on sequences of tokens.

        Parameters
        ----------
        X : list of N strings, or N lists of tokens
            One long text is ``[text]``. Tokens are strings, integers, or other keys.
        y : None
            Ignored.
        sample_weight : array-like of shape (N,), optional
            How much each sequence counts.
        groups : array-like of shape (N,), optional
            `early_stopping` keeps the sequences of a group on one side of its split.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For input that cannot be learned from, before any training, with the estimator as it was.
        """
        return self._fit(X, None, sample_weight, groups, resume=self.warm_start)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> RNNLanguageModel:
        """Train one more epoch. Tokens that the first call does not hold stay unknown.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`

        Returns
        -------
        self
        """
        return self._fit_an_epoch(X, None, sample_weight)

    # -- predicting ---------------------------------------------------------------------------------------------

    def predict(self, X: Any) -> NDArray:
        """The most probable token behind each sequence.

        Parameters
        ----------
        X : as in `fit`
            Beginnings of sequences; an empty one is the beginning of any.

        Returns
        -------
        object array of N tokens
            None where the end is most probable.
        """
        return self._target.present(self._decoded_next(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the token behind each sequence.

        Parameters
        ----------
        X : as in `predict`

        Returns
        -------
        ndarray of shape (N, 2 + V)
            Of the end, of any unknown token, and of each of the V ``vocabulary_.tokens``; rows sum to 1.
        """
        p = self._decoded_next(X).columns["next"].values[:, : len(self._target.vocabulary)].astype(np.float64)
        return p / p.sum(axis=1, keepdims=True)

    def predict_next(self, X: Any, k: int = 5) -> NDArray:
        """The k most probable tokens behind each sequence.

        Parameters
        ----------
        X : as in `predict`
        k : int, default=5
            How many.

        Returns
        -------
        object array of N lists of k (token, probability)
            The token is None for the end.
        """
        if not isinstance(k, Integral) or k < 1:
            raise ValueError(f"k must be a positive integer. Got {k!r}.")
        p = self.predict_proba(X)
        p[:, UNKNOWN] = -1.0  # which is no token
        best = np.argsort(-p, axis=1, kind="stable")[:, : min(k, p.shape[1] - 1)]
        names = self._target.vocabulary
        rows = [
            [(None if n == END else names.decode([n])[0], float(row[n])) for n in numbers]
            for row, numbers in zip(p, best)
        ]
        return as_objects(rows)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Log probabilities of sequences, their ends included.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        ndarray of shape (N,)
            In nats. An unknown token has the probability of all unknown tokens together.
        """
        values, offsets = self._log_likelihoods(X)
        return np.add.reduceat(values, offsets[:-1])

    def score_tokens(self, X: Any) -> NDArray:
        """Log probabilities of each token of sequences, given those before it, and of their ends.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        object array of N arrays of shape (T_i + 1,)
        """
        values, offsets = self._log_likelihoods(X)
        return as_objects(np.split(values, offsets[1:-1]))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log probability of a token, ends included, in nats.

        Parameters
        ----------
        X : as in `fit`
        y : None
            Ignored.

        Returns
        -------
        float
        """
        return float(self._log_likelihoods(X)[0].mean())

    def perplexity(self, X: Any) -> float:
        """The exponential of minus the mean log probability of a token, ends included.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        float
        """
        return float(np.exp(-self.score(X)))

    def sample(
        self,
        n: int = 1,
        prompt: Any = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        max_length: int = 100,
        min_length: int = 0,
        no_repeat_ngram_size: int = 0,
        random_state: Any = None,
    ) -> NDArray:
        """Draw sequences.

        Parameters
        ----------
        n : int, default=1
            How many.
        prompt : string or list of tokens, default=None
            What all of them begin with.
        temperature : float, default=1.0
            Scores of tokens are divided by it: below 1 probable tokens become more probable.
        top_k : int, default=None
            Only the k most probable tokens are drawn.
        top_p : float in (0, 1], default=None
            Only the fewest most probable tokens are drawn that have this probability together.
        max_length, min_length : int, default=100, 0
            Tokens at most, after which a sequence is cut, and at least, those of the prompt included.
        no_repeat_ngram_size : int, default=0
            No sequence of so many tokens comes twice; 0 allows any.
        random_state : int, RandomState instance or None, default=None
            Controls what is drawn.

        Returns
        -------
        object array of n strings, or lists of tokens, as X in the fit
            The prompt included.

        Raises
        ------
        ValueError
            For a prompt with unknown tokens, or longer than `max_length`, and options out of range.
        """
        check_is_fitted(self)
        check_sampling(n, temperature, top_k, top_p, max_length, min_length, no_repeat_ngram_size)
        how = Search(
            sampled=True,
            top_k=None if top_k is None else int(top_k),
            no_repeat_ngram_size=int(no_repeat_ngram_size),
        )
        noise = check_random_state(random_state).uniform(size=n * (max_length + 1)).astype(np.float32)
        begin = Examples({"tokens": Column(np.full(n, END, np.int32), "time")}, {"time": np.arange(n + 1)})
        shortest, longest = np.full(n, min_length), np.full(n, max_length)
        vocabulary = self._target.vocabulary
        prompts = None if prompt is None else [self._prompt(prompt)] * n
        drawn = {"temperature": temperature, "top_p": 1.0 if top_p is None else top_p}
        columns = search_columns(begin, vocabulary, shortest, longest, prompts, noise, "prompt", **drawn)
        found = split_hypotheses(predict(self._plan, self.weights_, columns, how))
        return self._joined([vocabulary.decode(hypotheses[0].numbers) for hypotheses in found])
