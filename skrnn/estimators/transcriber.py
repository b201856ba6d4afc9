"""`RNNTranscriber`: labels without an alignment, such as the words of a recording."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.hypotheses import merged
from skrnn.estimators.transcription import TranscriptionEstimator
from skrnn.metrics.error_rates import label_error_rate
from skrnn.preprocessing.tokenizers import as_objects
from skrnn.sequences.ragged import split_rows
from skrnn.training.predict import predict


class RNNTranscriber(TranscriptionEstimator):
    """Turn sequences of frames into shorter sequences of labels whose places in time are not given.

    Speech to text, handwriting to characters, signals to events: a recurrent network gives probabilities of the labels,
    and of a blank, at each step, and connectionist temporal classification (CTC [1]_) sums over all ways to place the
    labels of y.

    Parameters
    ----------
    cell : str, class or instance, default="lstm"
        A name in `skrnn.cells.CELLS`, or a Keras cell or layer. Options are given as ``cell__*``.
    units : int or tuple of int, default=None
        H, the width of a layer; a tuple has one for each stacked layer. None is 32, or that of an instance.
    bidirectional : bool, default=True
        Run each layer from both ends.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs of each layer.
    recurrent_dropout : float in [0, 1), default=0.0
        Dropout rate of the recurrent state, for cells that take it.
    reader : Reader, default=None
        How X is read, with options as ``reader__*``. None is `skrnn.preprocessing.ArrayReader` for numbers:
        ``reader__frames_per_step=3`` lets three frames be one step, which is faster, and
        ``reader__augmentation=SequenceAugmentation(...)`` changes the training data at random.
    model : callable, default=None
        A function that returns a `keras.Model` with scores of the classes, (B, T, K + 1), before the softmax, in the
        order of `classes_`; arguments are given as ``model__*``, as in `RNNClassifier`.
    target_tokenizer : transformer, default=None
        Cuts strings in y into labels, and joins labels, such as `skrnn.preprocessing.Tokenizer` (words); a clone is
        fitted. None cuts at each character.
    blank : str, default="<blank>"
        Name of the class that is no label, the first of `classes_`; y must not hold it.
    beam_width : int, default=10
        W, prefixes that the search keeps at each step. 1 takes the most probable class of each step instead.
    language_model : RNNLanguageModel, default=None
        A fitted model of the same labels (with ``Tokenizer("char")`` for characters), by which the search weighs
        prefixes, too. A clone keeps it as it is. In the grid of a search, put it into a
        `sklearn.frozen.FrozenEstimator`.
    language_model_weight : float, default=0.5
        Factor of its log probability.
    length_bonus : float, default=0.0
        What each label adds to the score of a prefix, which makes up for what the language model takes.
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
        Compile the loops of skrnn's recurrences with XLA, as in `RNNClassifier`, and the losses, each where it pays.
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
        ``cell__*``, ``reader__*``, ``model__*``, ``optimizer__*`` and ``callbacks__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (K + 1,), object
        The blank and the labels.
    reader_ : Reader
        The fitted reader of X.
    history_ : dict of str to list of float
        "loss" per pair, and with early stopping "val_loss" and "val_score": one value per epoch, of which `n_iter_`
        are.
    n_features_in_ : int
        D.
    weights_ : list of ndarray
        Weights of the network.
    model_ : keras.Model
        A new plain Keras model with these weights, from X to scores of the classes at each step.

    See Also
    --------
    RNNTagger : One label for each step of X.
    RNNTranslator : Outputs in another order than X, or longer than it.

    Notes
    -----
    The loss is the negative logarithm of the probability of y, summed over all ways to place its labels. Labels need a
    step each, and one more between two equal ones; pairs that an augmentation makes too short for them count nothing in
    that epoch. `score` needs rapidfuzz: ``pip install skrnn[audio]``.

    References
    ----------
    .. [1] A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber (2006), Connectionist temporal classification: labelling
       unsegmented sequence data with recurrent neural networks, ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNTranscriber
    >>> rng = np.random.default_rng(0)
    >>> y = ["".join(rng.choice(list("abc"), size=rng.integers(1, 4))) for _ in range(60)]
    >>> tones = {"a": [1, 0, 0], "b": [0, 1, 0], "c": [0, 0, 1]}
    >>> X = [np.repeat([tones[c] for c in word], 4, axis=0) * np.tile([1, 1, 1, 0], len(word))[:, None] for word in y]
    >>> model = RNNTranscriber("gru", units=16, epochs=20, learning_rate=0.02, random_state=0).fit(X, y)
    >>> model.predict(X[:3]).tolist() == y[:3]
    True
    """

    def __init__(
        self,
        cell: Any = "lstm",
        units: Any = None,
        *,
        bidirectional: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reader: Any = None,
        model: Any = None,
        target_tokenizer: Any = None,
        blank: str = "<blank>",
        beam_width: int = 10,
        language_model: Any = None,
        language_model_weight: float = 0.5,
        length_bonus: float = 0.0,
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
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.reader = reader
        self.model = model
        self.target_tokenizer = target_tokenizer
        self.blank = blank
        self.beam_width = beam_width
        self.language_model = language_model
        self.language_model_weight = language_model_weight
        self.length_bonus = length_bonus
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNTranscriber:
        """Train on pairs of frames and labels.

        Parameters
        ----------
        X : list of N arrays (T_i, D), array (N, T, D), Sequences, or any other form that `RNNClassifier.fit` takes
            Frames.
        y : list of N strings, or N lists of labels
            Of lengths of their own, which may be 0. Labels are strings, integers, or other keys.
        sample_weight : array-like of shape (N,), optional
            How much each pair counts.
        groups : array-like of shape (N,), optional
            `early_stopping` keeps the pairs of a group, such as a speaker, on one side of its split.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For input that cannot be learned from, such as more labels than steps, before any training, with the
            estimator as it was.
        """
        return self._fit(X, y, sample_weight, groups, resume=self.warm_start)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> RNNTranscriber:
        """Train one more epoch. y must have no labels that the first call lacks.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`

        Returns
        -------
        self
        """
        return self._fit_an_epoch(X, y, sample_weight)

    # -- predicting ---------------------------------------------------------------------------------------------

    def predict(self, X: Any) -> NDArray:
        """The most probable labels.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        object array of N strings or lists of labels, as y in the fit
        """
        found = self._hypotheses(X)
        return self._target.joined([self._target.labels_of(best[0][0]) for best in found])

    def predict_n_best(self, X: Any, n: int | None = None) -> NDArray:
        """The best outputs of the beam, with their scores.

        Parameters
        ----------
        X : as in `fit`
        n : int, default=None
            How many at most, up to `beam_width`, which None takes. The first ones do not depend on it.

        Returns
        -------
        object array of N lists of (output, score)
            The best come first. The score is the log probability of the labels, summed over their paths in the beam,
            with what the language model and `length_bonus` add; with ``beam_width=1`` that of the one path.

        Raises
        ------
        ValueError
            If n is more than `beam_width`.
        """
        n = self.beam_width if n is None else n
        if not isinstance(n, Integral) or not 1 <= n <= self.beam_width:
            raise ValueError(f"n must be from 1 to beam_width={self.beam_width}. Got {n!r}.")
        lists = []
        for hypotheses in self._hypotheses(X):
            outputs = self._target.joined([self._target.labels_of(numbers) for numbers, _ in hypotheses])
            lists.append(merged(outputs, [score for _, score in hypotheses])[:n])
        return as_objects(lists)

    def predict_marginals(self, X: Any) -> NDArray:
        """Probabilities of the classes at each step.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        object array of N arrays of shape (T_i, K + 1)
            In the order of `classes_`. With ``reader__frames_per_step`` there are so many times fewer steps.
        """
        decoded = self._decoded(X, "probabilities")
        values, axis = decoded.columns["y"]
        return split_rows(values.astype(np.float64), decoded.offsets[str(axis)])

    def score_samples(self, X: Any, y: Any) -> NDArray[np.float64]:
        """Log probabilities of given labels, summed over all ways to place them.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        ndarray of shape (N,)
        """
        decoded = predict(self._plan, self.weights_, self._pairs(X, y), "log_likelihood")
        return decoded.columns["log_likelihood"].values.astype(np.float64)

    def word_times(self, X: Any, y: Any = None, *, by: str = "word", seconds_per_step: float = 1.0) -> NDArray:
        """Where in X each word, or each label, is.

        Parameters
        ----------
        X : as in `fit`
        y : as in `fit`, optional
            What X says; None takes what `predict` finds.
        by : {"word", "label"}, default="word"
            Join characters of strings to words, which blanks part; or take each label. Labels that are no characters
            are words.
        seconds_per_step : float, default=1.0
            Of X, such as ``hop_length`` of `skrnn.preprocessing.LogMelSpectrogram`; 1 gives times in steps.

        Returns
        -------
        object array of N lists of (label, start, end, confidence)
            By the most probable path. Start and end are those of the steps that have the label: a network may learn to
            say it in few steps of those in which it is heard.
        """
        if by not in ("word", "label"):
            raise ValueError(f"by must be 'word' or 'label'. Got {by!r}.")
        if not isinstance(seconds_per_step, Real) or not 0 < seconds_per_step < np.inf:
            raise ValueError(f"seconds_per_step must be above 0. Got {seconds_per_step!r}.")
        y = self.predict(X) if y is None else y
        words = by == "word" and self._target.of_text and self.target_tokenizer is None
        return as_objects(self._timed(X, y, float(seconds_per_step), words))

    def score(self, X: Any, y: Any) -> float:
        """One minus the label error rate of the predictions.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        float
            1 is perfect; below 0 where there are more errors than labels.

        Raises
        ------
        ImportError
            Without rapidfuzz, which ``pip install skrnn[audio]`` brings.
        """
        return 1.0 - label_error_rate(y, self.predict(X))
