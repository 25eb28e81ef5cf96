"""One supervised job: a function that runs in processes of its own, with files as arguments and results.

Three levels: the caller (here), the warden (``warden.py``, which ends everything) and the worker
(``worker.py``, in which Lava lives with the processes that it forks).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from hardware.errors import BackendError
from hardware.lava import warden

FOLDER_LENGTH = 76
"""Longest path of a job's folder, bytes: a Unix socket below it must fit into 107."""
_GRACE = 15.0
_WORDS = 400


@dataclass(frozen=True)
class Limits:
    """How long a job may take, in seconds.

    Attributes
    ----------
    start : float
        Until its first step.
    stall : float
        Between two steps.
    deadline : float
        In all; infinite is safe, since every step is bounded by ``stall``.
    """

    start: float = 180.0
    stall: float = 60.0
    deadline: float = float("inf")


DEFAULT_LIMITS = Limits()
"""Generous: they end what is stuck, not what is slow."""


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder for one job, readable by this user only, and remove it afterwards.

    Raises
    ------
    BackendError
        Where the folder cannot be made, or its path is too long for Lava.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{warden.PREFIX}{warden.owner(os.getpid())}-"))
    except OSError as error:
        raise BackendError(f"Lava needs a temporary folder, which cannot be made: {error}") from error
    try:
        if len(os.fsencode(folder)) > FOLDER_LENGTH:
            raise BackendError(
                f"the temporary folder {folder.parent} has too long a path for Lava's sockets; "
                "set TMPDIR to a shorter one"
            )
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(
    folder: Path,
    target: str,
    arguments: Mapping[str, Any],
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_step: Callable[[int], None] | None = None,
) -> None:
    """Run ``target(folder, arguments)`` in a worker and wait for its end.

    Safe to call from several threads at once. Whatever happens, also to this process, no process and no shared
    memory of the job is left afterwards.

    Parameters
    ----------
    folder : Path
        From ``private_folder``; the place of the job's files.
    target : str
        ``module:function``, importable by this process.
    arguments : mapping
        JSON values.
    limits : Limits
        When to give up.
    on_step : callable, optional
        Called now and then with the number of steps done, in this thread.

    Raises
    ------
    BackendError
        Where the job did not end well; the sentence says what happened, its cause holds the job's log.
    """
    path = [str(Path(entry).absolute()) for entry in sys.path]
    job = {"target": target, "arguments": dict(arguments), "path": path}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    (folder / "actors").mkdir()
    (folder / "progress").write_bytes(warden.PROGRESS.pack(warden.STARTING, 0))
    here = Path(__file__).parent
    command = [sys.executable, "-I", "-S", str(here / "warden.py"), str(folder), str(here / "worker.py")]
    command += [str(os.getpid()), *map(str, (limits.start, limits.stall, limits.deadline))]
    with (folder / "warden.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    try:
        answer = _wait(process, folder, limits, on_step)
    finally:
        _end(process)
    _check(answer, folder, limits)


def _wait(
    process: subprocess.Popen[bytes], folder: Path, limits: Limits, on_step: Callable[[int], None] | None
) -> dict[str, Any]:
    """Follow the job until the warden reports, or until the warden itself is overdue."""
    descriptor = cast("IO[bytes]", process.stdout).fileno()
    answer, seen, moved = b"", (-1, -1), time.monotonic()
    overdue = max(limits.start, limits.stall) + _GRACE
    with (folder / "progress").open("rb", buffering=0) as progress:
        while True:
            # The end of the warden is checked too: another thread's fork may hold our end of the pipe open.
            ready, ended = select.select([descriptor], [], [], 0.05)[0], process.poll() is not None
            if ready:
                chunk = os.read(descriptor, 65536)
                answer += chunk
                if not chunk:
                    break
            elif ended:
                break
            now = warden.PROGRESS.unpack(os.pread(progress.fileno(), warden.PROGRESS.size, 0))
            if now != seen:
                if on_step is not None and now[1] > max(seen[1], 0):
                    on_step(now[1])
                seen, moved = now, time.monotonic()
            elif time.monotonic() - moved > overdue:
                return {"outcome": "overdue"}
    try:
        report: dict[str, Any] = json.loads(answer)
    except ValueError:
        return {"outcome": "lost"}
    return report


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the warden, which ends all the rest: ask by closing its input, insist by killing it."""
    cast("IO[bytes]", process.stdin).close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        cast("IO[bytes]", process.stdout).close()


def _check(answer: dict[str, Any], folder: Path, limits: Limits) -> None:
    """Turn everything but a good end into one clear error."""
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
