"""Loihi 1's limits: nengo-loihi and we accept the same cores, but where the difference is explained.

What nengo-loihi 1.1.0 answers is written down here, and asked again where ``make peers`` has installed it.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

from compile.rules.check import NETWORK_RULES, judge_placement
from compile.rules.rule import ask
from hardware.chip.known import LOIHI1
from hardware.errors import NetworkError
from hardware.learning import LearningRule
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.placement.mesh import Mesh
from hardware.program import Placement
from hardware.synapses.dense import Dense
from hardware.synapses.grid import WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

PEER = Path(__file__).parents[2] / ".venv-peers/nengo/bin/python"
MESH = Mesh.of(LOIHI1, None)


@dataclass(frozen=True)
class Core:
    """A core, or several of a kind, as both sides build it; one neuron driven by one source by default."""

    neurons: int = 1
    sources: int = 1
    targets: int = 1
    out_axons: int = 0
    thresholds: tuple[int, ...] = (64,)
    voltage_decays: tuple[int, ...] = (128,)
    refractory: int = 1
    exponents: tuple[int, ...] = (0,)
    narrow: int = 0
    traces: tuple[int, ...] = ()
    cores: int = 1


@dataclass(frozen=True)
class Edge:
    """What both sides say of a core; ``why`` they differ, where they do."""

    core: Core
    nengo: bool
    ours: bool
    why: str = ""


EDGES = {
    "1024 compartments": Edge(Core(neurons=1024), True, True),
    "1025 compartments": Edge(Core(neurons=1025), False, False),
    "4096 input axons": Edge(Core(sources=4096), True, True),
    "4097 input axons": Edge(Core(sources=4097), False, False),
    "4096 output axons": Edge(Core(neurons=1024, out_axons=4096), True, True),
    "4097 output axons": Edge(Core(neurons=1024, out_axons=4097), False, False),
    "32 compartment configurations": Edge(Core(neurons=33, voltage_decays=tuple(range(1, 33))), True, True),
    "33 compartment configurations": Edge(Core(neurons=33, voltage_decays=tuple(range(1, 34))), False, False),
    "16 thresholds": Edge(Core(neurons=17, thresholds=tuple(range(1, 17))), True, True),
    "17 thresholds": Edge(Core(neurons=17, thresholds=tuple(range(1, 18))), False, False),
    "15 synapse formats": Edge(Core(exponents=tuple(range(-7, 8))), True, True),
    "16 synapse formats": Edge(Core(exponents=(*range(-7, 8), 0), narrow=1), False, False),
    "3 presynaptic traces": Edge(Core(exponents=(0, 0, 0), traces=(2, 3, 4)), True, True),
    "4 presynaptic traces": Edge(Core(exponents=(0, 0, 0, 0), traces=(2, 3, 4, 5)), False, False),
    "2048 sources of synapses that learn": Edge(Core(sources=2048, traces=(2,)), True, True),
    "refractory 63": Edge(Core(refractory=63), True, True),
    "refractory 64": Edge(Core(refractory=64), False, False),
    "voltage decay 4095": Edge(Core(voltage_decays=(4095,)), True, True),
    "voltage decay 4096": Edge(Core(voltage_decays=(4096,)), False, False),
    "threshold 131071": Edge(Core(thresholds=(131071,)), True, True),
    "threshold 131072": Edge(Core(thresholds=(131072,)), False, False),
    "weight exponent 7": Edge(Core(exponents=(7,)), True, True),
    "weight exponent 8": Edge(Core(exponents=(8,)), False, False),
    "128 cores": Edge(Core(cores=128), True, True),
    "129 cores": Edge(Core(cores=129), False, False),
    "131,072 bytes of weights, in blocks": Edge(Core(neurons=54, sources=2048, targets=54), True, True),
    "131,072 bytes of weights and more": Edge(Core(neurons=257, sources=512, targets=257), False, False),
    "weight exponent -8": Edge(
        Core(exponents=(-8,)),
        False,
        True,
        "Brian2Loihi has -8, and so have four bits",
    ),
    "2049 sources of synapses that learn": Edge(
        Core(sources=2049, traces=(2,)),
        True,
        False,
        "nengo gives each of them two of the core's 4096 axons (nxsdk_objects.py), but its validator counts one",
    ),
    "threshold 0": Edge(Core(thresholds=(0,)), False, True, "nengo never needs it; the register holds 0"),
    "128 KiB of weights without headers": Edge(
        Core(neurons=256, sources=512, targets=256),
        False,
        True,
        "nengo counts 10 bits of header for every 64 synapses, and rounds to words of 64 bits; we count weights",
    ),
}


def ours(core: Core) -> bool:
    """Say whether our rules accept a core, placed as nengo-loihi places it."""
    try:
        network = network_of(core)
    except NetworkError:
        return False  # no chip of the family can express it
    placement = [Placement(f"core{index}", index, 0, core.neurons) for index in range(core.cores)]
    placement += [
        Placement(layer.name, core.cores + index, 0, 1) for index, layer in enumerate(network.layers[core.cores :])
    ]
    _, network_violations = ask(NETWORK_RULES, network, MESH)
    _, violations = judge_placement(network, MESH, tuple(placement))
    return not network_violations and not violations


def network_of(core: Core) -> Network:
    every = np.arange(core.neurons)
    thresholds, decays = np.array(core.thresholds), np.array(core.voltage_decays)
    neuron = Cuba(
        4096,
        decays[np.minimum(every, len(decays) - 1)],
        thresholds[np.minimum(every, len(thresholds) - 1)],
        np.zeros(core.neurons, np.int16),
        refractory=core.refractory,
    )
    layers = [Layer(f"core{index}", neuron) for index in range(core.cores)]
    connections, relays = [], len(core.exponents) > 1
    if relays:  # groups of synapses with exponents of their own come from layers of their own
        single = Cuba(4096, 128, 64, np.zeros(1, np.int16))
        layers += [Layer(f"from{index}", single) for index in range(len(core.exponents))]
        connections += [
            Connection("input", f"from{index}", Dense(np.full((1, core.sources), 2, np.int16)))
            for index in range(len(core.exponents))
        ]
    for index in range(core.cores):
        for group in range(len(core.exponents)):
            source = f"from{group}" if relays else "input"
            rule = (
                LearningRule.parse("2^-6*u0*x1*w", epoch=1, x1_impulse=16, x1_tau=core.traces[group])
                if core.traces
                else None
            )
            connections.append(Connection(source, f"core{index}", synapse_of(core, group), rule))
    for index in range(-(-core.out_axons // core.neurons) if core.out_axons else 0):
        heard = min(core.neurons, core.out_axons - index * core.neurons)
        layers.append(Layer(f"out{index}", Cuba(4096, 128, 64, np.zeros(1, np.int16))))
        synapse = Sparse(
            np.full(heard, 2, np.int16), np.zeros(heard, np.int64), np.arange(heard), (1, core.neurons)
        )
        connections.append(Connection("core0", f"out{index}", synapse))
    return Network(core.sources, tuple(layers), tuple(connections))


def synapse_of(core: Core, group: int) -> Synapse:
    """Let every source drive the first neurons; the last groups have weights of 6 bits."""
    narrow = group >= len(core.exponents) - core.narrow
    grid, exponent = WeightGrid(bits=6 if narrow else 8), core.exponents[group]
    if core.targets == core.neurons:
        return Dense(np.full((core.neurons, core.sources), 8, np.int16), exponent, grid)
    sources, targets = np.divmod(np.arange(core.sources * core.targets), core.targets)
    shape = (core.neurons, core.sources)
    return Sparse(np.full(len(sources), 8, np.int16), targets, sources, shape, exponent, grid)


@pytest.mark.parametrize("name", EDGES)
def test_our_answer(name: str) -> None:
    assert ours(EDGES[name].core) == EDGES[name].ours


def test_every_difference_is_explained() -> None:
    for name, edge in EDGES.items():
        assert bool(edge.why) == (edge.nengo != edge.ours), name


def test_nengo_loihis_answers() -> None:
    if not PEER.exists():
        pytest.skip("nengo-loihi is not installed; run 'make peers'")
    cases = json.dumps([asdict(edge.core) for edge in EDGES.values()])
    script = Path(__file__).with_name("validator.py")
    result = subprocess.run([PEER, script], input=cases, capture_output=True, text=True, check=True)
    assert dict(zip(EDGES, json.loads(result.stdout), strict=True)) == {
        name: edge.nengo for name, edge in EDGES.items()
    }
