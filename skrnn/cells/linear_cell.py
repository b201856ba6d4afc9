"""`LinearCell`: a first-order linear recurrence, which all steps of a sequence can take at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from keras import ops

from skrnn.cells.cell import Cell, States, zoned_out


class LinearCell(Cell):
    """A recurrence ``h' = a h + b`` by elements, where a and b depend on the input alone.

    `skrnn.layers.RNN` runs it as a scan over the whole sequence rather than step by step. A subclass gives
    `coefficients`, and where the usual ones do not serve `project`, `readout`, or `extend`, where earlier inputs
    count; all of them for any leading axes.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`.

    Attributes
    ----------
    is_complex : bool
        a, b and h hold real parts and then imaginary parts, in the two halves of the last axis.
    """

    takes: ClassVar[tuple[str, ...]] = ("zoneout", "weight_norm")
    n_zoned: ClassVar[int | None] = 1
    is_complex: ClassVar[bool] = False

    def extend(self, z: Any, past: States) -> tuple[Any, list[Any]]:
        """Add to the projections what depends on earlier inputs.

        Parameters
        ----------
        z : tensor (T, B, P)
            Of `project`, from the first step on.
        past : list of tensors (B, size)
            The states but the first, before the first step.

        Returns
        -------
        z : tensor (T, B, Q)
        past : list of tensors (T, B, size)
            Those states after each step.
        """
        return z, []

    @abstractmethod
    def coefficients(self, z: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
        """(..., Q) -> a, b, each (..., S), S the width of the first state."""

    def readout(self, h: Any, z: Any, weights: Sequence[Any]) -> Any:
        """State after a step (..., S), and what it was made of (..., Q) -> output (..., H); the state itself here."""
        return h

    def regularized_step(
        self, z: Any, states: States, weights: Sequence[Any], dropout_mask: Any = None, noise: States | None = None
    ) -> tuple[Any, list[Any]]:
        """Take a step, with zoneout."""
        z, past = self.extend(z[None], states[1:])
        a, b = self.zoned_coefficients(z[0], weights, None if noise is None else noise[0])
        h = times(a, states[0], self.is_complex) + b
        return self.readout(h, z[0], weights), [h, *(p[0] for p in past)]

    def step(self, z: Any, h_dropped: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take a step."""
        return self.regularized_step(z, states, weights)

    def zoned_coefficients(self, z: Any, weights: Sequence[Any], noise: Any = None) -> tuple[Any, Any]:
        """`coefficients` with zoneout: a step that is left out has a = 1 and b = 0."""
        a, b = self.coefficients(z, weights)
        if not self.zones_out:
            return a, b
        rate = self.zoneout_rates()[0]
        if self.is_complex and noise is not None:  # a number is kept whole
            noise = ops.concatenate([ops.split(noise, 2, axis=-1)[0]] * 2, axis=-1)
        return zoned_out(rate, self.one_like(a), a, noise), zoned_out(rate, ops.zeros_like(b), b, noise)

    def one_like(self, a: Any) -> Any:
        """What leaves a state as it is."""
        if not self.is_complex:
            return ops.ones_like(a)
        re, im = ops.split(a, 2, axis=-1)
        return ops.concatenate([ops.ones_like(re), ops.zeros_like(im)], axis=-1)


def times(a: Any, b: Any, is_complex: bool) -> Any:
    """Product by elements; of complex numbers (..., 2 S), real parts and then imaginary parts."""
    if not is_complex:
        return a * b
    a_re, a_im = ops.split(a, 2, axis=-1)
    b_re, b_im = ops.split(b, 2, axis=-1)
    return ops.concatenate([a_re * b_re - a_im * b_im, a_re * b_im + a_im * b_re], axis=-1)
