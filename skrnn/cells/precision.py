"""Numbers of 16 bits, and what is not computed in them: draws, norms, losses."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

NARROW = ("float16", "bfloat16")


def widened(x: Any) -> Any:
    """Give a tensor of 16 bits as float32; others as they are."""
    if keras.backend.standardize_dtype(x.dtype) not in NARROW:
        return x
    wide = ops.cast(x, "float32")
    if hasattr(x, "_keras_logits"):  # what went into a softmax or sigmoid
        wide._keras_logits = ops.cast(x._keras_logits, "float32")
    return wide
