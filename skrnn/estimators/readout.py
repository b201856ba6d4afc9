"""A read-out in closed form: the recurrences stay as they are drawn, and scikit-learn fits the output."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.utils.validation import has_fit_parameter

from skrnn.estimators import parameters
from skrnn.estimators.targets import Target
from skrnn.training import Outcome, Plan, predict
from skrnn.training.cache import program_cache
from skrnn.training.plan import Examples


def make_readout(estimator: Any) -> Any:
    """A new scikit-learn estimator from ``readout`` and ``readout__*``.

    Raises
    ------
    ValueError
        If another parameter of the estimator cannot go with it, or it has no such option.
    """
    params = estimator.get_params(deep=False)
    for name, usual in (("early_stopping", False), ("warm_start", False), ("model", None), ("loss", None)):
        if params.get(name, usual) != usual:
            raise ValueError(f"readout is fitted in one pass: {name} must be {usual}. Got {params[name]!r}.")
    for name in ("callbacks", "metrics"):
        if params.get(name) is not None:
            raise ValueError(f"readout is fitted without epochs: {name} must be None. Got {params[name]!r:.60}.")
    classifies = is_classifier(estimator)
    readout = params["readout"]
    if isinstance(readout, str):
        readout = RidgeClassifier() if classifies else Ridge()
    elif is_classifier(readout) != classifies:
        kind = "classifier" if classifies else "regressor"
        raise ValueError(f"readout must be a linear {kind} of scikit-learn, or 'ridge'. Got {readout!r:.60}.")
    return clone(readout).set_params(**parameters.routed(params, "readout"))


def fit_readout(readout: Any, plan: Plan, seed: int, examples: Examples, targets: NDArray) -> Outcome:
    """Draw the weights of the network, and fit the read-out to what it makes of the sequences.

    Parameters
    ----------
    readout : scikit-learn estimator
        Linear, not fitted; it is fitted here.
    plan : Plan
        With the whole network.
    seed : int
        Of the weights.
    examples : Examples
        Sequences, and their weights.
    targets : ndarray
        What the read-out learns: for each sequence, or for each step.

    Returns
    -------
    Outcome
        Its coefficients are the weights of the network's output.
    """
    features_plan = replace(plan, network=replace(plan.network, outputs=None), metrics=())
    with program_cache.borrow(features_plan) as program:
        weights = program.initial_weights(seed)
    features = predict(features_plan, weights, examples.X).astype(np.float64)  # (N, H), or (total steps, H)
    options = {}
    if not np.all(examples.weights == examples.weights[0]):
        if not has_fit_parameter(readout, "sample_weight"):
            raise ValueError(f"readout must take sample_weight, as there are weights. Got {readout!r:.60}.")
        options["sample_weight"] = examples.weights
    readout.fit(features, targets, **options)
    return Outcome([*weights, *_output_weights(readout, features.shape[1], plan.network.outputs)])


def readout_targets(target: Target, rows: NDArray[np.int64], examples: Examples) -> NDArray:
    """Class codes (N,), indicators (N, K), or numbers (N, K) or (total steps, K), without the rows of no weight."""
    targets = np.asarray(examples.y if target.per_step else target.values[rows])
    return targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets


def _output_weights(readout: Any, width: int, outputs: int) -> list[NDArray[np.float32]]:
    """Kernel (H, K) and bias (K,) of the output."""
    if not hasattr(readout, "coef_"):
        raise ValueError(f"readout must have coef_ and intercept_ after its fit. Got {readout!r:.60}.")
    kernel = np.reshape(readout.coef_, (-1, width)).T  # (H, K)
    bias = np.broadcast_to(np.ravel(readout.intercept_), (kernel.shape[1],))
    if kernel.shape[1] != outputs:
        raise ValueError(f"readout must have {outputs} rows of coefficients. Got {kernel.shape[1]} of {readout!r:.60}.")
    return [kernel.astype(np.float32), bias.astype(np.float32)]
