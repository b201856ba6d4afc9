"""Numbers of 16 bits, and what is not computed in them: draws, norms, losses."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skrnn.keras_objects.private import logits_of, set_logits

NARROW = ("float16", "bfloat16")


def widened(x: Any) -> Any:
    """Give a tensor of 16 bits as float32; others as they are."""
    if keras.backend.standardize_dtype(x.dtype) not in NARROW:
        return x
    wide = ops.cast(x, "float32")
    logits = logits_of(x)
    if logits is not None:
        set_logits(wide, ops.cast(logits, "float32"))
    return wide
