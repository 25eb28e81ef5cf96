"""The specification: the phases of a step written out in plain integers.

Slow on purpose. Read this file to know what the chip model does, with ``reference_neurons``,
``reference_synapses``, ``reference_third_factors`` and ``reference_learning``; the fast engine must equal it bit
for bit, and both must equal Lava's process models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.checks import check_learn, check_run
from hardware.counters import count
from hardware.emulator.reference_learning import Plasticity
from hardware.emulator.reference_neurons import advance
from hardware.emulator.reference_synapses import SynapseState
from hardware.emulator.reference_third_factors import Seen, advance_readout, third_factor_state
from hardware.emulator.streams import Streams
from hardware.fixed import word
from hardware.learning.product import POST_TRACES
from hardware.lesson import Lesson, Moment
from hardware.network import INPUT, Layer
from hardware.neurons.readout import Readout
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain


class ReferenceBackend(Backend):
    """Runs Programs on the specification."""

    name = "reference"
    title = "the specification, in plain Python"

    def availability(self) -> Availability:
        """Return that it is always there."""
        return Availability(ok=True, reason="part of lava-fed")

    def load(self, program: Program) -> ReferenceSession:
        """Load a Program."""
        return ReferenceSession(program)


class ReferenceSession(Session):
    """A Program on the specification."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._synapses = {c.name: SynapseState(c.synapse) for c in program.network.connections}

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample from rest with the present weights."""
        kept = check_run(self.program.network, spikes, probes, layers, learning=False)
        return self._simulate(spikes, probes, None).keeping(kept)

    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]] | None = None,
        *,
        seed: int,
        rewards: NDArray[np.integer[Any]] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Run the samples one after another and learn."""
        network = self.program.network
        kept = check_run(network, spikes, probes, layers, learning=True)
        lesson = check_learn(
            network, spikes, labels, seed, rewards=rewards, anneal=anneal, after=after, frozen=frozen
        )
        return self._simulate(spikes, probes, lesson).keeping(kept)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the weights of the plastic connections."""
        return {
            c.name: np.array(self._synapses[c.name].weights, np.int16).reshape(c.synapse.weights.shape)
            for c in self.program.network.plastic
        }

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace weights of plastic connections that are known to fit."""
        for name in weights:
            self._synapses[name].weights = np.asarray(weights[name]).ravel().tolist()

    def _simulate(self, inputs: SpikeTrain, probes: Sequence[str], lesson: Lesson | None) -> RunResult:
        network = self.program.network
        spikes: dict[str, list[Any]] = {layer.name: [] for layer in network.layers}
        recorded: dict[str, list[Any]] = {probe: [] for probe in probes}
        step, streams = 0, None
        if lesson is not None:
            step = lesson.after * inputs.steps
            streams = Streams.draw(lesson.seed, step + inputs.samples * inputs.steps)
        joins = {c.name: self._synapses[c.name].joins() for c in network.plastic}
        for sample in range(inputs.samples):
            layers = {layer.name: _Population(layer) for layer in network.layers}
            learned = {
                c.name: Plasticity(c.rule, c.synapse.sources, c.synapse.targets, index, joins[c.name])
                for index, c in enumerate(network.connections)
                if c.rule
            }
            for array in (*spikes.values(), *recorded.values()):
                array.append([])
            for index in range(inputs.steps):
                step += 1
                moment = _moment(lesson, sample, inputs.steps - 1 - index)
                sent = {INPUT: inputs.values[sample, index].tolist()}
                self._deliver(sent, layers, index, direct=True)
                for name, population in layers.items():
                    sent[name] = population.advance(index, moment)
                self._deliver(sent, layers, index + 1, direct=False)
                if lesson is not None and streams is not None:
                    learning = {name: one for name, one in learned.items() if name not in lesson.frozen}
                    self._learn(sent, layers, learning, streams, step)
                for name in spikes:
                    spikes[name][sample].append(sent[name])
                for probe in recorded:
                    recorded[probe][sample].append(self._probe(probe, layers, learned))
        out: dict[str, Any] = {
            name: np.array(array, np.int32 if network.sends_graded(name) else np.uint8)
            for name, array in spikes.items()
        }
        return RunResult(
            spikes=out,
            probes={probe: np.array(array, np.int32) for probe, array in recorded.items()},
            counters=count(network, inputs, out, lesson=lesson),
        )

    def _deliver(
        self, sent: dict[str, list[int]], layers: dict[str, _Population], step: int, *, direct: bool
    ) -> None:
        for connection in self.program.network.connections:
            if connection.direct is direct:
                sums = self._synapses[connection.name].deliver(sent[connection.source])
                layers[connection.target].receive(step, connection.port, sums)

    def _learn(
        self,
        sent: dict[str, list[int]],
        layers: dict[str, _Population],
        learned: dict[str, Plasticity],
        streams: Streams,
        step: int,
    ) -> None:
        for name, one in learned.items():
            connection = self.program.network.connection(name)
            third = layers[connection.target].third_factors
            one.observe(sent[connection.source], sent[connection.target], third, step)
            weights = self._synapses[connection.name].weights
            one.learn(weights, connection.learned_range, streams, step)

    def _probe(self, probe: str, layers: dict[str, _Population], learned: dict[str, Plasticity]) -> Any:
        name, _, state = probe.rpartition(".")
        if name in layers:
            return layers[name].state(state)
        if state == "weights":
            synapses = self._synapses[name]
            return np.array(synapses.weights).reshape(synapses.synapse.weights.shape)
        values = list(learned[name].state(state))
        synapse = self._synapses[name].synapse
        return np.reshape(values, synapse.weights.shape) if state.startswith("tag") else values


