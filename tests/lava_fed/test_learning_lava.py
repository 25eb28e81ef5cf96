"""A device that pauses on one backend goes on on another as if nothing had happened."""

from __future__ import annotations

import itertools

import pytest

from hardware.emulator.engine import EmulatorBackend
from hardware.lava.cpu import LavaBackend
from hardware.learning import LearningRule
from lava_fed.learning.learner import Learner
from lava_fed.learning.state import LearningState
from tests.lava_fed.test_learning import some
from tests.programs import learner as program_that_learns

LAVA = LavaBackend()


@pytest.mark.lava
@pytest.mark.skipif(not LAVA.availability().ok, reason=LAVA.availability().reason)
def test_from_the_emulator_to_lava_and_back(tmp_path):
    rule = LearningRule.parse("2^-3*u1*x1*y1 - 2^-4*u1*w", epoch=8, x1_impulse=30, x1_tau=9)
    program, data = program_that_learns(rule), some(9)
    with EmulatorBackend().load(program) as session:
        whole = Learner(session, seed=7)
        whole.learn(data.x, data.y)
        whole.pause().save(tmp_path / "whole")
    with EmulatorBackend().load(program) as session:
        Learner(session, seed=7).pause().save(tmp_path / "state")
    for backend, samples in [(EmulatorBackend(), (0, 2)), (LAVA, (2, 3, 6)), (EmulatorBackend(), (6, 9))]:
        with backend.load(program) as session:
            device = Learner.resume(session, LearningState.load(tmp_path / "state"))
            for first, last in itertools.pairwise(samples):
                part = data.take(slice(first, last))
                device.learn(part.x, part.y)
            device.pause().save(tmp_path / "state")
    assert (tmp_path / "state").read_bytes() == (tmp_path / "whole").read_bytes()
