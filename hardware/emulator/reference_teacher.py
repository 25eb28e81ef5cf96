"""The specification of teachers."""

from __future__ import annotations

from hardware.chip.widths import TRACE_MAX
from hardware.fixed import clamp, saturate
from hardware.learning import Teacher


class TeacherState:
    """A taught layer's accumulators and third factors during one sample.

    Attributes
    ----------
    m, y1 : list of int
        Sum of the synaptic input so far, and the third factor sent in this step, of each unit.
    """

    def __init__(self, teacher: Teacher, units: int) -> None:
        self.teacher = teacher
        self.m, self.y1 = [0] * units, [0] * units

    def advance(self, arriving: list[int], label: int) -> None:
        """One step; in a labelled sample's last step it sends the third factor, else the label is -1."""
        teacher = self.teacher
        for unit, activation in enumerate(arriving):
            self.m[unit] = saturate(self.m[unit] + activation)
            if label < 0:
                self.y1[unit] = 0
            elif unit == label:
                self.y1[unit] = clamp((teacher.margin - self.m[unit]) >> teacher.shift, 0, TRACE_MAX)
            else:
                self.y1[unit] = -clamp((self.m[unit] - teacher.rest) >> teacher.shift, 0, TRACE_MAX)
