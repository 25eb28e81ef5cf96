"""The specification of traces: what an epoch remembers of spikes, and what comes of it at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hardware.chip.widths import TRACE_MAX
from hardware.emulator.streams import THIRD_FACTOR_TAU, trace_factor
from hardware.fixed import clamp, decay_trace
from hardware.learning import LearningRule
from hardware.learning.product import POST_TRACES, PRE_TRACES
from hardware.learning.rule import Graded

History = list[dict[str, int]]
"""The traces of one unit at the epoch's start and after each of its steps."""


class Traces:
    """Traces of the units on one side of a connection.

    Attributes
    ----------
    values : dict of str to list of int
        Each trace of each unit.
    fired_at : list of int
        Step within the epoch, from 1, of each unit's last spike; 0 for none.
    """

    def __init__(self, rule: LearningRule, names: Sequence[str], units: int) -> None:
        self.rule = rule
        self.values = {name: [0] * units for name in names}
        self.fired_at = [0] * units
        self._impulses = {name: getattr(rule, f"{name}_impulse") for name in names}
        self._factors = {name: trace_factor(getattr(rule, f"{name}_tau")) for name in names}

    def rise(self, name: str, unit: int) -> None:
        """Add a trace's impulse."""
        self.values[name][unit] = clamp(self.values[name][unit] + self._impulses[name], 0, TRACE_MAX)

    def histories(self, draw: float) -> list[History]:
        """Follow all traces through the epoch: each decays, in the step of the last spike it rises too."""
        return [self._history(unit, draw) for unit in range(len(self.fired_at))]

    def close(self, histories: list[History]) -> None:
        """Keep the traces at the epoch's end and forget the spike times."""
        self.values = {name: [past[-1][name] for past in histories] for name in self.values}
        self.forget()

    def forget(self) -> None:
        """Forget the spike times."""
        self.fired_at = [0] * len(self.fired_at)

    def _history(self, unit: int, draw: float) -> History:
        past = [{name: values[unit] for name, values in self.values.items()}]
        for time in range(1, self.rule.epoch + 1):
            now = {name: decay_trace(value, self._factors[name], draw) for name, value in past[-1].items()}
            if self.fired_at[unit] == time:
                now = {name: clamp(value + self._impulses[name], 0, TRACE_MAX) for name, value in now.items()}
            past.append(now)
        return past


class PreTraces(Traces):
    """Traces x1 and x2 of the sources."""

    def __init__(self, rule: LearningRule, sources: int) -> None:
        super().__init__(rule, PRE_TRACES, sources)

    def observe(self, sent: Sequence[int], time: int) -> None:
        """Note who sent: the epoch remembers the last time; an earlier spike adds its impulse at once.

        Parameters
        ----------
        sent : sequence of int
            Message of each source.
        time : int
            Step within the epoch, from 1.
        """
        for unit, message in enumerate(sent):
            noted = message != 0 if self.rule.graded is Graded.IMPULSE else self._take(unit, message)
            again = noted and self.fired_at[unit] > 0
            if again and self.rule.graded is Graded.IMPULSE:
                self.rise("x1", unit)
            if again:
                self.rise("x2", unit)
            if noted:
                self.fired_at[unit] = time

    def _take(self, unit: int, message: int) -> bool:
        """Let a payload act on x1; return whether the message counts as a spike."""
        x1, half, mode = self.values["x1"], round(message / 2) & 0xFF, self.rule.graded
        if mode is Graded.OVERWRITE:
            x1[unit] = half if message else x1[unit]
            return message != 0
        total = (x1[unit] + half) & 0xFF
        if mode is Graded.SATURATE:
            x1[unit] = min(total, TRACE_MAX)
            return message != 0
        x1[unit] = total - TRACE_MAX if total > TRACE_MAX else total
        return message != 0 and total > TRACE_MAX


class PostTraces(Traces):
    """Traces y1 to y3 of the targets; with three factors, what the targets sent in this step."""

    def __init__(self, rule: LearningRule, targets: int) -> None:
        super().__init__(rule, POST_TRACES, targets)
        if not rule.two_factor:
            self._factors = dict.fromkeys(POST_TRACES, trace_factor(THIRD_FACTOR_TAU))

    def observe(self, fired: Sequence[int], third: Mapping[str, Sequence[int]], time: int) -> None:
        """Note who fired, where the rule hears that, and what arrives of third factors.

        Parameters
        ----------
        fired : sequence of int
            Message of each target.
        third : mapping of str to sequence of int
            Third factors of each target, by trace; 0 for those left out.
        time : int
            Step within the epoch, from 1.
        """
        for unit, message in enumerate(fired):
            if message and self.rule.hears_target:
                if self.fired_at[unit] and self.rule.two_factor:
                    for name in POST_TRACES:
                        self.rise(name, unit)
                self.fired_at[unit] = time
        if not self.rule.two_factor:
            self.values = {name: list(third.get(name, [0] * len(fired))) for name in POST_TRACES}
