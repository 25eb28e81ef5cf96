"""One supervised job: a function in processes of its own, called again and again, with files for all it says.

Three levels: the caller (here), the warden (``warden.py``, which ends everything) and the worker
(``worker.py``, in which Lava lives with the processes that it forks).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from hardware.errors import BackendError
from hardware.lava import warden
from hardware.lava.failure import Limits, check

FOLDER_LENGTH = 76
"""Longest path of a job's folder, bytes: a Unix socket below it must fit into 107."""
_GRACE = 15.0


DEFAULT_LIMITS = Limits()
"""Generous: they end what is stuck, not what is slow."""


class Job:
    """Processes that serve one call after another, until ``close`` or a failure ends them.

    Whatever happens, also to this process, no process and no shared memory of the job is left afterwards. Several
    threads may each have their own; one job serves one thread at a time.

    Parameters
    ----------
    target : str
        ``module:function``, importable by this process. The first call calls it in the worker, with the job's
        folder and the arguments; what it returns is called then and in each further call.
    arguments : mapping
        JSON values.
    limits : Limits
        When to give up.

    Attributes
    ----------
    folder : Path
        The place of the job's files, readable by this user only; removed in the end.

    Raises
    ------
    BackendError
        Where the folder cannot be made, or its path is too long for Lava.
    """

    def __init__(self, target: str, arguments: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> None:
        self.folder, self._limits, self._fresh = _private_folder(), limits, True
        path = [str(Path(entry).absolute()) for entry in sys.path]
        job = {"target": target, "arguments": dict(arguments), "path": path}
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        (self.folder / "actors").mkdir()
        (self.folder / "progress").write_bytes(warden.PROGRESS.pack(warden.STARTING, 0))
        here = Path(__file__).parent
        command = [sys.executable, "-I", "-S", str(here / "warden.py"), str(self.folder), str(here / "worker.py")]
        command += [str(os.getpid()), *map(str, (limits.start, limits.stall, limits.deadline))]
        with (self.folder / "warden.log").open("wb") as log:
            self._warden = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                bufsize=0,
            )
        self._end = weakref.finalize(self, _end, self._warden, self.folder, os.getpid())

    @property
    def alive(self) -> bool:
        """Whether it can be called."""
        return self._end.alive and self._warden.poll() is None

    def call(self, on_step: Callable[[int], None] | None = None) -> None:
        """Call once and wait for the end.

        Parameters
        ----------
        on_step : callable, optional
            Called now and then with the number of steps done, in this thread.

        Raises
        ------
        BackendError
            Where the call did not end well; the sentence says what happened, its cause holds the job's log. The
            job has then ended.
        """
        try:
            (self.folder / "result.json").unlink(missing_ok=True)
            with (self.folder / "progress").open("r+b", buffering=0) as progress:
                progress.write(warden.PROGRESS.pack(warden.STARTING if self._fresh else warden.RUNNING, 0))
            self._fresh = False
            with contextlib.suppress(BrokenPipeError):  # a warden that has ended is noticed below
                cast("IO[bytes]", self._warden.stdin).write(b".")
            answer = _wait(self._warden, self.folder, self._limits, on_step)
            check(answer, self.folder, self._limits)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all processes and remove the folder; a second time does nothing."""
        self._end()

    def __enter__(self) -> Job:
        """Return the job."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def _private_folder() -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{warden.PREFIX}{warden.owner(os.getpid())}-"))
    except OSError as error:
        raise BackendError(f"Lava needs a temporary folder, which cannot be made: {error}") from error
    if len(os.fsencode(folder)) > FOLDER_LENGTH:
        folder.rmdir()
        raise BackendError(
            f"the temporary folder {folder.parent} has too long a path for Lava's sockets; "
            "set TMPDIR to a shorter one"
        )
    return folder


def _wait(
    process: subprocess.Popen[bytes], folder: Path, limits: Limits, on_step: Callable[[int], None] | None
) -> dict[str, Any]:
    """Follow a call until the warden reports, or until the warden itself is overdue."""
    descriptor = cast("IO[bytes]", process.stdout).fileno()
    answer, seen, moved = b"", (-1, -1), time.monotonic()
    overdue = max(limits.start, limits.stall) + _GRACE
    with (folder / "progress").open("rb", buffering=0) as progress:
        while not answer.endswith(b"\n"):
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
        report: dict[str, Any] = json.loads(answer.splitlines()[-1])
    except (ValueError, IndexError):
        return {"outcome": "lost"}
    return report


def _end(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    """End the warden, which ends all the rest: ask by its input, insist by killing it."""
    if os.getpid() != owner:  # a fork of the caller has no say
        return
    try:
        with contextlib.suppress(OSError):
            cast("IO[bytes]", process.stdin).write(warden.QUIT)
        with contextlib.suppress(OSError):
            cast("IO[bytes]", process.stdin).close()
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        cast("IO[bytes]", process.stdout).close()
        shutil.rmtree(folder, ignore_errors=True)
