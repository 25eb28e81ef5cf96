"""How long an average step of a Program takes, from the rates of its populations alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.activity import spread
from hardware.energy.amount import Amount, total
from hardware.energy.cause import Phase
from hardware.energy.events import count_events
from hardware.energy.model import EnergyModel
from hardware.energy.time import phases, step_time
from hardware.program import Program

Times = NDArray[np.float64]
"""Seconds with their bounds, shape (cores and phases, 3)."""
STEPS = 1 << 20
"""Steps of the run from which rates are told; enough that the ends of epochs come at their right rate."""


@dataclass(frozen=True, eq=False)
class Clocks:
    """Time on every core, in proportion to what its populations send.

    Attributes
    ----------
    idle : float64 array, shape (cores and phases, 3)
        Seconds of a step in which nobody sends: value, lower and upper bound.
    spikes : mapping of str to float64 array of the same shape
        Seconds that one message adds, by the population that sends it.
    learning : bool array, shape (cores and phases,)
        Which of them are the phase in which a core learns.
    fixed : Amount
        Seconds until the last message has come and all cores have met.
    """

    idle: Times
    spikes: Mapping[str, Times]
    learning: NDArray[np.bool_]
    fixed: Amount

    @classmethod
    def of(cls, program: Program, model: EnergyModel, units: Mapping[str, int]) -> Clocks | None:
        """Find them; ``None`` where the model says nothing of time.

        Parameters
        ----------
        program : Program
            Placed.
        model : EnergyModel
            The constants.
        units : mapping of str to int
            Of every population.
        """

        def found(spikes: Mapping[str, int]) -> dict[tuple[int, Phase], Amount]:
            return phases(count_events(program, spread(program.network, spikes, 1, STEPS), learning=True), model)

        step = step_time(count_events(program, spread(program.network, {}, 1, STEPS), learning=True), model)
        if step is None:
            return None
        busy = {name: found({name: STEPS * count}) for name, count in units.items()}
        keys = sorted(
            {key for clocks in (found({}), *busy.values()) for key in clocks}, key=lambda k: (k[0], k[1].value)
        )

        def times(clocks: Mapping[tuple[int, Phase], Amount]) -> Times:
            rows = [(a.value, a.low, a.high) if (a := clocks.get(key)) else (0.0, 0.0, 0.0) for key in keys]
            return np.array(rows, np.float64).reshape(len(keys), 3)

        idle = times(found({}))
        spikes = {name: (times(clocks) - idle) / units[name] for name, clocks in busy.items()}
        learning = np.array([phase is Phase.LEARN for _, phase in keys], np.bool_)
        return cls(idle, spikes, learning, total([step.way, step.barrier]))

    def step(self, rates: Mapping[str, float]) -> tuple[Amount, Amount]:
        """Return seconds of an average step: of the core that computes longest, of the one that learns longest.

        Parameters
        ----------
        rates : mapping of str to float
            Messages a step, by the population that sends them; its units send equally often.
        """
        now = self.idle + sum(rates.get(name, 0.0) * times for name, times in self.spikes.items())
        work, learning = (now[rows].max(axis=0, initial=0.0) for rows in (~self.learning, self.learning))
        return total([Amount(*map(float, work)), self.fixed]), Amount(*map(float, learning))
