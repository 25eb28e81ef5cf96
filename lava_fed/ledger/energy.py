"""Energy of what all devices computed in a round."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardware.activity import spread
from hardware.counters import Counters
from hardware.energy.account import account
from hardware.energy.amount import Amount
from hardware.energy.known import NAMES, find_model
from hardware.program import Program

COUNT_LIMIT = 1 << 40
"""Far above what devices count in one round; sums of products stay exact below it."""


@dataclass(frozen=True)
class Energy:
    """What the chips of all devices spent on one round, in energy and in time.

    Attributes
    ----------
    model : str
        Name of the energy model.
    estimate : bool
        Whether it rests on estimates.
    joules, low, high : float
        Energy of all events with its range; neither what leaks away nor what the network between devices takes.
    seconds : Amount or None
        Time of the device that learned from most samples, while the others did; all steps are taken to be average
        ones. ``None`` where the model says nothing of time.
    """

    model: str
    estimate: bool
    joules: float
    low: float
    high: float
    seconds: Amount | None

    def to_json(self) -> dict[str, Any]:
        """Return energy and time as JSON values."""
        return {
            "model": self.model,
            "estimate": self.estimate,
            "joules": self.joules,
            "low": self.low,
            "high": self.high,
            "seconds": None if self.seconds is None else dataclasses.asdict(self.seconds),
        }


def energy(program: Program, counters: Counters, samples: Mapping[str, int]) -> Energy | None:
    """Return energy and time of what devices computed while they learned.

    Only sums are known, so the units of a population are taken to send equally often.

    Parameters
    ----------
    program : Program
        What every device runs.
    counters : Counters
        Events of all devices.
    samples : mapping of str to int
        Samples that each of them learned from, all of them equally long.

    Returns
    -------
    Energy or None
        ``None`` where the Program is not placed on a chip, no energy model comes with its chip, nothing ran, or a
        count is beyond ``COUNT_LIMIT``.
    """
    layer = program.network.layers[0]
    steps, every = counters.neuron_updates.get(layer.name, 0) // layer.units, sum(samples.values())
    if not program.placement or program.chip.name not in NAMES or steps < 1 or every < 1:
        return None
    if max(steps, *counters.spikes.values()) >= COUNT_LIMIT:
        return None
    model = find_model(program.chip.name)
    found = account(program, spread(program.network, counters.spikes, every, steps), model, learning=True)
    joules, seconds = found.joules, found.seconds
    if seconds is not None:
        seconds = seconds.times(max(samples.values()) / every)
    return Energy(model.name, model.estimated, joules.value, joules.low, joules.high, seconds)
