"""Federations whose devices learn classes in turn, and keep what they need of the earlier ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed import FederationResult, federate
from lava_fed.config import load
from lava_fed.continual.forgetting import Forgetting
from tests.federated.conftest import write_config

TASKS: dict[str, Any] = {
    "devices": {"count": 3, "partition": "iid"},
    "rounds": {"count": 4},
    "tasks": {"split": [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], "rounds_each": 2},
}


def run(folder: Path, program: Program, **changes: dict[str, object]) -> FederationResult:
    folder.mkdir(exist_ok=True)
    config = load(write_config(folder, program, **{**TASKS, **changes}))
    return federate(config, folder / "run")


def matrix(result: FederationResult) -> Forgetting:
    return Forgetting.of_rounds(np.array([record.task_accuracy for record in result.records]), 2)


def test_classes_in_turn_are_forgotten_and_replay_keeps_them_within_its_budget(
    tmp_path: Path, program: Program
) -> None:
    plain = run(tmp_path / "plain", program)
    replayed = run(tmp_path / "replayed", program, work={"replay": 8192})
    assert matrix(plain).forgetting > 0.3
    assert matrix(replayed).forgetting < matrix(plain).forgetting / 2
    assert matrix(replayed).average > matrix(plain).average + 0.1
    first, last = (sum(replayed.records[k].counters.learning_updates.values()) for k in (0, -1))
    assert last > 1.5 * first, "what is rehearsed costs, too"


def test_devices_with_orders_of_their_own_learn_different_classes_at_the_same_time(
    tmp_path: Path, program: Program
) -> None:
    plain = run(tmp_path / "plain", program)
    mixed = run(tmp_path / "mixed", program, tasks=TASKS["tasks"] | {"shuffled": True})
    assert [device.samples for device in plain.records[0].devices] != [
        device.samples for device in mixed.records[0].devices
    ]
    assert json.loads((mixed.out / "result.json").read_text())["forgetting"] is None, "nothing is earlier for all"
    assert matrix(mixed).accuracy[0, 1] > matrix(plain).accuracy[0, 1] + 0.2, "some began with the second task"


def test_a_device_without_samples_of_a_task_is_named_before_the_first_round(
    tmp_path: Path, program: Program
) -> None:
    with pytest.raises(LavaFedError, match=r"device device-\d+ has no sample of task \d"):
        run(tmp_path, program, devices={"count": 10, "partition": "classes", "classes": 1})
    assert not (tmp_path / "run" / "rounds").exists()


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"tasks": {"split": [[0, 1], [2, 19]]}}, "tasks.split: task 2 has class 19, and .* has no sample of it"),
        ({"work": {"replay": 10}}, "replay: a sample takes 130 bytes, more than the budget of 10"),
        ({"work": {"proximal": 2.0}}, "work.proximal 2 must lie in 0..1 where devices learn on chips"),
        ({"work": {"ewc": 0.001}}, "work.ewc 0.001 is below half of 1/256"),
        ({"work": {"joules": 1.0}}, "work.joules and work.seconds need a Program that is placed"),
        ({"work.options": {"every": 1.5}}, "work.options.every is 1.5, it must be of type int"),
        ({"work.options": {"evry": 1}}, r"work.options.evry is no option of 'on_chip'; did you mean every\?"),
        ({"work.options": {"backend": 1}}, "work.options.backend is no option of 'on_chip'"),
    ],
)
def test_work_that_cannot_be_done_is_refused_before_the_first_round(
    tmp_path: Path, program: Program, tables: dict[str, Any], problem: str
) -> None:
    merged = {name: TASKS.get(name, {}) | table for name, table in tables.items()}
    with pytest.raises(LavaFedError, match=problem):
        run(tmp_path, program, **merged)
    assert not (tmp_path / "run").exists()


def test_the_matrix_is_in_the_results_though_rounds_between_are_not_judged(
    tmp_path: Path, program: Program
) -> None:
    every = run(tmp_path / "every", program)
    seldom = run(tmp_path / "seldom", program, judge={"every": 3})
    assert [record.accuracy is None for record in seldom.records] == [True, False, False, False]
    found = json.loads((seldom.out / "result.json").read_text())["forgetting"]
    assert found == matrix(every).to_json()
    assert found["accuracy"][0] == list(every.records[1].task_accuracy)
    assert (
        json.loads(
            (
                run(tmp_path / "one", program, tasks={"split": [[0, 1]], "rounds_each": 4}).out / "result.json"
            ).read_text()
        )["forgetting"]
        is None
    )
