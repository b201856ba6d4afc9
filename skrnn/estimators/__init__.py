"""What users touch: one estimator, one file."""

from skrnn.estimators.classifier import RNNClassifier
from skrnn.estimators.language_model import RNNLanguageModel
from skrnn.estimators.regressor import RNNRegressor
from skrnn.estimators.tagger import RNNTagger
from skrnn.estimators.transcriber import RNNTranscriber
from skrnn.estimators.translator import RNNTranslator

__all__ = ["RNNClassifier", "RNNLanguageModel", "RNNRegressor", "RNNTagger", "RNNTranscriber", "RNNTranslator"]
