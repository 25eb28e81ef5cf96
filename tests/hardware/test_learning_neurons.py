"""Learning neurons in the specification: a whole network by hand, and what holds for all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.backend import Backend
from hardware.emulator.reference import ReferenceBackend
from hardware.learning import Feedback, LearningRule, Teacher
from hardware.learning.rule import Graded
from hardware.network import Connection, Layer
from hardware.neurons.cuba import Cuba, Reset
from hardware.neurons.readout import Readout
from hardware.program import Program
from hardware.ranges.analysis import ranges
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.every_kind import network
from tests.learning_programs import BACK, FIRST, LAST, LEARNERS, WHOLE, rewarded, whole, whole_cases
from tests.programs import Case, cuba, dense

BY_NAME = {case.name: case for case in LEARNERS}


@pytest.fixture
def backend() -> Backend:
    return ReferenceBackend()


def learned(case: Case) -> RunResult:
    with ReferenceBackend().load(case.program) as session:
        return session.learn(case.spikes, case.labels, seed=7, probes=case.learning_probes, **case.lesson)


def by_hand(**readout: int) -> Program:
    """Two inputs, two hidden units, two classes; samples of 8 steps, weights that are easy to add."""
    upward = LearningRule.parse("2^-1*u0*x1*y1", epoch=8, x1_impulse=8, x1_tau=4095)
    backward = LearningRule.parse("2^-3*x0*x1*y2", epoch=1, x1_impulse=0, x1_tau=4095, graded=Graded.OVERWRITE)
    hidden = Cuba(4096, 0, 9, np.zeros(2, np.int16), reset=Reset.SUBTRACT)
    values = {"margin": 100, "shift": 1, "ceiling": 0, **readout}
    return network(
        2,
        [Layer("hidden", hidden, Feedback(shift=3, most=4, window=3)), Layer("out", Readout(2, **values))],
        [
            Connection("input", "hidden", Dense(np.array([[10, 0], [4, 8]])), upward),
            Connection("hidden", "out", Dense(np.array([[20, 2], [-6, 30]])), upward),
            Connection("out", "hidden", Dense(np.array([[4, -2], [6, 10]])), backward, port="error"),
        ],
    )


def columns(result: RunResult, name: str) -> list[list[int]]:
    """Values of each unit over the steps of the only sample."""
    return result.probes[name][0].T.tolist()


def test_a_whole_network_step_by_step(backend: Backend) -> None:
    train = np.zeros((1, 8, 2), np.uint8)
    train[0, :2, 0], train[0, 0, 1] = 1, 1  # step 1: both inputs; step 2: the first
    session = backend.load(by_hand())
    probes = [f"hidden.{s}" for s in ("v", "d", "n", "y1", "y2", "y3")] + ["out.m", "out.e"]
    traces = [f"{name}.{s}" for name in (FIRST, LAST, BACK) for s in ("x1", "weights")]
    result = session.learn(SpikeTrain(train), np.array([1]), seed=0, probes=probes + traces)

    # hidden 0 gets 10, 10; hidden 1 gets 12, 4; both fire above 9 and keep what is over (v is 64 times that)
    assert columns(result, "hidden.v") == [[0, 64, 128, 128, 128, 128, 128, 128], [0, 192, 448] + [448] * 5]
    assert result.spikes["hidden"][0].T.tolist() == [[0, 1, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]]
    assert columns(result, "hidden.n") == [[0, 1, 2, 2, 2, 2, 2, 2], [0, 1, 1, 1, 1, 1, 1, 1]]
    # out 0 gets 22, 20 and out 1 gets 24, -6, in steps 3 and 4
    assert columns(result, "out.m") == [[0, 0, 22, 42, 42, 42, 42, 42], [0, 0, 24, 18, 18, 18, 18, 18]]
    # step 5 = 8 - 3: the label's unit lacks (100 - 18) >> 1, the other is 42 >> 1 too high
    assert columns(result, "out.e") == [[0, 0, 0, 0, -21, -21, -21, -21], [0, 0, 0, 0, 41, 41, 41, 41]]
    assert result.spikes["out"][0].T.tolist() == [[0, 0, 0, 0, 0, 21, 0, 42], [0, 0, 0, 0, 41, 0, 0, 18]]
    # back over 4 -2 and 6 10: in step 6 +41 of class 1; by step 7 the first column has not learned yet
    assert result.spikes["out"].dtype == np.int32
    assert columns(result, "hidden.y2") == [[0, 0, 0, 0, 16, -16, 0, 0], [0, 0, 0, 0, 8, -8, 0, 0]]
    assert columns(result, "hidden.d") == [
        [0, 0, 0, 0, 0, -2 * 41, -2 * 41 - 4 * 21, -166],
        [0, 0, 0, 0, 0, 10 * 41, 10 * 41 - 6 * 21, 284],
    ]
    # the sum over 8, rounded to nearest: -20.75 and 35.5
    assert columns(result, "hidden.y1") == [[0] * 7 + [-21], [0] * 7 + [36]]
    # within 3 of the threshold of 9: 64 * |v - 9 * 64| < 3 * 64
    assert columns(result, "hidden.y3") == [[0] * 8, [0, 0] + [1] * 6]


def test_a_whole_network_changes_by_what_was_sent(backend: Backend) -> None:
    train = np.zeros((1, 8, 2), np.uint8)
    train[0, :2, 0], train[0, 0, 1] = 1, 1
    session = backend.load(by_hand())
    before = session.weights()
    session.learn(SpikeTrain(train), np.array([1]), seed=0)
    change = {name: (now - before[name]).tolist() for name, now in session.weights().items()}
    # x1 is 8 for each spike, less 1 where it forgot; y1 is -21 and 36; x1 * y1 * 2^(-1 - 3)
    (a, b), (c, d) = change[FIRST]
    assert a in (-21, -20, -19)
    assert b in (-11, -10, -9)
    assert c in (36, 35, 34, 33)
    assert d in (18, 17, 16, 15)
    # hidden units fired twice and once; y1 is -21 and 41
    (a, b), (c, d) = change[LAST]
    assert a in (-21, -20, -19)
    assert b in (-11, -10, -9)
    assert c in (41, 40, 39, 38)
    assert d in (21, 20, 19, 18, 17)
    # the payload's half times +-8 * n, times 2^(-3 - 3): 41 / 2 * 16 / 64 and 21 / 2 * -16 / 64, stochastically
    (a, b), (c, d) = change[BACK]
    assert a in (-3, -2)
    assert b in (4, 5)
    assert c in (-2, -1)
    assert d in (2, 3)


def test_a_sample_without_a_label_teaches_nothing_but_is_scored(backend: Backend) -> None:
    train = SpikeTrain(np.ones((1, 8, 2), np.uint8))
    session = backend.load(by_hand())
    before = session.weights()
    probes = [f"hidden.{s}" for s in ("d", "y1", "y2")] + ["out.e"]
    result = session.learn(train, seed=0, probes=probes)
    assert not any(states.any() for states in result.probes.values())
    assert all(np.array_equal(now, before[name]) for name, now in session.weights().items())
    assert result.probes.keys() == set(probes)
    (scores,) = result.spikes["out"]
    assert not scores[:-1].any()
    assert scores[-1].all()
    np.testing.assert_array_equal(session.run(train).spikes["out"], result.spikes["out"])


def test_a_readout_that_is_right_sends_nothing_back(backend: Backend) -> None:
    train = SpikeTrain(np.ones((1, 8, 2), np.uint8))
    session = backend.load(by_hand(margin=2, ceiling=1))
    probes = ["out.e", "hidden.d", "hidden.y1"]
    # both scores are far over the margin: the label's unit is right, the other is not
    result = session.learn(train, np.array([1]), seed=0, probes=probes)
    assert result.probes["out.e"][0, -1, 1] == 0
    assert result.probes["out.e"][0, -1, 0] < 0


def test_the_cases_of_the_table_reach_their_edges() -> None:
    def seen(name: str, probe: str) -> set[int]:
        return set(learned(BY_NAME[name]).probes[probe].ravel().tolist())

    assert {-128, 127} <= seen("errors that saturate the third factor", "hidden.y1")
    for name in ("the sum of errors saturates", "three readouts whose errors saturate"):
        assert {1 - 2**23, 2**23 - 1} <= seen(name, "hidden.d")
    first_error = learned(BY_NAME["three readouts whose errors saturate"]).probes["hidden.d"][:, 13]
    assert first_error.max() == 2**23 - 1, "the positive errors alone are too many"
    assert seen("errors too small for the hidden layer", "hidden.y1") == {0}
    assert seen("a unit that fired enough learns nothing", "hidden.y1") == {0}
    assert 1 in seen("a unit that fired enough learns nothing", "hidden.n")
    assert {-127, 127} <= seen("spikes count all at once", "hidden.y2")
    assert seen("spikes count nothing", "hidden.y2") == {0}
    assert seen("the widest window", "hidden.y3") == {1}
    assert {0, 1} == seen("eligibility and error", "hidden.y3")
    assert max(seen("a whole network, errors halved until none is left", "out.e")) == 1
    assert {-128, 0, 100} <= seen("reward where tags are", "a.y1")
    assert {1 - 2**23, 2**23 - 1} <= seen("a readout of integers", "a.m")


@pytest.mark.parametrize("name", ["no spikes, no lesson", "everything is frozen", "a reward, frozen"])
def test_nothing_changes_where_nothing_can(name: str) -> None:
    case = BY_NAME[name]
    session = ReferenceBackend().load(case.program)
    before = session.weights()
    session.learn(case.spikes, case.labels, seed=1, **case.lesson)
    for connection, weights in session.weights().items():
        np.testing.assert_array_equal(weights, before[connection])


@pytest.mark.parametrize("anneal", range(8))
def test_annealing_halves_errors_to_nearest(anneal: int) -> None:
    program = whole(readout={"margin": 5000, "shift": 0, "ceiling": -5000})
    full, less = (
        ReferenceBackend().load(program).learn(WHOLE.spikes, WHOLE.labels, seed=1, anneal=n, probes=["out.e"])
        for n in (0, anneal)
    )
    exact = full.probes["out.e"][0, -1] / 2**anneal
    np.testing.assert_array_equal(np.trunc(exact + np.copysign(0.5, exact)), less.probes["out.e"][0, -1])


def test_annealing_halves_what_a_teacher_sends(backend: Backend) -> None:
    rule = LearningRule.parse("2^0*u0*x1*y1", epoch=4, x1_impulse=8, x1_tau=4095)
    program = network(
        1,
        [Layer("a", cuba(3), Teacher(margin=9, shift=0, rest=-6))],
        [Connection("input", "a", dense(3, 1), rule)],
    )
    silence = SpikeTrain(np.zeros((1, 4, 1), np.uint8))
    for anneal, sent in enumerate([[9, -6, -6], [5, -3, -3], [2, -2, -2], [1, -1, -1], [1, 0, 0], [0, 0, 0]]):
        found = backend.load(program).learn(silence, np.array([0]), seed=0, anneal=anneal, probes=["a.y1"])
        assert found.probes["a.y1"][0, -1].tolist() == sent


def assert_parts_are_the_whole(case: Case, first: int) -> None:
    """Learn all samples at once, and the first ones before the others."""
    one, two = (ReferenceBackend().load(case.program) for _ in range(2))
    whole_call = one.learn(case.spikes, case.labels, seed=5, probes=case.learning_probes, **case.lesson)
    begun = case.lesson.get("after", 0)
    for part, after in ((slice(0, first), begun), (slice(first, None), begun + first)):
        told = {name: value[part] if name == "rewards" else value for name, value in case.lesson.items()}
        result = two.learn(
            case.spikes.take(part),
            case.labels[part],
            seed=5,
            probes=case.learning_probes,
            **{**told, "after": after},
        )
        for probe, states in result.probes.items():
            np.testing.assert_array_equal(states, whole_call.probes[probe][part], err_msg=probe)
    for name, weights in one.weights().items():
        np.testing.assert_array_equal(two.weights()[name], weights)


@pytest.mark.parametrize("case", [WHOLE, BY_NAME["reward where tags are"]], ids=lambda case: case.name)
@pytest.mark.parametrize("first", [1, 5])
def test_a_call_goes_on_where_another_ended(case: Case, first: int) -> None:
    assert_parts_are_the_whole(case, first)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=whole_cases(), first=st.integers(1, 3))
def test_any_call_goes_on_where_another_ended(case: Case, first: int) -> None:
    assert_parts_are_the_whole(dataclasses.replace(case, samples=first + 1), first)


def test_frozen_connections_do_not_learn_while_others_do() -> None:
    case = BY_NAME["the first connection is frozen"]
    result = learned(case)
    assert result.counters.learning_updates.keys() == {LAST, BACK}
    assert not result.probes[f"{FIRST}.x1"].any()
    assert result.probes[f"{LAST}.x1"].any()


def test_a_reward_comes_in_the_last_step(backend: Backend) -> None:
    session = backend.load(rewarded("2^-4*u0*x1*y1"))
    spikes = SpikeTrain(np.ones((2, 8, 5), np.uint8))
    y1 = session.learn(spikes, seed=0, rewards=np.array([-128, 5]), probes=["a.y1"]).probes["a.y1"]
    assert not y1[:, :-1].any()
    assert y1[:, -1].tolist() == [[-128] * 4, [5] * 4]
    assert not session.run(spikes, probes=["a.y1"]).probes["a.y1"].any()


def test_the_longest_lead_leaves_one_step_before_the_errors(backend: Backend) -> None:
    program = whole(lead=15)
    result = backend.load(program).learn(
        SpikeTrain(np.zeros((1, 16, 5), np.uint8)), np.array([0]), seed=0, probes=["out.e"]
    )
    assert result.probes["out.e"][0, 0].any()


@pytest.mark.parametrize("case", [WHOLE, BY_NAME["a reward, frozen"]], ids=lambda case: case.name)
def test_a_program_with_learning_neurons_is_the_same_after_a_file(case: Case, tmp_path) -> None:
    case.program.save(tmp_path / "program.h5")
    loaded = Program.load(tmp_path / "program.h5")
    assert loaded.digest == case.program.digest
    assert [layer.teacher for layer in loaded.network.layers] == [
        layer.teacher for layer in case.program.network.layers
    ]
    changed = Case(case.name, loaded, case.samples, told=case.told)
    np.testing.assert_equal(learned(changed).probes, learned(case).probes)


def assert_in_bounds(case: Case) -> None:
    bounds = ranges(case.program.network, 2**20 if case.graded else 1)
    result = learned(case)
    for layer in case.program.network.layers:
        for state, interval in bounds.layers[layer.name].states.items():
            found = result.probes[f"{layer.name}.{state}"]
            assert interval.low <= found.min() <= found.max() <= interval.high, state
        sent = result.spikes[layer.name]
        assert bounds.messages[layer.name].low <= sent.min() <= sent.max() <= bounds.messages[layer.name].high


@pytest.mark.parametrize("case", LEARNERS, ids=lambda case: case.name)
def test_no_state_leaves_its_bounds(case: Case) -> None:
    assert_in_bounds(case)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=whole_cases())
def test_no_state_of_any_network_leaves_its_bounds(case: Case) -> None:
    assert_in_bounds(case)
