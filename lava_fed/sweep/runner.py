"""Runs of a sweep side by side, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lava_fed.config import FederationConfig, parse
from lava_fed.config.changes import changed
from lava_fed.errors import RunError
from lava_fed.runs.run import CONFIG, RESULT, ROUNDS
from lava_fed.sweep.child import MISTAKE
from lava_fed.sweep.grid import Point

PAUSE = 0.2
"""Seconds between two looks at the processes."""
PATIENCE = 5.0
"""Seconds that a process has to end once it was told to."""
TAIL = 4000
"""Last bytes of what a failed process said."""


@dataclass(frozen=True)
class Job:
    """One run of a sweep with its place.

    Attributes
    ----------
    point : Point
        What to run.
    config : FederationConfig
        The same, checked.
    out : Path
        Folder of the run.
    """

    point: Point
    config: FederationConfig
    out: Path

    @property
    def finished(self) -> bool:
        """Whether the folder holds this very run, to its end."""
        try:
            same = (self.out / CONFIG).read_bytes() == self.config.frozen_text().encode()
        except OSError:
            return False
        return same and (self.out / RESULT).is_file()

    @property
    def rounds(self) -> int:
        """Rounds that are stored."""
        return sum(1 for _ in (self.out / ROUNDS).glob("[0-9]*.h5"))


class _Process:
    def __init__(self, job: Job, folder: Path, where: str, threads: int) -> None:
        self.job = job
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        document = changed(job.point.document, "run.workers", threads)
        told = {"document": document, "folder": str(folder), "where": where, "out": str(job.out)}
        with tempfile.TemporaryFile() as order:
            order.write(json.dumps(told).encode())
            order.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lava_fed.sweep.child"],
                stdin=order,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
            )

    def poll(self) -> int | None:
        return self._process.poll()

    def failure(self) -> str:
        """Say why it failed; empty where it did not."""
        code = self._process.returncode
        if code == 0:
            return ""
        self._said.seek(0, 2)
        self._said.seek(max(0, self._said.tell() - TAIL))
        lines = self._said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
        return lines[-1] if code == MISTAKE else f"its process ended with exit code {code}: {lines[-1]}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._said.close()


def check(points: Sequence[Point], folder: Path, where: str, out: Path) -> tuple[Job, ...]:
    """Check every config of a sweep before any of them runs.

    Raises
    ------
    ConfigError
        Where one is unsound.
    """
    return tuple(
        Job(point, parse(point.document, folder, f"{where}, run {point.name}"), out / point.name)
        for point in points
    )


def run(
    jobs: Sequence[Job],
    folder: Path,
    where: str,
    *,
    processes: int,
    threads: int,
    on_progress: Callable[[int, int, int], None],
) -> None:
    """Run what is not finished yet; whatever happens, what is stored can be gone on with.

    Parameters
    ----------
    jobs : sequence of Job
        From ``check``.
    folder : Path
        Where relative paths of the config start.
    where : str
        Name of the config, for errors.
    processes, threads : int
        Runs at a time; workers of each.
    on_progress : callable
        Told how many rounds of all are stored, how many runs are finished, how many run now.

    Raises
    ------
    RunError
        Where runs failed, once all others are finished, naming the first one and why.
    """
    waiting = [job for job in jobs if not job.finished]
    done = sum(job.config.rounds.count for job in jobs) - sum(job.config.rounds.count for job in waiting)
    waiting.reverse()
    finished, running, failures = len(jobs) - len(waiting), list[_Process](), list[str]()
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                job = waiting.pop()
                job.out.parent.mkdir(parents=True, exist_ok=True)
                running.append(_Process(job, folder, where, threads))
            for process in [each for each in running if each.poll() is not None]:
                running.remove(process)
                if why := process.failure():
                    failures.append(f"{process.job.point.name}: {why}")
                else:
                    finished += 1
                done += process.job.config.rounds.count
                process.stop()
            on_progress(done + sum(process.job.rounds for process in running), finished, len(running))
            if running:
                time.sleep(PAUSE)
    finally:
        with contextlib.ExitStack() as stack:
            for process in running:
                stack.callback(process.stop)
    if failures:
        others = f"; {len(failures) - 1} more failed" if len(failures) > 1 else ""
        raise RunError(f"run {failures[0]}{others}; {finished} of {len(jobs)} runs are finished")
