"""How a command ends.

====  ==========================================================================
exit  meaning
====  ==========================================================================
0     done
1     a check failed: ``validate`` found a difference, ``doctor`` something broken
2     a user's mistake, told in one sentence
70    a mistake of ours
130   stopped by Ctrl-C
====  ==========================================================================
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DONE, CHECK_FAILED, USER_MISTAKE, OUR_MISTAKE, STOPPED = 0, 1, 2, 70, 130


class Stopped(Exception):
    """The user pressed Ctrl-C; the message says how to go on."""


@contextmanager
def stoppable(how_to_go_on: str) -> Iterator[None]:
    """Turn Ctrl-C inside the block into ``Stopped`` with advice.

    Parameters
    ----------
    how_to_go_on : str
        What the user can do now, one sentence.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(how_to_go_on) from None


@contextmanager
def noticing_ctrl_c() -> Iterator[list[int]]:
    """Fill a list when Ctrl-C is pressed: C extensions that are being imported turn it into other errors."""
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def notice(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, notice)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
