"""From what users give as y to the columns that a network learns, and back."""

from skrnn.targets.classes import ClassTarget, IndicatorTarget, class_target
from skrnn.targets.label_lists import LabelListTarget
from skrnn.targets.next_tokens import NextTokenTarget
from skrnn.targets.numbers import NumberTarget
from skrnn.targets.step_labels import StepLabelTarget
from skrnn.targets.target import Target, TargetSpec
from skrnn.targets.token_lists import TokenListTarget

__all__ = [
    "ClassTarget",
    "IndicatorTarget",
    "LabelListTarget",
    "NextTokenTarget",
    "NumberTarget",
    "StepLabelTarget",
    "Target",
    "TargetSpec",
    "TokenListTarget",
    "class_target",
]
