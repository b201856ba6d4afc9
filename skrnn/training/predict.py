"""Predictions from a plan and weights."""

from __future__ import annotations

from numpy.typing import NDArray

from skrnn.sequences.ragged import Sequences
from skrnn.training.cache import program_cache
from skrnn.training.plan import Plan
from skrnn.training.program import Arrays


def predict(plan: Plan, weights: Arrays, X: Sequences) -> NDArray:
    """Outputs of the network, (N, K), or (total steps, K) where they are per step.

    Parameters
    ----------
    plan : Plan
        As the weights were trained with.
    weights : list of ndarray
        The trained weights.
    X : Sequences
        Checked sequences.
    """
    with program_cache.borrow(plan) as program:
        program.load_weights(weights)
        return program.predict(X)
