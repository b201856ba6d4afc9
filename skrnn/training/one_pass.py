"""Training in one pass: all weights stay as they were drawn, and the output layer is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from numpy.typing import NDArray

from skrnn.cells.recipe import Recipe
from skrnn.sequences.ragged import Sequences
from skrnn.training.cache import program_cache
from skrnn.training.plan import Plan
from skrnn.training.predict import predict
from skrnn.training.program import Arrays
from skrnn.training.trainer import Observer, Outcome, seeds_of_fit

# Nothing is trained by it; that of the plan would have moments for every weight, and a program for each of its options.
NO_OPTIMIZER = Recipe(keras.optimizers.SGD, {"learning_rate": 0.0})

Solve = Callable[[NDArray, int], tuple[NDArray, NDArray]]


def compute_output_layer(
    plan: Plan, X: Sequences, solve: Solve, seed: int, observer: Observer | None = None
) -> Outcome:
    """Draw weights, and compute those of the output layer.

    Parameters
    ----------
    plan : Plan
        With a network that can be built `without_output`.
    X : Sequences
        Checked sequences.
    solve : callable
        ``solve(features, units)`` gives the kernel (F, units) and the bias (units,) of the output layer. Features
        are what it sees, (N, F), or (total steps, F) where outputs are per step.
    seed : int
        Of the fit; the weights are those that a `Trainer` with this seed begins with.
    observer : Observer, optional
        Sees the one pass as an epoch.

    Returns
    -------
    Outcome
        With an empty history.
    """
    with program_cache.borrow(plan) as program:
        weights = program.initial_weights(seeds_of_fit(seed)[0])
    outcome = Outcome(weights=weights)
    if observer is not None:
        observer.epoch_begin(lambda: outcome)
    *before, kernel, bias = weights
    new_kernel, new_bias = solve(features(plan, before, X), len(bias))
    outcome.weights = [*before, new_kernel.astype(kernel.dtype), new_bias.astype(bias.dtype)]
    if observer is not None:
        observer.epoch_end(lambda: outcome)
    return outcome


def features(plan: Plan, weights: Arrays, X: Sequences) -> NDArray[Any]:
    """What the output layer of a network sees: (N, F), or (total steps, F) where outputs are per step.

    Parameters
    ----------
    plan : Plan
        Of the whole network.
    weights : list of ndarray
        Of the network, but those of the output layer.
    X : Sequences
        Checked sequences.
    """
    return predict(Plan(plan.network.without_output(), None, NO_OPTIMIZER, per_step=plan.per_step), weights, X)
