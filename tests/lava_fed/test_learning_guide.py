"""What the host tells a network that learns: labels, rewards, annealing, moved images, frozen connections."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend, ReferenceSession
from hardware.errors import LavaFedError
from hardware.learning import LearningRule, Reward
from hardware.network import Connection, Layer
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from lava_fed.data.dataset import DataSet
from lava_fed.data.images import Images
from lava_fed.learning.learner import Learner
from lava_fed.learning.plan import Plan
from lava_fed.learning.training import Training
from tests.programs import cuba, learner, program

STEPS = 16


def some(samples: int, units: int = 6, classes: int = 3) -> DataSet:
    rng = np.random.default_rng(4)
    x = (rng.random((samples, STEPS, units)) < 0.4).astype(np.uint8)
    return DataSet(SpikeTrain(x), rng.integers(0, classes, samples).astype(np.int32), classes, "noise")


def rewarded() -> Program:
    """Two units that a reward teaches: the weight of a source that fired rises or falls by the reward alone."""
    rule = LearningRule.parse("2^0*u0*y1", epoch=STEPS, x1_impulse=1, x1_tau=0)
    synapse = Dense(np.array([[64, 0], [0, 64]], np.int16))
    return program(
        Connection("input", "a", synapse, rule), inputs=2, layers=(Layer("a", cuba(2, threshold=10), Reward()),)
    )


class TestRewards:
    def test_a_right_answer_earns_what_a_wrong_one_loses(self):
        x = np.zeros((2, STEPS, 2), np.uint8)
        x[:, :8, 0] = 1  # drives unit 0, so the answer is 0
        data = DataSet(SpikeTrain(x), np.array([0, 1], np.int32), 2, "two arms")
        with ReferenceBackend().load(rewarded()) as session:
            before = session.weights()["input->a"].astype(int)
            plan = Plan(reward=5, every=1)
            training = Training(session, plan, data)
            seen = []
            while not training.done:
                training.advance()
                seen.append((training.learned, session.weights()["input->a"].astype(int) - before))
        labels = data.labels[plan.order(0, 2)]
        after = dict(seen)
        first = 5 if labels[0] == 0 else -5
        np.testing.assert_array_equal(after[1], np.full((2, 2), first))
        np.testing.assert_array_equal(after[2], np.zeros((2, 2)))  # one is right and the other wrong
        assert [point.right for point in training.points] == [0, int(labels[0] == 0), int(labels[1] == 0)]

    def test_each_sample_earns_by_what_was_learned_before_it(self):
        """However the samples come in, rewards are those of a device that learns them one by one."""
        data = some(12, units=2, classes=2)
        plan = Plan(reward=40)
        with ReferenceBackend().load(rewarded()) as session:
            training = Training(session, plan, data)
            while not training.done:
                training.advance()
            by_training = session.weights()["input->a"]
        with ReferenceBackend().load(rewarded()) as session:
            for index in plan.order(0, 12):
                one = data.take(slice(int(index), int(index) + 1))
                right = session.run(one.x).scores("a").argmax() == one.labels[0]
                session.learn(one.x, seed=plan.seed, rewards=np.array([40 if right else -40]))
            np.testing.assert_array_equal(session.weights()["input->a"], by_training)

    def test_labels_are_needed_to_judge(self):
        bare = dataclasses.replace(some(3, units=2), y=None)
        with ReferenceBackend().load(rewarded()) as session, pytest.raises(LavaFedError) as told:
            Training(session, Plan(), bare)
        assert str(told.value) == (
            "noise has no labels, and layer 'a' is taught by them; add an array y to the archive"
        )


class Listening(ReferenceSession):
    """Keeps what it was told."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.heard: list[tuple[int, tuple[str, ...]]] = []

    def learn(self, spikes, labels=None, **more):
        self.heard += [(more["anneal"], tuple(more["frozen"]))] * spikes.samples
        return super().learn(spikes, labels, **more)


