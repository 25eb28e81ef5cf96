"""The process that keeps one Lava job on a leash.

Run as a script by ``hardware.lava.job`` in a session of its own, it starts the worker in which Lava lives and
ends everything (every descendant, and the job's own shared memory) as soon as one of these happens:

* the caller dies, or closes the pipe on standard input;
* during a call the deadline passes, or no step was taken for too long;
* a process of the simulation has died, which Lava itself would wait for without end;
* the worker ends, well or badly.

A byte on standard input is a call, passed on to the worker; a ``q`` is the end. Each line of output is a JSON
object that says what happened: one for each call that ended well, one at the end. It imports only the standard
library, so it starts in milliseconds. Linux only: it relies on ``/proc``, on ``PR_SET_CHILD_SUBREAPER`` (orphans
of the job become children of the warden, so none can escape) and on shared memory being files in ``/dev/shm``.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- where Linux keeps POSIX shared memory
PREFIX = "lava-fed-"
"""How the names of a job's folder and of its shared memory begin."""
PROGRESS = struct.Struct("<qq")
"""The progress file: phase and step."""
STARTING, RUNNING = 0, 1
"""Phases of a job."""
QUIT = b"q"
"""The caller's last word."""
_PR_SET_CHILD_SUBREAPER = 36
_POLL = 0.05
_DEATH_PATIENCE = 0.2
"""Seconds for which a process must be dead: short-lived helpers are reaped sooner."""
_END_PATIENCE = 10.0
_THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/<pid>/stat`` from the third (state) on, or ``None`` where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def owner(pid: int) -> str:
    """Name a process as no other is ever named: PID namespace, PID and start time (``gone`` for a dead one)."""
    fields = stat(pid)
    start = fields[19] if fields and fields[0] not in "ZX" else "gone"
    return f"{Path('/proc/self/ns/pid').stat().st_ino}-{pid}-{start}"


