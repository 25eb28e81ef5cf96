"""Whether SLAYER can be used here, and how it is loaded."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from importlib.util import find_spec
from typing import Any

from hardware.availability import Availability
from hardware.errors import BackendUnavailableError


def availability() -> Availability:
    """Say whether lava-dl SLAYER is installed, without importing anything heavy."""
    try:
        found = find_spec("torch") is not None and find_spec("lava.lib.dl.slayer") is not None
    except ModuleNotFoundError:  # a parent package is missing
        found = False
    if found:
        return Availability(True, "lava-dl SLAYER is installed")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info[:2] != (3, 10):
        return Availability(
            False,
            f"lava-dl SLAYER is not installed: its makers pin it to Python 3.10, and this is {version}",
            "use Python 3.10 to train and to compare with SLAYER; everything else works here",
        )
    return Availability(False, "lava-dl SLAYER is not installed", "install it with: pip install 'lava-fed[lava]'")


def load() -> Any:
    """Import SLAYER without its chatter and return the module ``lava.lib.dl.slayer``.

    Raises
    ------
    BackendUnavailableError
        Where it is not installed or does not import.
    """
    availability().require("SLAYER")
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        warnings.simplefilter("ignore")
        try:
            from lava.lib.dl import slayer
        except ImportError as error:
            raise BackendUnavailableError(
                f"lava-dl SLAYER is installed but does not import ({error}); set the environment up anew"
            ) from error
    return slayer
