"""The account of a round: the length of every message that was really encoded, the energy of what was computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hardware.activity import spread
from hardware.counters import Counters
from hardware.energy.account import account
from hardware.energy.known import NAMES, find_model
from hardware.program import Program

COUNT_LIMIT = 1 << 40
"""Far above what devices count in one round; sums of products stay exact below it."""


@dataclass(frozen=True)
class Traffic:
    """What one device exchanged with the coordinator in one round.

    Attributes
    ----------
    device : str
        Its name.
    down, up : int
        Bytes to the device and from it, message frames included.
    """

    device: str
    down: int
    up: int


@dataclass(frozen=True)
class Energy:
    """What the chips of all devices spent on one round.

    Attributes
    ----------
    model : str
        Name of the energy model.
    estimate : bool
        Whether it rests on estimates.
    joules, low, high : float
        Energy of all events with its range; neither what leaks away nor what the network between devices takes.
    """

    model: str
    estimate: bool
    joules: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Return the energy as JSON values."""
        return {
            "model": self.model,
            "estimate": self.estimate,
            "joules": self.joules,
            "low": self.low,
            "high": self.high,
        }


def total(entries: Iterable[Traffic]) -> Traffic:
    """Return the sum over all entries, booked under ``"all"``."""
    down = up = 0
    for entry in entries:
        down += entry.down
        up += entry.up
    return Traffic("all", down, up)


def energy(program: Program, counters: Counters, samples: int) -> Energy | None:
    """Return the energy of what devices computed while they learned.

    Only sums are known, so the units of a population are taken to send equally often.

    Parameters
    ----------
    program : Program
        What every device runs.
    counters : Counters
        Events of all devices.
    samples : int
        Samples that they learned from.

    Returns
    -------
    Energy or None
        ``None`` where the Program is not placed on a chip, no energy model comes with its chip, nothing ran, or a
        count is beyond ``COUNT_LIMIT``.
    """
    layer = program.network.layers[0]
    steps = counters.neuron_updates.get(layer.name, 0) // layer.units
    if not program.placement or program.chip.name not in NAMES or steps < 1 or samples < 1:
        return None
    if max(steps, *counters.spikes.values()) >= COUNT_LIMIT:
        return None
    model = find_model(program.chip.name)
    activity = spread(program.network, counters.spikes, samples, steps)
    joules = account(program, activity, model, learning=True).joules
    return Energy(model.name, model.estimated, joules.value, joules.low, joules.high)
