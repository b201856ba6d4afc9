"""Look at fitted estimators, change nothing: the only folder that knows matplotlib."""

from skrnn.inspection.attention import AttentionDisplay
from skrnn.inspection.confusion import plot_flat_confusion_matrix
from skrnn.inspection.importance import ImportanceDisplay, permutation_importance
from skrnn.inspection.learning_curves import HistoryDisplay
from skrnn.inspection.spectrogram import SpectrogramDisplay
from skrnn.inspection.tagged_sentence import TaggedSentenceDisplay
from skrnn.inspection.token_probabilities import TokenProbabilityDisplay
from skrnn.inspection.transitions import TransitionDisplay

__all__ = [
    "AttentionDisplay",
    "HistoryDisplay",
    "ImportanceDisplay",
    "SpectrogramDisplay",
    "TaggedSentenceDisplay",
    "TokenProbabilityDisplay",
    "TransitionDisplay",
    "permutation_importance",
    "plot_flat_confusion_matrix",
]
