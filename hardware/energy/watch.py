"""A run watched part by part: who sends, who is active, how long each step takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.activity import Activity, away_from_rest
from hardware.energy.cause import SYNAPSES, Cause
from hardware.energy.fan import fan_onto
from hardware.energy.model import EnergyModel
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.placement.needs import united
from hardware.placement.part import parts_of
from hardware.placement.traffic import needs_of
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain

LOADS_LIMIT = 1 << 29
"""Bytes of the table of what each message costs on each core; a larger network is timed by its average step."""
NANO = 1e9


class Watch:
    """Counts a run and times its steps, in the memory of one part.

    Parameters
    ----------
    program : Program
        Placed on a chip or board.
    model : EnergyModel
        What each event takes.
    """

    def __init__(self, program: Program, model: EnergyModel) -> None:
        self._network, self._total = program.network, 0.0
        self._activity: Activity | None = None
        self._clock = StepClock(program, model) if StepClock.fits(program) and model.seconds else None

    def add(self, inputs: SpikeTrain, result: RunResult) -> None:
        """Take one part, with the messages of every layer and the probes ``state_probes(network)``."""
        part = Activity.of(inputs, result, self._network)
        self._activity = part if self._activity is None else self._activity + part
        if self._clock is not None:
            self._total += float(self._clock.work(inputs, result).sum())

    @property
    def activity(self) -> Activity:
        """How often each unit sent in all parts.

        Raises
        ------
        LavaFedError
            Where there was none.
        """
        if self._activity is None:
            raise LavaFedError("there is no input to count events of; give at least one sample")
        return self._activity

    @property
    def work(self) -> float | None:
        """Seconds of work on the busiest core of each step, on average; ``None`` where that is not known."""
        return None if self._clock is None else self._total / self.activity.steps


class StepClock:
    """Work of the busiest core in every single step.

    Parameters
    ----------
    program : Program
        Placed on a chip or board.
    model : EnergyModel
        What each event takes.
    """

    def __init__(self, program: Program, model: EnergyModel) -> None:
        network = self._network = program.network
        parts = parts_of(program.placement)
        needs = needs_of(network, parts)
        cores = np.unique(np.array([part.core for part in parts], np.int64))
        self._cores, place = len(cores), {int(core): index for index, core in enumerate(cores)}
        nano = {cause: (model.seconds[cause].value or 0.0) * NANO for cause in model.seconds}
        units = {INPUT: network.inputs, **{layer.name: layer.units for layer in network.layers}}
        self._homes = {name: np.zeros(count, np.int64) for name, count in units.items() if name != INPUT}
        self._loads = {name: np.zeros((count, 2 * len(cores)), np.float32) for name, count in units.items()}
        self._idle = np.zeros(2 * len(cores))
        self._update = nano.get(Cause.NEURON_UPDATE, 0.0)
        heard: dict[int, list[dict[str, NDArray[np.bool_]]]] = {}
        for part, need in zip(parts, needs, strict=True):
            here = place[part.core]
            self._homes[part.layer][part.units] = here
            self._idle[here] += nano.get(Cause.NEURON_ACCESS, 0.0) * len(part.units)
            self._loads[part.layer][part.units, here] += nano.get(Cause.SPIKE, 0.0)
            for connection in network.into(part.layer):
                cause = SYNAPSES[need.encoded[connection.name].encoding]
                fan = fan_onto(connection.synapse, part.units)
                self._loads[connection.source][:, self._cores + here] += nano.get(cause, 0.0) * fan
            heard.setdefault(here, []).append(dict(need.senders))
        for here, masks in heard.items():
            for name, mask in united(list(masks)).items():
                self._loads[name][mask, self._cores + here] += nano.get(Cause.AXON_IN, 0.0)
                if name != INPUT:
                    self._loads[name][mask, self._homes[name][mask]] += nano.get(Cause.AXON_OUT, 0.0)

    @classmethod
    def fits(cls, program: Program) -> bool:
        """Say whether the table of costs stays small."""
        network = program.network
        units = network.inputs + sum(layer.units for layer in network.layers)
        return units * 2 * len({each.core for each in program.placement}) * 4 <= LOADS_LIMIT

    def work(self, inputs: SpikeTrain, result: RunResult) -> NDArray[np.float64]:
        """Return the seconds of work on the busiest core, shape (samples, steps)."""
        samples, steps = inputs.samples, inputs.steps
        clocks = np.empty((samples, steps, 2 * self._cores))
        clocks[:] = self._idle
        sent = {INPUT: inputs.values, **result.spikes}
        for sample in range(samples):
            for name, load in self._loads.items():
                clocks[sample] += (sent[name][sample] != 0).astype(np.float32) @ load
            for layer in self._network.layers:
                active = away_from_rest(layer, result, sample)
                order = np.argsort(self._homes[layer.name], kind="stable")
                homes, starts = np.unique(self._homes[layer.name][order], return_index=True)
                clocks[sample][:, homes] += self._update * np.add.reduceat(
                    active[:, order], starts, axis=1, dtype=int
                )
        busiest: NDArray[np.float64] = clocks.max(axis=2) / NANO
        return busiest
