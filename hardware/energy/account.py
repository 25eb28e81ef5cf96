"""The account of a run: joules by cause, layer and core."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import TypeVar

from hardware.activity import Activity
from hardware.chip.figure import Evidence
from hardware.energy.amount import Amount, cost, total
from hardware.energy.cause import Cause
from hardware.energy.events import Events, count_events
from hardware.energy.model import EnergyModel
from hardware.energy.time import StepTime, step_time, work_by_core, work_by_layer
from hardware.program import Program

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Entry:
    """What one cause took in one place.

    Attributes
    ----------
    cause : Cause
        The event.
    layer : str
        Whose; ``"input"`` for what the host sends, empty for the chip as a whole.
    core : int or None
        Where; ``None`` for what happens on no core.
    events : int
        How often.
    joules : Amount
        All of them together.
    """

    cause: Cause
    layer: str
    core: int | None
    events: int
    joules: Amount


@dataclass(frozen=True)
class Account:
    """Energy and time of a run under a model.

    Attributes
    ----------
    model : EnergyModel
        The constants.
    events : Events
        What was counted.
    entries : tuple of Entry
        Every cause that the model knows the energy of, by place; they add up to ``joules``.
    step : StepTime or None
        How long a step takes; ``None`` where the model says nothing of time.
    """

    model: EnergyModel
    events: Events
    entries: tuple[Entry, ...]
    step: StepTime | None

    @property
    def joules(self) -> Amount:
        """Energy of all events; what leaks away meanwhile is apart."""
        return total(entry.joules for entry in self.entries)

    @property
    def seconds(self) -> Amount | None:
        """Time of all steps, one after the other; ``None`` where the model says nothing of time."""
        return None if self.step is None else self.step.seconds.times(self.events.steps)

    @property
    def leakage(self) -> Amount | None:
        """Joules that the chips in use leak in that time; ``None`` where the model does not tell."""
        seconds, watts = self.seconds, self.model.leakage
        if seconds is None or watts is None or watts.value is None:
            return None
        power = cost(watts, self.events.chips)
        return Amount(power.value * seconds.value, power.low * seconds.low, power.high * seconds.high)

    @property
    def estimated(self) -> float:
        """Share of the energy that rests on constants which are estimates, 0..1."""
        guessed = total(
            entry.joules for entry in self.entries if self.model.joules[entry.cause].evidence is Evidence.ESTIMATE
        )
        return guessed.value / self.joules.value if self.joules.value else 0.0

    @property
    def time_estimated(self) -> bool:
        """Whether any constant of time is an estimate."""
        barrier = () if self.model.barrier is None else self.model.barrier.seconds
        return any(each.evidence is Evidence.ESTIMATE for each in (*self.model.seconds.values(), *barrier))

    @property
    def uncounted(self) -> dict[Cause, int]:
        """Events that happened and whose energy the model does not know."""
        known = {cause for cause, constant in self.model.joules.items() if constant.value is not None}
        return {
            cause: self.events.total(cause) for cause in Cause if cause not in known and self.events.total(cause)
        }

    def by_cause(self) -> dict[Cause, Amount]:
        """Joules of each cause, in the order of ``Cause``."""
        found = self._by(lambda entry: entry.cause)
        return {cause: found[cause] for cause in Cause if cause in found}

    def by_layer(self) -> dict[str, Amount]:
        """Joules of each layer, in the order of the network."""
        found = self._by(lambda entry: entry.layer)
        return {layer: found[layer] for layer in self.events.layers if layer in found}

    def by_core(self) -> dict[int | None, Amount]:
        """Joules of each core, in ascending order; ``None`` is what happens on no core."""
        found = self._by(lambda entry: entry.core)
        return dict(sorted(found.items(), key=lambda item: (item[0] is None, item[0] or 0)))

    def seconds_by_layer(self) -> dict[str, Amount]:
        """Work of each layer's busiest core in an average step; empty where the model says nothing of time."""
        return {} if self.step is None else work_by_layer(self.events, self.model)

    def seconds_by_core(self) -> dict[int, Amount]:
        """Work of each core in an average step; cores work side by side, so the longest counts, not the sum."""
        return {} if self.step is None else work_by_core(self.events, self.model)

    def _by(self, key: Callable[[Entry], Key]) -> dict[Key, Amount]:
        found: dict[Key, list[Amount]] = {}
        for entry in self.entries:
            found.setdefault(key(entry), []).append(entry.joules)
        return {name: total(amounts) for name, amounts in found.items()}


def account(
    program: Program,
    activity: Activity,
    model: EnergyModel,
    *,
    learning: bool = False,
    frozen: Collection[str] = (),
    work: float | None = None,
) -> Account:
    """Account for the energy and time of a run.

    Parameters
    ----------
    program : Program
        Placed on a chip or board.
    activity : Activity
        How often its units sent.
    model : EnergyModel
        The constants.
    learning : bool
        Whether learning rules were evaluated.
    frozen : collection of str
        Connections whose rules were not.
    work : float, optional
        Seconds of work on the busiest core of a step, on average over the steps, where each was timed.

    Raises
    ------
    LavaFedError
        Where the Program is not placed, or the activity is of another network.
    """
    return priced(count_events(program, activity, learning=learning, frozen=frozen), model, work)


def priced(events: Events, model: EnergyModel, work: float | None = None) -> Account:
    """Account for events that were counted already."""
    entries = tuple(
        Entry(count.cause, count.layer, count.core, count.events, cost(constant, count.events, count.least))
        for count in events.counts
        if (constant := model.joules.get(count.cause)) is not None and constant.value is not None
    )
    return Account(model, events, entries, step_time(events, model, work))
