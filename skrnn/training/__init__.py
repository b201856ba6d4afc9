"""The only folder that changes weights: programs, their cache, losses, the training loop."""

from skrnn.training.cache import ProgramCache, program_cache
from skrnn.training.plan import Plan
from skrnn.training.predict import predict
from skrnn.training.trainer import Outcome, Trainer

__all__ = ["Outcome", "Plan", "ProgramCache", "Trainer", "predict", "program_cache"]
