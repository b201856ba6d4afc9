"""Predictions from a plan and weights."""

from __future__ import annotations

from typing import Any

from skrnn.sequences.examples import Examples
from skrnn.training.cache import program_cache
from skrnn.training.plan import Plan
from skrnn.training.program import Arrays


def predict(plan: Plan, weights: Arrays, examples: Examples, how: Any = "best") -> Examples:
    """Decode examples in one graph: the network, and what its head makes of the outputs.

    Parameters
    ----------
    plan : Plan
        As the weights were trained with.
    weights : list of ndarray
        The trained weights.
    examples : Examples
        X, and what the head reads beside it.
    how : hashable, default="best"
        What `skrnn.heads.Head.decode` knows, or "features": what the head would read.

    Returns
    -------
    decoded : Examples
        The columns that the head decoded, of which most heads have one, "y".
    """
    with program_cache.borrow(plan) as program:
        program.load_weights(weights)
        return program.predict(examples, how)
