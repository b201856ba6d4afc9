"""Recurrent layers taken step by step, as a decoder that writes one token at a time takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells import Cell

# States of one layer, and of a stack of layers.
States = list[Any]


def check_steppable(layer: Any) -> None:
    """Raise where a layer cannot go step by step.

    Raises
    ------
    ValueError
        If it has no cell that maps (B, D) and states to (B, H) and states.
    """
    cell = getattr(layer, "cell", None)  # a layer of Keras, or a user's own, tells by what it has
    if cell is None or not isinstance(layer, keras.layers.RNN):
        raise ValueError(f"cell must be one that takes single steps, to decode. Got {type(layer).__name__}.")
    if getattr(cell, "reads_missing", False):
        raise ValueError(
            f"cell must be one that reads tokens, to decode. Got {type(cell).__name__}, of missing values."
        )


def state_sizes(layer: keras.layers.RNN) -> list[int]:
    """Width of each state of a layer."""
    size = layer.cell.state_size
    return [int(n) for n in size] if isinstance(size, (list, tuple)) else [int(size)]


def given_states(layer: keras.layers.RNN) -> list[int]:
    """Numbers of the states of a layer that may begin with any value in (-1, 1); others have a meaning of their own."""
    cell = layer.cell
    if isinstance(cell, Cell):
        return [k for k, name in enumerate(cell.state_names) if name in cell.given_states]
    return list(range(len(state_sizes(layer))))


def first_states(layers: Sequence[keras.layers.RNN], like: Any) -> list[States]:
    """States of a stack of layers before the first step, for the rows of a tensor (B, ...)."""
    return [_listed(layer.cell.get_initial_state(batch_size=ops.shape(like)[0])) for layer in layers]


def take_step(layers: Sequence[keras.layers.RNN], x: Any, states: Sequence[States]) -> tuple[Any, list[States]]:
    """Take one step of a stack of layers, without dropout.

    Parameters
    ----------
    layers : sequence of `keras.layers.RNN`
    x : tensor (B, D)
    states : list of states, one for each layer

    Returns
    -------
    output : tensor (B, H)
    states : list of states
    """
    after = []
    for layer, before in zip(layers, states):
        x, new = layer.cell(x, list(before), training=False)
        after.append(_listed(new))
    return x, after


def over_steps(step: Callable[[Any, Any], tuple[Any, Any]], start: Any, given: Any) -> Any:
    """Run a step over all steps of sequences, on every backend with a gradient.

    Parameters
    ----------
    step : callable
        ``step(carry, given at a step)`` gives a carry of the same structure and shapes, and outputs.
    start : nested tensors
        The carry before the first step.
    given : nested tensors (T, ...)

    Returns
    -------
    nested tensors (T, ...)
        The outputs.
    """
    if keras.backend.backend() == "tensorflow":
        from skrnn.layers.graph_steps import over_graph_steps

        return over_graph_steps(step, start, given)
    return ops.scan(step, start, given)[1]


def _listed(states: Any) -> States:
    return list(states) if isinstance(states, (list, tuple)) else [states]
