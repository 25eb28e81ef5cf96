"""Budgets of energy and time: a round ends before the piece that would exceed them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.ledger.prices import Prices
from lava_fed.local.budget import PIECE
from lava_fed.local.on_chip import OnChip
from lava_fed.local.trainer import Job, Outcome, Work
from lava_fed.messages.task import Task
from lava_fed.shared import Shared
from tests.lava_fed.test_pull import learn as learn_unplaced

SAMPLES = 96


@pytest.fixture(scope="module")
def placed() -> Program:
    return compile_model(Path("5-6-2"), learn="direct_feedback")


def learn(program: Program, work: Work) -> Outcome:
    rng = np.random.default_rng(3)
    values = np.repeat(rng.integers(0, 2, (SAMPLES, 1, 6)).astype(np.uint8), 16, axis=1)
    data = DataSet(SpikeTrain(values), rng.integers(0, 2, SAMPLES).astype(np.int32), 2, "random codes")
    shared = Shared.of(program)
    task = Task(program.digest, 1, 0, 5, 0, 0, shared.base())
    with OnChip(EmulatorBackend()) as trainer:
        return trainer.work(Job(shared, program, task, data, "dev", work))


def joules(program: Program, outcome: Outcome) -> float:
    prices = Prices.of(program)
    assert prices is not None
    return prices.compute(outcome.counters).value + prices.learning(outcome.counters).value


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
def test_a_budget_of_energy_is_used_up_and_not_exceeded(placed: Program, part: float) -> None:
    free = learn(placed, Work())
    budget = part * joules(placed, free)
    held = learn(placed, Work(joules=budget))
    assert free.samples == SAMPLES and held.samples % PIECE == 0
    assert abs(held.samples - part * SAMPLES) <= 1.5 * PIECE
    assert joules(placed, held) <= budget * 1.02  # the last piece may take a little more than those before it


def test_a_budget_of_time_ends_a_round_too(placed: Program) -> None:
    free = learn(placed, Work())
    assert free.seconds > 0
    held = learn(placed, Work(seconds=free.seconds / 2))
    assert abs(held.samples - SAMPLES / 2) <= 1.5 * PIECE and held.seconds <= 1.02 * free.seconds / 2


def test_the_tighter_of_two_budgets_counts(placed: Program) -> None:
    free = learn(placed, Work())
    both = learn(placed, Work(joules=joules(placed, free) / 4, seconds=free.seconds))
    assert both.samples == learn(placed, Work(joules=joules(placed, free) / 4)).samples < SAMPLES / 2


def test_a_budget_that_is_never_reached_changes_nothing(placed: Program) -> None:
    free, held = learn(placed, Work()), learn(placed, Work(joules=1e9, seconds=1e9))
    assert free.counters == held.counters and free.loss == held.loss
    assert all(np.array_equal(free.change[name], held.change[name]) for name in free.change)


def test_pulls_are_paid_for(placed: Program) -> None:
    free, held = learn(placed, Work()), learn(placed, Work(proximal=0.5))
    assert sum(held.counters.learning_updates.values()) == sum(free.counters.learning_updates.values()) + 60
    assert joules(placed, held) > joules(placed, free)


def test_a_budget_below_the_first_samples_says_what_they_take(placed: Program) -> None:
    with pytest.raises(LavaFedError, match=r"work.joules 1e-12 J is less than the .* J that the first 8 samples"):
        learn(placed, Work(joules=1e-12))
    with pytest.raises(LavaFedError, match=r"work.seconds 1e-09 s is less than"):
        learn(placed, Work(seconds=1e-9))


def test_a_program_without_a_place_on_a_chip_has_no_budget(program: Program) -> None:
    with pytest.raises(LavaFedError, match="need a Program that is placed on a chip with an energy model"):
        learn_unplaced(program, Work(joules=1.0))
    assert learn_unplaced(program, Work()).seconds == 0.0
