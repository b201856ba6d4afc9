"""`RNNTagger`: a sequence to one label for each of its steps."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.planning import embedding_of, recurrent_layers
from skrnn.estimators.reading import encode_tokens, reader_options
from skrnn.estimators.step_labels import NO_LABEL, check_step_labels, check_ways, encode, weights_of_classes
from skrnn.estimators.targets import Head, Target
from skrnn.layers.crf_output import penalties
from skrnn.layers.label_schemes import check_paths, forbidden_pairs
from skrnn.networks import TaggerNetwork
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.weights import check_weights
from skrnn.training.labelling import label


class RNNTagger(SequenceEstimator):
    """Label every step of sequences of any length with a recurrent network.

    Use it where each step has a class: parts of speech, names in text, activities in a stream of sensors. For one
    class a sequence use `RNNClassifier`, for numbers `RNNRegressor`.
    """

    _parameter_constraints: dict[str, Any] = {
        **{k: v for k, v in CONSTRAINTS.items() if k not in ("pooling", "model")},
        "head": [StrOptions({"crf", "softmax"})],
        "constraints": [StrOptions({"bio", "bioes"}), list, tuple, None],
        "word_size": [Interval(Integral, 1, None, closed="left")],
        "characters": [Interval(Integral, 0, None, closed="left")],
        "character_size": [Interval(Integral, 1, None, closed="left")],
        "character_filters": [Interval(Integral, 1, None, closed="left")],
        "word_dropout": [Interval(Real, 0, 1, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "vectors": "no_validation",  # preprocessing/tokens.py says what it may be
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
        embedding: Any = None,
        word_size: int = 100,
        characters: int = 16,
        character_size: int = 25,
        character_filters: int = 50,
        word_dropout: float = 0.05,
        min_count: int = 2,
        vectors: Any = None,
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
        self.embedding = embedding
        self.word_size = word_size
        self.characters = characters
        self.character_size = character_size
        self.character_filters = character_filters
        self.word_dropout = word_dropout
        self.min_count = min_count
        self.vectors = vectors
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
            `RNNClassifier.fit` takes: arrays (T_i, D) or (N, T, D), `Sequences`; with `embedding` one integer a step.
        y : list of N lists of labels, or array of shape (N, T)
            Labels of any type that sorts. A step whose label is None does not count, and neither does one of -1 where
            the labels are integers.
        sample_weight : array-like of shape (N,), or with the steps of X, optional
            How much each sequence, or step, counts. A weight of 2 is the sequence twice. A step of weight 0 is as one
            without a label.
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
        if self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' needs all of y. Give a dict to use it with partial_fit.")
        if self.early_stopping:
            raise ValueError("early_stopping needs many epochs. Set early_stopping=False to use partial_fit.")
        return self._fit(X, y, sample_weight, resume=True, epochs=1, classes=classes)

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
        outputs, sequences = self._outputs(X)
        return _ragged(self.classes_[self._best(outputs, sequences)], sequences)

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
        outputs, sequences = self._outputs(X)
        if self.transition_ is None:
            return _ragged(outputs / outputs.sum(axis=1, keepdims=True), sequences)
        p = label("marginals", sequences.with_values(outputs), *self._crf_scores())
        return _ragged(p.astype(np.float64), sequences)

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
        outputs, sequences = self._outputs(X)
        labels, known = check_step_labels(sequences, y)
        weights = known * check_weights(sample_weight, sequences, per_step=True)
        new = np.setdiff1d(labels[known], self.classes_)
        if len(new):
            what = f"y holds the label {new.tolist()[0]!r}, which the fit did not see: its steps count as wrong."
            warnings.warn(what, UserWarning, stacklevel=2)
        right = self.classes_[self._best(outputs, sequences)] == labels
        return float(np.average(right, weights=weights))

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
        network = self._plan.network
        if not network.crf:
            return None
        penalty = penalties(network.forbidden, len(self.classes_))[which]
        return np.where(penalty < 0, -np.inf, self.weights_[which - 3].astype(np.float64))

    def _crf_scores(self) -> list[NDArray]:
        weights = self.weights_[-3:]  # of the last layer
        return [w + p for w, p in zip(weights, penalties(self._plan.network.forbidden, len(self.classes_)))]

    def _best(self, outputs: NDArray, sequences: Sequences) -> NDArray[np.int64]:
        if not self._plan.network.crf:
            return outputs.argmax(axis=1)
        return label("best_paths", sequences.with_values(outputs), *self._crf_scores())

    # -- what `SequenceEstimator` asks for ----------------------------------------------------------------------

    def _check_X(self, X: Any, resume: bool) -> Sequences:
        return encode_tokens(self, X, self._reader if resume else None, resume) or super()._check_X(X, resume)

    def _check_X_as_fitted(self, X: Any) -> Sequences:
        return encode_tokens(self, X, self._reader, True) or super()._check_X_as_fitted(X)

    def _check_y(self, X: Sequences, y: Any, sample_weight: Any, resume: bool, classes: Any) -> Target:
        labels, known = check_step_labels(X, y)
        known &= check_weights(sample_weight, X, per_step=True) > 0
        if resume:
            known_classes = self.classes_
        else:
            known_classes = np.unique(labels[known] if classes is None else np.asarray(classes))
        if len(known_classes) < 2:
            got = "none" if not len(known_classes) else f"1 class: {known_classes.tolist()[0]!r}"
            raise ValueError(f"y must hold at least 2 classes, of positive weight. Got {got}.")
        codes = encode(labels, known, known_classes)
        forbidden = forbidden_pairs(known_classes.tolist(), self.constraints)
        if forbidden and self.head != "crf":
            raise ValueError(f"constraints need head='crf'. Got head={self.head!r}.")
        check_paths(forbidden, known_classes)
        check_ways(codes, X, known_classes, forbidden)
        fitted = {"classes_": known_classes, "_reader": None, **getattr(X, "fitted", {})}
        return Target("tags", codes, len(known_classes), per_step=True, fitted=fitted, forbidden=tuple(forbidden))

    def _weigh(self, weights: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
        codes = target.values
        by_class = weights_of_classes(self.class_weight, target.fitted["classes_"], codes)
        weights = weights * np.where(codes == NO_LABEL, 0.0, by_class[codes])
        target.values = np.where(weights > 0, codes, NO_LABEL)
        return weights

    def _default_loss(self, target: Target) -> str | None:
        return None if self.head == "crf" else "sparse_categorical_crossentropy"

    def _head(self, target: Target, loss: Any, units: int | None) -> Head:
        if self.head == "crf" and self.loss is not None:
            raise ValueError(f"loss must be None with head='crf', which has its own. Got {self.loss!r:.60}.")
        codes = target.values if self.head == "crf" else np.maximum(target.values, 0)
        y = codes[:, None].astype(np.int32)
        return Head(target.n, "softmax", y, sparse=True, accuracy="SparseCategoricalAccuracy")

    def _network(self, sequences: Sequences, target: Target, head: Head, params: dict[str, Any], resume: bool) -> Any:
        reader = target.fitted["_reader"]
        return TaggerNetwork(
            layers=recurrent_layers(self, params),
            outputs=target.n,
            embedding=None if reader is not None else embedding_of(self, sequences, resume),
            crf=self.head == "crf",
            forbidden=target.forbidden,
            bidirectional=bool(self.bidirectional),
            dropout=float(self.dropout),
            **{"n_features": sequences.n_features, **reader_options(self, reader)},
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags


def _ragged(values: NDArray, sequences: Sequences) -> NDArray:
    """One array for each sequence, as scikit-learn's tools can join them."""
    result = np.empty(len(sequences), dtype=object)
    for i, row in enumerate(sequences.with_values(values.reshape(len(values), -1))):
        result[i] = row if values.ndim == 2 else row[:, 0]
    return result
