"""Initializers with a seed, and for types in which they cannot draw."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="skrnn")
class DrawnInFloat32(keras.initializers.Initializer):
    """Initial weights drawn in float32, for types that decompositions of matrices do not know.

    Parameters
    ----------
    initializer : Keras initializer
        What to draw.
    seed : int, default=None
        Of the initializer, where it has none.
    """

    def __init__(self, initializer: Any, seed: int | None = None) -> None:
        self.initializer = keras.initializers.get(initializer)
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape."""
        return ops.cast(seeded(self.initializer, self.seed)(shape, dtype="float32"), dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"initializer": keras.initializers.serialize(self.initializer), "seed": self.seed}


def seeded(initializer: Any, seed: int | None) -> Any:
    """Copy an initializer with a seed; as it is where it has one, draws nothing, or is a plain function.

    Parameters
    ----------
    initializer : Keras initializer or callable
    seed : int or None
        None changes nothing.
    """
    if seed is None or not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    config = initializer.get_config()
    if config.get("seed", 0) is not None:
        return initializer
    return type(initializer).from_config({**config, "seed": seed})
