"""How long a step takes.

The model is the plain one of SANA-FE: every core works through its neurons and sends, and takes in what arrives,
both at the same time; then it learns. The step is over when the busiest core is done, the last message has come
the longest way, and all cores have met at the barrier. Where each step was timed (``hardware.energy.watch``), its
own busiest core counts; otherwise that of an average step, which is less where steps differ from each other.
Queues in the network are not modelled.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.energy.amount import NOTHING, Amount, cost, longest, total
from hardware.energy.cause import Cause, Phase
from hardware.energy.events import Count, Events
from hardware.energy.model import EnergyModel


@dataclass(frozen=True)
class StepTime:
    """An average step.

    Attributes
    ----------
    work : Amount
        Sending or receiving on the core where either takes longest, seconds.
    learning : Amount
        On the core that learns longest.
    way : Amount
        Of the message that goes farthest.
    barrier : Amount
        Until all cores agree.
    busiest : int or None
        The core whose work it is; ``None`` where no core has any.
    """

    work: Amount
    learning: Amount
    way: Amount
    barrier: Amount
    busiest: int | None

    @property
    def seconds(self) -> Amount:
        """All of it."""
        return total([self.work, self.learning, self.way, self.barrier])


def step_time(events: Events, model: EnergyModel, work: float | None = None) -> StepTime | None:
    """Return how long an average step takes; ``None`` where the model says nothing of time.

    Parameters
    ----------
    events : Events
        Of the run.
    model : EnergyModel
        What each takes.
    work : float, optional
        Seconds on the busiest core of a step, averaged over steps that were timed one by one.
    """
    if not model.seconds and model.barrier is None:
        return None
    clocks = phases(events, model)
    shared = {key: each for key, each in clocks.items() if key[1] is not Phase.LEARN}
    busy = longest(shared.values())
    if work is not None and busy.value:
        busy = busy.times(work / busy.value)
    learning = longest(each for (_, phase), each in clocks.items() if phase is Phase.LEARN)
    hops = zip((Cause.HOP_EAST_WEST, Cause.HOP_NORTH_SOUTH, Cause.HOP_CHIP), events.farthest, strict=True)
    way = total(cost(model.seconds.get(cause), count) for cause, count in hops)
    barrier = NOTHING if model.barrier is None else cost(model.barrier.at(events.tiles), 1)
    busiest = max(shared, key=lambda key: shared[key].value)[0] if shared else None
    return StepTime(busy, learning, way, barrier, busiest)


def work_by_core(events: Events, model: EnergyModel) -> dict[int, Amount]:
    """Return how long each core works and then learns in an average step, seconds; cores work side by side."""
    clocks = phases(events, model)
    worked = {}
    for core in sorted({core for core, _ in clocks}):
        sent, received, learned = (
            clocks.get((core, phase), NOTHING) for phase in (Phase.SEND, Phase.RECEIVE, Phase.LEARN)
        )
        worked[core] = longest([sent, received]) + learned
    return worked


def work_by_layer(events: Events, model: EnergyModel) -> dict[str, Amount]:
    """Return the same of each layer with neurons: of that of its cores which works longest, seconds."""
    works = work_by_core(events, model)
    homes: dict[str, list[Amount]] = {layer: [] for layer in events.layers}
    for count in events.counts:
        if count.cause is Cause.NEURON_ACCESS and count.core is not None:
            homes[count.layer].append(works[count.core])
    return {layer: longest(found) for layer, found in homes.items() if found}


def phases(events: Events, model: EnergyModel) -> dict[tuple[int, Phase], Amount]:
    """Return what each phase of an average step takes on each core, seconds."""
    clocks: dict[tuple[int, Phase], Amount] = {}
    for count in events.counts:
        phase = count.cause.phase
        if count.core is not None and phase is not Phase.NONE:
            key = (count.core, phase)
            clocks[key] = clocks.get(key, NOTHING) + _seconds(count, events.steps, model)
    return clocks


def _seconds(count: Count, steps: int, model: EnergyModel) -> Amount:
    return cost(model.seconds.get(count.cause), count.events / steps, count.least / steps)
