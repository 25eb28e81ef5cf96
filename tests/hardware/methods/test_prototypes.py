"""Continual prototypes: classes that come later leave those that came first."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError, NetworkError
from hardware.learning import supervised
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.learning.prototype_memory import UNKNOWN, PrototypeMemory
from hardware.program import Program
from hardware.spikes import SpikeTrain

STEPS = 40
WEIGHTS = "input->prototypes"


def program(inputs: int, classes: int, each: int, active: int, alike: int) -> Program:
    """Make a Program of prototypes."""
    return Program(
        prototype_network(inputs, classes, each, method=prototypes(epoch=STEPS), active=active, alike=alike),
        LOIHI2,
    )


def at_first(patterns: np.ndarray) -> SpikeTrain:
    """Make samples whose inputs, listed row by row, fire in the first step."""
    spikes = np.zeros((len(patterns), STEPS, int(patterns.max()) + 1), np.uint8)
    spikes[np.arange(len(patterns))[:, None], 0, patterns] = 1
    return SpikeTrain(spikes)


def small() -> tuple[Program, SpikeTrain]:
    """Four of eight inputs; three shared ones are enough. The last of three patterns shares two with the first."""
    return program(8, 2, 2, active=4, alike=3), at_first(np.array([[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 6, 7]]))


def test_an_example_becomes_the_weights_of_one_unit_and_no_other_changes() -> None:
    made, patterns = small()
    with ReferenceBackend().load(made) as session:
        memory = PrototypeMemory(session, 2, [0, 0])
        assert memory.learn(patterns.take(np.array([0])), np.array([1]), seed=1) == 1
        weights = session.weights()[WEIGHTS]
        assert set(weights[2, :4]) <= {62, 63, 64}  # of an impulse of 64, a 128th less, rounded
        assert not weights[2, 4:].any()
        assert not weights[[0, 1, 3]].any()


def test_what_shares_too_little_is_new_until_it_is_learned() -> None:
    made, patterns = small()
    with ReferenceBackend().load(made) as session:
        memory = PrototypeMemory(session, 2, [0, 0])
        assert memory.recall(patterns).tolist() == [UNKNOWN] * 3
        novelty = session.run(patterns).spikes["novelty"][:, :, 0]
        assert [np.flatnonzero(row).tolist() for row in novelty] == [[STEPS - 1]] * 3, "the last step alone"
        assert memory.learn(patterns.take(np.array([0, 1])), np.array([0, 1]), seed=1) == 2
        assert memory.recall(patterns).tolist() == [0, 1, UNKNOWN]
        assert memory.learn(patterns, np.array([0, 1, 0]), seed=1) == 1
        assert memory.recall(patterns).tolist() == [0, 1, 0]
        assert memory.used == [2, 1]
        fired = session.run(patterns).spikes
        assert fired["prototypes"].sum(axis=(1, 2)).tolist() == [1, 1, 1], "the first to fire silences all others"
        assert fired["classes"].sum(axis=1).tolist() == [[1, 0], [0, 1], [1, 0]]
        assert not fired["novelty"].any()
        near = at_first(np.array([[0, 1, 2, 7], [3, 4, 5, 6]]))
        assert memory.recall(near).tolist() == [0, 1]


def test_numbers_that_make_no_sense_are_refused() -> None:
    for wrong in ({"active": 9}, {"alike": 5}, {"alike": 0}, {"each": 0}, {"method": prototypes(epoch=7)}):
        sound = {"classes": 2, "each": 2, "active": 4, "alike": 3, "method": prototypes()}
        with pytest.raises(NetworkError, match="prototypes: . classes of . prototypes each"):
            prototype_network(8, **{**sound, **wrong})
    with pytest.raises(NetworkError, match="'supervised' makes no prototypes"):
        prototype_network(8, 2, 2, method=supervised(), active=4, alike=3)


def test_a_class_without_a_prototype_left_is_refused() -> None:
    made, patterns = small()
    with ReferenceBackend().load(made) as session:
        memory = PrototypeMemory(session, 2, [2, 0])
        with pytest.raises(LavaFedError, match="sample 0: all 2 prototypes of class 0 are in use"):
            memory.learn(patterns, np.array([0, 1, 1]), seed=1)
        with pytest.raises(LavaFedError, match=r"sample 1: label 2 must lie in 0..1"):
            memory.learn(patterns, np.array([1, 2, 1]), seed=1)


def test_digits_that_come_later_leave_the_first_ones() -> None:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    digits = at_first(np.argsort(-x, axis=1, kind="stable")[:, :20])
    first, later, held_out = (
        np.flatnonzero((y < 5) & (np.arange(len(y)) < 300)),
        np.flatnonzero((y >= 5) & (np.arange(len(y)) < 300)),
        np.arange(1000, len(y)),
    )
    with EmulatorBackend().load(program(64, 10, 20, active=20, alike=14)) as session:
        memory = PrototypeMemory(session, 20, [0] * 10)

        def right(classes: np.ndarray) -> float:
            chosen = held_out[np.isin(y[held_out], classes)]
            return float((memory.recall(digits.take(chosen)) == y[chosen]).mean())

        memory.learn(digits.take(first), y[first], seed=1)
        before, kept = right(np.arange(5)), session.weights()[WEIGHTS]
        assert before > 0.9
        assert right(np.arange(5, 10)) == 0
        memory.learn(digits.take(later), y[later], seed=1)
        in_use = [unit for label in range(5) for unit in range(20 * label, 20 * label + memory.used[label])]
        assert np.array_equal(session.weights()[WEIGHTS][in_use], kept[in_use]), "no old prototype changes"
        assert right(np.arange(5)) > before - 0.1, "they only have more rivals"
        assert right(np.arange(5, 10)) > 0.75
