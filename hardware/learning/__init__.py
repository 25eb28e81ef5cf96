"""On-chip learning: rules, third factors, and methods that put both to work."""

from hardware.learning.methods.method import LearningMethod
from hardware.learning.methods.supervised import supervised
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher

__all__ = ["LearningMethod", "LearningRule", "Teacher", "supervised"]
