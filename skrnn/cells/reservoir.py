"""Recurrent matrices of reservoirs: sparse, random, of a given spectral radius."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


@keras.saving.register_keras_serializable(package="skrnn")
class Reservoir(keras.initializers.Initializer):
    """Sparse random square matrices of a given spectral radius.

    Parameters
    ----------
    spectral_radius : float, default=0.9
        Largest absolute value of the eigenvalues.
    connectivity : float in (0, 1], default=0.1
        Share of numbers in each column that are not zero; at least one is not.
    seed : int, default=None
        The same seed draws the same matrix on every backend. None draws a seed once.

    Notes
    -----
    A column with no number would be a unit without a memory, and with a few of them all eigenvalues of a small matrix
    could be zero. With one or more in each column there is a cycle, and with it an eigenvalue that is not zero.
    Eigenvalues are computed in full, in time H³: seconds for thousands of units.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from skrnn.cells.reservoir import Reservoir
    >>> matrix = keras.ops.convert_to_numpy(Reservoir(0.8, 0.25, seed=0)((40, 40)))
    >>> (matrix != 0).sum(axis=0).tolist() == [10] * 40
    True
    >>> float(abs(np.linalg.eigvals(matrix)).max().round(4))
    0.8
    """

    def __init__(self, spectral_radius: float = 0.9, connectivity: float = 0.1, seed: int | None = None) -> None:
        self.spectral_radius = float(spectral_radius)
        self.connectivity = float(connectivity)
        self.seed = seed
        # From Python's generator, as Keras' own initializers do; `keras_seeds` sees to it inside estimators.
        self._drawn_seed = random.randint(1, 10**9) if seed is None else seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw a matrix of a shape (H, H)."""
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(f"shape must be (H, H), of a square matrix. Got {tuple(shape)}.")
        matrix = sparse_uniform(int(shape[0]), self.connectivity, np.random.default_rng(self._drawn_seed))
        radius = np.abs(np.linalg.eigvals(matrix)).max()
        return ops.convert_to_tensor(matrix * (self.spectral_radius / radius), dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"spectral_radius": self.spectral_radius, "connectivity": self.connectivity, "seed": self.seed}


def sparse_uniform(units: int, connectivity: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(H, H) with the same count of numbers in each column, uniform in [-1, 1], and zeros."""
    count = max(1, round(connectivity * units))
    places = rng.random((units, units)).argsort(axis=0)[:count]  # (count, H), rows of each column
    matrix = np.zeros((units, units))
    np.put_along_axis(matrix, places, rng.uniform(-1.0, 1.0, size=places.shape), axis=0)
    return matrix
