"""The emulator's kernels are compiled once, by the main thread, for all that they are ever given."""

from __future__ import annotations

import numpy as np

from hardware.emulator.engine import EmulatorBackend, warm_up
from hardware.emulator.simulate import simulate
from hardware.spikes import SpikeTrain
from tests.every_kind import EVERY_KIND
from tests.programs import learner


def test_what_is_compiled_first_also_runs_and_learns() -> None:
    warm_up()
    spikes = SpikeTrain(np.ones((3, 16, 6), np.uint8))
    with EmulatorBackend().load(learner()) as session:
        session.run(spikes, probes=["hidden.v"])
        session.learn(spikes, np.zeros(3, np.int32), seed=1)
    for case in EVERY_KIND:
        if case.program.network.graded_input:
            EmulatorBackend().load(case.program).run(case.spikes, probes=case.probes)
    assert len(simulate.signatures) == 1
