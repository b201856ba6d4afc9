"""Between an estimator and a search: the columns that it reads, and the hypotheses that it found."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skrnn.heads.search import FREE
from skrnn.sequences.examples import Column, Examples
from skrnn.sequences.messages import shown
from skrnn.sequences.ragged import offsets_of
from skrnn.sequences.vocabulary import UNKNOWN, Vocabulary


class Hypothesis(NamedTuple):
    """One output that a search found.

    Attributes
    ----------
    numbers : ndarray of shape (S,)
        Of the tokens, without the end.
    looked_at : ndarray of shape (S,)
        Steps of X with the largest attention weight.
    score, log_probability : float
        With and without the length penalty.
    """

    numbers: NDArray[np.int32]
    looked_at: NDArray[np.int32]
    score: float
    log_probability: float


def search_columns(
    examples: Examples,
    vocabulary: Vocabulary,
    min_lengths: NDArray[np.int64],
    max_lengths: NDArray[np.int64],
    prefixes: list[list[Any]] | None = None,
    noise: NDArray[np.float32] | None = None,
    what: str = "prefix",
    **options: float,
) -> Examples:
    """Add to X what a search reads beside it.

    Parameters
    ----------
    examples : Examples
        X.
    vocabulary : Vocabulary
        Of the outputs.
    min_lengths, max_lengths : ndarray of shape (N,)
        Tokens at least and at most.
    prefixes : N lists of tokens, optional
        What the outputs begin with.
    noise : ndarray of shape (sum of max_lengths + 1,), optional
        To draw by.
    what : str, default="prefix"
        What messages call a prefix.
    **options : float
        Columns with the same number for all: ``length_penalty``, or ``temperature`` and ``top_p``.

    Raises
    ------
    ValueError
        If a prefix is longer than its output may be, or has tokens that are unknown; or an output must be longer than
        it may.
    """
    n = len(examples)
    wrong = np.flatnonzero(min_lengths > max_lengths)
    if len(wrong):
        i = wrong[0]
        raise ValueError(f"min_length must not be above max_length. Got {min_lengths[i]} and {max_lengths[i]}.")
    offsets = offsets_of(max_lengths + 1)
    forced = np.full(int(offsets[-1]), FREE, np.int32)
    for i, prefix in enumerate(prefixes or []):
        if len(prefix) > max_lengths[i]:
            raise ValueError(
                f"a {what} must not be longer than max_length, {max_lengths[i]} tokens. Got {len(prefix)}."
            )
        numbers = vocabulary.encode([prefix])
        if (numbers == UNKNOWN).any():
            strange = prefix[int(np.argmax(numbers == UNKNOWN))]
            raise ValueError(f"a {what} must hold tokens of the fit. Got {shown(strange)}, which is unknown.")
        forced[offsets[i] : offsets[i] + len(prefix)] = numbers
    columns = {
        "forced": Column(forced, "search"),
        "min_length": Column(min_lengths.astype(np.int32)),
        "n_tokens": vocabulary.size_column(n),
        **{name: Column(np.full(n, value, np.float32)) for name, value in options.items()},
    }
    if noise is not None:
        columns["noise"] = Column(noise, "search")
    return examples.with_columns(columns, {"search": offsets})


def split_hypotheses(decoded: Examples) -> list[list[Hypothesis]]:
    """Hypotheses of each example, the best first."""
    numbers, axis = decoded.columns["y"]
    looked_at, lengths = decoded.columns["looked_at"].values, decoded.columns["lengths"].values
    scores, log_p = decoded.columns["scores"].values, decoded.columns["log_probabilities"].values
    found = []
    for i, start in enumerate(decoded.offsets[str(axis)][:-1]):
        of_example = []
        for k in np.flatnonzero(lengths[i] >= 0):
            end = start + lengths[i, k]
            of_example.append(
                Hypothesis(numbers[start:end], looked_at[start:end], float(scores[i, k]), float(log_p[i, k]))
            )
            start = end
        found.append(of_example)
    return found


def merged(outputs: Any, scores: list[float]) -> list[tuple[Any, float]]:
    """Outputs with their scores, equal ones once, with the best."""
    kept: dict[Any, tuple[Any, float]] = {}
    for output, score in zip(outputs, scores):
        key = output if isinstance(output, str) else tuple(output)
        kept.setdefault(key, (output, score))
    return list(kept.values())


def as_lengths(asked: Any, lengths: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Numbers of tokens (N,): an int for all, or a float times the steps of X."""
    if isinstance(asked, (int, np.integer)):
        return np.full(len(lengths), int(asked), np.int64)
    return np.maximum(np.ceil(asked * lengths), least).astype(np.int64)
