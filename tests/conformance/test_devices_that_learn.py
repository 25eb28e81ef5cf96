"""Devices learn whole networks side by side, each by draws of its own."""

from __future__ import annotations

import dataclasses

import numpy as np

from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.learning.rule import Rounding
from hardware.program import Program
from tests.learning_programs import BACKWARD, FIRST, UPWARD, whole
from tests.programs import Case

SEEDS = (3, 4, 5)


def alone() -> Program:
    """A whole network all of whose synapses round alone."""
    upward, backward = (dataclasses.replace(rule, rounding=Rounding.INDEPENDENT) for rule in (UPWARD, BACKWARD))
    return whole(first=upward, upward=upward, backward=backward)


def test_devices_learn_as_they_would_alone() -> None:
    program = alone()
    cases = [Case("device", program, samples=4, seed=seed) for seed in SEEDS]
    with EmulatorBackend().load_devices([program] * len(SEEDS), threads=2) as group:
        for after in (0, 4):
            group.learn(
                [case.spikes for case in cases],
                [case.labels for case in cases],
                seeds=SEEDS,
                anneal=1,
                after=after,
                frozen=[FIRST] if after else [],
            )
        found = group.weights()
    for index, (case, seed) in enumerate(zip(cases, SEEDS, strict=True)):
        session = ReferenceBackend().load(program)
        session.learn(case.spikes, case.labels, seed=seed, anneal=1)
        session.learn(case.spikes, case.labels, seed=seed, anneal=1, after=4, frozen=[FIRST])
        for name, weights in session.weights().items():
            np.testing.assert_array_equal(found[name][index], weights, err_msg=f"{name} of device {index}")


def test_devices_that_see_the_same_round_apart() -> None:
    program, case = alone(), Case("same", alone(), samples=8)
    with EmulatorBackend().load_devices([program] * 2) as group:
        group.learn(case.spikes, case.labels, seeds=(1, 2))
        apart = group.weights()
    assert any(np.any(weights[0] != weights[1]) for weights in apart.values())
    with EmulatorBackend().load_devices([program] * 2) as group:
        group.learn(case.spikes, case.labels, seeds=(7, 7))
        together = group.weights()
    assert all(np.array_equal(weights[0], weights[1]) for weights in together.values())
