"""One table of Programs, run on every backend: each equals the specification in every state at every step."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import registry
from hardware.backend import Backend
from hardware.emulator.reference import ReferenceBackend
from tests.conformance.comparison import assert_same, assert_same_weights, every_state
from tests.every_kind import EVERY_KIND
from tests.programs import INFERENCE, LEARNING, Case
from tests.side_by_side import Group, groups

BACKENDS = [pytest.param("emulator"), pytest.param("lava", marks=pytest.mark.lava)]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = registry.find("backend", request.param)()
    if not found.availability().ok:
        pytest.skip(found.availability().reason)
    return found


@pytest.mark.parametrize("case", INFERENCE + LEARNING[:1], ids=lambda case: case.name)
def test_run(backend: Backend, case: Case) -> None:
    with backend.load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        assert_same(session.run(case.spikes, probes=case.probes), reference.run(case.spikes, probes=case.probes))


@pytest.mark.parametrize("group", groups(EVERY_KIND), ids=str)
def test_run_of_every_kind(backend: Backend, group: Group) -> None:
    program, spikes = group.program, group.spikes
    probes = every_state(program)
    with backend.load(program) as session, ReferenceBackend().load(program) as reference:
        assert_same(session.run(spikes, probes=probes), reference.run(spikes, probes=probes))


@pytest.mark.parametrize("case", LEARNING, ids=lambda case: case.name)
def test_learn(backend: Backend, case: Case) -> None:
    with backend.load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found = session.learn(case.spikes, case.labels, seed=7, probes=case.learning_probes)
        expected = reference.learn(case.spikes, case.labels, seed=7, probes=case.learning_probes)
        assert_same(found, expected)
        assert_same_weights(session, reference)


def test_what_was_learned_stays_for_the_next_call(backend: Backend) -> None:
    case = LEARNING[0]
    with backend.load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        for one in (session, reference):
            one.learn(case.spikes, case.labels, seed=1)
            one.learn(case.spikes, case.labels, seed=2)
        assert_same_weights(session, reference)
        assert np.any(session.weights()["hidden->readout"] % 2)  # odd weights, off the static grid
        assert_same(session.run(case.spikes), reference.run(case.spikes))


def test_weights_that_are_written_are_used(backend: Backend) -> None:
    case = LEARNING[0]
    weights = {"hidden->readout": np.arange(-12, 12).reshape(3, 8) * 9}
    with backend.load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        for one in (session, reference):
            one.write_weights(weights)
        assert_same_weights(session, reference)
        assert_same(session.run(case.spikes), reference.run(case.spikes))
