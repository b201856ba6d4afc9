"""`ChunkedCell`: a recurrence that takes some steps at once, by products of matrices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from skrnn.cells.cell import Cell, States


class ChunkedCell(Cell):
    """A recurrence whose gates look at the input alone, and whose state is large.

    `skrnn.layers.RNN` takes `chunk_size` steps after each other at once, so that the state is read and written once for
    all of them. A subclass gives `chunk` and `neutral_projection` beside what a `Cell` gives.

    Parameters
    ----------
    units : int
        H.
    **kwargs
        As of `Cell`; no recurrent dropout and no zoneout.

    Attributes
    ----------
    chunk_size : int
        L.
    """

    takes: ClassVar[tuple[str, ...]] = ("weight_norm",)
    output_is_state: ClassVar[bool] = False
    chunk_size: ClassVar[int] = 16

    @abstractmethod
    def chunk(self, z: Any, states: States, weights: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Take L steps; a pure function.

        Parameters
        ----------
        z : tensor (B, L, P)
            Of `project`.
        states : list of tensors (B, size)
            Before the first step.
        weights : list of tensors
            Of `recurrent_weights`.

        Returns
        -------
        outputs : tensor (B, L, H)
        states : list of tensors (B, size)
            After the last step.
        """

    @abstractmethod
    def neutral_projection(self) -> Any:
        """A projection (P,) that leaves all states as they are; it fills chunks up."""
