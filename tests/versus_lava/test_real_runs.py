"""Runs on Lava's real simulator that the conformance table is too small for."""

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend
from hardware.lava.cpu import LavaBackend
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Layer
from tests.programs import THREE_FACTOR, Case, cuba, dense, program

pytestmark = pytest.mark.lava


def ring(layers):
    """A ring of layers, all driven by the input; the last two are taught, by two rules of unequal epochs."""
    names = [f"layer-{index}" for index in range(layers)]
    drives = [Connection("input", name, dense(3, 4, seed=index)) for index, name in enumerate(names)]
    links = [Connection(a, b, dense(3, 3, seed=9)) for a, b in zip(names, names[1:-2] + names[:1], strict=False)]
    slow = LearningRule.parse(
        "2^-3*u0*x1*y1 - 2^-4*x0*x2*y1", epoch=8, x1_impulse=30, x1_tau=7, x2_impulse=9, x2_tau=2
    )
    taught = [
        Connection(names[0], names[-2], dense(3, 3, seed=20), THREE_FACTOR),
        Connection(names[1], names[-1], dense(3, 3, seed=21), slow),
        Connection(names[-1], names[-1], dense(3, 3, seed=22), slow),
    ]
    teacher = Teacher(margin=500, shift=1)
    populations = [
        Layer(name, cuba(3, 2000 + i, 100), teacher if i >= layers - 2 else None) for i, name in enumerate(names)
    ]
    return Case("ring", program(*drives, *links, *taught, inputs=4, layers=tuple(populations)), samples=4)


def test_more_layers_and_states_than_one_recorder_or_bank_holds():
    from hardware.lava.processes import recorder, state_bank  # these import Lava

    case = ring(10)
    assert len(case.program.network.layers) > recorder.SLOTS
    assert len(case.learning_probes) > state_bank.SLOTS
    with LavaBackend().load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found = session.learn(case.spikes, case.labels, seed=3, probes=case.learning_probes)
        expected = reference.learn(case.spikes, case.labels, seed=3, probes=case.learning_probes)
        for name, spikes in expected.spikes.items():
            np.testing.assert_array_equal(found.spikes[name], spikes, err_msg=name)
        for name, states in expected.probes.items():
            np.testing.assert_array_equal(found.probes[name], states, err_msg=name)
        for name, weights in expected_weights(reference, case).items():
            np.testing.assert_array_equal(session.weights()[name], weights, err_msg=name)
        assert found.counters == expected.counters


def expected_weights(reference, case):
    """Return the reference's weights, all of which must have changed for the comparison to mean anything."""
    weights = reference.weights()
    for name, before in case.program.weights().items():
        assert np.any(weights[name] != before), name
    return weights


def test_the_order_of_probes_and_doubles_do_not_matter():
    case = ring(3)
    probes = ["layer-2.v", "layer-0.u", "layer-2.v"]
    with LavaBackend().load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found = session.run(case.spikes, probes=probes)
        expected = reference.run(case.spikes, probes=sorted(set(probes)))
    assert set(found.probes) == {"layer-2.v", "layer-0.u"}
    for name, states in expected.probes.items():
        np.testing.assert_array_equal(found.probes[name], states, err_msg=name)
