"""One process at a time in a run's directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from lava_fed.errors import RunError


def lock(out: Path) -> int:
    """Make a run's directory, and keep others out of it until the descriptor is closed.

    Raises
    ------
    RunError
        Where it cannot be made, or another process is in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RunError(f"cannot use {out} as a run directory: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise RunError(f"another process is working on {out}; wait for it, or choose another directory") from error
    return descriptor
