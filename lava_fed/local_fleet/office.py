"""Worker processes for devices whose work holds the interpreter's lock.

A request is a line of JSON with the device's name and the number of bytes that follow; an answer is one with the
reason of a failure, the seconds of the device's chip and the number of bytes that follow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any

from hardware.errors import LavaFedError
from lava_fed.local.device import Answer

MODULE = "lava_fed.local_fleet.clerk"
"""What a worker process runs."""


class Office:
    """Worker processes, each with all devices of a run; use it as a context manager.

    A process is started only where all others are busy, so there are never more than threads that ask.

    Parameters
    ----------
    out : Path
        The run's directory, which says everything that a worker has to know.
    folder : Path
        Folder of the run's config, where relative paths of data start.
    digest : str
        Of the run's facts.
    """

    def __init__(self, out: Path, folder: Path, digest: str) -> None:
        self._arguments = [str(out.absolute()), str(folder.absolute()), digest]
        self._lock = Lock()
        self._idle: list[_Clerk] = []
        self._every: list[_Clerk] = []
        self._closed = False

    def answer(self, device: str, message: bytes) -> Answer:
        """Let a device answer in a worker process.

        Raises
        ------
        LavaFedError
            Where the device fails, or the process ends.
        """
        with self._lock:
            if self._closed:
                raise LavaFedError("its worker processes are closed")
            while self._idle and not self._idle[-1].alive:
                self._idle.pop()
            if self._idle:
                clerk = self._idle.pop()
            else:
                clerk = _Clerk(self._arguments)
                self._every.append(clerk)
        answer = clerk.ask(device, message)
        with self._lock:
            self._idle.append(clerk)
        if isinstance(answer, str):
            raise LavaFedError(answer)
        return answer

    def close(self) -> None:
        """End all processes, at work or not."""
        with self._lock:
            self._closed = True
            for clerk in self._every:
                clerk.end()

    def __enter__(self) -> Office:
        """Return the office."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self.close()


@dataclass(frozen=True)
class Elsewhere:
    """A device that works in a process of an office.

    Attributes
    ----------
    name : str
        Of the device.
    office : Office
        Where it works.
    """

    name: str
    office: Office

    def answer(self, message: bytes) -> Answer:
        """Do what a message asks for."""
        return self.office.answer(self.name, message)


class _Clerk:
    """One worker process."""

    def __init__(self, arguments: list[str]) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  # until end
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, device: str, message: bytes) -> Answer | str:
        """Return a device's answer, or why it has none."""
        try:
            send(_open(self._process.stdin), {"device": device}, message)
            header, body = receive(_open(self._process.stdout))
        except (OSError, ValueError, EOFError):
            raise LavaFedError(f"its worker process has ended: {self._last_line()}") from None
        if header["error"]:
            return str(header["error"])
        return Answer(body, float(header["seconds"]))

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was not sent yet cannot be
                    continue
        self._log.close()

    def _last_line(self) -> str:
        if self._log.closed:
            return "it was closed"
        self._log.seek(0)
        lines = [line.strip() for line in self._log if line.strip()]
        return lines[-1] if lines else f"status {self._process.wait()}"


def send(stream: IO[bytes], header: dict[str, Any], body: bytes) -> None:
    """Write one request or answer."""
    stream.write(json.dumps({**header, "bytes": len(body)}).encode() + b"\n" + body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one request or answer.

    Raises
    ------
    EOFError
        Where the other side has ended.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    header = json.loads(line)
    body = stream.read(header["bytes"])
    if len(body) != header["bytes"]:
        raise EOFError
    return header, body


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise EOFError
    return stream
