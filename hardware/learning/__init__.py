"""On-chip learning: rules, third factors, and methods that put both to work."""

from hardware.learning.feedback import Feedback
from hardware.learning.methods.method import LearningMethod
from hardware.learning.methods.supervised import supervised
from hardware.learning.reward import Reward
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher
from hardware.learning.third_factor import ThirdFactor

__all__ = ["Feedback", "LearningMethod", "LearningRule", "Reward", "Teacher", "ThirdFactor", "supervised"]
