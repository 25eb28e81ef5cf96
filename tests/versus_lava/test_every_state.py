"""The specification equals Lava's process models in every state at every step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.checks import check_learn
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError
from hardware.lava.refusals import check_learning
from hardware.learning import Teacher
from tests.any_network import cases_of_every_kind
from tests.every_kind import EVERY_KIND
from tests.learning_programs import LEARNERS, whole_cases
from tests.programs import DECAYING_SEED, INFERENCE, LEARNING, Case, cases, learner
from tests.rule_programs import EVERY_RULE, learning_cases
from tests.versus_lava.whole_network import simulate

pytestmark = pytest.mark.lava


def lava_learns(case: Case) -> bool:
    try:
        check_learning(case.program.network)
    except LavaFedError:
        return False
    return True


def assert_equal_to_lava(case: Case, seed: int | None) -> None:
    reference, network = ReferenceBackend().load(case.program), case.program.network
    if seed is None:
        lesson, probes = None, case.probes
        result = reference.run(case.spikes, probes=probes)
    else:
        lesson = check_learn(network, case.spikes, case.labels, seed, **case.lesson)
        probes = case.learning_probes
        result = reference.learn(case.spikes, case.labels, seed=seed, probes=probes, **case.lesson)
    lava = simulate(case.program, case.spikes, lesson)
    for name, spikes in result.spikes.items():
        np.testing.assert_array_equal(lava[f"{name}.spikes"], spikes, err_msg=name)
    for name in probes:
        np.testing.assert_array_equal(lava[name], result.probes[name], err_msg=name)


@pytest.mark.parametrize("case", INFERENCE + EVERY_KIND, ids=lambda case: case.name)
def test_edges_of_inference(case):
    assert_equal_to_lava(case, None)


@pytest.mark.parametrize("seed", [0, 7, DECAYING_SEED, 2**31 - 1])
@pytest.mark.parametrize("case", filter(lava_learns, LEARNING + EVERY_RULE), ids=lambda case: case.name)
def test_edges_of_learning(case, seed):
    assert_equal_to_lava(case, seed)


@pytest.mark.parametrize("case", LEARNERS, ids=lambda case: case.name)
def test_edges_of_learning_neurons_and_of_other_synapses(case):
    assert_equal_to_lava(case, None)
    if lava_learns(case):
        assert_equal_to_lava(case, 7)


@pytest.mark.parametrize("anneal", [0, 1, 5])
@pytest.mark.parametrize("trigger", [1, 40, 127])
def test_errors_of_one_size(trigger, anneal):
    teacher = Teacher(margin=300, shift=2, rest=-300, trigger=trigger)
    assert_equal_to_lava(Case("", learner(teacher=teacher), samples=6, told={"anneal": anneal}), 3)


@settings(max_examples=150, deadline=None)
@given(case=whole_cases().filter(lava_learns), seed=st.integers(0, 2**31 - 1))
def test_any_whole_network(case, seed):
    assert_equal_to_lava(case, seed)


@settings(max_examples=250, deadline=None)
@given(case=cases(), seed=st.integers(0, 2**31 - 1))
def test_any_network(case, seed):
    assert_equal_to_lava(case, seed if case.program.network.plastic else None)


@settings(max_examples=100, deadline=None)
@given(case=learning_cases().filter(lava_learns), seed=st.integers(0, 2**31 - 1))
def test_any_rule_in_a_network(case, seed):
    assert_equal_to_lava(case, seed)


@settings(max_examples=300, deadline=None)
@given(case=cases_of_every_kind())
def test_any_network_of_every_kind(case):
    assert_equal_to_lava(case, None)
