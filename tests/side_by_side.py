"""Many networks in one Program, so that one run of a slow backend shows them all."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from tests.programs import Case

MOST = 9
ONES = WeightGrid(SignMode.EXCITATORY)


@dataclasses.dataclass(frozen=True, eq=False)
class Group:
    """Cases that share samples and the kind of their input."""

    cases: Sequence[Case]

    def __str__(self) -> str:
        return f"{self.cases[0].name} and {len(self.cases) - 1} more"

    @property
    def program(self) -> Program:
        """All networks, each behind a relay that takes its part of the input and passes it on a step later."""
        inputs = sum(case.program.network.inputs for case in self.cases)
        layers: list[Layer] = []
        connections: list[Connection] = []
        first = 0
        for index, case in enumerate(self.cases):
            network = case.program.network
            units = np.arange(network.inputs)
            own = Sparse(
                np.ones_like(units),
                units,
                units + first,
                (len(units), inputs),
                grid=WeightGrid(SignMode.EXCITATORY),
            )
            first += network.inputs
            layers.append(Layer(f"{index}.{INPUT}", Relay(network.inputs, binary=not network.graded_input)))
            layers += [dataclasses.replace(layer, name=f"{index}.{layer.name}") for layer in network.layers]
            connections.append(Connection(INPUT, f"{index}.{INPUT}", own))
            connections += [
                dataclasses.replace(c, source=f"{index}.{c.source}", target=f"{index}.{c.target}", direct=False)
                for c in network.connections
            ]
        graded = self.cases[0].program.network.graded_input
        return Program(Network(inputs, tuple(layers), tuple(connections), graded), self.cases[0].program.chip)

    @property
    def spikes(self) -> SpikeTrain:
        """The input of all, side by side; a shorter one is followed by silence."""
        inputs = [case.spikes for case in self.cases]
        most = max(spikes.steps for spikes in inputs)
        longer = [np.pad(spikes.values, ((0, 0), (0, most - spikes.steps), (0, 0))) for spikes in inputs]
        return SpikeTrain(np.concatenate(longer, axis=2))


def groups(cases: Sequence[Case]) -> list[Group]:
    """Put cases of one kind together, few enough for a person to find the one that differs."""

    def shape(case: Case) -> tuple[int, bool]:
        return case.spikes.samples, case.program.network.graded_input

    found = []
    for _, same in groupby(sorted(cases, key=shape), key=shape):
        members = sorted(same, key=lambda case: case.spikes.steps)
        found += [Group(members[first : first + MOST]) for first in range(0, len(members), MOST)]
    return found
