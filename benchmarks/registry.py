"""The list of contenders: what each is, where it lives, what it has in common with ours."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import ROOT, own_python
from hardware.availability import Availability

OURS = "lava-fed"
FLOAT = "same weights, leaks, thresholds and steps, as 32-bit floats"
PEERS = ROOT / ".venv-peers"


@dataclass(frozen=True)
class Entrant:
    """A contender as the benchmark sees it from outside.

    Attributes
    ----------
    name : str
        For tables.
    module : str
        What its process runs, in ``benchmarks.contenders``.
    package : str
        The distribution that must be installed.
    same : str
        What it has in common with ours, and what not.
    room : str
        Folder of its environment in ``.venv-peers``; empty for this project's own.
    batches : tuple of int
        Batch sizes that it runs; others have no batch axis and are measured at 1.
    threads : tuple of int
        Numbers of threads tried; the fastest counts.
    processes : bool
        Whether it spreads over processes, whose memory is then added up.
    slow : bool
        Whether one round must do, because each run starts anew.
    """

    name: str
    module: str
    package: str
    same: str
    room: str = ""
    batches: tuple[int, ...] = (1,)
    threads: tuple[int, ...] = (1,)
    processes: bool = False
    slow: bool = False

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return PEERS / self.room / "bin" / "python" if self.room else own_python()

    def availability(self) -> Availability:
        """Say whether it is installed; the reason is then its version."""
        if not self.python.exists():
            return Availability(False, f"{self.package} is not installed", "make peers")
        code = f"from importlib.metadata import version; print(version({self.package!r}))"
        found = subprocess.run([str(self.python), "-c", code], capture_output=True, text=True, check=False)
        if found.returncode:
            return Availability(
                False, f"{self.package} is not installed", "make peers" if self.room else "make setup"
            )
        return Availability(True, found.stdout.strip())


def ours() -> Entrant:
    """Return our emulator."""
    return Entrant(
        OURS,
        "benchmarks.contenders.ours",
        "lava-fed",
        "the reference of this table",
        batches=(1, 64, 1000),
        threads=(2,),
    )


def peers() -> tuple[Entrant, ...]:
    """Return everything that is compared with ours, Lava first."""
    return (
        Entrant(
            "Lava",
            "benchmarks.contenders.lava_plain",
            "lava-nc",
            "same integers; as its users run it, only the output read, no reset between samples",
            processes=True,
        ),
        Entrant(
            "Lava, recording",
            "benchmarks.contenders.lava_session",
            "lava-nc",
            "same integers, bit for bit; every layer recorded, every sample from rest",
            processes=True,
            slow=True,
        ),
        Entrant(
            "SLAYER",
            "benchmarks.contenders.slayer",
            "lava-dl",
            "same integers, held in floats; its own neurons over torch's operators",
            batches=(1, 64),
            threads=(1, 2),
        ),
        Entrant("snnTorch", "benchmarks.contenders.snntorch", "snntorch", FLOAT, "torch", (1, 64), (1, 2)),
        Entrant(
            "SpikingJelly", "benchmarks.contenders.spikingjelly", "spikingjelly", FLOAT, "torch", (1, 64), (1, 2)
        ),
        Entrant("Norse", "benchmarks.contenders.norse", "norse", FLOAT, "torch", (1, 64), (1, 2)),
        Entrant(
            "Brian2",
            "benchmarks.contenders.brian",
            "brian2",
            "same weights, leaks, thresholds and steps, as 64-bit floats; no reset between samples",
            "brian",
        ),
        Entrant(
            "brian2-loihi",
            "benchmarks.contenders.brian_loihi",
            "brian2-loihi",
            "the chip's integers in floats, rounded its own way; no delay of a step between layers; takes spikes "
            "only, so an encoder's are given",
            "brian",
        ),
        Entrant(
            "nengo-loihi",
            "benchmarks.contenders.nengo_loihi",
            "nengo-loihi",
            "same integers, its emulator below its compiler",
            "nengo",
        ),
    )
