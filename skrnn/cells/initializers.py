"""Initial weights that are made of parts, such as the gates of a bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from skrnn.keras_objects.initializers import seeded


@keras.saving.register_keras_serializable(package="skrnn")
class Parts(keras.initializers.Initializer):
    """Initial weights in equal parts along the last axis, each with an initializer of its own.

    Parameters
    ----------
    parts : list of Keras initializers
        From left to right.
    seed : int, default=None
        From which each part without a seed draws one.

    Examples
    --------
    >>> import keras
    >>> from skrnn.cells.initializers import Parts
    >>> keras.ops.convert_to_numpy(Parts(["zeros", "ones"])((4,))).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """

    def __init__(self, parts: Sequence[Any], seed: int | None = None) -> None:
        self.parts = [keras.initializers.get(part) for part in parts]
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw weights of a shape, (..., parts times size)."""
        size, rest = divmod(shape[-1], len(self.parts))
        if rest:
            raise ValueError(f"shape must be divisible into {len(self.parts)} parts. Got {tuple(shape)}.")
        seeds = [None if self.seed is None else self.seed + 7919 * i for i in range(len(self.parts))]  # all different
        return ops.concatenate(
            [seeded(p, s)((*shape[:-1], size), dtype=dtype) for p, s in zip(self.parts, seeds)], axis=-1
        )

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"parts": [keras.initializers.serialize(part) for part in self.parts], "seed": self.seed}


@keras.saving.register_keras_serializable(package="skrnn")
class ScaledIdentity(keras.initializers.Initializer):
    """The identity times a number, which stays in its configuration.

    Parameters
    ----------
    scale : float
        The number.
    """

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Weights of a shape, (rows, columns)."""
        return self.scale * ops.eye(*shape, dtype=dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"scale": self.scale}


@keras.saving.register_keras_serializable(package="skrnn")
class Exactly(keras.initializers.Initializer):
    """One number, which `keras.initializers.Constant` rounds to float32 on its way to float64.

    Parameters
    ----------
    value : float
    """

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Weights of a shape."""
        return ops.cast(np.full(shape, self.value), dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"value": self.value}


@keras.saving.register_keras_serializable(package="skrnn")
class Chrono(keras.initializers.Initializer):
    """Biases of forget gates for memories from two to many steps: log(u), u uniform from 1 to longest - 1 [1]_.

    Parameters
    ----------
    longest : int
        Steps that are remembered at most, 3 or more.
    seed : int, default=None
        Of the draw.

    References
    ----------
    .. [1] C. Tallec, Y. Ollivier (2018), Can recurrent neural networks warp time?, ICLR, section 2,
       equation 16.
    """

    def __init__(self, longest: int, seed: int | None = None) -> None:
        self.longest = longest
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Draw biases of a shape."""
        return ops.log(keras.random.uniform(shape, 1.0, float(self.longest - 1), dtype=dtype, seed=self.seed))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"longest": self.longest, "seed": self.seed}


def make_initializer(initializer: Any) -> keras.initializers.Initializer:
    """Keras initializer by name, configuration or instance, such that its configuration says all of it.

    That of `keras.initializers.Identity` leaves out the gain.
    """
    made = keras.initializers.get(initializer)
    return ScaledIdentity(made.gain) if type(made) is keras.initializers.Identity else made
