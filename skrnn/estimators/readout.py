"""A read-out in closed form: the recurrences stay as they are drawn, and scikit-learn fits the output."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from skrnn.estimators import parameters
from skrnn.sequences.examples import Examples
from skrnn.sequences.messages import nearest, shown
from skrnn.targets import Target
from skrnn.training import Outcome, Plan, predict
from skrnn.training.cache import program_cache
from skrnn.training.trainer import seeds_of

# Sequences, or steps, on which a fitted model is compared with its coefficients.
COMPARED = 1000


def check_readout(estimator: Any) -> None:
    """Raise where a read-out is of the wrong kind, or another parameter of the estimator cannot go with it."""
    params = estimator.get_params(deep=False)
    readout, options = params.get("readout"), parameters.routed(params, "readout")
    if readout is None:
        if options:
            raise TypeError(f"readout__{next(iter(options))} needs a readout. Got readout=None.")
        return
    for name, usual in (("early_stopping", False), ("warm_start", False), ("model", None), ("loss", None)):
        if params.get(name, usual) != usual:
            raise ValueError(f"readout is fitted in one pass: {name} must be {usual}. Got {params[name]!r}.")
    for name in ("callbacks", "metrics"):
        if params.get(name) is not None:
            raise ValueError(f"readout is fitted without epochs: {name} must be None. Got {shown(params[name])}.")
    if params.get("head") == "crf":
        raise ValueError("readout is fitted to each step for itself: head must be 'softmax'. Got 'crf'.")
    kind = "classifier" if estimator._learns_classes else "regressor"
    if not isinstance(readout, str) and (inspect.isclass(readout) or get_tags(readout).estimator_type != kind):
        raise ValueError(f"readout must be a linear {kind} of scikit-learn, or 'ridge'. Got {shown(readout)}.")
    model = _unfitted(estimator)
    known = model.get_params()
    for name in options:
        if name.partition("__")[0] not in known:
            close = nearest(name, known)
            raise TypeError(f"{type(model).__name__} has no parameter {name!r}, given as readout__{name}{close}.")


def make_readout(estimator: Any, seed: int) -> Any:
    """A new scikit-learn estimator from ``readout`` and ``readout__*``, checked before.

    Parameters
    ----------
    estimator : SequenceEstimator
    seed : int
        Of a model that draws numbers, unless its user gave it one.
    """
    model = _unfitted(estimator).set_params(**parameters.routed(estimator.get_params(deep=False), "readout"))
    return model.set_params(random_state=seed) if model.get_params().get("random_state", 0) is None else model


def _unfitted(estimator: Any) -> Any:
    if not isinstance(estimator.readout, str):
        return clone(estimator.readout)
    return RidgeClassifier() if estimator._learns_classes else Ridge()


@dataclass
class ReadoutTrainer:
    """Leaves the recurrences as they are drawn, and fits the output to what they make of X.

    Attributes
    ----------
    readout : scikit-learn estimator
        Linear, not fitted.
    target : Target
        What is learned.
    seed : int
        Of the weights.
    observer : Observer or None
        Sees the fit as one epoch.
    """

    readout: Any
    target: Target
    seed: int
    observer: Any = None

    def run(
        self, plan: Plan, training: Examples, validation: Examples | None, start: Outcome, outcome: Outcome
    ) -> None:
        """Fit, and write into outcome; parameters are those of `Trainer.run`, of which the last state is not used.

        The coefficients become the weights of the network's output.
        """
        _check_classes(self.target, training)
        with program_cache.borrow(plan) as program:
            weights = program.initial_weights(plan.network, seeds_of(self.seed)[0])
        counts = training.columns["weight"].values > 0
        features = predict(plan, weights, training, "features").columns["features"].values
        features = features[counts].astype(np.float64)  # (N, H), or (steps, H)
        y = self.target.given(training)[counts]
        if y.dtype.kind == "f" and np.isnan(y).any():
            raise ValueError("readout needs all outputs wherever one of them is known. Got NaN in some of y.")
        fitted = _fit_columns(self.readout, features, y, training.columns["weight"].values[counts])
        kernel, bias = _output_weights(fitted, features, plan.network.head.units, self.readout)
        outcome.weights = [*weights[:-2], kernel.astype(np.float32), bias.astype(np.float32)]
        outcome.readout = fitted[0] if len(fitted) == 1 else fitted
        if self.observer is not None:
            self.observer.epoch_begin(lambda: outcome)
            self.observer.epoch_end(lambda: outcome)


def _fit_columns(readout: Any, features: NDArray, y: NDArray, weights: NDArray) -> list[Any]:
    """Fitted read-outs: one, or one for each column of y where it takes one at a time."""
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    columns = [y] if y.ndim == 1 or _takes_columns(readout) else list(y.T)
    return [_fit(clone(readout), features, column, weights) for column in columns]


def _output_weights(fitted: list[Any], features: NDArray, units: int, readout: Any) -> tuple[NDArray, NDArray]:
    """Kernel (H, K) and bias (K,) of the output layer."""
    parts = [_coefficients(model, features[:COMPARED]) for model in fitted]
    kernel, bias = np.vstack([coef for coef, _ in parts]).T, np.concatenate([intercept for _, intercept in parts])
    if kernel.shape[1] == 1 and units == 2:  # the score of the second of two classes, beside 0 for the first
        kernel, bias = np.pad(kernel, [[0, 0], [1, 0]]), np.pad(bias, [1, 0])
    if kernel.shape[1] != units:
        raise ValueError(f"readout must have {units} rows of coefficients. Got {kernel.shape[1]} of {shown(readout)}.")
    return kernel, bias


def _check_classes(target: Target, examples: Examples) -> None:
    """Raise where a class has no example, or step, with weight."""
    if target.kind in ("binary", "multiclass", "tags"):
        known = examples.columns["weight"].values > 0
        missing = np.setdiff1d(target.attributes["classes_"], target.given(examples)[known])
        if len(missing):
            raise ValueError(f"readout needs each class with a weight above 0. Got none of {missing.tolist()[0]!r}.")


def _takes_columns(readout: Any) -> bool:
    tags = get_tags(readout)
    return bool(tags.classifier_tags.multi_label if tags.classifier_tags else tags.target_tags.multi_output)


def _fit(readout: Any, features: NDArray, y: NDArray, weights: NDArray) -> Any:
    if np.all(weights == weights[0]) and weights[0] == 1.0:
        return readout.fit(features, y)
    if has_fit_parameter(readout, "sample_weight"):
        return readout.fit(features, y, sample_weight=weights)
    if np.all(weights == weights[0]):
        return readout.fit(features, y)
    raise ValueError(f"readout must take sample_weight, as there are weights. Got {shown(readout)}.")


def _coefficients(readout: Any, features: NDArray) -> tuple[NDArray, NDArray]:
    """Coefficients (K, H) and intercepts (K,), which must be all that the model decides by.

    An `SVC` has coefficients of pairs of classes, as many as there are of 3 classes; a `PoissonRegressor` predicts by
    the exponential of what its coefficients give.
    """
    if not hasattr(readout, "coef_") or not hasattr(readout, "intercept_"):
        raise ValueError(f"readout must have coef_ and intercept_ after its fit. Got {shown(readout)}.")
    coef = np.asarray(readout.coef_, np.float64).reshape(-1, features.shape[1])
    intercept = np.broadcast_to(np.ravel(readout.intercept_), (len(coef),))
    linear = features @ coef.T + intercept
    scores = readout.decision_function(features) if is_classifier(readout) else readout.predict(features)
    near = 1e-6 * max(1.0, np.abs(linear).max())
    if scores.size != linear.size or not np.allclose(np.reshape(scores, linear.shape), linear, rtol=1e-6, atol=near):
        raise ValueError(f"readout must decide by coef_ and intercept_ alone. Got {shown(readout)}.")
    return coef, intercept
