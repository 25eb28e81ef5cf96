"""The process in which Lava lives: a script that serves the calls of one job and leaves results in a folder.

It is started by the warden, never imported by the product. Before the job's target is imported, it makes sure
that neither it nor any process forked by Lava can outlive the warden, and that all shared memory bears the
job's name, so that the warden can remove exactly that.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def main(folder: Path, name: str, warden: int) -> None:
    """Serve the job that lies in ``folder``, then end without cleaning up: the warden does that.

    A byte on standard input is a call. The first one calls the job's target, which returns a function; each one
    calls that. Afterwards ``result.json`` holds ``{}`` or ``{"error", "trace"}``, and a byte on standard output
    says so. After an error, or when its input ends, the worker ends.

    Parameters
    ----------
    folder : Path
        Holds ``job.json``: the target ``module:function``, its arguments, and the caller's module path. The
        target is called with the folder and the arguments.
    name : str
        How the names of all shared memory of this job begin.
    warden : int
        PID of the warden.
    """
    calls, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what anyone prints belongs in the log
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _die_with(warden)
    _tie_children()
    _name_shared_memory(name)
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    sys.path[:] = job["path"]
    serve: Any = None
    result: dict[str, str] = {}
    while not result and os.read(calls, 1):
        try:
            if serve is None:
                module, _, function = job["target"].partition(":")
                serve = getattr(importlib.import_module(module), function)(folder, job["arguments"])
            serve()
        except Exception as error:  # whatever a simulation raises becomes one sentence for the caller
            text = str(error) if _is_ours(error) else f"{type(error).__name__}: {error}"
            result = {"error": text, "trace": traceback.format_exc()}
        part = folder / "result.part"
        part.write_text(json.dumps(result), encoding="utf-8")
        part.rename(folder / "result.json")
        if not result:
            os.write(answers, b".")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_ours(error: Exception) -> bool:
    errors: Any = sys.modules.get("hardware.errors")
    return errors is not None and isinstance(error, errors.LavaFedError)


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; end now if that has happened already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _tie_children() -> None:
    """Do the same in every process that is forked from here."""
    parent = [os.getpid()]

    def before() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(before=before, after_in_child=lambda: _die_with(parent[0]))


def _name_shared_memory(name: str) -> None:
    """Give segments and semaphores our name.

    The standard library has no public way; that the private one works is tested, and where it should not, the
    segments are still removed by the resource tracker of an orderly end.
    """
    from multiprocessing import process, shared_memory

    private: Any = shared_memory
    private._SHM_NAME_PREFIX = "/" + name
    private._SHM_SAFE_NAME_LENGTH = len(name) + 17
    current: Any = process.current_process()
    current._config["semprefix"] = "/" + name


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
