"""From scores of labels to the best labels, or their probabilities, by a conditional random field."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.layers import crf
from skrnn.sequences.batches import FEW_LENGTHS, padded_batch, prediction_batches, rows_up
from skrnn.sequences.ragged import Sequences
from skrnn.training.program import to_numpy

FUNCTIONS = {"best_paths": crf.best_paths, "marginals": crf.marginals}


def label(name: str, scores: Sequences, transitions: NDArray, start: NDArray, end: NDArray) -> NDArray:
    """Run a function of `crf` over sequences.

    Parameters
    ----------
    name : {"best_paths", "marginals"}
    scores : Sequences
        Of K features, the scores of the labels.
    transitions, start, end : ndarray of shape (K, K), (K,), (K,)

    Returns
    -------
    ndarray of shape (total steps,) or (total steps, K)
    """
    k = scores.n_features
    function = _compiled(name, k)
    weights = [np.asarray(w, np.float32) for w in (transitions, start, end)]
    result: NDArray | None = None
    for rows in prediction_batches(scores.lengths, k):
        length = int(scores.lengths[rows].max())
        if keras.backend.backend() == "jax":  # which compiles for each length
            length = int(FEW_LENGTHS[np.searchsorted(FEW_LENGTHS, length)])
        padded, mask = padded_batch(scores, rows, length, rows_up(len(rows)))
        labelled = to_numpy(function(padded.astype(np.float32, copy=False), mask, *weights))[: len(rows)]
        if result is None:
            result = np.empty((int(scores.offsets[-1]), *labelled.shape[2:]), labelled.dtype)
        result[scores.step_positions(rows)] = labelled[mask[: len(rows)]]
    assert result is not None
    return result


@cache
def _compiled(name: str, k: int) -> Any:
    """The function for K labels, compiled where the backend compiles, once in a process."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        shapes = [((None, None, k), tf.float32), ((None, None), tf.bool), ((k, k), tf.float32)]
        signature = [tf.TensorSpec(*spec) for spec in (*shapes, ((k,), tf.float32), ((k,), tf.float32))]
        graph = tf.function(FUNCTIONS[name], autograph=False, input_signature=signature).get_concrete_function()
        return lambda *arrays: graph(*(tf.constant(a) for a in arrays))
    if backend == "jax":
        import jax

        return jax.jit(FUNCTIONS[name])
    return FUNCTIONS[name]
