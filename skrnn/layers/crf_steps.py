"""Steps of a linear-chain conditional random field: a loop over them, and what stands beside each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def preceding(x: Any) -> Any:
    """What stood one step before; zeros at the first step."""
    return ops.concatenate([ops.zeros_like(x[:1]), x[:-1]], axis=0)


def following(x: Any, fill: Any = 1.0) -> Any:
    """What stands one step later; `fill` at the last step."""
    return ops.concatenate([x[1:], ops.full_like(x[:1], fill)], axis=0)


def scan_steps(
    step: Callable[[Any, list[Any]], tuple[Any, Any]],
    carry: Any,
    inputs: list[Any],
    reverse: bool = False,
    width: int | None = None,
) -> tuple[Any, Any]:
    """Run ``step(carry, inputs at t) -> (carry, output at t)`` over the first axis: the last carry, all outputs.

    Parameters
    ----------
    step : callable
        Its carry is (B, C), its output (B, width).
    carry : tensor (B, C)
        Before the first step.
    inputs : list of tensors (T, B, any width)
        Read step by step.
    reverse : bool, default=False
        From the last step to the first.
    width : int, optional
        Of the output; C by default.
    """
    if keras.backend.backend() != "tensorflow":
        return ops.scan(step, carry, inputs, reverse=reverse)
    from skrnn.layers.scan import scan

    def with_lists(t: Any, carry: Any, at: Any) -> tuple[Any, Any]:
        after, output = step(carry[0], at)
        return [after], [output]

    widths = [carry.shape[-1] if width is None else width]
    carries, outputs = scan(with_lists, ops.shape(inputs[0])[0], [carry], inputs, widths, reverse)
    return carries[0], outputs[0]
