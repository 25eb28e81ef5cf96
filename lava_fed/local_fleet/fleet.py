"""A fleet of this machine: real work, virtual time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hardware.errors import LavaFedError
from lava_fed.conditions import DIGITS, UNKNOWN, Conditions, Luck
from lava_fed.fleet import Fleet, Reply
from lava_fed.local.device import Answer
from lava_fed.local_fleet.crew import Crew, Errand

LIMIT = 3600.0
"""Seconds of real time that a task of a device may take, unless the caller says otherwise."""


class Answering(Protocol):
    """What a fleet has to know of a device: ``Device`` is one."""

    @property
    def name(self) -> str:
        """Unique in the federation."""
        ...

    def answer(self, message: bytes) -> Answer:
        """Do what a message asks for."""
        ...


@dataclass(eq=False)
class _Underway:
    """A task that a device was sent."""

    errand: Errand
    luck: Luck
    begins: float
    earliest: float


class LocalFleet(Fleet):
    """Devices of this machine, whose tasks are worked on by a few threads.

    What arrives, and when, depends on the seed alone: not on the number of workers, nor on how fast they are. A
    task takes as long as messages travel and as the device says that its chip was busy.

    Parameters
    ----------
    devices : sequence of Answering
        The federation, each name once.
    workers : int
        Threads, at least 1.
    conditions : Conditions
        How messages travel, and what goes wrong.
    seed : int
        Decides what goes wrong, 0..2^31-1.
    start : float
        The clock at the beginning, s.
    limit : float
        Seconds of real time after which a device that does not return is given up.
    """

    def __init__(
        self,
        devices: Sequence[Answering],
        workers: int,
        conditions: Conditions | None = None,
        seed: int = 0,
        *,
        start: float = 0.0,
        limit: float = LIMIT,
    ) -> None:
        self._devices = {device.name: device for device in devices}
        if len(self._devices) != len(devices):
            raise LavaFedError("two devices have the same name; names must be unique")
        if workers < 1:
            raise LavaFedError(f"a fleet needs at least one worker, found {workers}")
        self._conditions, self._seed = conditions or Conditions(), seed
        self._now = start
        self._underway: dict[str, _Underway] = {}
        self._arriving: list[tuple[float, str, int, int, Reply]] = []
        self._crew = Crew(lambda name, message: self._devices[name].answer(message), workers, limit)

    @property
    def now(self) -> float:
        """Seconds of the virtual clock."""
        return self._now

    def devices(self) -> tuple[str, ...]:
        """Return all names; who is not there is found out by asking."""
        return tuple(self._devices)

    def send(self, turn: int, messages: Mapping[str, bytes], at: float | None = None) -> None:
        """Send each named device its message; see ``Fleet.send``."""
        for name in messages:
            if name not in self._devices:
                raise LavaFedError(f"no device {name!r}; this fleet has {', '.join(self._devices)}")
        sent = self._now if at is None else at
        self._forget(set(messages))
        for name, message in messages.items():
            luck = self._conditions.luck(self._seed, name, turn)
            if luck.vanishes:  # nobody will hear what comes of it, so nobody need work it out
                continue
            begins = sent + luck.down + self._conditions.transit(len(message))
            errand = Errand(name, turn, message)
            self._underway[name] = _Underway(errand, luck, begins, round(begins + luck.up, DIGITS))
            self._crew.submit(errand)

    def receive(self, until: float) -> Reply | None:
        """Return the next reply; see ``Fleet.receive``.

        Waits for all work that might arrive before what is known to arrive.
        """
        for task in sorted(self._underway.values(), key=lambda task: task.earliest):
            horizon = min(until, self._arriving[0][0] if self._arriving else math.inf)
            if task.earliest > horizon:
                break
            self._crew.wait(task.errand)
            del self._underway[task.errand.device]
            self._arrange(task)
        if self._arriving and self._arriving[0][0] <= until:
            reply = heapq.heappop(self._arriving)[-1]
            self._now = max(self._now, reply.arrived)
            return reply
        if until < math.inf:
            self._now = max(self._now, until)
        return None

    def recall(self) -> None:
        """Forget all that is under way."""
        self._forget(set(self._devices))

    def close(self) -> None:
        """Wait for devices at work."""
        self.recall()
        self._crew.close()

    def _arrange(self, task: _Underway) -> None:
        """Say when the reply to a task arrives that has been worked out."""
        errand, luck = task.errand, task.luck
        if errand.answer is None:
            self._arrive(task.begins + luck.up, errand, b"", 0)
            return
        message = errand.answer.message
        busy = luck.slowness * (errand.answer.seconds or UNKNOWN)
        arrived = task.begins + busy + luck.up + self._conditions.transit(len(message))
        self._arrive(arrived, errand, message, 0)
        if luck.again is not None:
            self._arrive(arrived + luck.again, errand, message, 1)

    def _arrive(self, at: float, errand: Errand, message: bytes, copy: int) -> None:
        arrived = round(at, DIGITS)
        reply = Reply(errand.device, message, errand.error, arrived, errand.turn)
        heapq.heappush(self._arriving, (arrived, errand.device, errand.turn, copy, reply))

    def _forget(self, names: set[str]) -> None:
        for name in names & set(self._underway):
            self._crew.drop(self._underway.pop(name).errand)
        if any(entry[1] in names for entry in self._arriving):
            self._arriving = [entry for entry in self._arriving if entry[1] not in names]
            heapq.heapify(self._arriving)
