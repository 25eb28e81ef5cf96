"""Programs on a Loihi 2 chip, through Intel's own extension of Lava.

The extension ("Lava-Loihi") is closed; members of Intel's Neuromorphic Research Community get it. None was at
hand when this was written, so **nothing here has run on a chip**: the graph is the one that the CPU simulator
runs, the configuration is ``Loihi2HwCfg``, and whether the extension runs it, and with which bits, is unknown.
Compare a first run with the emulator, spike for spike, before trusting it. Layers and connections that Lava's
own processes cannot express (see ``neuron_processes``, ``synapse_processes``) are processes of the host's CPU.
Learning is refused: the teacher exists only as a process of the CPU.
"""

from __future__ import annotations

from importlib import util

from hardware.availability import Availability
from hardware.errors import BackendUnavailableError
from hardware.lava import simulate
from hardware.lava.cpu import LavaBackend, lava_availability
from hardware.lava.session import LavaSession
from hardware.lesson import Lesson
from hardware.network import Network
from hardware.program import Program

EXTENSION = ("lava.utils.loihi2_profiler", "lava.magma.core.model.nc", "lava.magma.compiler.subcompilers.nc")
"""Modules of the extension: Lava's own test of its presence, neuro-core models, and their compiler."""


class Loihi2Backend(LavaBackend):
    """Runs Programs on Loihi 2 where Intel's extension of Lava is installed; untested on a chip."""

    name = "loihi2"
    title = "Loihi 2 through Intel's runtime (untested: no chip was at hand)"

    def availability(self) -> Availability:
        """Say what is missing."""
        lava = lava_availability()
        if not lava.ok:
            return lava
        missing = [name for name in EXTENSION if not _there(name)]
        if missing:
            return Availability(
                False,
                f"Intel's Lava extension for Loihi is not installed ({missing[0]} is missing)",
                "join the Intel Neuromorphic Research Community (INRC) to get it and access to a chip; "
                "the emulator and the lava backend need neither",
            )
        return Availability(True, f"{lava.reason} with Intel's extension; untested")

    def load(self, program: Program) -> LavaSession:
        """Load a Program.

        Raises
        ------
        BackendUnavailableError
            Where Intel's extension is missing, as it was wherever this was tested.
        """
        self.availability().require(f"backend {self.name!r}")
        return Loihi2Session(program, self.limits, self.living)

    def check_learning(self, network: Network) -> None:
        """Refuse whatever has a rule."""
        if network.plastic:
            raise _no_teacher()


class Loihi2Session(LavaSession):
    """A Program on a chip."""

    configuration = simulate.LOIHI2

    def check_lesson(self, lesson: Lesson) -> None:  # noqa: ARG002  # whatever it holds
        """Refuse to learn.

        Raises
        ------
        BackendUnavailableError
            In any case.
        """
        raise _no_teacher()


def _no_teacher() -> BackendUnavailableError:
    return BackendUnavailableError(
        "backend loihi2: learning on the chip is not supported, its teacher exists only for the CPU; "
        "learn on the emulator or the lava backend and run the result here"
    )


def _there(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
