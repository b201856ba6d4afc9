"""A read-out in closed form: the recurrences stay as they are drawn, and scikit-learn fits the output."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from skrnn.estimators import parameters
from skrnn.estimators.targets import Target
from skrnn.sequences.messages import nearest
from skrnn.training import Outcome, Plan, predict
from skrnn.training.cache import program_cache
from skrnn.training.plan import Examples

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
            raise ValueError(f"readout is fitted without epochs: {name} must be None. Got {params[name]!r:.60}.")
    kind = "classifier" if is_classifier(estimator) else "regressor"
    if not isinstance(readout, str) and (inspect.isclass(readout) or get_tags(readout).estimator_type != kind):
        raise ValueError(f"readout must be a linear {kind} of scikit-learn, or 'ridge'. Got {readout!r:.60}.")
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
    return RidgeClassifier() if is_classifier(estimator) else Ridge()


def fit_readout(readout: Any, plan: Plan, seed: int, examples: Examples, target: Target) -> tuple[Any, Outcome]:
    """Draw the weights of the network, and fit the read-out to what it makes of the sequences.

    Parameters
    ----------
    readout : scikit-learn estimator
        Linear, not fitted.
    plan : Plan
        With the whole network.
    seed : int
        Of the weights.
    examples : Examples
        Sequences, their weights, and what the read-out learns for each of them, or for each step.
    target : Target
        Of which kind that is.

    Returns
    -------
    fitted : scikit-learn estimator, or list
        One for each column of the targets, where it takes one at a time.
    outcome : Outcome
        The coefficients are the weights of the network's output.
    """
    _check_classes(target, examples.y)
    features_plan = replace(plan, network=replace(plan.network, outputs=None), metrics=())
    with program_cache.borrow(features_plan) as program:
        weights = program.initial_weights(features_plan.network, seed)
    counts = examples.weights > 0
    features = predict(features_plan, weights, examples.X)[counts].astype(np.float64)  # (N, H), or (steps, H)
    y = examples.y[counts]
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    columns = [y] if y.ndim == 1 or _takes_columns(readout) else list(y.T)
    fitted = [_fit(clone(readout), features, column, examples.weights[counts]) for column in columns]
    parts = [_coefficients(model, features[:COMPARED]) for model in fitted]
    kernel, bias = np.vstack([coef for coef, _ in parts]).T, np.concatenate([intercept for _, intercept in parts])
    if kernel.shape[1] != plan.network.outputs:
        raise ValueError(
            f"readout must have {plan.network.outputs} rows of coefficients. Got {kernel.shape[1]} of {readout!r:.60}."
        )
    outcome = Outcome([*weights, kernel.astype(np.float32), bias.astype(np.float32)])
    return (fitted[0] if len(fitted) == 1 else fitted), outcome


def _check_classes(target: Target, y: NDArray) -> None:
    if target.kind in ("binary", "multiclass"):
        missing = np.setdiff1d(target.fitted["classes_"], y)
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
    raise ValueError(f"readout must take sample_weight, as there are weights. Got {readout!r:.60}.")


def _coefficients(readout: Any, features: NDArray) -> tuple[NDArray, NDArray]:
    """Coefficients (K, H) and intercepts (K,), which must be all that the model decides by.

    An `SVC` has coefficients of pairs of classes, as many as there are of 3 classes; a `PoissonRegressor` predicts by
    the exponential of what its coefficients give.
    """
    if not hasattr(readout, "coef_") or not hasattr(readout, "intercept_"):
        raise ValueError(f"readout must have coef_ and intercept_ after its fit. Got {readout!r:.60}.")
    coef = np.asarray(readout.coef_, np.float64).reshape(-1, features.shape[1])
    intercept = np.broadcast_to(np.ravel(readout.intercept_), (len(coef),))
    linear = features @ coef.T + intercept
    scores = readout.decision_function(features) if is_classifier(readout) else readout.predict(features)
    near = 1e-6 * max(1.0, np.abs(linear).max())
    if scores.size != linear.size or not np.allclose(np.reshape(scores, linear.shape), linear, rtol=1e-6, atol=near):
        raise ValueError(f"readout must decide by coef_ and intercept_ alone. Got {readout!r:.60}.")
    return coef, intercept
