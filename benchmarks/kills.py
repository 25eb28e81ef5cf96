"""Runs that are killed at random moments: fifty times over one run, then the bytes of one that was not.

python -m benchmarks kills [--kills N] [--seed N] [--only NAME]

The federations: synchronous rounds with lost and late replies, a lossy codec and error feedback; the same without
rounds, where every two replies make a version. A process gets SIGKILL at a random moment, some before their first
round, and the next one resumes what it left. When a run ends before all kills are done, it begins anew.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from rich.console import Console

from benchmarks.child import ROOT
from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from lava_fed.config import load
from lava_fed.data import archive
from lava_fed.data import registry as data

TABLES = """
[program]
path = "program.h5"
[data]
train = "train.npz"
test = "test.npz"
[devices]
count = 6
alpha = 0.5
[judge]
every = 10
devices = false
[uplink]
codec = "topk"
[network]
spread = 1.0
speed_spread = 0.5
[faults]
lost = 0.05
duplicate = 0.2
straggle = 0.1
[run]
seed = 11
workers = 2
baselines = false
"""
FEDERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "synchronous": TABLES + "[rounds]\ncount = 100\ndeadline = 6.0\n",
        "asynchronous": TABLES + "[rounds]\ncount = 100\n[asynchronous]\nbuffer = 2\noldest = 4\n",
    }
)
PROGRAM = "63-32-10"
WORK = """
import sys
from pathlib import Path
from lava_fed.config import load
from lava_fed.observer import Observer
from lava_fed.coordinator.rounds import federate

class Herald(Observer):
    def stage(self, text):
        print(text, flush=True)

federate(load(Path(sys.argv[1])), Path(sys.argv[2]), resume=True, observer=Herald())
"""
EARLY = 0.2
"""Share of the processes that are killed before their first round."""
ROUNDS = 3
"""A process is killed in or after one of its first so many rounds."""
LIMIT = 600.0
"""Seconds that a process may take."""


@dataclass(frozen=True)
class Killing:
    """What came of a federation that was killed.

    Attributes
    ----------
    kills : int
        Processes that were killed at work.
    stored : tuple of int
        Rounds that were stored at each kill.
    same : bool
        Whether all files of all runs are those of the unbroken run.
    differs : str
        The first that is not.
    """

    kills: int
    stored: tuple[int, ...]
    same: bool
    differs: str = ""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 1 where a byte differs, 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors, differing = Console(width=110), Console(stderr=True), 0
    try:
        for name in [each for each in FEDERATIONS if options.only in (None, each)]:
            with tempfile.TemporaryDirectory() as folder, errors.status(name) as status:
                found = kill(FEDERATIONS[name], Path(folder), options.kills, options.seed, status.update)
            differing += not found.same
            verdict = "the same bytes" if found.same else f"OTHER BYTES, first in {found.differs}"
            console.print(
                f"{name}: killed {found.kills} times, with {min(found.stored)} to {max(found.stored)} rounds "
                f"stored ({len(set(found.stored))} different numbers); {verdict}"
            )
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    return int(differing > 0)


def kill(tables: str, folder: Path, kills: int, seed: int, tell: Callable[[str], None] | None = None) -> Killing:
    """Run a federation whole, then again and again with kills, and compare.

    Parameters
    ----------
    tables : str
        The config.
    folder : Path
        Where to work.
    kills : int
        How many processes to kill.
    seed : int
        Decides the moments.
    tell : callable, optional
        Told how far it is.
    """
    _prepare(folder)
    config = folder / "federation.toml"
    config.write_text(tables, encoding="utf-8")
    begun = time.monotonic()
    process = _start(config, folder / "whole")
    _await_round(process)
    early, begun = time.monotonic() - begun, time.monotonic()
    _await_end(process, LIMIT)
    length = (time.monotonic() - begun) / load(config).rounds.count
    whole, dice, stored, out = (
        _files(folder / "whole"),
        np.random.default_rng(seed),
        list[int](),
        folder / "killed",
    )
    differs = ""
    while len(stored) < kills and not differs:
        process = _start(config, out)
        if dice.random() < EARLY:
            ended = _await_end(process, dice.random() * early)
        else:
            for _ in range(dice.integers(1, ROUNDS + 1)):
                _await_round(process)
            ended = _await_end(process, 2 * dice.random() * length)
        if ended:
            differs = _first_difference(whole, _files(out))
            shutil.rmtree(out)
            continue
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        stored.append(len(list((out / "rounds").glob("[0-9]*.h5"))))
        if tell is not None:
            tell(f"{len(stored)} kills, {stored[-1]} rounds stored")
    if not differs:
        process = _start(config, out)
        _await_end(process, LIMIT)
        differs = _first_difference(whole, _files(out))
    return Killing(len(stored), tuple(stored), not differs, differs)


def _prepare(folder: Path) -> None:
    """Put a Program and a few samples where the config looks for them."""
    model = compile_model(Path(PROGRAM), learn="direct_feedback", options={"threshold": "400"})
    model.save(folder / "program.h5")
    for name, split, count in (("train", "device", 300), ("test", "test", 60)):
        archive.write(folder / f"{name}.npz", data.load("digits", split, 16).take(slice(0, count)))


def _start(config: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(config), str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _await_round(process: subprocess.Popen[str]) -> None:
    """Wait until a process says that a round begins, or ends."""
    if process.stdout is None or not select.select([process.stdout], [], [], LIMIT)[0]:
        process.kill()
        raise LavaFedError(f"a federation did not begin within {LIMIT:g} s")
    process.stdout.readline()


def _await_end(process: subprocess.Popen[str], seconds: float) -> bool:
    """Wait for a process for some seconds; whether it ended, and well."""
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        if seconds < LIMIT:
            return False
        process.kill()
        raise LavaFedError(f"a federation did not end within {LIMIT:g} s") from None
    if process.returncode:
        raise LavaFedError(f"a federation ended by itself: {' '.join(said.split()[-30:])}")
    return True


def _files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def _first_difference(one: dict[str, bytes], two: dict[str, bytes]) -> str:
    return next((name for name in sorted({*one, *two}) if one.get(name) != two.get(name)), "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description="Kill federations.")
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="processes to kill (50)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="decides the moments")
    parser.add_argument("--only", choices=sorted(FEDERATIONS), help="one of the federations")
    return parser
