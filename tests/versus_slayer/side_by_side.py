"""Several Programs in one, side by side, because every start of Lava costs a second."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from hardware.chip import LOIHI2
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse


def side_by_side(parts: Sequence[tuple[Program, SpikeTrain]]) -> tuple[Program, SpikeTrain]:
    """Join Programs of equally long input.

    Each gets relays of its own for its part of the joint input, which take one step, and one more where the host
    drove neurons directly; its layers are called ``p<index>.<name>``.
    """
    inputs = sum(program.network.inputs for program, _ in parts)
    layers: list[Layer] = []
    connections: list[Connection] = []
    first = 0
    for index, (program, _) in enumerate(parts):
        network, prefix = program.network, f"p{index}."
        own = np.arange(network.inputs, dtype=np.int32)
        ones = np.ones(network.inputs, np.int16)
        taken = Sparse(ones, own, first + own, (network.inputs, inputs), grid=WeightGrid(SignMode.EXCITATORY))
        layers.append(Layer(prefix + INPUT, Relay(network.inputs, binary=not network.graded_input)))
        connections.append(Connection(INPUT, prefix + INPUT, taken))
        layers += [dataclasses.replace(layer, name=prefix + layer.name) for layer in network.layers]
        connections += [
            dataclasses.replace(each, source=prefix + each.source, target=prefix + each.target, direct=False)
            for each in network.connections
        ]
        first += network.inputs
    graded = any(program.network.graded_input for program, _ in parts)
    joint = Network(inputs, tuple(layers), tuple(connections), graded_input=graded)
    values = np.concatenate([spikes.values.astype(np.int32) for _, spikes in parts], axis=2)
    return Program(joint, LOIHI2), SpikeTrain(values)
