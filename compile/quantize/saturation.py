"""What does not fit: weights and parameters at their limits, states that leave their range while samples run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.chip.known import LOIHI2
from hardware.network import INPUT, Layer, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import Neuron, PerUnit
from hardware.neurons.resonator import Resonator
from hardware.program import Program
from hardware.session import Session
from hardware.spikes import SpikeTrain

STATE_MAX = widths.STATE_LIMIT - 1
VALUES_PER_RUN = 1 << 24
"""Most probed values of one run, which bounds memory."""


@dataclass(frozen=True)
class SaturationCounts:
    """How often a number of one layer met its limit.

    Attributes
    ----------
    weights, parameters : int
        Weights, thresholds and biases that were clipped to their range.
    currents : int
        Times that u wrapped around 24 bits, or a sum wrapped around 32.
    voltages : int
        Times that v, or a part of a resonator, was cut to 24 bits.
    """

    weights: int = 0
    parameters: int = 0
    currents: int = 0
    voltages: int = 0

    def __add__(self, other: SaturationCounts) -> SaturationCounts:
        """Add count by count."""
        names = [field.name for field in dataclasses.fields(self)]
        return SaturationCounts(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.parameters + self.currents + self.voltages

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, eq=False)
class Observation:
    """What a network did with samples.

    Attributes
    ----------
    counts : mapping of str to SaturationCounts
        States that left their range, by layer.
    messages : mapping of str to int
        Largest magnitude that each population sent, the input included.
    scores : int64 array, shape (samples, units)
        Of the output layer, as ``RunResult.scores``.
    """

    counts: Mapping[str, SaturationCounts]
    messages: Mapping[str, int]
    scores: NDArray[np.int64]


def observe(network: Network, samples: SpikeTrain) -> Observation:
    """Run samples on the emulator and count what leaves its range.

    A wrap of u is seen where u moves by 2^23 or more beyond its decay, which is every wrap as long as the input
    of one step stays below 2^23; saturation of v is found from what v was before the reset.
    """
    from hardware.emulator.engine import EmulatorSession

    session = EmulatorSession(Program(network, LOIHI2))
    probes = [f"{layer.name}.{state}" for layer in network.layers for state in _watched(layer)]
    values = samples.steps * sum(layer.units * (1 + len(_watched(layer))) for layer in network.layers)
    batch = max(1, VALUES_PER_RUN // values)
    parts = [
        _observe(session, samples.take(slice(first, first + batch)), probes)
        for first in range(0, samples.samples, batch)
    ]
    names = [layer.name for layer in network.layers]
    return Observation(
        {name: sum((part.counts[name] for part in parts), SaturationCounts()) for name in names},
        {name: max(part.messages[name] for part in parts) for name in (INPUT, *names)},
        np.concatenate([part.scores for part in parts]),
    )


def _observe(session: Session, samples: SpikeTrain, probes: list[str]) -> Observation:
    network = session.program.network
    result = session.run(samples, probes=probes)
    counts, messages = {}, {INPUT: _largest(samples.values)}
    for layer in network.layers:
        states = {state: result.probes[f"{layer.name}.{state}"].astype(np.int64) for state in _watched(layer)}
        counts[layer.name] = _count(layer.neuron, states)
        messages[layer.name] = _largest(result.spikes[layer.name])
    return Observation(counts, messages, result.scores(network.output.name))


def _watched(layer: Layer) -> tuple[str, ...]:
    return tuple(state for state in ("u", "v", "waiting", "re", "im", "sigma") if state in layer.neuron.states)


def _count(neuron: Neuron, states: dict[str, NDArray[np.int64]]) -> SaturationCounts:
    if isinstance(neuron, Cuba | Alif):
        u, before = states["u"], _previous(states["v"])
        wrapped = np.abs(u - _decayed(_previous(u), neuron.current_decay)) >= widths.STATE_LIMIT
        v = _decayed(before, neuron.voltage_decay) + u + neuron.bias
        cut = np.abs(v) > STATE_MAX
        if "waiting" in states:
            cut &= _previous(states["waiting"]) == 0
        return SaturationCounts(currents=int(wrapped.sum()), voltages=int(cut.sum()))
    if isinstance(neuron, Resonator):
        cut = sum(int((np.abs(states[part]) >= STATE_MAX).sum()) for part in ("re", "im"))
        return SaturationCounts(voltages=cut)
    if "sigma" in states:
        moved = np.abs(states["sigma"] - _previous(states["sigma"]))
        return SaturationCounts(currents=int((moved >= 1 << 31).sum()))
    return SaturationCounts()


def _previous(state: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a state one step earlier, from rest at 0."""
    earlier = np.zeros_like(state)
    earlier[:, 1:] = state[:, :-1]
    return earlier


def _decayed(state: NDArray[np.int64], constant: PerUnit) -> NDArray[np.int64]:
    magnitude = (np.abs(state) * (widths.DECAY_UNITY - np.asarray(constant, np.int64))) >> widths.DECAY_BITS
    decayed: NDArray[np.int64] = np.sign(state) * magnitude
    return decayed


def _largest(messages: NDArray[np.uint8] | NDArray[np.int32]) -> int:
    return max(abs(int(messages.min())), abs(int(messages.max())))
