"""A device: its own data and memory beside a Program, answering messages with messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.codec.feedback import compensate
from lava_fed.learning.samples import Samples
from lava_fed.local.inbox import Inbox
from lava_fed.local.memory import Memory
from lava_fed.local.trainer import Job, Trainer, Work
from lava_fed.messages.delta import WeightDelta
from lava_fed.messages.task import Task, check_device
from lava_fed.messages.wire import Update, Versions, Wire

TRAINER, RESIDUAL = "trainer/", "residual/"
"""What names in a device's memory begin with: what the trainer keeps, what the codec held back."""


@dataclass(frozen=True)
class Answer:
    """What a device says, and how long its chip was busy for it.

    Attributes
    ----------
    message : bytes
        Encoded update.
    seconds : float
        0 where it is unknown.
    """

    message: bytes
    seconds: float


@dataclass(frozen=True, eq=False)
class Kit:
    """What the devices of a federation have in common.

    Attributes
    ----------
    wire : Wire
        How they talk to the coordinator.
    trainer : Trainer
        How they learn.
    work : Work
        How much, in each round.
    versions : callable
        Returns the global weights of a version that a device was sent before.
    feedback : bool
        Whether what the codec holds back is kept, and added to the next change (error feedback).
    """

    wire: Wire
    trainer: Trainer
    work: Work
    versions: Versions
    feedback: bool = True

    @cached_property
    def inbox(self) -> Inbox:
        """Reads their messages."""
        return Inbox(self.wire, self.versions)


class Device:
    """Bytes in, bytes out: all that a transport has to know.

    Parameters
    ----------
    name : str
        Unique in the federation.
    program : Program
        The device's own: like the federation's but for imperfections of its chip.
    data : callable
        Returns the labelled samples of a turn; they never leave the device.
    kit : Kit
        What it has in common with all others.
    memory : Memory
        What it keeps between rounds.

    Attributes
    ----------
    name : str
        As it was given.
    kit : Kit
        As it was given.
    """

    def __init__(
        self, name: str, program: Program, data: Callable[[int], Samples], kit: Kit, memory: Memory
    ) -> None:
        self.name = check_device(name)
        self.kit = kit
        self._program, self._data, self._memory = program, data, memory

    def answer(self, message: bytes) -> Answer:
        """Do the round that an encoded task asks for and return the encoded update.

        Raises
        ------
        LavaFedError
            Where the message is not for this device, or the backend fails.
        """
        kit = self.kit
        task = kit.inbox.read(message)
        kept = self._memory.recall(task.acknowledged)
        outcome = kit.trainer.work(
            Job(
                shared=kit.wire.shared,
                program=self._program,
                task=task,
                data=self._data(task.turn),
                device=self.name,
                work=kit.work,
                memory=_below(TRAINER, kept),
            )
        )
        encoded = compensate(
            outcome.change, self._residual(task, kept), kit.wire.codec, task.dice(self.name), kit.wire.shared
        )
        remembered = {TRAINER + name: array for name, array in outcome.memory.items()}
        if kit.feedback and not kit.wire.codec.exact:
            remembered |= {RESIDUAL + name: array for name, array in encoded.residual.items()}
        self._memory.keep(task.turn, remembered)
        delta = WeightDelta(task.program, self.name, task.turn, task.version, outcome.samples, encoded.sent)
        update = Update(delta, outcome.counters, outcome.loss)
        return Answer(kit.wire.encode_update(update, encoded.data), outcome.seconds)

    def _residual(self, task: Task, kept: dict[str, NDArray[np.int32]]) -> dict[str, NDArray[np.int32]] | None:
        if not self.kit.feedback or self.kit.wire.codec.exact or not task.acknowledged:
            return None
        residual = _below(RESIDUAL, kept)
        if set(residual) != set(self.kit.wire.shared.names):
            raise LavaFedError(
                f"device {self.name} has lost what it held back in turn {task.acknowledged}; start the run anew"
            )
        return residual


def _below(prefix: str, arrays: dict[str, NDArray[np.int32]]) -> dict[str, NDArray[np.int32]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
