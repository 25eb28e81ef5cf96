from __future__ import annotations

import numpy as np

from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.local.rehearsal import rehearsed
from lava_fed.local.replay import Replay
from lava_fed.local.trainer import Job, Work
from lava_fed.messages.task import Task
from lava_fed.shared import Shared
from tests.learning_programs import rewarded

PROGRAM = rewarded("2^-5*u0*x1*y1")


def of_class(label: int, count: int) -> DataSet:
    rng = np.random.default_rng(label)
    labels = np.full(count, label, np.int32)
    return DataSet(SpikeTrain(rng.integers(0, 2, (count, 4, 6))), labels, 3, "some")


def job(data: DataSet, budget: int, remembered: Replay, turn: int = 5) -> Job:
    shared = Shared.of(PROGRAM)
    task = Task(PROGRAM.digest, turn, turn - 1, 3, 0, turn - 1, shared.base())
    return Job(shared, PROGRAM, task, data, "device-1", Work(2, replay=budget), remembered.memory())


def test_without_a_budget_a_round_is_that_of_the_job() -> None:
    asked = job(of_class(1, 5), 0, Replay(0, 0))
    data, order, replay = rehearsed(asked)
    assert data is asked.data
    assert order.tolist() == asked.order().tolist()
    assert replay.memory() == {}


def test_samples_of_classes_that_the_device_has_are_not_rehearsed() -> None:
    asked = job(of_class(1, 5), 99, Replay(99, 3).with_shown(of_class(1, 5)))
    data, order, replay = rehearsed(asked)
    assert data is asked.data
    assert order.tolist() == asked.order().tolist()
    assert len(replay) == 5


def test_after_each_sample_comes_one_of_another_class_each_as_often() -> None:
    remembered = Replay(99, 3).with_shown(of_class(0, 3))
    asked = job(of_class(1, 5), 99, remembered)
    data, order, replay = rehearsed(asked)
    assert order[::2].tolist() == asked.order().tolist()
    shown = data.take(order)
    assert shown.labels.tolist() == [1, 0] * 10
    assert sorted(np.bincount(order[1::2] - 5).tolist()) == [3, 3, 4]
    after = replay.with_shown(shown)
    assert np.bincount(after.labels).tolist() == [3, 5]


def test_a_round_is_rehearsed_in_an_order_of_its_own() -> None:
    remembered = Replay(99, 3).with_shown(of_class(0, 5))
    orders = [rehearsed(job(of_class(1, 5), 99, remembered, turn))[1][1::2] for turn in (5, 5, 6)]
    assert orders[0].tolist() == orders[1].tolist() != orders[2].tolist()
