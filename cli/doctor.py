"""``lava-fed doctor``: whether this machine has what lava-fed needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import typer

from cli.errors import CHECK_FAILED
from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed doctor"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, never written to
SHARED_MEMORY_LEAST = 32 << 20
"""Bytes below which Lava's channels of a small network may not fit."""
IMPORT_SECONDS = 120
LAVA_SETUP = "with Python 3.10, run 'make setup' or install lava-fed with its 'lava' extra"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
        The thing.
    state : str
        ``"ok"``, ``"note"`` (works, but less than it could) or ``"wrong"`` (something needed is broken).
    found : str
        What was found.
    remedy : str
        What to do; empty where nothing is to be done.
    """

    what: str
    state: str
    found: str
    remedy: str = ""


def doctor(as_json: Json = False) -> None:
    """Check versions, Lava, torch, shared memory and caches, and print remedies."""
    output = Output(as_json)
    findings = []
    with output.progress("Looking") as bar:
        for finding in examine():
            findings.append(finding)
            bar.at(len(findings), finding.what)
    output.table(
        "Doctor",
        ("checked", "state", "found", "what to do"),
        [(finding.what, finding.state, finding.found, finding.remedy) for finding in findings],
    )
    wrong = [finding.what for finding in findings if finding.state == "wrong"]
    output.line(f"Wrong: {', '.join(wrong)}." if wrong else "Everything needed is there.")
    output.document({"ok": not wrong, "findings": [asdict(finding) for finding in findings]})
    if wrong:
        raise typer.Exit(CHECK_FAILED)


def examine() -> Iterator[Finding]:
    """Look at one thing after another."""
    yield python()
    yield from packages()
    yield imports("Lava", "lava-nc", "import lava.magma.core.run_configs")
    yield imports("SLAYER and torch", "lava-dl", "import torch, lava.lib.dl.slayer")
    yield machine_code()
    yield from shared_memory()
    yield processors()


def python() -> Finding:
    """Check the version of Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    reference: tuple[int, ...] = (3, 10)
    if sys.version_info[:2] == reference:
        return Finding("Python", "ok", found)
    return Finding("Python", "note", f"{found}: no Lava, no SLAYER training", "use Python 3.10 for those")


def packages() -> Iterator[Finding]:
    """Check every package that lava-fed requires against the versions it was made for."""
    from packaging.requirements import Requirement

    for text in metadata.requires("lava-fed") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": "lava"}):
            continue
        optional = requirement.marker is not None and "extra" in str(requirement.marker)
        wanted = f"{requirement.name} {requirement.specifier}"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            remedy = LAVA_SETUP if optional else f"pip install '{requirement.name}{requirement.specifier}'"
            yield Finding(requirement.name, "note" if optional else "wrong", "not installed", remedy)
            continue
        if requirement.specifier.contains(version, prereleases=True):
            yield Finding(requirement.name, "ok", version)
        else:
            remedy = f"pip install '{requirement.name}{requirement.specifier}'"
            yield Finding(requirement.name, "wrong", f"{version}, expected {wanted}", remedy)


def imports(what: str, package: str, statement: str) -> Finding:
    """Import something in a process of its own, since that may hang or crash."""
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return Finding(what, "note", f"{package} is not installed", LAVA_SETUP)
    remedy = f"install {package} again: {LAVA_SETUP}"
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", statement],
            capture_output=True,
            text=True,
            timeout=IMPORT_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(what, "wrong", f"'{statement}' took longer than {IMPORT_SECONDS} s", remedy)
    if done.returncode == 0:
        return Finding(what, "ok", "imports")
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return Finding(what, "wrong", f"'{statement}' fails: {last}", remedy)


def machine_code() -> Finding:
    """Check that the emulator can keep its compiled kernels, which saves seconds at each start."""
    from hardware.emulator.machine_code import EMULATOR

    if EMULATOR.folder is None:
        remedy = (
            "make room, or set XDG_CACHE_HOME to a folder that you may write to; until then every start compiles"
        )
        return Finding("machine code", "note", "no folder to keep it in", remedy)
    return Finding("machine code", "ok", "compiled" if EMULATOR.is_warm() else "the first run will compile it")


def shared_memory() -> Iterator[Finding]:
    """Check the shared memory that Lava's processes talk through, and what dead runs left there."""
    if not SHARED_MEMORY.is_dir():
        yield Finding("shared memory", "note", f"no {SHARED_MEMORY}", "the lava backend needs Linux")
        return
    free = shutil.disk_usage(SHARED_MEMORY).free
    enough = free >= SHARED_MEMORY_LEAST
    yield Finding(
        "shared memory",
        "ok" if enough else "wrong",
        f"{free >> 20} MiB free",
        "" if enough else f"free some of {SHARED_MEMORY}, or start the container with --shm-size=1g",
    )
    left = leftovers(SHARED_MEMORY)
    if left:
        remedy = "the next run on the lava backend removes them"
        yield Finding("leftovers", "note", f"{len(left)} pieces of shared memory of dead runs", remedy)
    else:
        yield Finding("leftovers", "ok", "no shared memory of dead runs")


def leftovers(folder: Path) -> list[Path]:
    """List what our Lava jobs left in a folder and nobody owns any more.

    The warden of a job names everything ``lava-fed-<PID namespace>-<PID>-<start time>-...`` after itself.
    """
    from hardware.lava import warden

    here = warden.owner(os.getpid()).partition("-")[0]
    found = []
    for path in sorted(folder.iterdir()):
        name = path.name.removeprefix("sem.")
        namespace, pid, start, *_ = [*name.removeprefix(warden.PREFIX).split("-"), "", "", ""]
        ours = name.startswith(warden.PREFIX) and namespace == here and pid.isdigit()
        if ours and warden.owner(int(pid)) != f"{namespace}-{pid}-{start}":
            found.append(path)
    return found


def processors() -> Finding:
    """Count the processors that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("processors", "ok", str(count))
