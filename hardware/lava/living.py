"""The sessions of a backend whose processes wait for a next call, so that many devices do not fill the machine."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol


class Sleeper(Protocol):
    """A session that can do without its processes."""

    def rest(self) -> bool:
        """End the processes unless a call is going on; return whether none is left."""


class Living:
    """Sessions with living processes, those used least recently first.

    Sessions are not kept from being forgotten. Several threads may use it at once.

    Parameters
    ----------
    most : int
        Sessions that may live; beyond, those that have waited longest are laid to rest.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._sessions: list[weakref.ref[Sleeper]] = []

    def used(self, session: Sleeper) -> None:
        """Note that a session is being used; lay others to rest where there are too many."""
        with self._lock:
            others = [one for one in self._sessions if one() not in (None, session)]
            self._sessions = [*others, weakref.ref(session)]
        for one in others[: max(len(others) + 1 - self._most, 0)]:
            other = one()
            if other is None or other.rest():
                with self._lock:
                    self._sessions = [each for each in self._sessions if each is not one]
