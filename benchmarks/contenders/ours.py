"""Our emulator: one Program, every sample from rest, only the messages of the output kept."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.contenders.contender import Contender, Job, Layers, serve
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain


class Ours(Contender):
    """The emulator."""

    exact = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._program = Program.load(job.folder / "program.h5")
        self._session = EmulatorBackend().load(self._program)
        self._output = self._program.network.output.name

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a train of the batch."""
        train = SpikeTrain(self.job.messages(start, batch))
        return lambda: self._session.run(train, layers=[self._output])

    def layers(self, samples: int) -> Layers:
        """Return every layer's messages."""
        return self._session.run(SpikeTrain(self.job.messages(0, samples))).spikes


if __name__ == "__main__":
    serve(Ours)
