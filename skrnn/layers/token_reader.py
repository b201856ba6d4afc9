"""Tokens to features: embedded words, their characters read by a small convolution, and bags of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

# Numbers of the shapes of words, `skrnn.preprocessing.tokens.SHAPES` and what fills up.
N_SHAPES = 9

# Characters that a filter sees at once.
FILTER_WIDTH = 3


def read_characters(x: Any, table: Any, kernel: Any, bias: Any) -> Any:
    """Convolve the characters of words and keep the greatest answer of each filter.

    Parameters
    ----------
    x : int tensor (N, C)
        Characters of N words; 0 fills up.
    table : tensor (A, E)
        Embedding of the characters.
    kernel : tensor (3 E, F)
        F filters over three characters in a row.
    bias : tensor (F,)

    Returns
    -------
    tensor (N, F)
    """
    real = ops.cast(x > 0, table.dtype)[:, :, None]  # (N, C, 1)
    e = ops.take(table, x, axis=0) * real  # (N, C, E)
    n, width = ops.shape(e)[0], x.shape[1]
    e = ops.pad(e, [[0, 0], [1, 1], [0, 0]])
    windows = ops.concatenate([e[:, k : k + width] for k in range(FILTER_WIDTH)], axis=2)  # (N, C, 3 E)
    # One product of matrices: it takes half the time of a convolution on a CPU.
    z = ops.matmul(ops.reshape(windows, (-1, kernel.shape[0])), kernel) + bias
    return ops.max(ops.reshape(ops.relu(z), (n, width, kernel.shape[1])) * real, axis=1)


@keras.saving.register_keras_serializable(package="skrnn")
class TokenReader(keras.layers.Layer):
    """Rows of numbers, as `skrnn.preprocessing.tokens.WordEncoder` makes them, to features.

    Parameters
    ----------
    vocabularies : sequence of int
        Words of each string of a token, then of each of its beginnings and endings, without the unknown.
    sizes : sequence of int
        Features of each.
    characters : int
        Characters of a word; 0 for none.
    alphabet : int
        Different characters, without the unknown.
    character_size : int
        Features of a character.
    filters : int
        Features read from the characters of a word.
    shape_size : int
        Features of the shape of a word; 0 for none.
    word_dropout : float
        Share of the words, the first strings of tokens, that training takes for unknown, and for themselves of their
        beginnings and of their endings.
    strings : int
        Strings of a token: so many of the vocabularies are theirs, the others of beginnings and endings.

    Notes
    -----
    What stands behind the characters in a row, such as vectors from outside, is given on as it is.
    """

    def __init__(
        self,
        vocabularies: Sequence[int],
        sizes: Sequence[int],
        characters: int = 0,
        alphabet: int = 0,
        character_size: int = 0,
        filters: int = 0,
        shape_size: int = 0,
        word_dropout: float = 0.0,
        strings: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.options: dict[str, Any] = {
            "vocabularies": list(vocabularies),
            "sizes": list(sizes),
            "characters": characters,
            "alphabet": alphabet,
            "character_size": character_size,
            "filters": filters,
            "shape_size": shape_size,
            "word_dropout": word_dropout,
            "strings": strings,
        }
        self.seed_generator = keras.random.SeedGenerator(0) if word_dropout else None

    def build(self, input_shape: tuple) -> None:
        """Create the tables and filters."""
        o = self.options
        self.tables = [
            self.add_weight(shape=(v + 1, size), initializer="uniform", name=f"words_{i}")
            for i, (v, size) in enumerate(zip(o["vocabularies"], o["sizes"]))
        ]
        if o["shape_size"]:
            self.shapes = self.add_weight(shape=(N_SHAPES, o["shape_size"]), initializer="uniform", name="shapes")
        if o["characters"]:
            shape = (o["alphabet"] + 1, o["character_size"])
            self.alphabet = self.add_weight(shape=shape, initializer="uniform", name="characters")
            shape = (FILTER_WIDTH * o["character_size"], o["filters"])
            self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")
            self.bias = self.add_weight(shape=(o["filters"],), initializer="zeros", name="bias")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """(B, T, D) -> (B, T, features)."""
        o = self.options
        n_strings, width = len(o["sizes"]), o["characters"]
        numbers = ops.cast(inputs[:, :, : n_strings + 1 + width], "int32")
        parts = []
        for i, table in enumerate(self.tables):
            words = numbers[:, :, i]
            # Long beginnings and endings tell the word as well; its tags and other strings stay.
            of_word = i == 0 or i >= o["strings"]
            if training and o["word_dropout"] and of_word:
                drawn = keras.random.uniform(ops.shape(words), seed=self.seed_generator)
                words = ops.where(drawn < o["word_dropout"], 0, words)
            parts.append(ops.take(ops.convert_to_tensor(table), words, axis=0))
        if o["shape_size"]:
            parts.append(ops.take(ops.convert_to_tensor(self.shapes), numbers[:, :, n_strings], axis=0))
        if width:
            rows, steps = ops.shape(inputs)[0], ops.shape(inputs)[1]
            spelled = ops.reshape(numbers[:, :, n_strings + 1 :], (-1, width))
            weights = (ops.convert_to_tensor(w) for w in (self.alphabet, self.kernel, self.bias))
            parts.append(ops.reshape(read_characters(spelled, *weights), (rows, steps, o["filters"])))
        if inputs.shape[2] > n_strings + 1 + width:
            parts.append(inputs[:, :, n_strings + 1 + width :])
        return ops.concatenate(parts, axis=2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Shape of the features."""
        o = self.options
        outside = input_shape[2] - len(o["sizes"]) - 1 - o["characters"]
        return (
            *input_shape[:2],
            sum(o["sizes"]) + o["shape_size"] + (o["filters"] if o["characters"] else 0) + outside,
        )

    def get_config(self) -> dict[str, Any]:
        """Configuration, with all arguments."""
        return {**super().get_config(), **self.options}


@keras.saving.register_keras_serializable(package="skrnn")
class FeatureBag(keras.layers.Layer):
    """Sum of embedded features times their values: (B, T, 2 M), M numbers and M values, to (B, T, size).

    Parameters
    ----------
    vocabulary : int
        Features, without 0, which is none.
    size : int
        Features of the sum.
    """

    def __init__(self, vocabulary: int, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.vocabulary, self.size = vocabulary, size

    def build(self, input_shape: tuple) -> None:
        """Create the table."""
        shape = (self.vocabulary + 1, self.size)
        self.table = self.add_weight(shape=shape, initializer="glorot_uniform", name="features")

    def call(self, inputs: Any) -> Any:
        """(B, T, 2 M) -> (B, T, size)."""
        width = ops.shape(inputs)[2] // 2
        numbers, values = ops.cast(inputs[:, :, :width], "int32"), inputs[:, :, width:]
        e = ops.take(ops.convert_to_tensor(self.table), numbers, axis=0)  # (B, T, M, size)
        return ops.squeeze(ops.matmul(values[:, :, None, :], e), axis=2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Shape of the sum."""
        return (*input_shape[:2], self.size)

    def get_config(self) -> dict[str, Any]:
        """Configuration, with all arguments."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}
