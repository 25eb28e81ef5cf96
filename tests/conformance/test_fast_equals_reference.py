"""The fast emulator equals the specification in every state at every step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.program import Program
from tests.any_network import cases_of_every_kind
from tests.conformance.comparison import assert_equal_learning, assert_equal_run
from tests.every_kind import DELAYS, EVERY_KIND
from tests.learning_programs import LEARNERS, whole_cases
from tests.programs import DECAYING_SEED, INFERENCE, LEARNING, Case, cases
from tests.rule_programs import EVERY_RULE, cases_of_other_synapses, learning_cases


@pytest.mark.parametrize("case", INFERENCE + EVERY_KIND + LEARNING + LEARNERS, ids=lambda case: case.name)
def test_run_at_the_edges(case: Case) -> None:
    assert_equal_run(case.program, case.spikes)


@pytest.mark.parametrize("case", LEARNING + EVERY_RULE + LEARNERS, ids=lambda case: case.name)
def test_learning_at_the_edges(case: Case) -> None:
    assert_equal_learning(case, 7, DECAYING_SEED)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases_of_every_kind())
def test_any_network(case: Case) -> None:
    assert_equal_run(case.program, case.spikes)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_any_network_that_learns(case: Case) -> None:
    assert_equal_run(case.program, case.spikes)
    if case.program.network.plastic:
        assert_equal_learning(case, 7, DECAYING_SEED)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=learning_cases())
def test_any_rule(case: Case) -> None:
    assert_equal_learning(case, 7, DECAYING_SEED)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases_of_other_synapses())
def test_any_rule_of_other_synapses(case: Case) -> None:
    assert_equal_learning(case, 7, DECAYING_SEED)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=whole_cases())
def test_any_whole_network(case: Case) -> None:
    assert_equal_learning(case, 7, DECAYING_SEED)


@pytest.mark.parametrize("case", EVERY_KIND, ids=lambda case: case.name)
def test_every_case_sends_or_moves_something(case: Case) -> None:
    result = EmulatorBackend().load(case.program).run(case.spikes, probes=case.probes)
    assert any(spikes.any() for spikes in result.spikes.values()) or any(p.any() for p in result.probes.values())


_DELAYED = next(case.program for case in DELAYS if case.name.startswith("delays on both ways of a loop"))


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
@pytest.mark.parametrize("program", [LEARNING[0].program, _DELAYED], ids=["learner", "delays"])
def test_threads_do_not_change_anything(threads: int, program: Program) -> None:
    case = Case("many samples", program, samples=11)
    expected = EmulatorSession(case.program, threads=1).run(case.spikes, probes=case.probes)
    found = EmulatorSession(case.program, threads=threads).run(case.spikes, probes=case.probes)
    for layer in expected.spikes:
        np.testing.assert_array_equal(found.spikes[layer], expected.spikes[layer])
    for probe in case.probes:
        np.testing.assert_array_equal(found.probes[probe], expected.probes[probe])


def test_samples_do_not_see_each_other() -> None:
    case = Case("batch", LEARNING[0].program, samples=5)
    session = EmulatorBackend().load(case.program)
    session.write_weights({"hidden->readout": np.arange(24).reshape(3, 8)})
    together = session.run(case.spikes).spikes["readout"]
    assert together.any()
    for index in range(5):
        alone = session.run(case.spikes.take(slice(index, index + 1))).spikes["readout"]
        np.testing.assert_array_equal(together[index : index + 1], alone)


def test_learning_is_a_function_of_weights_data_and_seed() -> None:
    case = LEARNING[0]
    session = EmulatorBackend().load(case.program)
    before = session.weights()
    session.learn(case.spikes, case.labels, seed=3)
    once = session.weights()
    session.write_weights(before)
    session.learn(case.spikes, case.labels, seed=3)
    np.testing.assert_array_equal(session.weights()["hidden->readout"], once["hidden->readout"])
    assert np.any(once["hidden->readout"] != before["hidden->readout"])
