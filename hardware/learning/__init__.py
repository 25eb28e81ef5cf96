"""On-chip learning: rules, their teacher, and the rule that readouts learn by."""

from hardware.learning.readout import supervised
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher

__all__ = ["LearningRule", "Teacher", "supervised"]
