"""IndRNN, whose units see each other in the layer above only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from skrnn.cells.cell import Cell, States
from skrnn.cells.checks import check_integer


@keras.saving.register_keras_serializable(package="skrnn")
class MaxAbs(keras.constraints.Constraint):
    """Weights clipped to [-limit, limit].

    Parameters
    ----------
    limit : float
        The largest size.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def __call__(self, w: Any) -> Any:
        """Clip the weights."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"limit": self.limit}


@keras.saving.register_keras_serializable(package="skrnn")
class IndRNNCell(Cell):
    """Independently recurrent network [1]_: each unit sees of the state only itself.

    For long sequences and deep stacks; one layer alone mixes no units over time.

    Parameters
    ----------
    units : int
        H.
    activation : Keras activation, default="relu"
        Of the state.
    use_bias : bool, default=True
        Whether there is b.
    longest : int, default=None
        T, the steps over which gradients must not explode: after each step of training u is clipped to
        ``|u| <= 2 ** (1 / T)``. None is no clipping, as the authors advise for short sequences.
    recurrent_initializer : Keras initializer, default=uniform in [0, 1]
        Of u.
    **kwargs
        As of `Cell`.

    Notes
    -----
    ``h' = relu(x W + u h + b)``, with W (``kernel``), a vector u (``recurrent_scale``) and b (``bias``).

    References
    ----------
    .. [1] S. Li, W. Li, C. Cook, C. Zhu, Y. Gao (2018), Independently recurrent neural network (IndRNN): building a
       longer and deeper RNN, CVPR, 5457-5466, arXiv:1803.04831.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.cells import IndRNNCell
    >>> from skrnn.layers import RNN
    >>> RNN(IndRNNCell(3, longest=100))(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "relu",
        use_bias: bool = True,
        longest: int | None = None,
        recurrent_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        if recurrent_initializer is None:
            recurrent_initializer = keras.initializers.RandomUniform(0.0, 1.0)
        super().__init__(units, recurrent_initializer=recurrent_initializer, **kwargs)
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.longest = None if longest is None else check_integer("longest", longest)
        if self.longest is not None and self.recurrent_constraint is not None:
            raise ValueError(f"longest must be None where there is a recurrent_constraint. Got {longest!r}.")

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        self.add_matrix("kernel", (input_shape[-1], self.units))
        clip = None if self.longest is None else MaxAbs(2.0 ** (1.0 / self.longest))
        self.add_vector("recurrent_scale", self.units, recurrent=True, constraint=clip)
        if self.use_bias:
            self.add_vector("bias", self.units)

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., H)."""
        z = ops.matmul(x, self.matrix("kernel"))
        return z + self.vector("bias") if self.use_bias else z

    def recurrent_weights(self) -> list[Any]:
        """The vector u, (H,)."""
        return [self.vector("recurrent_scale")]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take one step."""
        h = self.activation(z + weights[0] * h_dropped)
        return h, [h]
