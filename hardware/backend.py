"""A way to run Programs: says whether it can run here, then loads a Program into a ``Session``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from hardware.availability import Availability
from hardware.network import Network
from hardware.program import Program
from hardware.session import Session

if TYPE_CHECKING:
    from hardware.devices import DeviceGroup


class Backend(ABC):
    """A way to run Programs."""

    name: str
    """Identifier on the command line."""
    title: str
    """One line for people."""

    @abstractmethod
    def availability(self) -> Availability:
        """Say whether this backend can run here, without loading anything heavy."""

    @abstractmethod
    def load(self, program: Program) -> Session:
        """Load a Program.

        Raises
        ------
        BackendUnavailableError
            Where the backend cannot run here.
        """

    def check_learning(self, network: Network) -> None:
        """Check that what has a rule in a network can learn here, without loading anything heavy.

        Raises
        ------
        LavaFedError
            Naming the connection that cannot.
        """
        del network

    def load_devices(self, programs: Sequence[Program], *, threads: int | None = None) -> DeviceGroup:
        """Load a device for each Program; a Program that is given often is loaded for each.

        Parameters
        ----------
        programs : sequence of Program
            All of one structure; see ``DeviceGroup``.
        threads : int, optional
            Devices that work at the same time; as many as there are cores by default.

        Raises
        ------
        LavaFedError
            Where a Program has another structure than the first.
        BackendUnavailableError
            Where the backend cannot run here.
        """
        from hardware.devices import DeviceGroup

        with ExitStack() as loaded:
            sessions = [loaded.enter_context(self.load(program)) for program in programs]
            group = DeviceGroup(sessions, threads=threads)
            loaded.pop_all()  # the group closes them
        return group
