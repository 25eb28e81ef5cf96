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
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DONE, CHECK_FAILED, USER_MISTAKE, OUR_MISTAKE, STOPPED = 0, 1, 2, 70, 130
AGAIN = 0.05
"""Seconds after which a swallowed Ctrl-C is pressed again."""


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
    """Fill a list when Ctrl-C is pressed, and let no callback swallow it.

    C extensions that are being imported turn it into other errors. Where it falls into a destructor or a callback
    from C, as while numba compiles, Python only prints it and goes on; there it is pressed again a moment later.
    """
    pressed: list[int] = []
    timers: list[threading.Timer] = []
    before, report = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def notice(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        before(number, frame)

    def press_again(swallowed: sys.UnraisableHookArgs) -> None:
        if not issubclass(swallowed.exc_type, KeyboardInterrupt):
            report(swallowed)
            return
        timers.append(threading.Timer(AGAIN, signal.pthread_kill, [main, signal.SIGINT]))
        timers[-1].start()

    main = threading.get_ident()  # a signal to this thread ends a call that blocks, one to the timer's would not
    signal.signal(signal.SIGINT, notice)
    sys.unraisablehook = press_again
    try:
        yield pressed
    finally:
        for timer in timers:
            timer.cancel()
        sys.unraisablehook = report
        signal.signal(signal.SIGINT, before)
