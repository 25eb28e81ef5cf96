"""The learning methods that ship, on Lava's simulator: the same spikes, the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.lava.cpu import LavaBackend
from hardware.program import Program
from tests.method_programs import ON_LAVA, MethodCase

pytestmark = pytest.mark.lava


@pytest.mark.parametrize("case", ON_LAVA, ids=lambda case: case.name)
def test_lava_learns_the_same(case: MethodCase) -> None:
    program = Program(case.network, LOIHI2)
    with ReferenceBackend().load(program) as ours, LavaBackend().load(program) as lavas:
        one, other = (session.learn(case.spikes, seed=5, **case.host) for session in (ours, lavas))
        for layer in one.spikes:
            assert np.array_equal(one.spikes[layer], other.spikes[layer])
        for connection in case.network.plastic:
            weights = ours.weights()[connection.name]
            assert np.array_equal(weights, lavas.weights()[connection.name])
            assert np.any(weights != connection.synapse.weights)
