"""A device that learns piece by piece, stops anywhere, and goes on to the same bits."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware import container
from hardware.backend import Backend
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import ContainerError, LavaFedError
from hardware.learning import LearningRule
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.learning.learner import Learner
from lava_fed.learning.plan import Plan
from lava_fed.learning.record import TrainingRecord
from lava_fed.learning.state import LearningState
from lava_fed.learning.training import Training
from tests.programs import learner as program_that_learns

STEPS = 16
BACKENDS = pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda b: b.name)


def some(samples: int, seed: int = 1, labelled: bool = True) -> DataSet:
    rng = np.random.default_rng(seed)
    x = (rng.random((samples, STEPS, 6)) < 0.4).astype(np.uint8)
    y = rng.integers(0, 3, samples).astype(np.int32) if labelled else None
    return DataSet(SpikeTrain(x), y, 3, "noise")


def bytes_of(record: TrainingRecord, folder: Path) -> bytes:
    record.save(folder / "record")
    return (folder / "record").read_bytes()


def to_the_end(training: Training) -> Training:
    while not training.done:
        training.advance()
    return training


class TestPlan:
    @given(st.integers(0, 9), st.integers(1, 40), st.integers(0, 2**31 - 1))
    def test_every_pass_shows_every_sample_once_in_an_order_of_its_own(self, number, samples, seed):
        plan = Plan(passes=10, seed=seed)
        assert sorted(plan.order(number, samples)) == list(range(samples))
        np.testing.assert_array_equal(plan.order(number, samples), plan.order(number, samples))

    def test_two_passes_have_two_orders(self):
        plan = Plan(passes=2)
        assert plan.order(0, 50).tolist() != plan.order(1, 50).tolist()

    @given(st.integers(0, 60), st.integers(1, 20), st.none() | st.integers(1, 25))
    def test_a_test_is_due_after_every_so_many_samples_and_at_the_end_of_each_pass(self, learned, samples, every):
        due = {p * samples + k for p in range(5) for k in range(0, samples + 1, every or samples)}
        due |= {p * samples for p in range(5)}
        expected = min(at for at in due if at >= learned) if learned <= 4 * samples else None
        if expected is not None:
            assert Plan(every=every).next_test(learned, samples) == expected

    def test_the_last_halving_goes_on(self):
        plan = Plan(passes=5, anneal=(0, 1, 3))
        assert [plan.halvings(number) for number in range(5)] == [0, 1, 3, 3, 3]

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"passes": 0}, "0 passes over the data teach nothing; give at least 1"),
            ({"seed": -1}, "seed -1 must lie in 0..2147483647"),
            ({"seed": 2**31}, "seed 2147483648 must lie in 0..2147483647"),
            ({"anneal": (8,)}, "errors are halved 0..7 times in each pass, found 8"),
            ({"anneal": ()}, "errors are halved 0..7 times in each pass, found nothing"),
            (
                {"anneal": (0, 1)},
                "there are 2 numbers of halvings for 1 passes; give one for each pass at most",
            ),
            ({"every": 0}, "testing every 0 samples cannot be done; give at least 1"),
        ],
    )
    def test_a_wrong_plan_is_one_sentence(self, given, sentence):
        with pytest.raises(LavaFedError) as told:
            Plan(**given)
        assert str(told.value) == sentence


class TestTraining:
    @BACKENDS
    def test_it_may_stop_after_any_step_and_end_with_the_same_bytes(self, backend: Backend, tmp_path):
        program, plan = program_that_learns(), Plan(passes=2, seed=5, every=4)
        data, test = some(7), some(9, seed=2)
        with backend.load(program) as session:
            training = Training(session, plan, data, test)
            while not training.done:
                training.advance(100)
            whole = bytes_of(training.record, tmp_path)
        record = None
        while True:
            with backend.load(program) as session:  # a new session each time, as in a new process
                training = Training(session, plan, data, test, record)
                if training.done:
                    break
                training.advance(most=1)
                training.record.save(tmp_path / "stopped")
            record = TrainingRecord.load(tmp_path / "stopped")
        assert (tmp_path / "stopped").read_bytes() == whole

    def test_the_curve_says_what_one_counts_by_hand(self):
        program, plan, data, test = program_that_learns(), Plan(seed=3, every=4), some(7), some(9, seed=2)
        with EmulatorBackend().load(program) as session:
            training = to_the_end(Training(session, plan, data, test))
            final = session.weights()["hidden->readout"]
        points = training.points
        assert [(point.learned, point.shown) for point in points] == [(0, 0), (4, 4), (7, 3)]
        assert points[0].running is None
        assert points[-1].changed == np.count_nonzero(final)  # it began from zero
        epochs, synapses = STEPS // 4, 8 * 3
        assert points[1].counters.learning_updates == {"hidden->readout": 4 * epochs * synapses}
        with EmulatorBackend().load(training.program()) as session:
            right = session.run(test.x).scores("readout").argmax(axis=1) == test.y
        assert points[-1].accuracy == right.mean()

    def test_the_program_it_leaves_has_the_weights_and_says_where_they_come_from(self):
        program = program_that_learns()
        with EmulatorBackend().load(program) as session:
            learned = to_the_end(Training(session, Plan(seed=3), some(7))).program()
            np.testing.assert_array_equal(
                learned.weights()["hidden->readout"], session.weights()["hidden->readout"]
            )
        assert learned.provenance == {
            "learned.from": "noise",
            "learned.samples": "7",
            "learned.seed": "3",
            "learned.program": program.digest,
        }

    def test_it_begins_with_the_programs_weights_whatever_the_session_learned_before(self):
        program, data = program_that_learns(), some(7)
        with EmulatorBackend().load(program) as session:
            first = to_the_end(Training(session, Plan(), data)).program().digest
            assert to_the_end(Training(session, Plan(), data)).program().digest == first

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"seed": 6}, "the training that was begun had another seed: 5 then, 6 now"),
            ({"passes": 3}, "the training that was begun had another passes: 2 then, 3 now"),
            ({"every": 3}, "the training that was begun had another every: None then, 3 now"),
        ],
    )
    def test_another_plan_cannot_go_on(self, changed, sentence):
        plan, data = Plan(passes=2, seed=5), some(7)
        with EmulatorBackend().load(program_that_learns()) as session:
            record = Training(session, plan, data).record
            with pytest.raises(LavaFedError) as told:
                Training(session, dataclasses.replace(plan, **changed), data, None, record)
        assert str(told.value) == sentence + "; go on with the same, or begin anew"

    @pytest.mark.parametrize("what", ["data", "test"])
    def test_other_data_cannot_go_on(self, what):
        data, test = some(7), some(7, seed=2)
        with EmulatorBackend().load(program_that_learns()) as session:
            record = Training(session, Plan(), data, test).record
            other = some(7, seed=3)
            pair = (other, test) if what == "data" else (data, other)
            with pytest.raises(LavaFedError, match=f"had another {what}: "):
                Training(session, Plan(), *pair, record)

    @pytest.mark.parametrize(
        ("data", "test", "sentence"),
        [
            (some(3, labelled=False), None, "noise has no labels, and layer 'readout' is taught by them"),
            (some(3), some(3, labelled=False), "noise has no labels, and a test needs them"),
            (some(0), None, "noise holds no samples; give at least one"),
            (
                DataSet(SpikeTrain(np.zeros((2, 16, 5), np.uint8)), np.zeros(2, np.int32), 1, "five"),
                None,
                "five: a sample has 5 units in a step, the network reads 6",
            ),
            (
                DataSet(SpikeTrain(np.zeros((2, 16, 6), np.uint8)), np.array([0, 3], np.int32), 4, "four"),
                None,
                "four has labels up to 3, but the output layer 'readout' has units 0 to 2",
            ),
        ],
    )
    def test_data_that_do_not_fit_are_named(self, data, test, sentence):
        with EmulatorBackend().load(program_that_learns()) as session, pytest.raises(LavaFedError) as told:
            Training(session, Plan(), data, test)
        assert str(told.value).startswith(sentence)


class TestLearner:
    @BACKENDS
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(cuts=st.sets(st.integers(1, 8)), seed=st.integers(0, 2**31 - 1))
    def test_it_may_pause_after_any_sample_and_end_with_the_same_bytes(self, backend, tmp_path, cuts, seed):
        """With draws of every kind: traces that decay at random, rounding, every second epoch."""
        rule = LearningRule.parse("2^-3*u1*x1*y1 - 2^-4*u1*w", epoch=8, x1_impulse=30, x1_tau=9)
        program, data = program_that_learns(rule), some(9)
        with backend.load(program) as session:
            learner = Learner(session, seed=seed)
            learner.learn(data.x, data.y)
            learner.pause().save(tmp_path / "whole")
        with backend.load(program) as session:
            Learner(session, seed=seed).pause().save(tmp_path / "state")
        for first, last in itertools.pairwise([0, *sorted(cuts), 9]):
            with backend.load(program) as session:  # a new session each time, as in a new process
                learner = Learner.resume(session, LearningState.load(tmp_path / "state"))
                part = data.take(slice(first, last))
                learner.learn(part.x, part.y)
                learner.pause().save(tmp_path / "state")
        assert (tmp_path / "state").read_bytes() == (tmp_path / "whole").read_bytes()


class TestState:
    def test_a_state_is_the_same_after_it_was_written_and_read(self, tmp_path):
        state = LearningState("d" * 64, 7, 12, {"a->b": np.arange(6, dtype=np.int16).reshape(2, 3)}, ("a->b",))
        state.save(tmp_path / "state")
        read = LearningState.load(tmp_path / "state")
        read.save(tmp_path / "again")
        assert (tmp_path / "state").read_bytes() == (tmp_path / "again").read_bytes()
        assert (read.program, read.seed, read.learned, read.frozen) == ("d" * 64, 7, 12, ("a->b",))
        np.testing.assert_array_equal(read.weights["a->b"], [[0, 1, 2], [3, 4, 5]])

    def test_it_does_not_change_with_the_session(self):
        with EmulatorBackend().load(program_that_learns()) as session:
            learner, data = Learner(session, seed=1), some(20)
            state = learner.pause()
            learner.learn(data.x, data.labels)
            assert session.weights()["hidden->readout"].any()
        assert not state.weights["hidden->readout"].any()
        assert not state.weights["hidden->readout"].flags.writeable

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda header, arrays: header.pop("seed"), "'seed'"),
            (lambda header, arrays: header.update(learned=-1), "what a state of learning holds"),
            (lambda header, arrays: header.update(seed="1"), "what a state of learning holds"),
            (lambda header, arrays: header.update(frozen=[1]), "what a state of learning holds"),
            (lambda header, arrays: arrays.update(extra=np.zeros(2, np.int16)), "arrays that are no weights"),
            (
                lambda header, arrays: arrays.update({"weights/a": np.zeros(2)}),
                "arrays that are no weights",
            ),
        ],
    )
    def test_a_file_that_says_nonsense_is_named(self, tmp_path, change, sentence):
        header, arrays = LearningState("d", 1, 2, {"a->b": np.zeros((1, 1), np.int16)}).pack()
        change(header, arrays)
        container.write(tmp_path / "state", "learning", header, arrays)
        with pytest.raises(ContainerError, match="state is not a valid state of learning: .*" + sentence):
            LearningState.load(tmp_path / "state")

    def test_another_program_cannot_go_on(self):
        with EmulatorBackend().load(program_that_learns()) as session:
            state = dataclasses.replace(Learner(session, seed=1).pause(), program="0" * 64)
            with pytest.raises(LavaFedError) as told:
                Learner.resume(session, state)
            digest = session.program.digest[:12]
        assert str(told.value) == (
            f"the state is of the Program 000000000000, and this one is {digest}; load the Program that began to "
            "learn"
        )

    def test_a_program_that_does_not_learn_has_no_learner(self):
        fixed = program_that_learns()
        connections = tuple(dataclasses.replace(c, rule=None) for c in fixed.network.connections)
        layers = tuple(dataclasses.replace(layer, teacher=None) for layer in fixed.network.layers)
        network = dataclasses.replace(fixed.network, connections=connections, layers=layers)
        with (
            EmulatorBackend().load(Program(network, fixed.chip)) as session,
            pytest.raises(LavaFedError, match="no connection that learns; compile it with --learn"),
        ):
            Learner(session, seed=1)
