"""SLAYER's own neurons on the CPU, over torch's operators: ``compile.slayer.forward``."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.contenders.contender import Contender, Job, Layers, serve
from compile.slayer.forward import quantized_forward
from hardware.program import Program
from hardware.spikes import SpikeTrain


class Slayer(Contender):
    """The quantized forward pass of a Program."""

    exact = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._program = Program.load(job.folder / "program.h5")

    def threads(self, count: int) -> None:
        """Use this many threads."""
        import torch

        torch.set_num_threads(count)

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a train of the batch."""
        train = SpikeTrain(self.job.messages(start, batch))
        return lambda: quantized_forward(self._program, train)

    def layers(self, samples: int) -> Layers:
        """Return every layer's messages."""
        return quantized_forward(self._program, SpikeTrain(self.job.messages(0, samples)))


if __name__ == "__main__":
    serve(Slayer)
