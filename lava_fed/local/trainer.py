"""The contract of what a device does with its data in one round.

A trainer is registered under the entry point group ``lava_fed.trainers`` as a class whose constructor takes the
backend of its devices and its options by keyword, each with a default.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.counters import Counters
from hardware.program import Program
from lava_fed.learning.samples import Samples
from lava_fed.messages.task import Task
from lava_fed.shared import Shared


@dataclass(frozen=True)
class Work:
    """How much a device does in each round, and what holds it back; the same for all devices and rounds.

    Attributes
    ----------
    passes : int
        Times that a device goes through its data, at least 1.
    samples : int
        Most samples that it shows in a round, which then goes on where the last one ended; 0 for whole passes.
    proximal : float
        FedProx's mu: the pull back to the global weights.
    ewc : float
        EWC's lambda: the pull back to what earlier tasks needed.
    replay : int
        Bytes in which a device may keep samples of earlier tasks.
    joules, seconds : float
        Most energy and time of a round on the chip, 0 for no limit.
    """

    passes: int = 1
    samples: int = 0
    proximal: float = 0.0
    ewc: float = 0.0
    replay: int = 0
    joules: float = 0.0
    seconds: float = 0.0

    def shown(self, turn: int, count: int, rng_of_pass: Any) -> NDArray[np.int64]:
        """Return which samples a device shows in a turn, in order.

        Parameters
        ----------
        turn : int
            Number of the task, from 1.
        count : int
            Samples that the device has.
        rng_of_pass : callable
            Given the number of a pass through the data, counted over all turns from 0, returns the
            ``numpy.random.Generator`` that shuffles it.

        Returns
        -------
        int64 array
            ``passes * count`` indices, or the next ``samples`` of the endless row of passes.
        """
        first = (turn - 1) * (self.samples or self.passes * count)
        last = first + (self.samples or self.passes * count)
        rows = [rng_of_pass(number).permutation(count) for number in range(first // count, -(-last // count))]
        start = first - first // count * count
        shown: NDArray[np.int64] = np.concatenate(rows)[start : start + last - first].astype(np.int64)
        return shown


@dataclass(frozen=True, eq=False)
class Job:
    """One round on one device.

    Attributes
    ----------
    shared : Shared
        What the federation trains.
    program : Program
        The device's own; like the federation's but for imperfections of the chip.
    task : Task
        What the coordinator asks.
    data : Samples
        The device's labelled samples.
    device : str
        Its name.
    work : Work
        How much to do.
    memory : mapping of str to array
        What the trainer kept on this device in the acknowledged turn; empty before the first.
    """

    shared: Shared
    program: Program
    task: Task
    data: Samples
    device: str
    work: Work = field(default_factory=Work)
    memory: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def order(self) -> NDArray[np.int64]:
        """Return which samples to show, in order; run seed and device name shuffle each pass."""
        task, count = self.task, len(self.data)
        return self.work.shown(task.turn, count, lambda number: task.shuffle(self.device, number))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a round on a device came to.

    Attributes
    ----------
    change : mapping of str to int32 array, shape (targets, sources)
        Learned minus global weights of every shared connection, in master units.
    samples : int
        Different samples that it learned from, at least 1.
    counters : Counters
        Events on the chip.
    loss : float
        Mean over the samples as they were shown, at least 0; 0 where it is unknown.
    seconds : float
        Time of the chip, or of what else learned; 0 where it is unknown.
    memory : mapping of str to array
        What the trainer is to find in ``Job.memory`` in the next round.
    """

    change: Mapping[str, NDArray[np.int32]]
    samples: int
    counters: Counters
    loss: float = 0.0
    seconds: float = 0.0
    memory: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class Trainer(ABC):
    """Learns rounds for devices of one kind; use it as a context manager.

    Parameters
    ----------
    backend : Backend
        Where the devices' Programs run.
    """

    name: str
    """Identifier in configs."""
    processes: bool = False
    """Whether rounds hold the interpreter's lock, so that more workers help only as processes."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    @abstractmethod
    def check(self, shared: Shared, work: Work) -> None:
        """Check, before the first round, that this trainer can train these connections, and work like that.

        Raises
        ------
        LavaFedError
            Naming the layer, connection or setting that it cannot do with, and the remedy.
        """

    @abstractmethod
    def work(self, job: Job) -> Outcome:
        """Learn one round; a pure function of the job, called from several threads.

        Raises
        ------
        LavaFedError
            Where Program, data or backend do not fit.
        """

    @abstractmethod
    def close(self) -> None:
        """Release what it holds."""

    def __enter__(self) -> Trainer:
        """Return the trainer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release what it holds."""
        self.close()
