"""What skrnn needs of Keras' insides: objects as data, seeds, precision, and private names in one file."""

from skrnn.keras_objects.recipe import Recipe, fingerprint

__all__ = ["Recipe", "fingerprint"]