def test_each_pass_is_annealed_as_the_plan_says():
    session = Listening(learner())
    training = Training(session, Plan(passes=4, anneal=(0, 2, 7)), some(3))
    while not training.done:
        training.advance()
    assert [anneal for anneal, _ in session.heard] == [0] * 3 + [2] * 3 + [7] * 6


def test_frozen_connections_keep_their_weights_until_they_thaw():
    data, name = some(6), "hidden->readout"
    with ReferenceBackend().load(learner()) as session:
        device = Learner(session, seed=1)
        device.freeze(name)
        device.learn(data.x, data.y)
        assert not session.weights()[name].any()
        assert device.pause().frozen == (name,)
        again = Learner.resume(session, device.pause())
        again.learn(data.x, data.y)
        assert not session.weights()[name].any()
        again.thaw(name)
        again.learn(data.x, data.y)
        assert session.weights()[name].any()


def test_a_connection_that_cannot_be_frozen_is_named():
    with ReferenceBackend().load(learner()) as session:
        for frozen in ("input->hidden", "nowhere"):
            with pytest.raises(LavaFedError) as told:
                Training(session, Plan(frozen=(frozen,)), some(3))
            assert str(told.value) == f"no connection {frozen!r} to freeze; those that learn: hidden->readout"


class TestImages:
    IMAGES = Images(
        np.random.default_rng(0).integers(0, 256, (5, 2, 3)).astype(np.uint8), np.arange(5) % 3, "pictures"
    )

    def test_a_pass_moves_each_image_anew_and_alike_for_a_seed(self):
        plan = Plan(passes=3, shift=1, seed=6)
        passes = [plan.shown(number, self.IMAGES) for number in range(3)]
        for number, shown in enumerate(passes):
            rng = np.random.default_rng([6, number, 1])
            np.testing.assert_array_equal(shown.pixels, self.IMAGES.shifted(rng, 1).pixels)
        assert len({shown.digest for shown in passes}) == 3

    def test_images_that_are_not_moved_are_learned_as_they_are(self):
        assert Plan(passes=3).shown(2, self.IMAGES) is self.IMAGES

    def test_they_are_learned_like_the_spikes_that_they_become(self):
        inputs = self.IMAGES.units
        rule, teacher = learner().network.plastic[0].rule, learner().network.output.teacher
        network = program(
            Connection("input", "a", Dense(np.zeros((3, inputs), np.int16)), rule),
            inputs=inputs,
            layers=(Layer("a", cuba(3), teacher),),
        )
        ends = []
        for data in (self.IMAGES, self.IMAGES.take(slice(None))):
            with ReferenceBackend().load(network) as session:
                training = Training(session, Plan(passes=2), data, data)
                while not training.done:
                    training.advance()
                ends.append((training.program().digest, training.points))
        assert ends[0] == ends[1]

    def test_only_images_can_be_moved(self):
        with ReferenceBackend().load(learner()) as session, pytest.raises(LavaFedError) as told:
            Training(session, Plan(shift=1), some(3))
        assert str(told.value) == "noise holds no images that could be moved; leave the shift out"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"samples": 0}, "0 samples teach nothing; give at least 1"),
        ({"shift": -1}, "images move by 0..8 pixels, found -1"),
        ({"shift": 9}, "images move by 0..8 pixels, found 9"),
        ({"reward": 0}, "reward 0 must lie in 1..127"),
        ({"reward": 128}, "reward 128 must lie in 1..127"),
    ],
)
def test_a_wrong_plan_is_one_sentence(given, sentence):
    with pytest.raises(LavaFedError) as told:
        Plan(**given)
    assert str(told.value) == sentence


def test_only_the_first_samples_are_learned_where_the_plan_says_so():
    data = some(9)
    ends = []
    for plan, given in ((Plan(passes=2, samples=4), data), (Plan(passes=2), data.take(slice(4)))):
        with ReferenceBackend().load(learner()) as session:
            training = Training(session, plan, given)
            while not training.done:
                training.advance()
            ends.append((training.learned, training.program().weights()["hidden->readout"].tolist()))
    assert ends[0] == ends[1]
    assert ends[0][0] == 8
