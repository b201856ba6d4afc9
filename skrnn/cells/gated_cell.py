"""`GatedCell`: a recurrence whose gates are sums of ``x W``, ``h U`` and ``b``."""

from __future__ import annotations

from typing import Any, ClassVar

from keras import ops

from skrnn.cells.cell import Cell
from skrnn.cells.initializers import Parts


class GatedCell(Cell):
    """A recurrence with one matrix for the input, one for the state, and one bias, their columns gate by gate.

    Parameters
    ----------
    units : int
        H.
    use_bias : bool, default=True
        Whether there is b.
    **kwargs
        As of `Cell`.

    Attributes
    ----------
    n_gates : int
        G: ``kernel`` is (D, G H), ``recurrent_kernel`` (H, G H) and ``bias`` (G H,).
    """

    n_gates: ClassVar[int] = 1
    # Number of the gate that keeps the state, whose bias begins with 1.
    forget_gate: ClassVar[int | None] = None

    def __init__(self, units: int, *, use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.use_bias = bool(use_bias)

    def initial_biases(self) -> list[Any]:
        """Keras initializers of the biases of the gates."""
        return ["ones" if gate == self.forget_gate else self.bias_initializer for gate in range(self.n_gates)]

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (B, D)."""
        size = self.n_gates * self.units
        self.add_matrix("kernel", (input_shape[-1], size))
        self.add_matrix("recurrent_kernel", (self.units, size), recurrent=True)
        if self.use_bias:
            self.add_vector("bias", size, Parts(self.initial_biases()))

    def project(self, x: Any) -> Any:
        """(..., D) -> (..., G H)."""
        return super().project(x) if self.use_bias else ops.matmul(x, self.matrix("kernel"))

    def recurrent_weights(self) -> list[Any]:
        """U, (H, G H)."""
        return [self.matrix("recurrent_kernel")]
