"""`RNNRegressor`: a sequence to numbers, at its end or at each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.targets import Head, Target, number_target
from skrnn.sequences.check import check_step_targets
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.weights import check_weights


class RNNRegressor(RegressorMixin, SequenceEstimator):
    """Predict numbers from sequences of any length with a recurrent network.

    DOC

    """

    _parameter_constraints: dict[str, Any] = {**CONSTRAINTS, "normalize_y": ["boolean"]}

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
        normalize_y: bool = True,
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
        self.normalize_y = normalize_y
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> RNNRegressor:
        """Train on sequences and their numbers.

        Parameters
        ----------
        X : ndarray of shape (N, T, D) or (N, T), list of arrays (T_i, D) or (T_i,), or Sequences
            The sequences; a 2-D array has one feature a step, a list may hold data frames. With `embedding`, one
            integer token a step.
        y : array-like of shape (N,) or (N, K), or with a time axis
            Numbers for each sequence. With a time axis, numbers for each step: a list of arrays (T_i,) or (T_i, K),
            an array (N, T, K), or Sequences.
        sample_weight : array-like of shape (N,), or with the steps of X, optional
            How much each sequence, or step, counts. A weight of 2 is the sequence twice, 0 is its absence.
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

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> RNNRegressor:
        """Train one more epoch.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, resume=True, epochs=1)

    def predict(self, X: Any) -> NDArray:
        """Numbers for each sequence, or for each of its steps.

        Parameters
        ----------
        X : as in `fit`
            Of any length.

        Returns
        -------
        ndarray of shape (N,) or (N, K), or object array of N arrays (T_i,) or (T_i, K)
            In the form of y at fit.
        """
        outputs, sequences = self._outputs(X)
        values = outputs * self._y_scale + self._y_mean  # (N, K) or (total steps, K)
        if self._y_is_flat:
            values = values[:, 0]
        if not self._plan.per_step:
            return values
        result = np.empty(len(sequences), dtype=object)
        for i, (begin, end) in enumerate(zip(sequences.offsets[:-1], sequences.offsets[1:])):
            result[i] = values[begin:end]
        return result

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R², the share of the variance that is explained; over all steps where y has a time axis.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`

        Returns
        -------
        float
        """
        predicted = self.predict(X)
        if not self._plan.per_step:
            return float(r2_score(y, predicted, sample_weight=sample_weight))
        steps = Sequences.from_list(predicted)
        weights = None if sample_weight is None else check_weights(sample_weight, steps, True)
        return float(r2_score(check_step_targets(steps, y).values, steps.values, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_y(self, X: Sequences, y: Any, sample_weight: Any, resume: bool, classes: Any) -> Target:
        target = number_target(X, y)
        if resume:
            if target.n != len(self._y_mean) or target.per_step != self._plan.per_step:
                raise ValueError(
                    f"y must have the form of the first fit, {len(self._y_mean)} outputs. Got another."
                )
            mean, scale = self._y_mean, self._y_scale
        elif self.normalize_y:
            weights = check_weights(sample_weight, X, target.per_step)
            values = target.values.astype(np.float64)
            mean = np.average(values, axis=0, weights=weights)
            scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
            scale[scale <= 1e-12 * np.abs(mean)] = 1.0  # a constant stays as it is
        else:
            mean, scale = np.zeros(target.n), np.ones(target.n)
        target.values = ((target.values - mean) / scale).astype(np.float32)
        target.fitted |= {"_y_mean": mean, "_y_scale": scale}
        return target

    def _default_loss(self, target: Target) -> str:
        return "mean_squared_error"

    def _head(self, target: Target, loss: Any, units: int | None) -> Head:
        if units is not None and units != target.n:
            raise ValueError(f"model must have {target.n} outputs. Got {units}.")
        return Head(target.n, "linear", target.values)
