"""The learning methods that ship: the emulator learns what the specification says."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import registry
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.program import Program
from tests.method_programs import ALL, MethodCase


def test_every_method_is_here() -> None:
    assert sorted(case.name for case in ALL) == registry.names("learning rule")


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_the_emulator_learns_the_same(case: MethodCase) -> None:
    program = Program(case.network, LOIHI2)
    with ReferenceBackend().load(program) as slow, EmulatorBackend().load(program) as fast:
        for again in range(2):
            one, other = (
                session.learn(case.spikes, seed=5, after=again * case.spikes.samples, **case.host)
                for session in (slow, fast)
            )
            for layer in one.spikes:
                assert np.array_equal(one.spikes[layer], other.spikes[layer])
        for connection in case.network.plastic:
            weights = slow.weights()[connection.name]
            assert np.array_equal(weights, fast.weights()[connection.name])
            assert np.any(weights != connection.synapse.weights)
