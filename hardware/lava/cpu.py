"""Programs on Lava's CPU simulator, in its fixed-point models."""

from __future__ import annotations

import sys
from importlib import metadata, util

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.lava import job, refusals
from hardware.lava.failure import Limits
from hardware.lava.living import Living
from hardware.lava.session import LavaSession
from hardware.network import Network
from hardware.program import Program

LAVA_VERSION = "0.10.0"
"""The version whose models the emulator is proved against; a later one rounds some of them differently."""


def _python() -> tuple[int, int]:
    return sys.version_info[:2]


def lava_availability() -> Availability:
    """Say whether Lava can run here, without importing it."""
    use = "use the emulator, which computes the same bits"
    if sys.platform != "linux":
        return Availability(False, f"Lava jobs are supervised through Linux; this is {sys.platform}", use)
    if _python() != (3, 10):
        version = ".".join(map(str, _python()))
        return Availability(
            False, f"Lava {LAVA_VERSION} needs Python 3.10, this is {version}", f"install Python 3.10, or {use}"
        )
    remedy = f'pip install "lava-fed[lava]", which installs lava-nc {LAVA_VERSION}'
    try:
        found = metadata.version("lava-nc")
    except metadata.PackageNotFoundError:
        return Availability(False, "Lava (lava-nc) is not installed", remedy)
    if found != LAVA_VERSION:
        return Availability(False, f"lava-nc {found} is installed, {LAVA_VERSION} is needed", remedy)
    try:
        missing = [name for name in ("lava.magma", "lava.proc") if util.find_spec(name) is None]
    except ModuleNotFoundError:
        missing = ["lava"]
    if missing:
        return Availability(False, f"lava-nc is damaged: {missing[0]} is missing", remedy)
    return Availability(True, f"lava-nc {found}")


class LavaBackend(Backend):
    """Runs Programs on Lava's CPU simulator.

    Parameters
    ----------
    limits : hardware.lava.failure.Limits
        When a run is given up.
    living : int
        Sessions whose processes may wait for a next call, some 200 MB each; the least recently used ones beyond
        are ended, and start again when they are called.
    """

    name = "lava"
    title = "Lava's CPU simulator, fixed-point models"

    def __init__(self, limits: Limits = job.DEFAULT_LIMITS, *, living: int = 8) -> None:
        self.limits = limits
        self.living = Living(living)

    def availability(self) -> Availability:
        """Say whether Lava is installed in the right version."""
        return lava_availability()

    def load(self, program: Program) -> LavaSession:
        """Load a Program.

        Raises
        ------
        BackendUnavailableError
            Where Lava cannot run here.
        """
        self.availability().require(f"backend {self.name!r}")
        return LavaSession(program, self.limits, self.living)

    def check_learning(self, network: Network) -> None:
        """Check that Lava can learn what has a rule; see ``refusals``."""
        refusals.check_learning(network)
