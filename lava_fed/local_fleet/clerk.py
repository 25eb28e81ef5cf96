"""A worker process: ``python -m lava_fed.local_fleet.clerk RUN FOLDER DIGEST``, asked by an ``Office``."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.toml_table import read_toml
from lava_fed.config.reader import KIND, parse
from lava_fed.coordinator.setup import Setup
from lava_fed.coordinator.versions import Versions
from lava_fed.errors import ConfigError
from lava_fed.local.device import Device
from lava_fed.local.muster import muster
from lava_fed.local_fleet.office import receive, send
from lava_fed.runs.run import CONFIG, PROGRAM

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def main(out: Path, folder: Path, digest: str) -> None:
    """Answer requests until there are no more."""
    _die_with_parent()
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not come between answers
    with ExitStack() as stack:
        devices: dict[str, Device] = {}
        while True:
            try:
                header, message = receive(requests)
            except EOFError:
                return
            error, body, seconds = "", b"", 0.0
            try:
                devices = devices or _devices(out, folder, digest, stack)
                answer = devices[str(header["device"])].answer(message)
                body, seconds = answer.message, answer.seconds
            except LavaFedError as failure:
                error = str(failure)
            except Exception as failure:  # a plugin's trainer or backend may raise anything
                error = f"it failed with {type(failure).__name__}: {failure}"
            send(answers, {"error": error, "seconds": seconds}, body)


def _devices(out: Path, folder: Path, digest: str, stack: ExitStack) -> dict[str, Device]:
    """Make the devices of a run from its directory."""
    config = parse(read_toml(out / CONFIG, KIND, ConfigError), folder, str(out / CONFIG))
    config = replace(config, program=replace(config.program, path=str(out / PROGRAM)))
    setup = Setup.prepare(config).with_program(Program.load(out / PROGRAM))
    versions = Versions(out, digest, setup.shared, setup.aggregator())
    return {device.name: device for device in muster(setup, out, versions, stack)}


def _die_with_parent() -> None:
    """Do not work on for a process that was killed: the next one resumes its run."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
