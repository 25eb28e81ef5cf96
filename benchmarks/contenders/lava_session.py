"""Lava's CPU simulator through our backend, which records every layer."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.contenders.contender import Contender, Job, Layers, serve
from hardware.lava.cpu import LavaBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain


class LavaSession(Contender):
    """A Lava job for each run; its start-up is taken off by a second, shorter job."""

    exact = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._session = LavaBackend().load(Program.load(job.folder / "program.h5"))

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a train of the batch."""
        train = SpikeTrain(self.job.messages(start, batch))
        return lambda: self._session.run(train)

    def seconds(self, batch: int, repeats: int) -> float:
        """Time what one job takes longer than another that has fewer samples."""
        times = []
        for samples in (1, 1 + batch * repeats):
            work = self.work(0, samples)
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return max(times[1] - times[0], 1e-9) / (batch * repeats * self.job.steps)

    def layers(self, samples: int) -> Layers:
        """Return every layer's messages."""
        return self._session.run(SpikeTrain(self.job.messages(0, samples))).spikes


if __name__ == "__main__":
    serve(LavaSession)
