from __future__ import annotations

import pickle

import numpy as np
import pytest

from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.config.course import TasksConfig
from lava_fed.continual.tasks import at, exams, order_of
from lava_fed.data.dataset import DataSet
from lava_fed.learning.samples import labels_of

TASKS = TasksConfig(((0, 1), (4,), (2, 3)), rounds_each=3)


def samples(labels: list[int]) -> DataSet:
    spikes = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1) % 2
    return DataSet(SpikeTrain(spikes), np.array(labels), 5, "five")


def test_each_task_has_its_classes_for_its_rounds_and_the_last_one_stays() -> None:
    data = at(TASKS, samples([0, 1, 2, 3, 4, 0]), "a", 1)
    seen = [sorted(labels_of(data(turn)).tolist()) for turn in range(1, 12)]
    assert seen == [[0, 0, 1]] * 3 + [[4]] * 3 + [[2, 3]] * 5


def test_samples_keep_their_order_and_none_is_lost() -> None:
    whole = samples([3, 0, 2, 1, 4, 2])
    data = at(TASKS, whole, "a", 1)
    assert [labels_of(part).tolist() for part in data.tasks] == [[0, 1], [4], [3, 2, 2]]


def test_without_tasks_every_turn_has_all_samples() -> None:
    whole = samples([0, 1, 2])
    data = at(TasksConfig(), whole, "a", 1)
    assert data(1) is data(1000) is whole


def test_a_device_without_a_sample_of_a_task_is_named_before_the_first_round() -> None:
    with pytest.raises(
        LavaFedError, match=r"device b has no sample of task 2 \(classes 4\); deal the samples more"
    ):
        at(TASKS, samples([0, 1, 2, 3]), "b", 1)


def test_all_devices_meet_tasks_in_the_same_order_unless_shuffled() -> None:
    assert {order_of(TASKS, name, 1) for name in "abcdef"} == {(0, 1, 2)}
    shuffled = TasksConfig(TASKS.split, TASKS.rounds_each, shuffled=True)
    orders = {order_of(shuffled, name, 1) for name in "abcdef"}
    assert len(orders) > 1
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert [order_of(shuffled, name, 1) for name in "abc"] == [order_of(shuffled, name, 1) for name in "abc"]
    assert {order_of(shuffled, "a", seed) for seed in range(20)} > {order_of(shuffled, "a", 1)}


def test_a_shuffled_device_meets_the_samples_of_its_order() -> None:
    shuffled = TasksConfig(TASKS.split, TASKS.rounds_each, shuffled=True)
    data = at(shuffled, samples([0, 1, 2, 3, 4]), "c", 3)
    assert data.order == order_of(shuffled, "c", 3)
    for turn, number in zip((1, 4, 7), data.order, strict=True):
        assert set(labels_of(data(turn)).tolist()) == set(TASKS.split[number])


def test_task_data_travels_to_other_processes() -> None:
    data = at(TASKS, samples([0, 1, 2, 3, 4]), "a", 1)
    assert labels_of(pickle.loads(pickle.dumps(data))(4)).tolist() == [4]  # noqa: S301


def test_test_samples_are_split_alike() -> None:
    parts = exams(TASKS, samples([0, 1, 2, 3, 4, 4]))
    assert [labels_of(part).tolist() for part in parts] == [[0, 1], [4, 4], [2, 3]]
    with pytest.raises(LavaFedError, match=r"five: no test sample is of task 2 \(classes 4\)"):
        exams(TASKS, samples([0, 1, 2, 3]))
