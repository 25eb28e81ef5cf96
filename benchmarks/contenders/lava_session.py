"""Lava's CPU simulator through our backend, which records every layer."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.contenders.contender import Contender, Job, Layers, serve
from hardware.lava.cpu import LavaBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain

LONGER = 1.5
"""Seconds by which the long call must take longer; what begins a call varies by less than a tenth of that."""


class LavaSession(Contender):
    """Calls of one Lava session; what begins a call is taken off by a second, shorter one."""

    exact = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._session = LavaBackend().load(Program.load(job.folder / "program.h5"))

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a train of the batch."""
        train = SpikeTrain(self.job.messages(start, batch))
        return lambda: self._session.run(train)

    def seconds(self, batch: int, repeats: int) -> float:  # noqa: ARG002  # as many as tell it from start-up
        """Time what many samples take longer than a single one, after a call that starts the processes."""
        self._time(1)
        short, more, longer = self._time(1), 1, 0.0
        while longer < LONGER:
            more *= 4
            longer = self._time(1 + more) - short
        return longer / (more * self.job.steps)

    def _time(self, samples: int) -> float:
        work = self.work(0, samples)
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def layers(self, samples: int) -> Layers:
        """Return every layer's messages."""
        return self._session.run(SpikeTrain(self.job.messages(0, samples))).spikes


if __name__ == "__main__":
    serve(LavaSession)
