"""Where devices are: the one seam between the coordinator and a transport.

Bytes go down, bytes come up, and nothing else crosses: a fleet of threads, of processes or of Flower nodes
differs in this class alone. The coordinator checks every reply itself; a fleet need not understand what it
carries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

SomeFleet = TypeVar("SomeFleet", bound="Fleet")


@dataclass(frozen=True)
class Reply:
    """What came back from a device.

    Attributes
    ----------
    device : str
        Who was asked.
    message : bytes
        Encoded update; empty where the device failed.
    error : str
        Why it failed, in a sentence; empty otherwise.
    arrived : float
        When, in seconds of the fleet's clock.
    turn : int
        The task that the fleet took it for; 0 where it cannot tell.
    """

    device: str
    message: bytes
    error: str
    arrived: float
    turn: int = 0


class Fleet(ABC):
    """All devices of a federation, reached by messages; use it as a context manager.

    A device works on one task at a time: whoever sends it another takes back the one before.
    """

    @property
    @abstractmethod
    def now(self) -> float:
        """Seconds of the fleet's clock, which never goes back."""

    @abstractmethod
    def devices(self) -> tuple[str, ...]:
        """Return the names of the devices that are there now."""

    @abstractmethod
    def send(self, turn: int, messages: Mapping[str, bytes], at: float | None = None) -> None:
        """Send each named device its message, and wait for none of them.

        Parameters
        ----------
        turn : int
            Number of the task that the messages ask for.
        messages : mapping of str to bytes
            By device.
        at : float, optional
            When they were sent before the coordinator was interrupted; now by default.

        Raises
        ------
        LavaFedError
            Where there is no such device.
        """

    @abstractmethod
    def receive(self, until: float) -> Reply | None:
        """Return the next reply that arrives at or before ``until``, in order of arrival.

        Parameters
        ----------
        until : float
            Seconds of the fleet's clock.

        Returns
        -------
        Reply or None
            ``None`` once ``until`` has come, or where nothing can come before.
        """

    @abstractmethod
    def recall(self) -> None:
        """Forget all that is under way."""

    @abstractmethod
    def close(self) -> None:
        """Release all devices."""

    def __enter__(self: SomeFleet) -> SomeFleet:
        """Return the fleet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release all devices."""
        self.close()
