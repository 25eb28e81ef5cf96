"""The specification of third factors: what teachers, rewards and feedbacks send, and readouts beside neurons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from hardware.chip.widths import TRACE_MAX
from hardware.emulator.reference_neurons import State
from hardware.fixed import align, clamp, nearest, saturate
from hardware.learning.feedback import ERROR, Feedback
from hardware.learning.reward import Reward
from hardware.learning.teacher import Teacher
from hardware.lesson import Moment
from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import spread
from hardware.neurons.readout import Readout

THIRD_MIN = -TRACE_MAX - 1
"""Lowest third factor."""


@dataclass(frozen=True)
class Seen:
    """What is beside a layer's units in a step.

    Attributes
    ----------
    arrived : mapping of str to list of int
        Synaptic input of each unit by port, the neurons' first port first.
    fired : list of int
        What each unit sent, before its axon.
    neurons : list of State
        State of each unit, as the step left it.
    """

    arrived: Mapping[str, list[int]]
    fired: list[int]
    neurons: list[State]


def hinge(m: int, rule: tuple[int, int, int], moment: Moment, unit: int, trigger: int = 0) -> int:
    """Return the error of a unit whose input sums to ``m``, by a (margin, shift, rest), cut to size, annealed."""
    margin, shift, rest = rule
    if unit == moment.label:
        error = clamp((margin - m) >> shift, 0, TRACE_MAX)
    else:
        error = -clamp((m - rest) >> shift, 0, TRACE_MAX)
    if trigger:
        error = 0 if abs(error) < trigger else trigger if error > 0 else -trigger
    return nearest(error, moment.anneal)


def advance_readout(neuron: Readout, unit: int, state: State, arrived: int, moment: Moment) -> int:
    """Advance one unit of a readout by one step and return its message."""
    m = state["m"] = saturate(state["m"] + arrived)
    if moment.to_end == 0:
        return m
    if moment.labelled and moment.to_end == neuron.lead:
        state["e"] = hinge(m, (neuron.margin, neuron.shift, neuron.ceiling), moment, unit)
        return max(state["e"], 0)
    return max(-state["e"], 0) if moment.to_end == neuron.lead - 1 else 0


class ThirdFactorState(ABC):
    """What a layer keeps beside its neurons during one sample.

    Attributes
    ----------
    states : dict of str to list of int
        Each state of each unit; third factors, as they are sent in this step, by their own names.
    """

    def __init__(self, names: tuple[str, ...], units: int) -> None:
        self.states = {name: [0] * units for name in names}

    @abstractmethod
    def advance(self, seen: Seen, moment: Moment) -> None:
        """One step, after that of the neurons."""


class TeacherState(ThirdFactorState):
    """Accumulators of a taught layer."""

    def __init__(self, teacher: Teacher, units: int) -> None:
        super().__init__(teacher.states, units)
        self.rule, self.trigger = (teacher.margin, teacher.shift, teacher.rest), teacher.trigger

    def advance(self, seen: Seen, moment: Moment) -> None:
        """Sum the input; speak in a labelled sample's last step."""
        m, y1 = self.states["m"], self.states["y1"]
        speaks = moment.labelled and moment.to_end == 0
        for unit, activation in enumerate(next(iter(seen.arrived.values()))):
            m[unit] = saturate(m[unit] + activation)
            y1[unit] = hinge(m[unit], self.rule, moment, unit, self.trigger) if speaks else 0


class RewardState(ThirdFactorState):
    """The reward, in a sample's last step."""

    def advance(self, seen: Seen, moment: Moment) -> None:
        """Speak in the last step."""
        self.states["y1"] = [moment.reward if moment.to_end == 0 else 0] * len(seen.fired)


class FeedbackState(ThirdFactorState):
    """Errors heard and spikes counted."""

    def __init__(self, feedback: Feedback, neuron: Cuba) -> None:
        super().__init__(feedback.states, neuron.units)
        self.feedback, self.thresholds = feedback, spread(neuron.threshold, neuron.units).tolist()

    def advance(self, seen: Seen, moment: Moment) -> None:
        """Hear, count and speak, each in its steps."""
        lead, to_end = self.feedback.lead, moment.to_end
        d, n = self.states["d"], self.states["n"]
        for unit, error in enumerate(seen.arrived[ERROR]):
            if to_end == lead - 1:
                d[unit] = saturate(d[unit] + error)
            elif to_end == lead - 2:
                d[unit] = saturate(d[unit] - error)
            n[unit] += int(seen.fired[unit] != 0)
            v = seen.neurons[unit]["v"]
            self.states["y1"][unit] = self._error(d[unit], n[unit], v) if moment.labelled and to_end == 0 else 0
            self.states["y2"][unit] = self._activity(unit, to_end) if moment.labelled else 0
            near = abs(v - align(self.thresholds[unit])) < align(self.feedback.window)
            self.states["y3"][unit] = int(near)

    def _error(self, d: int, n: int, v: int) -> int:
        """Third factor y1 of a unit."""
        if not ((n > 0 or v > 0) and n < self.feedback.most):
            return 0
        shift = self.feedback.shift
        return clamp((d + ((1 << shift) >> 1)) >> shift, THIRD_MIN, TRACE_MAX)

    def _activity(self, unit: int, to_end: int) -> int:
        """Third factor y2 of a unit."""
        count = min(self.feedback.counts * self.states["n"][unit], TRACE_MAX)
        minus = -self.states["y2"][unit] if self.feedback.once else -count
        return {self.feedback.lead: count, self.feedback.lead - 1: minus}.get(to_end, 0)


def third_factor_state(teacher: object, neuron: object, units: int) -> ThirdFactorState | None:
    """Return what a layer keeps for its third factors at the beginning of a sample; nothing without a teacher."""
    if isinstance(teacher, Teacher):
        return TeacherState(teacher, units)
    if isinstance(teacher, Reward):
        return RewardState(teacher.states, units)
    if isinstance(teacher, Feedback) and isinstance(neuron, Cuba):
        return FeedbackState(teacher, neuron)
    if teacher is not None:
        raise TypeError(f"{teacher} has no specification")
    return None
