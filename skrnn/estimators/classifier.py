"""`RNNClassifier`: a sequence to its class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import StrOptions

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.targets import Head, Target, check_labels, class_head, class_target, multilabel_target
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.weights import apply_class_weight, check_weights

_LOSSES = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "multilabel": "binary_crossentropy",
}


class RNNClassifier(ClassifierMixin, SequenceEstimator):
    """Classify sequences of any length with a recurrent network.

    DOC

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
        embedding: Any = None,
        model: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = 0.01,
        global_clipnorm: float | None = 1.0,
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 50,
        batch_size: int = 32,
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
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.pooling = pooling
        self.embedding = embedding
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.global_clipnorm = global_clipnorm
        self.loss = loss
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNClassifier:
        """Train on sequences and their classes.

        Parameters
        ----------
        X : ndarray of shape (N, T, D) or (N, T), list of arrays (T_i, D) or (T_i,), or Sequences
            The sequences; a 2-D array has one feature a step, a list may hold data frames. With `embedding`, one
            integer token a step.
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
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all of y. Give a dict to use it with partial_fit."
            )
        return self._fit(X, y, sample_weight, resume=True, epochs=1, classes=classes)

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
        outputs, _ = self._outputs(X)  # (N, K), or (N, 1)
        if self._is_multilabel:
            return outputs
        if outputs.shape[1] == 1:
            return np.hstack([1.0 - outputs, outputs])
        return outputs / outputs.sum(axis=1, keepdims=True)

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
        probabilities = self.predict_proba(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(int)
        return self.classes_[probabilities.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _check_y(self, X: Sequences, y: Any, sample_weight: Any, resume: bool, classes: Any) -> Target:
        kind, labels = check_labels(X, y)
        if kind == "multilabel":
            target = multilabel_target(labels)
        else:
            if resume:
                known = self.classes_
            elif classes is not None:
                known = np.unique(np.asarray(classes))
            else:  # a class without weight is absent
                known = np.unique(labels[check_weights(sample_weight, X, False) > 0])
                if len(known) < 2 <= len(np.unique(labels)):
                    raise ValueError(
                        "y must hold at least 2 classes with positive sample_weight. Got 1 class."
                    )
            target = class_target(labels, known)
        target.fitted["_is_multilabel"] = kind == "multilabel"
        if resume and (
            self._is_multilabel != target.fitted["_is_multilabel"] or len(self.classes_) != target.n
        ):
            raise ValueError(
                f"y must have the {len(self.classes_)} classes of the first fit. Got y of another kind."
            )
        return target

    def _weigh(self, weights: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
        return apply_class_weight(self.class_weight, target.labels, weights)

    def _default_loss(self, target: Target) -> str:
        return _LOSSES[target.kind]

    def _head(self, target: Target, loss: Any, units: int | None) -> Head:
        return class_head(target, loss, units)
