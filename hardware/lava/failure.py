"""What is said of a Lava job that did not end well."""

from __future__ import annotations

import contextlib
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware.errors import BackendError
from hardware.lava import warden

_WORDS = 400


@dataclass(frozen=True)
class Limits:
    """How long a call of a job may take, in seconds.

    Attributes
    ----------
    start : float
        Until the first step of the first call.
    stall : float
        Between two steps.
    deadline : float
        Of one call in all; infinite is safe, since every step is bounded by ``stall``.
    """

    start: float = 180.0
    stall: float = 60.0
    deadline: float = float("inf")


def check(answer: dict[str, Any], folder: Path, limits: Limits) -> None:
    """Turn everything but a good end into one clear error.

    Parameters
    ----------
    answer : dict
        The warden's report.
    folder : Path
        The job's, with what its processes left.
    limits : Limits
        Under which it ran.

    Raises
    ------
    BackendError
        Where the call did not end well.
    """
    if not answer.get("clean", 1):
        raise BackendError("Lava: processes of the simulation could not be ended; look for stuck disks or mounts")
    result: dict[str, str] | None = None
    with contextlib.suppress(FileNotFoundError):
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    log = _read(folder / "log") + _read(folder / "warden.log")
    step = answer.get("step", 0)
    if result is not None:
        if "error" not in result:
            return
        log = f"{result['trace']}{log}"
    if failures := _read(folder / "failures"):
        sentence = f"{failures.splitlines()[0]}, after step {step}"
    elif result is not None:
        sentence = " ".join(result["error"].split()) + (_FULL if "No space left" in result["error"] else "")
    else:
        words = "" if int(answer.get("status", 0)) < 0 else _last_words(log)
        sentence = _what_happened(answer, folder, limits) + words
    raise BackendError(f"Lava: {sentence}") from RuntimeError(f"the job's log:\n{log}")


_FULL = " (is /dev/shm or the temporary folder full?)"


def _what_happened(answer: dict[str, Any], folder: Path, limits: Limits) -> str:
    step = answer.get("step", 0)
    if answer["outcome"] == "ended":
        return f"the simulation {_ending(answer)} after step {step}"
    if answer["outcome"] == "death":
        return f"process {_actor(folder, answer)} of the simulation {_ending(answer)} after step {step}"
    if answer["outcome"] == "stall":
        patience = limits.start if answer["phase"] == warden.STARTING else limits.stall
        return f"no progress for {patience:g} s after step {step}, so the simulation was ended"
    if answer["outcome"] == "deadline":
        return f"the deadline of {limits.deadline:g} s passed after step {step}, so the simulation was ended"
    return "the simulation's supervisor was killed, and the simulation with it"


def _ending(answer: dict[str, Any]) -> str:
    if "status" not in answer:
        return "ended"
    status = int(answer["status"])
    if status >= 0:
        return f"ended with code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = {"SIGKILL": " (is memory short?)", "SIGBUS": _FULL}
    return f"was killed by {name}{hint.get(name, '')}"


def _actor(folder: Path, answer: dict[str, Any]) -> str:
    name = _read(folder / "actors" / str(answer["process"]))
    return f"{name!r}" if name else str(answer["process"])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _last_words(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"; its last words: {lines[-1][-_WORDS:]}" if lines else ""
