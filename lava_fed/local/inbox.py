"""Messages to the devices of one process, most of which get the same."""

from __future__ import annotations

from threading import Lock

from lava_fed.messages.task import Task
from lava_fed.messages.wire import Versions, Wire


class Inbox:
    """Reads a message once, however many devices of this process it goes to.

    Parameters
    ----------
    wire : Wire
        How messages are written.
    versions : callable
        Returns the global weights of a version that devices were sent before.
    """

    def __init__(self, wire: Wire, versions: Versions) -> None:
        self._wire, self._versions = wire, versions
        self._lock = Lock()
        self._last: tuple[bytes, Task] | None = None

    def read(self, message: bytes) -> Task:
        """Return the task that a message asks for.

        Raises
        ------
        WireError
            Where the bytes are anything but a sound task of this federation.
        """
        with self._lock:
            if self._last is None or self._last[0] != message:
                self._last = message, self._wire.decode_task(message, self._versions)
            return self._last[1]
