"""Pulls between pieces of a round: FedProx and EWC in whole weight units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.local.importance import MOST, Importance
from lava_fed.local.on_chip import OnChip
from lava_fed.local.proximal import WHOLE, pulled, share_of
from lava_fed.local.trainer import Job, Outcome, Work
from lava_fed.messages.task import Task
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND
from tests.lava_fed.test_device import data

WEIGHTS = arrays(np.int16, (3, 4), elements=st.integers(-256, 255))


@given(WEIGHTS, WEIGHTS, st.integers(0, WHOLE), st.integers(0, 7), st.integers(0, 99))
def test_a_pull_never_goes_beyond_its_anchor(
    weights: NDArray[np.int16], anchor: NDArray[np.int16], share: int, halvings: int, seed: int
) -> None:
    moved = pulled(weights, anchor, share, np.random.default_rng(seed), halvings=halvings)
    low, high = np.minimum(weights, anchor), np.maximum(weights, anchor)
    assert moved.dtype == np.int16 and np.all((low <= moved) & (moved <= high))


@given(WEIGHTS, WEIGHTS, st.integers(0, 99))
def test_no_share_changes_nothing_and_the_whole_way_ends_at_the_anchor(
    weights: NDArray[np.int16], anchor: NDArray[np.int16], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    assert np.array_equal(pulled(weights, anchor, 0, rng), weights)
    assert np.array_equal(pulled(weights, anchor, WHOLE, rng), anchor)


@pytest.mark.parametrize("distance, share, halvings", [(10, 26, 0), (-10, 26, 0), (1, 1, 0), (-77, 200, 3)])
def test_a_pull_goes_its_share_of_the_way_on_average(distance: int, share: int, halvings: int) -> None:
    count = 1 << 18
    weights = np.full((1, count), distance, np.int16)
    moved = pulled(weights, np.zeros_like(weights), share, np.random.default_rng(1), halvings=halvings)
    wanted = distance * share / (WHOLE << halvings)
    assert (weights - moved).mean() == pytest.approx(wanted, abs=5 * 0.5 / count**0.5)
    assert set(np.unique(weights - moved).tolist()) == {int(np.floor(wanted)), int(np.ceil(wanted))}


def test_each_synapse_has_a_share_of_its_own() -> None:
    weights, anchor = np.full((1, 3), 100, np.int16), np.full((1, 3), 20, np.int16)
    shares = np.array([[0, WHOLE // 2, WHOLE]])
    assert pulled(weights, anchor, shares, np.random.default_rng(0)).tolist() == [[100, 60, 20]]


def test_a_strength_that_no_chip_can_take_is_refused() -> None:
    assert [share_of(each, "x") for each in (0.0, 0.002, 0.5, 1.0)] == [0, 1, 128, 256]
    with pytest.raises(LavaFedError, match=r"work.proximal 1.5 must lie in 0..1"):
        share_of(1.5, "work.proximal")
    with pytest.raises(LavaFedError, match="below half of 1/256, the finest part"):
        share_of(0.001, "work.proximal")


def test_importance_of_a_task_is_its_squared_changes_and_16_in_the_mean() -> None:
    began = {"a": np.zeros((1, 4), np.int16)}
    first = Importance.begin("0" * 64, began)
    assert not first.holds and not first.shares("a", WHOLE).any()
    once = first.learned(began, {"a": np.array([[0, 1, 1, 0]], np.int16)}, halvings=0)
    twice = once.learned(began, {"a": np.array([[0, 0, -1, 1]], np.int16)}, halvings=1)
    assert twice.squares["a"].tolist() == [[0, 1, 1 + 4, 4]]  # a change of half the rate counts twice, squared 4
    ended = {"a": np.array([[5, 6, 7, 8]], np.int16)}
    second = Importance.recall(twice.memory(), "1" * 64, ended)
    assert second.held["a"].tolist() == [[0, 6, 32, 25]]  # 16 * 4 * squares / 10, rounded down
    assert second.anchors["a"].tolist() == [[5, 6, 7, 8]] and not second.squares["a"].any()
    assert second.shares("a", WHOLE // 2).tolist() == [[0, 48, 256, 200]]
    same = Importance.recall(second.memory(), "1" * 64, began)
    assert np.array_equal(same.anchors["a"], ended["a"])  # the anchor stays as long as the task does


def test_importances_of_tasks_add_up_to_what_eight_bits_hold() -> None:
    weights = {"a": np.zeros((1, 2), np.int16)}
    known = Importance.begin("0" * 64, weights)
    for task in range(1, 12):
        known = known.learned(weights, {"a": np.array([[3, 0]], np.int16)}, 0)
        known = Importance.recall(known.memory(), f"{task:064x}", weights)
    assert known.held["a"].tolist() == [[MOST, 0]]


def test_the_largest_changes_of_a_large_connection_do_not_overflow() -> None:
    weights = {"a": np.full((64, 64), 255, np.int16)}
    known = Importance.begin("0" * 64, weights)
    full = {"a": np.full((64, 64), 1 << 60, np.int64)}
    known = Importance(known.task, known.anchors, known.held, full)
    held = Importance.recall(known.memory(), "1" * 64, weights).held["a"]
    assert np.all(held == 16)


def learn(program: Program, work: Work, **changes: object) -> Outcome:
    base = {FIRST: np.full((2, 5), -3, np.int16), SECOND: np.full((2, 3), 9, np.int16)}
    fields: dict[str, object] = {
        "shared": Shared.of(program),
        "program": program,
        "task": Task(program.digest, 2, 1, 5, 0, 0, base),
        "data": data(6),
        "device": "dev",
        "work": work,
    }
    with OnChip(EmulatorBackend(), every=5) as trainer:
        return trainer.work(Job(**(fields | changes)))  # type: ignore[arg-type]


def size(outcome: Outcome) -> float:
    return sum(float(np.abs(change).sum()) for change in outcome.change.values())


def test_a_stronger_proximal_term_keeps_devices_nearer_to_the_global_weights(program: Program) -> None:
    free, weak, strong, whole = (learn(program, Work(passes=5, proximal=mu)) for mu in (0.0, 0.1, 0.5, 1.0))
    assert size(free) > size(weak) > size(strong) > size(whole) == 0


def test_a_pull_counts_as_a_learning_update_of_each_synapse(program: Program) -> None:
    free, held = learn(program, Work(passes=2)), learn(program, Work(passes=2, proximal=0.25))
    for name, synapses in ((FIRST, 10), (SECOND, 6)):  # 12 samples in stretches of 4: three pulls
        assert held.counters.learning_updates[name] == free.counters.learning_updates[name] + 3 * synapses


def test_ewc_holds_what_the_task_before_needed(program: Program) -> None:
    first = learn(program, Work(passes=2, ewc=0.5))
    assert np.array_equal(first.change[FIRST], learn(program, Work(passes=2)).change[FIRST])
    other = data(4)
    free = learn(program, Work(passes=4), data=other)
    held = learn(program, Work(passes=4, ewc=1.0), data=other, memory=first.memory)
    needed = (
        np.asarray(first.memory[f"ewc/squares/{FIRST}"]) >= np.asarray(first.memory[f"ewc/squares/{FIRST}"]).mean()
    )
    assert needed.any() and np.abs(free.change[FIRST][needed]).any()
    assert not held.change[FIRST][needed].any()  # at 1 a synapse of mean importance goes all the way back
    assert (
        held.counters.learning_updates[FIRST] - free.counters.learning_updates[FIRST] == 4 * 10
    )  # 16 samples, four pulls


def test_rounds_with_pulls_are_the_same_every_time(program: Program) -> None:
    work = Work(passes=3, proximal=0.2, ewc=0.3)
    first = learn(program, work)
    one, other = (learn(program, work, data=data(4), memory=first.memory) for _ in range(2))
    assert all(np.array_equal(one.change[name], other.change[name]) for name in one.change)
    assert one.memory.keys() == other.memory.keys() and one.counters == other.counters
