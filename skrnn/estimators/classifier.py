"""`RNNClassifier`: a sequence to its class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.preprocessing import Reader
from skrnn.sequences.sklearn_private import StrOptions
from skrnn.targets import Target, class_target


class RNNClassifier(ClassifierMixin, SequenceEstimator):
    """Classify sequences of any length with a recurrent network.

    Use it where each sequence has one class, or several labels: who is speaking, which movement, will this engine
    fail. For numbers use `RNNRegressor`.

    Parameters
    ----------
    cell : str, class or instance, default="lstm"
        The recurrence: a name in `skrnn.cells.CELLS`, such as "lstm", "gru", "mgu" or "lru"; or a Keras cell or
        layer of your own, class or instance. Its options are given as ``cell__*``, for example ``cell__zoneout=0.1``.
    units : int or tuple of int, default=None
        H, the size of the state; a tuple stacks layers, from the input up. None is 32, or an instance's own.
    bidirectional : bool, default=False
        Run each layer from both ends and join the 2 H features. With a target for each step, an output then looks
        at the future too.
    dropout : float in [0, 1), default=0.0
        Share of the outputs of the embedding and of each recurrent layer that training sets to zero; between layers
        the same features at every step.
    recurrent_dropout : float in [0, 1), default=0.0
        Share of the state that training hides from the next step, for cells that know it.
    pooling : {"last", "mean", "max", "attention"}, default="last"
        How steps become one vector: the last real step (of both directions), the mean or maximum of the real steps,
        or a learned weighting [1]_.
    reader : Reader, default=None
        How X is read, with options as ``reader__*``: `skrnn.preprocessing.ArrayReader` reads numbers, `TokenReader`
        integers, each with a learned vector, `WordReader` strings or tuples of strings, `FeatureReader` dictionaries,
        `ColumnsReader` data frames with sequences in cells. None picks the one for the form of X; integers are numbers.
    pretrained : RNNLanguageModel, default=None
        A fitted language model, whose tokens, embedding and recurrences (`cell` and `units`) the network begins with
        [2]_; X is then read as the language model reads it. It stays fitted in `clone`. As a candidate of a grid it
        has to be a `sklearn.frozen.FrozenEstimator` of one.
    frozen_epochs : int, default=0
        Epochs at the beginning in which embedding and recurrences stay as `pretrained` has them.
    model : callable, default=None
        A function that returns a built `keras.Model` from (B, T, D) to (B, K), instead of the
        parameters above. It is called with those of ``meta`` (dict: "n_features_in_", "n_outputs_",
        "target_type_", "target_axis_", "columns_" and fitted attributes of the target), ``compile_kwargs`` and
        ``params`` that it names, and with ``model__*``. A compiled model brings its optimizer and loss. Sequences come
        padded, with a Keras mask.
    optimizer : str, class or `keras.optimizers.Optimizer`, default="adam"
        Options are given as ``optimizer__*``. An instance keeps its own learning rate and clipping.
    learning_rate : float or LearningRateSchedule, default=0.01
        None is the optimizer's own; ``optimizer__learning_rate`` takes its place.
    global_clipnorm : float, default=1.0
        Greatest norm of all gradients together; None for no clipping. ``optimizer__clipnorm`` and
        ``optimizer__clipvalue`` take its place.
    loss : str, class, `keras.losses.Loss` or callable, default=None
        None is the cross-entropy that fits the classes. Options are given as ``loss__*``. A function takes
        (y, y_pred) and gives one number a sequence.
    metrics : Keras metrics, default=None
        One, a list or a dict, by name, class, instance or function, followed in `history_`. Options are given as
        ``metrics__*``. "accuracy" is the one that fits the classes. Of more than two classes, Keras' own metrics get
        the form that each wants (the mean is kept of one with a value per class, such as F1Score), a user's get
        numbers of classes beside probabilities. Names are those of a first fit ("auc"), in every fit.
    epochs : int, default=50
        Passes over the data.
    batch_size : int, default=32
        Sequences in a step of the optimizer; -1 takes all. Batches hold sequences of like length; one that would be
        mostly padding, and take more than 1 GB, is divided.
    jit_compile : bool or "auto", default="auto"
        Compile the loops of skrnn's recurrences with XLA: a second or more for each new architecture, and then
        faster epochs and predictions. "auto" does so where the training is long enough to win. Cells and layers of
        your own, and other backends than TensorFlow, are not affected.
    callbacks : Keras callbacks, default=None
        One, a list or a dict, instances or classes with ``callbacks__*``. Each fit gets copies. A callback that
        listens to single batches makes training slower. (Those of scikit-learn 1.9 come with `set_callbacks`.)
    early_stopping : bool, default=False
        Hold out a part of the training data, stop when its loss gets no better, and return to the best weights.
    validation_fraction : float in (0, 1), default=0.1
        The part held out, stratified by class; groups stay together where `fit` is given groups.
    n_iter_no_change : int, default=10
        Epochs without a better validation loss before training stops.
    class_weight : dict or "balanced", default=None
        Weights of classes, multiplied with `sample_weight`. "balanced" weighs classes inversely to their frequency.
        A dict may name classes that y lacks, as in a fold.
    readout : None, "ridge" or a linear estimator of scikit-learn, default=None
        None trains all weights, by gradients. Otherwise the recurrences stay as they are drawn, as those of
        ``cell="esn"`` always do, and scikit-learn fits the output to them in one pass: with ridge regression, or with
        your own `LogisticRegression`, `LinearSVC` and so on. Options are given as ``readout__*``. There are no epochs
        then. Probabilities are scores through a sigmoid or softmax, to which only `LogisticRegression` is fitted.
    warm_start : bool, default=False
        `fit` goes on from the last weights and optimizer state. After an interrupt the weights reached are kept.
    random_state : int, RandomState instance or None, default=None
        Of the weights, the order, dropout and the part held out. An int gives the same result bit for bit, on
        machines of one kind with as many cores.
    verbose : int, default=0
        1 shows a progress bar over epochs with the loss and the time left (into a file: a line every 10 seconds), 2
        prints a line an epoch.
    **routed
        ``cell__*``, ``reader__*``, ``model__*``, ``optimizer__*``, ``loss__*``, ``metrics__*``, ``readout__*`` and
        ``callbacks__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
        Class labels, sorted; 0 to K - 1 for an indicator.
    reader_ : Reader
        The fitted reader.
    history_ : dict of str to list of float
        "loss", metrics, and with early stopping "val_loss" and so on: a number an epoch.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        D. (A 2-D X has one feature a step; its columns are steps.)
    feature_names_in_ : ndarray of shape (D,)
        Names of the columns, where X came with string names.
    readout_ : scikit-learn estimator, or list of them
        Fitted, with `readout`; one for each label where it takes one at a time.
    weights_ : list of ndarray
        Weights of the network.
    model_ : keras.Model
        A new plain Keras model with these weights: ``model_(padded, mask=mask)``.

    Raises
    ------
    ValueError
        For data that cannot be learned from, and parameters out of range; in one sentence, before any training, with
        the estimator as it was.
    TypeError
        For a parameter that does not exist, naming the nearest, in the constructor and `set_params`.

    See Also
    --------
    RNNRegressor : Numbers instead of classes.
    skrnn.preprocessing.PerStep : Scaling and other transformers for each step.

    Notes
    -----
    Padding never changes a result: a sequence predicted alone, in a batch, or beside a longer one gives the same
    numbers. Compiled graphs are kept in `skrnn.training.program_cache`, so that a second fit of an architecture
    compiles nothing.

    Two classes give one sigmoid output, more a softmax, an indicator y independent sigmoids. A loss whose name begins
    with "categorical" gets one column a class, one with "sparse" class indices. The loss of a batch is
    ``sum(weight * loss) / B`` with weights of mean 1 over the training data.

    References
    ----------
    .. [1] Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy (2016), Hierarchical attention networks for document
       classification, NAACL-HLT, 1480-1489.
    .. [2] J. Howard, S. Ruder (2018), Universal language model fine-tuning for text classification, ACL.

    Examples
    --------
    >>> from skrnn import RNNClassifier
    >>> from skrnn.datasets import make_order_task
    >>> X, y = make_order_task(n_samples=200, length=(6, 9), random_state=0)
    >>> model = RNNClassifier("gru", units=16, epochs=30, random_state=0).fit(X, y)
    >>> model.predict(X[:3]).shape
    (3,)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    _parameter_constraints: dict[str, Any] = {
        **CONSTRAINTS,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        cell: Any = "lstm",
        units: Any = None,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        pooling: str = "last",
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
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.pooling = pooling
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNClassifier:
        """Train on sequences and their classes.

        Parameters
        ----------
        X : ndarray of shape (N, T, D) or (N, T), list of arrays (T_i, D) or (T_i,), or Sequences
            The sequences; a 2-D array has one feature a step, a list may hold data frames. Integer tokens with
            ``reader=TokenReader()``; strings and dictionaries as `RNNTagger` takes them. A data frame may hold
            sequences in the cells of some columns, and one number or category per row in others. NaN is a missing value
            to ``cell="grud"``, and an error to others.
        y : array-like of shape (N,) or (N, K)
            Classes, of any type that sorts; or an indicator of K labels, zeros and ones.
        sample_weight : array-like of shape (N,), optional
            How much each sequence counts. A weight of 2 is the sequence twice, 0 is its absence.
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

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> RNNClassifier:
        """Train one more epoch.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
        classes : array-like of shape (K,), optional
            All classes, at the first call; those in y by default.

        Returns
        -------
        self
        """
        return self._fit_an_epoch(X, y, sample_weight, classes)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the classes.

        Parameters
        ----------
        X : as in `fit`
            Of any length.

        Returns
        -------
        ndarray of shape (N, K)
            Columns in the order of `classes_`; rows sum to 1, except with several labels, which are independent.
        """
        decoded = self._decoded(X, "probabilities")
        return self._target.probabilities(decoded)

    def predict(self, X: Any) -> NDArray:
        """Classes, or an indicator of labels.

        Parameters
        ----------
        X : as in `fit`
            Of any length.

        Returns
        -------
        ndarray of shape (N,) or (N, K)
        """
        decoded = self._decoded(X, "probabilities")
        return self._target.present(decoded)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    _learns_classes = True

    def _new_target(self, y: Any, reader: Reader) -> Target:
        return class_target(y)
