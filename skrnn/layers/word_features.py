"""Tokens to features: embedded words, their characters read by a small convolution, and bags of features."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

# Numbers of the shapes of words, `skrnn.preprocessing.words.SHAPES` and what fills up.
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
class WordFeatures(keras.layers.Layer):
    """Numbers of words, as `skrnn.preprocessing.WordReader` makes them, and vectors, to features.

    Parameters
    ----------
    words : int
        Different words, the first strings of tokens, without the unknown.
    dim : int
        Features of a word.
    parts : int
        Different further strings, prefixes and suffixes of all tokens, the unknown ones included: the unknown of each
        kind has its number, 0, 1, ..., and the others follow.
    part_dim : int
        Features of each of them.
    n_strings : int
        Strings of a token.
    n_affixes : int
        Prefixes and suffixes of a token.
    max_characters : int
        Characters of a word; 0 for none.
    alphabet : int
        Different characters, without the unknown.
    character_dim : int
        Features of a character.
    character_filters : int
        Features read from the characters of a word.
    shape_dim : int
        Features of the shape of a word; 0 for none.
    word_dropout : float
        Share of the words, the first strings of tokens, that training takes for unknown, and for themselves of their
        prefixes and of their suffixes.
    trainable_vectors : bool
        Add to the vector of a known word what is learned, beginning with zeros, so that its vector is trained.
    """

    def __init__(
        self,
        words: int,
        dim: int,
        parts: int = 0,
        part_dim: int = 0,
        n_strings: int = 1,
        n_affixes: int = 0,
        max_characters: int = 0,
        alphabet: int = 0,
        character_dim: int = 0,
        character_filters: int = 0,
        shape_dim: int = 0,
        word_dropout: float = 0.0,
        trainable_vectors: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.words, self.dim, self.parts, self.part_dim = words, dim, parts, part_dim
        self.n_strings, self.n_affixes = n_strings, n_affixes
        self.max_characters, self.alphabet, self.character_dim = max_characters, alphabet, character_dim
        self.character_filters, self.shape_dim, self.word_dropout = character_filters, shape_dim, word_dropout
        self.trainable_vectors = trainable_vectors
        self.seed_generator = keras.random.SeedGenerator(0) if word_dropout else None

    @property
    def n_parts(self) -> int:
        """Further strings, prefixes and suffixes of a token."""
        return self.n_strings - 1 + self.n_affixes

    @property
    def numbers_in_step(self) -> int:
        """Numbers made of a token: its parts, and of each character what is embedded, beside its neighbours, read."""
        character = (1 + FILTER_WIDTH) * self.character_dim + 2 * self.character_filters
        return 2 * (self.dim + self.n_parts * self.part_dim) + self.shape_dim + self.max_characters * character

    def build(self, input_shape: Any) -> None:
        """Create the tables and filters."""
        self.of_words = self.add_weight(shape=(self.words + 1, self.dim), initializer="uniform", name="words")
        if self.trainable_vectors:
            shape = (self.words + 1, input_shape[1][2])
            self.changes = self.add_weight(shape=shape, initializer="zeros", name="vector_changes")
        if self.n_parts:
            self.of_parts = self.add_weight(shape=(self.parts, self.part_dim), initializer="uniform", name="parts")
        if self.shape_dim:
            self.shapes = self.add_weight(shape=(N_SHAPES, self.shape_dim), initializer="uniform", name="shapes")
        if self.max_characters:
            shape = (self.alphabet + 1, self.character_dim)
            self.characters = self.add_weight(shape=shape, initializer="uniform", name="characters")
            shape = (FILTER_WIDTH * self.character_dim, self.character_filters)
            self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")
            self.bias = self.add_weight(shape=(self.character_filters,), initializer="zeros", name="bias")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Numbers (B, T, W), or [numbers, vectors (B, T, E)] -> (B, T, features)."""
        numbers, *vectors = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        n = 1 + self.n_parts
        rows, steps = ops.shape(numbers)[0], ops.shape(numbers)[1]
        known = numbers[:, :, :n]
        if self.trainable_vectors:
            # The unknown, row 0, has no vector of its own: what it would learn is left out.
            is_known = ops.cast(known[:, :, :1] > 0, self.compute_dtype)
            change = ops.take(ops.convert_to_tensor(self.changes), known[:, :, 0], axis=0) * is_known
            vectors = [ops.cast(vectors[0], change.dtype) + change]
        if training and self.word_dropout:
            # Long prefixes and suffixes tell the word as well; its tags and other strings stay.
            drawn = keras.random.uniform((rows, steps, n), seed=self.seed_generator)
            kind = np.arange(n)
            may_go = (kind == 0) | (kind >= self.n_strings)
            unknown = ops.convert_to_tensor(np.maximum(kind - 1, 0).astype("int32"))
            gone = ops.logical_and(drawn < self.word_dropout, ops.convert_to_tensor(may_go))
            known = ops.where(gone, unknown, known)
        parts = [ops.take(ops.convert_to_tensor(self.of_words), known[:, :, 0], axis=0)]
        if self.n_parts:
            e = ops.take(ops.convert_to_tensor(self.of_parts), known[:, :, 1:], axis=0)  # (B, T, parts, part_dim)
            parts.append(ops.reshape(e, (rows, steps, self.n_parts * self.part_dim)))
        if self.shape_dim:
            parts.append(ops.take(ops.convert_to_tensor(self.shapes), numbers[:, :, n], axis=0))
        if self.max_characters:
            spelled = ops.reshape(numbers[:, :, n + 1 :], (-1, self.max_characters))
            weights = (ops.convert_to_tensor(w) for w in (self.characters, self.kernel, self.bias))
            parts.append(ops.reshape(read_characters(spelled, *weights), (rows, steps, self.character_filters)))
        return ops.concatenate([*parts, *(ops.cast(v, parts[0].dtype) for v in vectors)], axis=2)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the numbers."""
        return previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the features."""
        several = isinstance(input_shape[0], (list, tuple))
        numbers, outside = (input_shape[0], input_shape[1][2]) if several else (input_shape, 0)
        filters = self.character_filters if self.max_characters else 0
        own = self.dim + self.n_parts * self.part_dim
        return (*numbers[:2], own + self.shape_dim + filters + outside)

    def get_config(self) -> dict[str, Any]:
        """Configuration, with all arguments."""
        own = ("words", "dim", "parts", "part_dim", "n_strings", "n_affixes", "max_characters", "alphabet")
        others = ("character_dim", "character_filters", "shape_dim", "word_dropout", "trainable_vectors")
        return {**super().get_config(), **{k: vars(self)[k] for k in (*own, *others)}}


