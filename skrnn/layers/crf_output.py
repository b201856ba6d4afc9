"""The output layer whose labels follow on each other: scores of transitions around the functions of `crf`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.keras_objects.precision import widened
from skrnn.layers import crf
from skrnn.sequences.label_schemes import BORDER


@keras.saving.register_keras_serializable(package="skrnn")
class CRF(keras.layers.Layer):
    """Linear-chain conditional random field over the steps of a sequence.

    The layer gives on the scores of the labels that come in; it holds the scores of transitions, and computes losses
    (`step_losses`), probabilities (`marginals`) and the best labels (`best_paths`) from both.

    Parameters
    ----------
    forbidden : sequence of pairs of int, default=()
        Labels (from, to) of which the second must not follow the first; -1 as the first is the start of a sequence,
        as the second its end. `skrnn.layers.forbidden_pairs` makes them from names of labels.
    **kwargs
        As of `keras.layers.Layer`.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import CRF
    >>> layer, mask = CRF(), np.array([[True, True, True]])
    >>> scores = layer(np.array([[[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]], "float32"))
    >>> np.asarray(layer.best_paths(scores, mask))
    array([[0, 1, 0]], dtype=int32)
    """

    def __init__(self, forbidden: Sequence[Sequence[int]] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.forbidden = [[int(i), int(j)] for i, j in forbidden]
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the scores."""
        k = input_shape[-1]
        self.transitions = self.add_weight(shape=(k, k), initializer="zeros", name="transitions")
        self.start = self.add_weight(shape=(k,), initializer="zeros", name="start")
        self.end = self.add_weight(shape=(k,), initializer="zeros", name="end")

    def call(self, inputs: Any) -> Any:
        """(B, T, K) -> (B, T, K)."""
        return inputs

    def step_losses(self, labels: Any, emissions: Any, mask: Any) -> Any:
        """Loss of each step, (B, T), from labels (B, T), scores (B, T, K) and a mask (B, T); see `crf.step_losses`."""
        emissions = widened(ops.convert_to_tensor(emissions))
        return crf.step_losses(labels, emissions, mask, *self.scores(emissions.dtype))

    def marginals(self, emissions: Any, mask: Any) -> Any:
        """Probabilities of the labels, (B, T, K)."""
        emissions = widened(ops.convert_to_tensor(emissions))
        return crf.marginals(emissions, mask, *self.scores(emissions.dtype))

    def best_paths(self, emissions: Any, mask: Any) -> Any:
        """The most probable labels, int32 (B, T)."""
        emissions = widened(ops.convert_to_tensor(emissions))
        return crf.best_paths(emissions, mask, *self.scores(emissions.dtype))

    def scores(self, dtype: Any = None) -> list[Any]:
        """Scores of transitions (K, K), start (K,) and end (K,), low where they are forbidden; as dtype, or as kept."""
        weights = [ops.cast(w, dtype or w.dtype) for w in (self.transitions, self.start, self.end)]
        added = penalties(self.forbidden, self.start.shape[0])
        return [weight + ops.convert_to_tensor(penalty, weight.dtype) for weight, penalty in zip(weights, added)]

    def get_config(self) -> dict[str, Any]:
        """Configuration, `forbidden` included."""
        return {**super().get_config(), "forbidden": self.forbidden}


def penalties(forbidden: Sequence[Sequence[int]], k: int) -> list[NDArray[np.float32]]:
    """What forbidden pairs add to the scores of transitions (K, K), start (K,) and end (K,)."""
    # A border beside the labels: its row is the start, its column the end.
    table = np.zeros((k + 1, k + 1), np.float32)
    for i, j in forbidden:
        table[i, j] = crf.FORBIDDEN
    assert BORDER == -1
    return [table[:k, :k], table[k, :k], table[:k, k]]
