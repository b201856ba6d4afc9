"""The echo state network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, eigs

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_number
from skrnn.cells.initializers import Exactly

# Up to this width all eigenvalues are computed, which takes less than a second.
DENSE = 300

# Largest eigenvalue below which a draw is a chain that ends, and is drawn again.
TINY = 1e-3


@keras.saving.register_keras_serializable(package="skrnn")
class Reservoir(keras.initializers.Initializer):
    """Sparse random matrices whose largest eigenvalue has a given size.

    Parameters
    ----------
    spectral_radius : float
        That size.
    connectivity : float
        Share of the weights that are not 0. Of matrices with few of them, which have no eigenvalue but 0, the next
        denser one is taken.
    seed : int, default=None
        Of the draw; None takes one from Python's `random`, as Keras' initializers do.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from skrnn.cells.esn import Reservoir
    >>> matrix = keras.ops.convert_to_numpy(Reservoir(0.5, 0.2, seed=0)((50, 50)))
    >>> round(float(np.abs(np.linalg.eigvals(matrix)).max()), 3), round(float((matrix != 0).mean()), 1)
    (0.5, 0.2)
    """

    def __init__(self, spectral_radius: float, connectivity: float, seed: int | None = None) -> None:
        self.spectral_radius = spectral_radius
        self.connectivity = connectivity
        self._given = seed  # without one, estimators give each fit its own
        self.seed = random.randrange(2**31) if seed is None else seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw a matrix of a shape (H, H)."""
        share, radius = _dense_enough(self.seed, self.connectivity, tuple(shape))
        matrix = _sparse(self.seed, share, shape) * (self.spectral_radius / radius)
        return ops.convert_to_tensor(matrix, dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"spectral_radius": self.spectral_radius, "connectivity": self.connectivity, "seed": self._given}


def _sparse(seed: int, share: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) * (rng.random(shape) < share)


@lru_cache(maxsize=256)  # a search draws the same matrix again and again
def _dense_enough(seed: int, share: float, shape: tuple[int, ...]) -> tuple[float, float]:
    """Share of weights with which a matrix has eigenvalues, and the size of the largest."""
    while (radius := spectral_radius(_sparse(seed, share, shape))) < TINY:
        share = min(1.0, 1.5 * share)
    return share, radius


def spectral_radius(matrix: Any) -> float:
    """Size of the largest eigenvalue of an ndarray (H, H)."""
    if len(matrix) > DENSE:
        try:
            found = eigs(matrix, k=6, v0=np.ones(len(matrix)), return_eigenvectors=False)
            return float(np.abs(found).max())
        except (ArpackNoConvergence, ArpackError):
            pass
    return float(np.abs(np.linalg.eigvals(matrix)).max())


@keras.saving.register_keras_serializable(package="skrnn")
class ESNCell(Cell):
    """Echo state network [1]_: a large random recurrence that is not trained, with leaky integrator units [2]_.

    Use it with the estimators' ``readout="ridge"``, which learns the output in one pass; standardize the features.

    Parameters
    ----------
    units : int
        H; hundreds.
    spectral_radius : float, default=0.9
        Size of the largest eigenvalue of the recurrent matrix, above 0. Below 1 the state forgets how it began, in all
        but odd cases; near 1 it remembers for longer.
    leak : float in (0, 1], default=1.0
        Share of the state that is new in each step; smaller for slower signals.
    connectivity : float in (0, 1], default=0.1
        Share of the recurrent weights that are not 0.
    input_scaling : float, default=1.0
        Input weights are uniform between minus this and this.
    bias_scaling : float, default=0.5
        Biases likewise. Without them the reservoir is odd: its state for -x is -h, and no linear read-out of it learns
        what depends on the size of x alone.
    kernel_initializer, recurrent_initializer, bias_initializer : Keras initializers, default=None
        In the place of what the options above say.
    seed : int, default=None
        Of the weights. None leaves them to Keras' generator, or to the `random_state` of an estimator.
    **kwargs
        As of `Cell`; no recurrent dropout, zoneout or weight normalization.

    Notes
    -----
    ``h' = (1 - leak) h + leak tanh(x W + h U + b)``. W (``kernel``), U (``recurrent_kernel``) and b (``bias``) are
    drawn, U with normal weights, and never trained; the same `random_state` of the estimator gives the same ones.
    Biases beside the inputs are those of [3]_. Below a spectral radius of 1 states forget in practice, which is no
    proof [4]_. leak is kept as a weight (``leaking_rate``).

    References
    ----------
    .. [1] H. Jaeger (2001), The "echo state" approach to analysing and training recurrent neural networks, GMD Report
       148, German National Research Center for Information Technology.
    .. [2] H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert (2007), Optimization and applications of echo state
       networks with leaky-integrator neurons, Neural Networks 20(3), 335-352; here the leaking rate is 1, and leak is
       the step over the time constant.
    .. [3] M. Lukosevicius (2012), A practical guide to applying echo state networks, in Neural Networks: Tricks of the
       Trade, Springer, 659-686; its program draws inputs and biases alike.
    .. [4] I. B. Yildiz, H. Jaeger, S. J. Kiebel (2012), Re-visiting the echo state property, Neural Networks 35, 1-9.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import ESNCell
    >>> from skrnn.layers import RNN
    >>> RNN(ESNCell(4, seed=0))(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 4])
    """

    takes = ()
    drawn_by = (
        *Cell.drawn_by,
        "spectral_radius",
        "leak",
        "connectivity",
        "input_scaling",
        "bias_scaling",
        "seed",
    )

    def __init__(
        self,
        units: int,
        *,
        spectral_radius: float = 0.9,
        leak: float = 1.0,
        connectivity: float = 0.1,
        input_scaling: float = 1.0,
        bias_scaling: float = 0.5,
        kernel_initializer: Any = None,
        recurrent_initializer: Any = None,
        bias_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            **kwargs,
        )
        self.spectral_radius = check_number("spectral_radius", spectral_radius, 0.0, open_low=True)
        self.leak = check_number("leak", leak, 0.0, 1.0, open_low=True)
        self.connectivity = check_number("connectivity", connectivity, 0.0, 1.0, open_low=True)
        self.input_scaling = check_number("input_scaling", input_scaling, 0.0, open_low=True)
        self.bias_scaling = check_number("bias_scaling", bias_scaling, 0.0)

    def build(self, input_shape: Any) -> None:
        """Draw the weights for inputs (B, D)."""
        # Three seeds of one: with the same, biases would be inputs once more.
        seeds = [None if self.seed is None else self.seed + 7919 * i for i in range(3)]
        inputs = self.kernel_initializer or _uniform(self.input_scaling, seeds[0])
        reservoir = self.recurrent_initializer or Reservoir(self.spectral_radius, self.connectivity, seeds[1])
        biases = self.bias_initializer or _uniform(self.bias_scaling, seeds[2])
        self.add_matrix("kernel", (input_shape[-1], self.units), inputs, trainable=False)
        self.add_matrix("recurrent_kernel", (self.units, self.units), reservoir, recurrent=True, trainable=False)
        self.add_vector("bias", self.units, biases, trainable=False)
        self.add_vector("leaking_rate", (), Exactly(self.leak), trainable=False)

    def recurrent_weights(self) -> list[Any]:
        """U (H, H), and leak."""
        return [self.matrix("recurrent_kernel"), self.vector("leaking_rate")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = states[0] + weights[1] * (ops.tanh(z + ops.matmul(h_dropped, weights[0])) - states[0])
        return h, [h]


def _uniform(largest: float, seed: int | None) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-largest, largest, seed=seed)
