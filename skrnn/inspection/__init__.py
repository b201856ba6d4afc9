"""Look at fitted estimators, change nothing: the only folder that knows matplotlib."""

from skrnn.inspection.learning_curves import HistoryDisplay

__all__ = ["HistoryDisplay"]