def _moment(lesson: Lesson | None, sample: int, to_end: int) -> Moment:
    """Return what is known of a step; nothing is told to those who only run."""
    if lesson is None:
        return Moment(to_end)
    return Moment(to_end, int(lesson.labels[sample]), int(lesson.rewards[sample]), lesson.anneal)


class _Population:
    """A layer during one sample: its units, and the messages on their way to and from them.

    Attributes
    ----------
    third_factors : dict of str to list of int
        What its units sent in this step to the rules of connections into them, by y1 to y3.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        rest = layer.neuron.rest
        self.units = [{name: int(rest[name][unit]) for name in rest} for unit in range(layer.units)]
        self.teacher = third_factor_state(layer.teacher, layer.neuron, layer.units)
        self.third_factors: dict[str, list[int]] = {}
        self.delays = [0] * layer.units if layer.delays is None else layer.delays.tolist()
        self.arriving: dict[int, dict[str, list[int]]] = {}
        self.leaving: dict[int, list[int]] = {}

    def receive(self, step: int, port: str, sums: dict[int, list[int]]) -> None:
        """Add what arrives at ``port`` in ``step``, or later by its delay; each sum is a 32-bit word."""
        for delay, row in sums.items():
            due = self.arriving.setdefault(step + delay, {}).setdefault(port or self.layer.ports[0], [])
            due[:] = [word(a + b) for a, b in zip(due, row, strict=True)] if due else row

    def advance(self, step: int, moment: Moment) -> list[int]:
        """One step of the neurons, then of their third factors; return what the axons send after their delays."""
        silence, due = [0] * self.layer.units, self.arriving.pop(step, {})
        arrived = {port: due.get(port, silence) for port in self.layer.ports}
        fired = [
            self._message(unit, {port: row[unit] for port, row in arrived.items()}, moment)
            for unit in range(self.layer.units)
        ]
        for unit, message in enumerate(fired):
            self.leaving.setdefault(step + self.delays[unit], list(silence))[unit] = message
        if self.teacher is not None:
            self.teacher.advance(Seen(arrived, fired, self.units), moment)
            self.third_factors = {name: row for name, row in self.teacher.states.items() if name in POST_TRACES}
        elif isinstance(self.layer.neuron, Readout):
            self.third_factors = {"y1": [state["e"] if moment.to_end == 0 else 0 for state in self.units]}
        return self.leaving.pop(step, silence)

    def state(self, name: str) -> list[int]:
        """State ``name`` of each unit."""
        if self.teacher is not None and name in self.teacher.states:
            return list(self.teacher.states[name])
        return [unit[name] for unit in self.units]

    def _message(self, unit: int, arrived: dict[str, int], moment: Moment) -> int:
        neuron, state = self.layer.neuron, self.units[unit]
        if isinstance(neuron, Readout):
            return advance_readout(neuron, unit, state, arrived[neuron.ports[0]], moment)
        return advance(neuron, unit, state, arrived)