def children(pid: int) -> Iterator[int]:
    """Yield the PIDs of the children of a process."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text(encoding="ascii").split())
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN, or the process is gone
        for entry in Path("/proc").iterdir():
            fields = stat(int(entry.name)) if entry.name.isdigit() else None
            if fields is not None and int(fields[1]) == pid:
                yield int(entry.name)
    except OSError:  # the process ended while it was read
        return


def sweep(*places: Path) -> None:
    """Remove what jobs left behind whose owner is gone: warden and caller may both have been killed."""
    namespace = owner(os.getpid()).partition("-")[0]
    for place in places:
        with contextlib.suppress(OSError):
            for entry in place.iterdir():
                inode, pid, *rest = [*entry.name.removeprefix("sem.").removeprefix(PREFIX).split("-"), "", ""][:4]
                if PREFIX not in entry.name or inode != namespace or not pid.isdigit():
                    continue
                if entry.lstat().st_uid == os.getuid() and owner(int(pid)) != f"{inode}-{pid}-{rest[0]}":
                    remove(entry)


def remove(path: Path) -> None:
    """Remove a file or folder, which another sweeper may be doing too."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _start(folder: Path, worker: str, name: str) -> tuple[int, int, int]:
    """Start the worker; return its PID, where calls are written and where answers are read."""
    environment = dict(os.environ, TMPDIR=str(folder), **dict.fromkeys(_THREAD_LIMITS, "1"))
    (hears, calls), (answers, says) = os.pipe(), os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, hears, 0),
        (os.POSIX_SPAWN_DUP2, says, 1),
        (os.POSIX_SPAWN_OPEN, 2, str(folder / "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
    ]
    # Of what the resource tracker finds lying about nobody needs to hear: the warden removes it.
    quiet = "ignore::UserWarning:multiprocessing.resource_tracker"
    command = [
        sys.executable,
        "-I",
        "-X",
        "faulthandler",
        "-W",
        quiet,
        worker,
        str(folder),
        name,
        str(os.getpid()),
    ]
    pid = os.posix_spawn(sys.executable, command, environment, file_actions=actions, setpgroup=0)
    os.close(hears)
    os.close(says)
    return pid, calls, answers


def _dead(worker: int, folder: Path) -> list[int]:
    """PIDs of the worker's children that are zombies, and of actors that have been reaped already.

    Lava reaps the dead whenever it forks, so both must be looked for.
    """
    actors = [int(entry.name) for entry in (folder / "actors").iterdir()]
    living = list(children(worker))
    zombies = [child for child in living if (stat(child) or [""])[0] == "Z"]
    return zombies + [actor for actor in actors if actor not in living]


Report = dict[str, "int | str"]


def _watch(worker: int, pipes: tuple[int, int], caller: int, folder: Path, limits: list[float]) -> Report:
    """Pass on calls and answers; return what ends the job, as soon as something does."""
    calls, answers = pipes
    start, stall, deadline = limits
    begin = moved = time.monotonic()
    calling, last, dead = False, (STARTING, 0), dict[int, float]()
    progress = os.open(folder / "progress", os.O_RDONLY)
    while True:
        ready = select.select([0, answers], [], [], _POLL)[0]
        word = os.read(0, 1) if 0 in ready else b"."
        phase, step = PROGRESS.unpack(os.pread(progress, PROGRESS.size, 0))
        now = time.monotonic()
        if word in (b"", QUIT) or os.getppid() != caller:
            return {"outcome": "caller"}
        if 0 in ready:
            calling, begin, moved = True, now, now
            with contextlib.suppress(BrokenPipeError):  # a worker that has ended is noticed below
                os.write(calls, word)
        if answers in ready and os.read(answers, 1):
            calling = False
            _tell({"outcome": "done", "step": step})
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return {"outcome": "ended", "status": os.waitstatus_to_exitcode(status), "step": step}
        if (phase, step) != last:
            last, moved = (phase, step), now
        if calling and now - begin > deadline:
            return {"outcome": "deadline", "step": step}
        if calling and now - moved > (start if phase == STARTING else stall):
            return {"outcome": "stall", "phase": phase, "step": step}
        dead = {child: dead.get(child, now) for child in _dead(worker, folder)}
        for child, since in dead.items():
            if now - since > _DEATH_PATIENCE:
                report: Report = {"outcome": "death", "process": child, "step": step}
                fields = stat(child)
                if fields is not None and fields[0] == "Z":
                    report["status"] = os.waitstatus_to_exitcode(int(fields[49]))
                return report


def _tell(report: Report) -> None:
    """Write a line to the caller, who may not be listening any more."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(report).encode() + b"\n")


def _end_all(worker: int) -> bool:
    """Kill every descendant; report whether all are gone."""
    with contextlib.suppress(OSError):
        os.killpg(worker, signal.SIGKILL)
    limit = time.monotonic() + _END_PATIENCE
    while time.monotonic() < limit:
        for child in children(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        time.sleep(0.005)
    return False


def main(folder: Path, worker: str, caller: int, limits: list[float]) -> None:
    """Run the job that lies in ``folder`` to its end.

    Parameters
    ----------
    folder : Path
        The job's private folder, already with its ``progress`` file and ``actors`` folder.
    worker : str
        Path of the worker script.
    caller : int
        PID of the process on whose behalf the job runs.
    limits : list of three floats
        Seconds until the first step, between two steps, and of one call.
    """

    def terminate(_number: int, _frame: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, terminate)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    name = PREFIX + owner(os.getpid()) + "-"
    sweep(SHARED_MEMORY, folder.parent)
    report: Report = {"outcome": "terminated"}
    pid, *pipes = _start(folder, worker, name)
    try:
        report = _watch(pid, (pipes[0], pipes[1]), caller, folder, limits)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        report["clean"] = int(_end_all(pid))
        for entry in SHARED_MEMORY.iterdir():
            if entry.name.removeprefix("sem.").startswith(name):
                remove(entry)
        if report["outcome"] == "caller":
            remove(folder)
        _tell(report)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), [float(limit) for limit in sys.argv[4:7]])
