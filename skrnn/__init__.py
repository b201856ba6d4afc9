"""Recurrent neural networks as first-class scikit-learn estimators."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skrnn.estimators import (
        RNNClassifier,
        RNNLanguageModel,
        RNNRegressor,
        RNNTagger,
        RNNTranscriber,
        RNNTranslator,
    )
    from skrnn.sequences import Sequences, sequences_from_long

__version__ = "0.1.0.dev0"
__all__ = [
    "RNNClassifier",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNTagger",
    "RNNTranscriber",
    "RNNTranslator",
    "Sequences",
    "sequences_from_long",
]

# Names are looked up on first use, so that `import skrnn` does not wait for TensorFlow.
_HOME = {
    "RNNClassifier": "skrnn.estimators",
    "RNNLanguageModel": "skrnn.estimators",
    "RNNRegressor": "skrnn.estimators",
    "RNNTagger": "skrnn.estimators",
    "RNNTranscriber": "skrnn.estimators",
    "RNNTranslator": "skrnn.estimators",
    "Sequences": "skrnn.sequences",
    "sequences_from_long": "skrnn.sequences",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'skrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOME))
