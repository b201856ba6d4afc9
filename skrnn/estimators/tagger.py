"""`RNNTagger`: a sequence to one label for each of its steps."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.heads import CRFHead
from skrnn.preprocessing import Reader
from skrnn.sequences.labels import check_step_labels
from skrnn.sequences.sklearn_private import StrOptions
from skrnn.sequences.weights import check_weights
from skrnn.targets import StepLabelTarget, Target


class RNNTagger(SequenceEstimator):
    """Label every step of sequences of any length with a recurrent network.

    Use it where each step has a class: parts of speech, names in text, activities in a stream of sensors. For one
    class a sequence use `RNNClassifier`, for numbers `RNNRegressor`.

    Parameters
    ----------
    cell : str, class or instance, default="lstm"
        The recurrence: a name in `skrnn.cells.CELLS`, such as "lstm", "gru", "mgu" or "lru"; or a Keras cell or
        layer of your own, class or instance. Its options are given as ``cell__*``, for example ``cell__zoneout=0.1``.
    units : int or tuple of int, default=None
        H, the size of the state; a tuple stacks layers, from the input up. None is 32, or an instance's own.
    head : {"crf", "softmax"}, default="crf"
        How labels are chosen: all of a sequence together, where a conditional random field [1]_ [2]_ learns which
        label follows which; or each step for itself.
    constraints : {"bio", "bioes"}, list of pairs or None, default=None
        Labels that must not follow on each other, with ``head="crf"``: what the scheme rules out, read from labels
        such as "B-PER" and "O"; or pairs of labels (before, after), where None stands for the start or the end.
    bidirectional : bool, default=True
        Run each layer from both ends and join the 2 H features. Without it a label looks at no later step, but for
        what a CRF makes of their scores.
    dropout : float in [0, 1), default=0.0
        Share of the features of tokens, and of each recurrent layer, that training sets to zero, at each step anew.
    recurrent_dropout : float in [0, 1), default=0.0
        Share of the state that training hides from the next step, for cells that know it.
    reader : Reader, default=None
        How X is read, with options as ``reader__*``: `skrnn.preprocessing.ArrayReader` reads numbers, `TokenReader`
        integers, each with a learned vector, `WordReader` strings or tuples of strings, `FeatureReader` dictionaries,
        `ColumnsReader` data frames with sequences in cells. None picks the one for the form of X; integers are numbers.
    pretrained : RNNLanguageModel, default=None
        A fitted language model, whose tokens, embedding and recurrences (`cell` and `units`) the network begins with
        [3]_; X is then read as the language model reads it. It stays fitted in `clone`. As a candidate of a grid it
        has to be a `sklearn.frozen.FrozenEstimator` of one.
    frozen_epochs : int, default=0
        Epochs at the beginning in which embedding and recurrences stay as `pretrained` has them.
    model : callable, default=None
        A function that returns a built `keras.Model` from the columns of X to (B, T, K), instead of the parameters
        above, as in `RNNClassifier`: scores of the labels with ``head="crf"``, which is put behind them, or
        probabilities.
    optimizer : str, class or `keras.optimizers.Optimizer`, default="adam"
        Options are given as ``optimizer__*``. An instance keeps its own learning rate and clipping.
    learning_rate : float or LearningRateSchedule, default=0.01
        None is the optimizer's own; ``optimizer__learning_rate`` takes its place.
    global_clipnorm : float, default=1.0
        Greatest norm of all gradients together; None for no clipping. ``optimizer__clipnorm`` and
        ``optimizer__clipvalue`` take its place.
    loss : str, class, `keras.losses.Loss` or callable, default=None
        Of ``head="softmax"``: None is the cross-entropy. Options are given as ``loss__*``. A function takes
        (y, y_pred), (B, T) numbers of classes and (B, T, K), and gives one number a step. A CRF has its own.
    metrics : Keras metrics, default=None
        One, a list or a dict, by name, class, instance or function, followed in `history_`. Options are given as
        ``metrics__*``. With a CRF they see its scores: "accuracy" is that of the best label of each step for itself.
    epochs : int, default=50
        Passes over the data.
    batch_size : int, default=32
        Sequences in a step of the optimizer; -1 takes all. Batches hold sequences of like length; one that would be
        mostly padding, and take more than 1 GB, is divided.
    jit_compile : bool or "auto", default="auto"
        Compile the loops of skrnn's recurrences with XLA: a second or more for each new architecture, and then
        faster epochs and predictions. "auto" does so where it wins. TensorFlow only.
    callbacks : Keras callbacks, default=None
        One, a list or a dict, instances or classes with ``callbacks__*``. Each fit gets copies. One that listens to
        single batches makes training slower.
    early_stopping : bool, default=False
        Hold out a part of the training data, stop when its loss gets no better, and return to the best weights.
    validation_fraction, n_iter_no_change : float in (0, 1), default=0.1; int, default=10
        The part held out, with groups together, and epochs without a better loss before training stops.
    class_weight : dict, "balanced" or None, default=None
        Weights of the steps of a class, multiplied with `sample_weight`. A dict may name classes that y lacks.
    readout : None, "ridge" or a linear classifier of scikit-learn, default=None
        With ``head="softmax"``: the recurrences stay as they are drawn, and scikit-learn fits the output to them in one
        pass, as in `RNNClassifier`. Options are given as ``readout__*``.
    warm_start : bool, default=False
        `fit` goes on from the last weights and optimizer state, with the words of the first fit.
    random_state : int, RandomState instance or None, default=None
        Of the weights, the order, dropout and the part held out. An int gives the same result bit for bit, on
        machines of one kind with as many cores.
    verbose : int, default=0
        1 shows a progress bar over epochs, 2 prints a line an epoch.
    **routed
        ``cell__*``, ``reader__*``, ``model__*``, ``optimizer__*``, ``loss__*``, ``metrics__*``, ``readout__*`` and
        ``callbacks__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
        The labels, sorted.
    transition_ : ndarray of shape (K, K), or None
        With a CRF, what it adds to the score of label j (column) after label i (row), in the order of `classes_`;
        minus infinity where it is forbidden. ``pandas.DataFrame(model.transition_, model.classes_, model.classes_)``
        shows the names.
    start_, end_ : ndarray of shape (K,), or None
        The same for the first and the last label.
    reader_ : Reader
        The fitted reader.
    history_ : dict of str to list of float
        "loss", metrics, and with early stopping "val_loss" and so on: a number an epoch, of which `n_iter_` are.
    n_features_in_ : int
        D; of tokens the number of strings of each, or 1.
    feature_names_in_ : ndarray of shape (D,)
        Names of the columns, where X came with string names.
    weights_ : list of ndarray
        Weights of the network.
    model_ : keras.Model
        A new plain Keras model with these weights: ``model_(padded, mask=mask)``. With a CRF it gives scores of labels
        (B, T, K), and ``model_.layers[-1].best_paths(scores, mask)`` the numbers of the labels.

    Raises
    ------
    ValueError, TypeError
        For data that cannot be learned from, parameters out of range, and parameters that do not exist; in one
        sentence, before any training, with the estimator as it was.

    See Also
    --------
    RNNClassifier : One class for a whole sequence.
    skrnn.metrics.convert_scheme : Labels in BIOES, with which entities are found better.
    skrnn.preprocessing.PerStep : Scaling and other transformers for each step, ahead of arrays.

    Notes
    -----
    The vocabulary comes from the X of `fit` alone, so in cross-validation from the training part. Words are known in
    lower case; a second feature tells their shape (lower, Title, UPPER, digits, ...), and characters keep their case.

    Dictionaries are read as sklearn-crfsuite reads them: ``{"word": "go", "is_title": False, "length": 2}`` has the
    features "word:go", "is_title" and "length" with the values 1, 0 and 2. Features that the fit did not see are left
    out.

    The loss of a step is ``-log p(y_t | y_1, ..., y_{t-1}, x)`` with a CRF, so that those of a sequence add up to the
    usual negative log-likelihood, and ``-log p(y_t | x)`` with softmax. Both are averaged over labelled steps,
    weighted. A step without a label, or of weight 0, is summed over by a CRF, and left out by softmax.

    References
    ----------
    .. [1] J. Lafferty, A. McCallum, F. Pereira (2001), Conditional random fields: probabilistic models for segmenting
       and labeling sequence data, ICML, 282-289.
    .. [2] X. Ma, E. Hovy (2016), End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF, ACL, 1064-1074.
    .. [3] J. Howard, S. Ruder (2018), Universal language model fine-tuning for text classification, ACL.

    Examples
    --------
    >>> from skrnn import RNNTagger
    >>> X = [["the", "cat", "sees", "Rex"], ["Rex", "sees", "the", "dog"], ["the", "dog", "sleeps"]] * 5
    >>> y = [["DET", "NOUN", "VERB", "NAME"], ["NAME", "VERB", "DET", "NOUN"], ["DET", "NOUN", "VERB"]] * 5
    >>> model = RNNTagger(units=8, epochs=20, random_state=0).fit(X, y)
    >>> model.predict([["Rex", "sees", "the", "cat"]])[0].tolist()
    ['NAME', 'VERB', 'DET', 'NOUN']
    >>> model.predict_marginals([["Rex", "sleeps"]])[0].shape
    (2, 4)
    """

    _parameter_constraints: dict[str, Any] = {
        **{name: ranges for name, ranges in CONSTRAINTS.items() if name != "pooling"},
        "head": [StrOptions({"crf", "softmax"})],
        "constraints": [StrOptions({"bio", "bioes"}), list, tuple, None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        cell: Any = "lstm",
        units: Any = None,
        *,
        head: str = "crf",
        constraints: Any = None,
        bidirectional: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reader: Any = None,
        pretrained: Any = None,
        frozen_epochs: int = 0,
        model: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = 0.01,
        global_clipnorm: float | None = 1.0,
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 50,
        batch_size: int = 32,
        jit_compile: Any = "auto",
        callbacks: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        class_weight: Any = None,
        readout: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        **routed: Any,
    ) -> None:
        self.cell = cell
        self.units = units
        self.head = head
        self.constraints = constraints
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.reader = reader
        self.pretrained = pretrained
        self.frozen_epochs = frozen_epochs
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.global_clipnorm = global_clipnorm
        self.loss = loss
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.jit_compile = jit_compile
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.readout = readout
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNTagger:
        """Train on sequences and the labels of their steps.

        Parameters
        ----------
        X : list of N sequences
            Sentences of tokens: strings, tuples of strings, or dictionaries of features. Or numbers, in any form that
            `RNNClassifier.fit` takes: arrays (T_i, D) or (N, T, D), `Sequences`, data frames.
        y : list of N lists of labels, or array of shape (N, T)
            Labels of any type that sorts. A step whose label is None does not count, and neither does one of -1 where
            the labels are integers.
        sample_weight : array-like of shape (N,), or with the steps of X, optional
            How much each sequence, or step, counts; of steps (N, T) too. A weight of 2 is the sequence twice. A step
            of weight 0 is as one without a label.
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
        return self._fit(X, y, sample_weight, groups, resume=self.warm_start)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> RNNTagger:
        """Train one more epoch. The words that the first call does not hold are unknown for ever.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
        classes : array-like of shape (K,), optional
            All labels, at the first call; those in y by default.

        Returns
        -------
        self
        """
        return self._fit_an_epoch(X, y, sample_weight, classes)

    def predict(self, X: Any) -> NDArray:
        """The most probable labels: with a CRF of all steps together, otherwise of each step.

        Parameters
        ----------
        X : as in `fit`
            Of any length.

        Returns
        -------
        object array of N arrays of shape (T_i,)
        """
        decoded = self._decoded(X)
        return self._target.present(decoded)

    def predict_marginals(self, X: Any) -> NDArray:
        """Probabilities of the labels at each step.

        Parameters
        ----------
        X : as in `fit`
            Of any length.

        Returns
        -------
        object array of N arrays of shape (T_i, K)
            Columns in the order of `classes_`; rows sum to 1.
        """
        decoded = self._decoded(X, "probabilities")
        return self._target.probabilities(decoded)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy over all steps that have a label.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
            A label that the fit did not see counts as wrong, with a warning.

        Returns
        -------
        float
        """
        decoded = self._decoded(X)
        lengths = decoded.lengths("time")
        labels, known = check_step_labels(y, lengths)
        weights = known * check_weights(sample_weight, len(lengths), lengths)
        new = np.setdiff1d(labels[known], self.classes_)
        if len(new):
            what = f"y holds the label {new.tolist()[0]!r}, which the fit did not see: its steps count as wrong."
            warnings.warn(what, UserWarning, stacklevel=2)
        return float(np.average(self.classes_[decoded.columns["y"].values] == labels, weights=weights))

    @property
    def transition_(self) -> NDArray[np.float64] | None:
        """Scores of label j (column) after label i (row), (K, K), in the order of `classes_`."""
        return self._table(0)

    @property
    def start_(self) -> NDArray[np.float64] | None:
        """Scores of the first label, (K,)."""
        return self._table(1)

    @property
    def end_(self) -> NDArray[np.float64] | None:
        """Scores of the last label, (K,)."""
        return self._table(2)

    def _table(self, which: int) -> NDArray[np.float64] | None:
        check_is_fitted(self)
        head = self._plan.network.head
        return head.tables(self.weights_)[which] if isinstance(head, CRFHead) else None

    _learns_classes = True

    def _new_target(self, y: Any, reader: Reader) -> Target:
        return StepLabelTarget(self.head, self.constraints)
