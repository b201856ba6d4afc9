"""The echo state network: a recurrence that is drawn and never trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_number
from skrnn.cells.reservoir import Reservoir


@keras.saving.register_keras_serializable(package="skrnn")
class ESNCell(Cell):
    """Echo state network: a random recurrence as it was drawn, under a read-out that learns [1]_, [2]_.

    Use it where training a recurrence is too slow or the data are few, with many units and ``readout="ridge"`` of the
    estimators, which fits the output layer in one pass. (Without `readout` the output layer is trained by gradient.)

    Parameters
    ----------
    units : int
        H. Reservoirs are wide, of hundreds of units.
    spectral_radius : float, at least 0, default=0.9
        Largest absolute value of the eigenvalues of U: near 1 for a long memory.
    leak : float in (0, 1], default=1.0
        Share of a state that is new in each step: small where the inputs are slow.
    connectivity : float in (0, 1], default=0.1
        Share of the units that each unit sees, at least one.
    input_scaling, bias_scaling : float, at least 0, default=0.5
        Largest numbers in W and b: large for a reservoir that is far from linear.
    activation : Keras activation, default="tanh"
        Of the new state.
    kernel_initializer, recurrent_initializer, bias_initializer : Keras initializers, default=None
        None draws W, U and b as the options say.
    seed : int, default=None
        Of the weights. Estimators draw from their `random_state` where it is None.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``h' = (1 - leak) h + leak tanh(x W + b + h U)``, with W (``kernel``), U (``recurrent_kernel``) and b (``bias``).
    None of them is trained. W and b are uniform in [-input_scaling, input_scaling] and [-bias_scaling, bias_scaling].
    Each column of U has ``max(1, round(connectivity H))`` numbers at random places, uniform in [-1, 1] and then scaled
    to the spectral radius; see `skrnn.cells.reservoir.Reservoir`. With ``leak=1`` this is the network of [1]_. The
    leaky integrators of [2]_ are taken as in [3]_, whose program draws W and b alike from [-0.5, 0.5], and without
    feedback of outputs.

    States forget where they began (the echo state property), so the output follows from the latest inputs. In
    practice a spectral radius below 1 is enough, though it is no proof [4]_.

    References
    ----------
    .. [1] H. Jaeger (2001), The "echo state" approach to analysing and training recurrent neural networks, GMD Report
       148, German National Research Center for Information Technology.
    .. [2] H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert (2007), Optimization and applications of echo state
       networks with leaky-integrator neurons, Neural Networks 20(3), 335-352.
    .. [3] M. Lukosevicius (2012), A practical guide to applying echo state networks, in Neural Networks: Tricks of the
       Trade, Springer.
    .. [4] I. B. Yildiz, H. Jaeger, S. J. Kiebel (2012), Re-visiting the echo state property, Neural Networks 35, 1-9.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import ESNCell
    >>> from skrnn.layers import RNN
    >>> layer = RNN(ESNCell(50, leak=0.3))
    >>> layer(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 50])
    >>> len(layer.trainable_weights)
    0
    """

    takes = ()

    def __init__(
        self,
        units: int,
        *,
        spectral_radius: float = 0.9,
        leak: float = 1.0,
        connectivity: float = 0.1,
        input_scaling: float = 0.5,
        bias_scaling: float = 0.5,
        activation: Any = "tanh",
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
        self.spectral_radius = check_number("spectral_radius", spectral_radius, 0)
        self.leak = check_number("leak", leak, 0, 1, open_low=True)
        self.connectivity = check_number("connectivity", connectivity, 0, 1, open_low=True)
        self.input_scaling = check_number("input_scaling", input_scaling, 0)
        self.bias_scaling = check_number("bias_scaling", bias_scaling, 0)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        # Three seeds of one, or b would be a row of W.
        of_kernel, of_recurrence, of_bias = (None if self.seed is None else self.seed + 7919 * i for i in range(3))
        kernel = self.kernel_initializer or _uniform(self.input_scaling, of_kernel)
        reservoir = self.recurrent_initializer or Reservoir(self.spectral_radius, self.connectivity, of_recurrence)
        bias = self.bias_initializer or _uniform(self.bias_scaling, of_bias)
        self.add_matrix("kernel", (input_shape[-1], self.units), kernel, trainable=False)
        self.add_matrix("recurrent_kernel", (self.units, self.units), reservoir, recurrent=True, trainable=False)
        self.add_vector("bias", self.units, bias, trainable=False)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., H)."""
        return ops.matmul(x, self.matrix("kernel")) + self.vector("bias")

    def recurrent_weights(self) -> list[Any]:
        """U, (H, H)."""
        return [self.matrix("recurrent_kernel")]

    def step(self, z: Any, seen: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        new = self.activation(z + ops.matmul(seen, weights[0]))
        h = new if self.leak == 1.0 else (1.0 - self.leak) * states[0] + self.leak * new
        return h, [h]


def _uniform(largest: float, seed: int | None) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-largest, largest, seed=seed)
