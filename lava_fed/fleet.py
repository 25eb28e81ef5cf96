"""Where devices are: the one seam between the round loop and a transport.

Bytes go down, bytes come up, and nothing else crosses: a fleet of threads, of processes or of Flower nodes
differs in this class alone. The round loop checks every reply itself; a fleet need not understand what it carries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType


class Fleet(ABC):
    """All devices of a federation; use it as a context manager."""

    @abstractmethod
    def exchange(self, messages: Mapping[str, bytes], arrived: Callable[[str], None]) -> dict[str, bytes]:
        """Send each named device its message and wait for every answer.

        Parameters
        ----------
        messages : mapping of str to bytes
            Encoded task for each device that takes part.
        arrived : callable
            Called with a device's name when its answer is there, in order of arrival, from the calling thread.

        Returns
        -------
        dict of str to bytes
            Encoded update of each of these devices.

        Raises
        ------
        LavaFedError
            Naming the device that cannot answer.
        """

    @abstractmethod
    def close(self) -> None:
        """Release all devices."""

    def __enter__(self) -> Fleet:
        """Return the fleet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release all devices."""
        self.close()
