"""What the coordinator lets in: every reply is checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hardware.errors import LavaFedError
from lava_fed.errors import WireError
from lava_fed.fleet import Reply
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.messages.wire import Update, Wire
from lava_fed.runs.record import DeviceRecord, Fate

SLACK = 1.25
"""Changes up to so many times the range of a weight are sound: codecs round the largest ones up."""


@dataclass(frozen=True)
class Asked:
    """A task that is under way.

    Attributes
    ----------
    device : str
        Who was asked.
    turn, version : int
        Of the task.
    down : int
        Bytes of its message.
    """

    device: str
    turn: int
    version: int
    down: int


@dataclass(eq=False)
class Intake:
    """Takes replies to tasks, and keeps account of all of them.

    A second answer, one to another task, one that is damaged or says what cannot be: none of them stops a round or
    changes what comes of it. They are counted, and their reasons are written down.

    Attributes
    ----------
    wire : Wire
        How devices write.
    most : mapping of str to int
        Samples that each device has.
    asked : dict of str to Asked
        Tasks that nobody has answered yet, by device.
    updates : dict of str to Update
        Sound answers, by device.
    records : dict of str to DeviceRecord
        What became of each device so far.
    """

    wire: Wire
    most: Mapping[str, int]
    asked: dict[str, Asked] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)
    records: dict[str, DeviceRecord] = field(default_factory=dict)

    def ask(self, task: Asked) -> None:
        """Write down that a device was asked."""
        self.asked[task.device] = task

    def take(self, reply: Reply) -> Update | None:
        """Check a reply; return its update where it is sound and the first to its task."""
        task = self.asked.get(reply.device)
        if task is None or reply.turn not in (0, task.turn):
            self._count(reply)
            return None
        try:
            update = self._checked(task, reply)
        except _AnotherTask:
            self._count(reply)
            return None
        except LavaFedError as error:
            fate = Fate.FAILED if reply.error else Fate.REFUSED
            self._close(task, DeviceRecord(task.device, fate, str(error), task.down, len(reply.message)))
            return None
        delta = update.delta
        self.updates[task.device] = update
        self._close(
            task,
            DeviceRecord(
                task.device,
                Fate.ANSWERED,
                down=task.down,
                up=len(reply.message),
                samples=delta.samples,
                loss=update.loss,
                counters=update.counters,
            ),
        )
        return update

    def silence(self) -> None:
        """Write down that nobody waits for the tasks that are still open."""
        for device in list(self.asked):
            self.give_up(device)

    def give_up(self, device: str) -> None:
        """Write down that nobody waits for a device's task any more."""
        task = self.asked[device]
        self._close(task, DeviceRecord(device, Fate.SILENT, down=task.down))

    def account(self) -> tuple[DeviceRecord, ...]:
        """Return what became of all devices, by name."""
        return tuple(self.records[name] for name in sorted(self.records))

    def _checked(self, task: Asked, reply: Reply) -> Update:
        if reply.error:
            raise LavaFedError(reply.error)
        update = self.wire.decode_update(reply.message)
        delta = update.delta
        if delta.device != task.device:
            raise WireError(f"the answer is of {delta.device}")
        if delta.turn != task.turn:
            raise _AnotherTask
        if delta.version != task.version:
            raise WireError(f"the answer starts from version {delta.version}, expected {task.version}")
        if delta.samples > self.most[task.device]:
            raise WireError(f"the answer claims {delta.samples} samples, the device has {self.most[task.device]}")
        for connection in self.wire.shared.connections:
            most = int(SLACK * ((connection.high - connection.low) << FRACTION_BITS))
            array = delta.weights[connection.name]
            if array.min() < -most or array.max() > most:
                raise WireError(
                    f"the answer changes connection {connection.name} by more than {SLACK:g} times the range "
                    f"of its weights, {connection.low}..{connection.high}"
                )
        return update

    def _close(self, task: Asked, record: DeviceRecord) -> None:
        before = self.records.get(task.device)
        if before is not None:  # bytes of strays, or of an earlier task of the same round
            record = replace(record, down=record.down + before.down, up=record.up + before.up)
        self.records[task.device] = record
        del self.asked[task.device]

    def _count(self, reply: Reply) -> None:
        """Count the bytes of a message that nobody waits for."""
        before = self.records.get(reply.device)
        if before is None:
            if reply.device not in self.most:
                return
            before = DeviceRecord(reply.device, Fate.SILENT)
        self.records[reply.device] = replace(before, up=before.up + len(reply.message))


class _AnotherTask(Exception):
    """A reply to a task of before."""
