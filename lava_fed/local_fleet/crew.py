"""A few threads that work on errands, at most one of each device at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hardware.errors import LavaFedError
from lava_fed.local.device import Answer

REASON = 300
"""Most characters of a reason."""


@dataclass(eq=False)
class Errand:
    """One task of one device, as it is worked on.

    Attributes
    ----------
    device : str
        Who works.
    turn : int
        Number of the task.
    message : bytes
        The task.
    answer : Answer or None
        Once it is done, unless it failed.
    error : str
        Why it failed.
    begun : float
        ``time.monotonic`` when a worker began; 0 before.
    done : bool
        Whether answer or error are known.
    dropped : bool
        Whether nobody waits for it any more.
    """

    device: str
    turn: int
    message: bytes
    answer: Answer | None = None
    error: str = ""
    begun: float = 0.0
    done: bool = False
    dropped: bool = False


class Crew:
    """Workers; one that is stuck is left alone, and another takes its place.

    Parameters
    ----------
    work : callable
        What a worker does with a device's name and message.
    workers : int
        How many there are.
    limit : float
        Seconds of real time after which a device that does not return is given up.
    """

    def __init__(self, work: Callable[[str, bytes], Answer], workers: int, limit: float) -> None:
        self._work, self._limit = work, limit
        self._changed = threading.Condition()
        self._queue: deque[Errand] = deque()
        self._busy: dict[str, Errand] = {}
        self._broken: BaseException | None = None
        self._closing = False
        self._threads: list[threading.Thread] = []
        for _ in range(workers):
            self._hire()

    def _hire(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"device_{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def submit(self, errand: Errand) -> None:
        """Let somebody work on an errand, after all earlier ones of its device."""
        with self._changed:
            self._queue.append(errand)
            self._changed.notify()

    def drop(self, errand: Errand) -> None:
        """Forget an errand; one that was begun goes on unheard."""
        with self._changed:
            errand.dropped = True

    def wait(self, errand: Errand) -> None:
        """Wait until an errand is done; at most until the limit, after which it has failed.

        Raises
        ------
        BaseException
            Whatever ended a worker that was no error of a device.
        """
        with self._changed:
            while not errand.done and self._broken is None:
                self._give_up_stuck()
                if not errand.done:
                    self._changed.wait(self._next_check())
            if self._broken is not None:
                raise self._broken

    def close(self) -> None:
        """Wait for what is under way, each at most until the limit; nothing new is begun."""
        with self._changed:
            self._closing = True
            self._queue.clear()
            self._changed.notify_all()
            while self._busy and any(not errand.done for errand in self._busy.values()):
                self._give_up_stuck()
                if any(not errand.done for errand in self._busy.values()):
                    self._changed.wait(self._next_check())
        stuck = bool(self._busy)
        for thread in self._threads:
            thread.join(0.0 if stuck else None)

    def _next_check(self) -> float:
        """Return after how many seconds the next errand reaches the limit."""
        running = [errand.begun for errand in self._busy.values() if not errand.done]
        return max(0.01, min(running, default=time.monotonic()) + self._limit - time.monotonic())

    def _give_up_stuck(self) -> None:
        """Fail what has reached the limit, and what waits behind it."""
        for errand in list(self._busy.values()):
            if not errand.done and time.monotonic() - errand.begun >= self._limit:
                errand.error = f"it did not return within {self._limit:g} s, and was given up"
                errand.done = True
                self._hire()
        stuck = {errand.device for errand in self._busy.values() if errand.done}
        for errand in [waiting for waiting in self._queue if waiting.device in stuck] if stuck else ():
            self._queue.remove(errand)
            errand.error, errand.done = "it still does not return from an earlier task", True

    def _take(self) -> Errand | None:
        """Wait for an errand of a device that is free; ``None`` at the end."""
        while not self._closing:
            for errand in self._queue:
                if errand.dropped or errand.device not in self._busy:
                    self._queue.remove(errand)
                    if errand.dropped:
                        break
                    errand.begun = time.monotonic()
                    self._busy[errand.device] = errand
                    return errand
            else:
                self._changed.wait()
        return None

    def _serve(self) -> None:
        while True:
            with self._changed:
                errand = self._take()
            if errand is None:
                return
            answer, error, broken = None, "", None
            try:
                answer = self._work(errand.device, errand.message)
            except LavaFedError as failure:
                error = str(failure)
            except Exception as failure:  # a plugin's trainer or backend may raise anything
                error = f"it failed with {type(failure).__name__}: {failure}"
            except BaseException as end:  # not of the device: whoever waits must hear of it
                broken = end
            with self._changed:
                given_up = errand.done
                if not given_up:
                    errand.answer, errand.error = answer, " ".join(error.split())[:REASON]
                    errand.done = True
                    self._broken = self._broken or broken
                del self._busy[errand.device]
                self._changed.notify_all()
            if given_up or broken is not None:
                return
