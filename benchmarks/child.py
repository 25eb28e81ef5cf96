"""A contender in a process of its own, asked one line at a time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from hardware.errors import LavaFedError

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT = 180.0
ANSWER_LIMIT = 300.0
"""Seconds until a contender that says nothing is ended."""


class ContenderError(LavaFedError):
    """A contender that failed, or got stuck, on a network."""


class Child:
    """A running contender; use it as a context manager.

    Parameters
    ----------
    python : Path
        The interpreter of its environment.
    module : str
        The contender's module.
    folder : Path
        The job's folder.

    Attributes
    ----------
    start_up : float
        Seconds from the start of the process until it has run its first sample, imports and all.

    Raises
    ------
    ContenderError
        Where it fails before it is ready.
    """

    def __init__(self, python: Path, module: str, folder: Path) -> None:
        self.module = module
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  # until close
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [str(python), "-m", module, str(folder)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        try:
            self._answer(START_LIMIT)
        except BaseException:
            self.close()
            raise
        self.start_up = time.perf_counter() - start

    def ask(self, question: Mapping[str, Any], limit: float = ANSWER_LIMIT) -> dict[str, Any]:
        """Ask one question.

        Parameters
        ----------
        question : mapping
            See ``benchmarks.contenders.contender``.
        limit : float
            Seconds to wait.

        Raises
        ------
        ContenderError
            Where it fails or says nothing for so long; it is ended then.
        """
        if self._process.stdin is None:
            raise ContenderError(f"{self.module} takes no questions")
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ContenderError(f"{self.module} has ended: {self._last_line()}") from error
        return self._answer(limit)

    def shared_memory(self) -> int:
        """Return the bytes that all its processes hold now, shared pages counted once."""
        total = 0
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(entry.name)) != self._process.pid:
                    continue
                rollup = (entry / "smaps_rollup").read_text(encoding="ascii")
            except (OSError, ValueError):
                continue
            total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
        return total

    def close(self) -> None:
        """End it with all its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def __enter__(self) -> Child:
        """Return the child."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    def _answer(self, limit: float) -> dict[str, Any]:
        output = self._process.stdout
        if output is None:
            raise ContenderError(f"{self.module} gives no answers")
        ready, _, _ = select.select([output], [], [], limit)
        if not ready:
            self.close()
            raise ContenderError(f"no answer within {limit:.0f} s")
        line = output.readline()
        if not line:
            raise ContenderError(f"ended without an answer: {self._last_line()}")
        reply: dict[str, Any] = json.loads(line)
        if "failed" in reply:
            raise ContenderError(reply["failed"])
        return reply

    def _last_line(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log if line.strip()]
        return lines[-1] if lines else f"status {self._process.poll()}"


def own_python() -> Path:
    """Return this interpreter."""
    return Path(sys.executable)
