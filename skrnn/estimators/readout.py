"""Read-outs: linear models of scikit-learn in the place of the training of the output layer."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import has_fit_parameter

from skrnn.estimators import parameters
from skrnn.estimators.targets import Target
from skrnn.training.objectives import nearest

CONSTRAINT = [HasMethods(["fit", "get_params", "set_params"]), StrOptions({"ridge"}), None]

# Sequences or steps by which a fitted model is checked to be linear.
CHECKED_ROWS = 1000


def check_readout(estimator: Any) -> None:
    """Raise where a read-out does not go with other parameters, or is of the wrong kind."""
    readout, owner = estimator.readout, type(estimator).__name__
    options = parameters.routed(estimator.get_params(deep=False), "readout")
    if readout is None:
        if options:
            raise TypeError(f"readout__{next(iter(options))} needs a readout. Got readout=None.")
        return
    unwanted = {"early_stopping": False, "warm_start": False, "callbacks": None, "model": None}
    for name, value in unwanted.items():
        if getattr(estimator, name) not in (False, None):
            raise ValueError(f"readout is computed in one pass, without {name}. Set {name}={value}, or readout=None.")
    kind = "classifier" if is_classifier(estimator) else "regressor"
    if not isinstance(readout, str) and (inspect.isclass(readout) or get_tags(readout).estimator_type != kind):
        raise ValueError(
            f'readout of {owner} must be a linear {kind} of scikit-learn, an instance, or "ridge". Got {readout!r}.'
        )
    model = _model(estimator)
    known = model.get_params()
    for name in options:
        if name.partition("__")[0] not in known:
            raise TypeError(
                f"{type(model).__name__} has no parameter {name!r}, given as readout__{name}{nearest(name, known)}."
            )


def make_readout(estimator: Any, seed: int) -> Any:
    """Return the unfitted model, with the options ``readout__*``.

    Parameters
    ----------
    estimator : SequenceEstimator
        With a checked `readout`.
    seed : int
        Of a model that draws, unless its user gave it one.
    """
    model = _model(estimator).set_params(**parameters.routed(estimator.get_params(deep=False), "readout"))
    return model.set_params(random_state=seed) if model.get_params().get("random_state", 0) is None else model


def _model(estimator: Any) -> Any:
    if not isinstance(estimator.readout, str):
        return clone(estimator.readout)
    return RidgeClassifier() if is_classifier(estimator) else Ridge()


def fit_readout(
    model: Any, features: NDArray, y: NDArray, weights: NDArray[np.float64], target: Target, units: int
) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
    """Fit a linear model, and give it as the weights of an output layer.

    Parameters
    ----------
    model : scikit-learn estimator
        Unfitted.
    features : ndarray of shape (n, F)
        What the output layer sees.
    y : ndarray of shape (n,) or (n, K)
        Labels, indicators or numbers.
    weights : ndarray of shape (n,)
        Rows of weight 0 are left out.
    target : Target
        What y is.
    units : int
        Width of the output layer.

    Returns
    -------
    fitted : scikit-learn estimator or list
        The model, or one for each column of y where it takes one at a time.
    kernel : ndarray of shape (F, units)
    bias : ndarray of shape (units,)

    Raises
    ------
    ValueError
        If the model is not linear, takes no weights where there are some, or there is nothing of a class.
    """
    rows = weights > 0
    h, y, weights = features[rows].astype(np.float64), y[rows], weights[rows]
    if target.kind in ("binary", "multiclass"):
        missing = np.setdiff1d(target.fitted["classes_"], y)
        if len(missing):
            raise ValueError(f"readout needs a sequence of each class with a weight. Got none of {missing.tolist()[0]!r}.")
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    columns = [y] if y.ndim == 1 or _takes_columns(model) else list(y.T)
    fitted = [_fit(clone(model), h, column, weights) for column in columns]
    coefficients = [_linear(m, h[:CHECKED_ROWS]) for m in fitted]
    kernel = np.vstack([coef for coef, _ in coefficients]).T  # (F, units)
    bias = np.concatenate([intercept for _, intercept in coefficients])
    if kernel.shape[1] == 1 and units == 2:  # a sigmoid is a softmax of the score and 0
        kernel, bias = np.hstack([0.0 * kernel, kernel]), np.append(0.0, bias)
    if kernel.shape[1] != units:
        raise ValueError(f"readout must have {units} outputs. Got {kernel.shape[1]} in the coef_ of {model!r}.")
    return (fitted[0] if len(columns) == 1 else fitted), kernel, bias


def _takes_columns(model: Any) -> bool:
    tags = get_tags(model)
    return bool(tags.classifier_tags.multi_label if tags.classifier_tags else tags.target_tags.multi_output)


def _fit(model: Any, h: NDArray, y: NDArray, weights: NDArray[np.float64]) -> Any:
    if has_fit_parameter(model, "sample_weight"):
        return model.fit(h, y, **({} if (weights == 1.0).all() else {"sample_weight": weights}))
    if (weights != weights[0]).any():
        raise ValueError(f"readout must take sample_weight where weights differ. Got {model!r}, which takes none.")
    return model.fit(h, y)


def _linear(model: Any, h: NDArray) -> tuple[NDArray, NDArray]:
    """Coefficients (K, F) and intercepts (K,), if scores are what they give."""
    if not (hasattr(model, "coef_") and hasattr(model, "intercept_")):
        raise ValueError(f"readout must have coef_ and intercept_ when it is fitted. Got {model!r}.")
    coef = np.atleast_2d(np.asarray(model.coef_, np.float64))
    intercept = np.broadcast_to(np.asarray(model.intercept_, np.float64), len(coef))
    scores = np.asarray(model.decision_function(h) if is_classifier(model) else model.predict(h))
    linear = h @ coef.T + intercept
    if scores.size != linear.size or not np.allclose(
        scores.reshape(linear.shape), linear, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(linear).max())
    ):
        raise ValueError(f"readout must give scores that are linear, by coef_ and intercept_. Got {model!r}.")
    return coef, intercept
