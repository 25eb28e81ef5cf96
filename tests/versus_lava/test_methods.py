"""The learning methods that ship, on Lava's simulator: the same spikes, the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.lava.cpu import LavaBackend
from hardware.learning import LearningMethod
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.learning.methods.rstdp import rstdp
from hardware.learning.methods.soel import soel
from hardware.learning.methods.stdp import stdp
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense

pytestmark = pytest.mark.lava
RNG = 3


def two_layers(method: LearningMethod) -> Network:
    """Make a hidden layer that drives three units, which learn."""
    rng = np.random.default_rng(RNG)

    def neurons(units: int) -> Cuba:
        return Cuba(4096, 300, 90, np.zeros(units, np.int16))

    return Network(
        8,
        (Layer("hidden", neurons(6)), Layer("last", neurons(3), method.teacher)),
        (
            Connection("input", "hidden", Dense(2 * rng.integers(-10, 40, (6, 8)))),
            Connection("hidden", "last", Dense(2 * rng.integers(0, 40, (3, 6))), method.rule),
        ),
    )


def spikes(steps: int, *, first: bool = False) -> SpikeTrain:
    """Make four samples of random spikes, or of four inputs that fire first."""
    rng = np.random.default_rng(RNG)
    values = rng.random((4, steps, 8)) < 0.3
    if first:
        values[:] = False
        values[:, 0] = rng.permuted(np.tile(np.arange(8) < 4, (4, 1)), axis=1)
    return SpikeTrain(values.astype(np.uint8))


@pytest.mark.parametrize(
    ("network", "given", "host"),
    [
        (two_layers(stdp()), spikes(32), {}),
        (two_layers(rstdp()), spikes(32), {"rewards": np.array([-128, 50, 0, 127])}),
        (two_layers(soel(margin=300, shift=2, trigger=9)), spikes(32), {"labels": np.array([2, 0, -1, 1])}),
        (
            prototype_network(8, 2, 2, method=prototypes(), active=4, alike=3),
            spikes(40, first=True),
            {"labels": np.array([0, 2, 1, -1])},
        ),
    ],
    ids=["stdp", "rstdp", "soel", "prototypes"],
)
def test_lava_learns_the_same(network: Network, given: SpikeTrain, host: dict[str, Any]) -> None:
    program, (learned,) = Program(network, LOIHI2), network.plastic
    with ReferenceBackend().load(program) as ours, LavaBackend().load(program) as lavas:
        one, other = (session.learn(given, seed=5, **host) for session in (ours, lavas))
        for layer in one.spikes:
            assert np.array_equal(one.spikes[layer], other.spikes[layer])
        weights = ours.weights()[learned.name]
        assert np.array_equal(weights, lavas.weights()[learned.name])
        assert np.any(weights != learned.synapse.weights)
