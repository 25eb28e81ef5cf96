"""Sessions of one Program on one backend, lent to one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from hardware.backend import Backend
from hardware.program import Program
from hardware.session import Session


class SessionPool:
    """Lends sessions, and loads one only where all others are lent; use it as a context manager.

    So there are never more sessions than workers, however many devices take turns with them.

    Parameters
    ----------
    backend : Backend
        Where the Program runs.
    program : Program
        What is loaded.

    Attributes
    ----------
    backend, program
        As they were given.
    """

    def __init__(self, backend: Backend, program: Program) -> None:
        self.backend = backend
        self.program = program
        self._idle: list[Session] = []

    @contextmanager
    def lend(self) -> Iterator[Session]:
        """Lend a session, with the weights that whoever had it before left; one that fails is not lent again.

        Yields
        ------
        Session
            For this thread alone, until the block ends.

        Raises
        ------
        BackendUnavailableError
            Where the backend cannot run here.
        """
        try:
            session = self._idle.pop()
        except IndexError:
            session = self.backend.load(self.program)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        self._idle.append(session)

    def close(self) -> None:
        """Release all sessions, once none is lent any more."""
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> SessionPool:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release all sessions."""
        self.close()