@keras.saving.register_keras_serializable(package="skrnn")
class FeatureBag(keras.layers.Layer):
    """Sum of embedded features times their values: [numbers (B, T, M), values (B, T, M)] to (B, T, dim).

    Parameters
    ----------
    vocabulary : int
        Features, without 0, which is none.
    dim : int
        Features of the sum.
    """

    def __init__(self, vocabulary: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.vocabulary, self.dim = vocabulary, dim

    @property
    def numbers_in_step(self) -> int:
        """Numbers made of a step: embedded features, and their sum."""
        return (self.most + 1) * self.dim

    def build(self, input_shape: Any) -> None:
        """Create the table."""
        self.most = input_shape[0][2] or 1  # features of a step
        shape = (self.vocabulary + 1, self.dim)
        self.table = self.add_weight(shape=shape, initializer="glorot_uniform", name="features")

    def call(self, inputs: Any) -> Any:
        """[(B, T, M), (B, T, M)] -> (B, T, dim)."""
        numbers, values = inputs
        e = ops.take(ops.convert_to_tensor(self.table), numbers, axis=0)  # (B, T, M, dim)
        return ops.squeeze(ops.matmul(ops.cast(values, e.dtype)[:, :, None, :], e), axis=2)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the numbers."""
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the sum."""
        return (*input_shape[0][:2], self.dim)

    def get_config(self) -> dict[str, Any]:
        """Configuration, with all arguments."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "dim": self.dim}
