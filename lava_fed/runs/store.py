"""A run's directory, from which it can go on after any interruption.

::

    config.toml          the config, with its Program beside it
    program.h5           the Program before the first round
    setup.h5             what decides the result, who has which samples, a few test samples
    rounds/0001.h5 ...   master weights and record of each round
    devices/NAME/...     what devices of this process keep between rounds
    baselines/NAME.h5    trainings to compare with
    personal/NAME.h5     the Program that each device ended with, where some layers are its own
    final.h5             the Program with the final global weights
    ledger.csv           what every device sent, computed and spent in every round
    result.json          the numbers

Every file appears at once and whole, and holds nothing of the clock or the machine; so a run that was cut off and
resumed ends with the same bytes as one that was not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.errors import ContainerError
from hardware.program import Program
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.coordinator.setup import Setup
from lava_fed.errors import RunError
from lava_fed.runs.baseline import Baseline
from lava_fed.runs.facts import check_same, setup_content
from lava_fed.runs.lock import lock
from lava_fed.runs.record import RoundRecord
from lava_fed.runs.run import (
    BASELINES,
    CONFIG,
    DEVICES,
    FINAL,
    LEDGER,
    PERSONAL,
    PROGRAM,
    RESULT,
    ROUNDS,
    SETUP,
    read_baselines,
    read_outstanding,
    read_records,
    read_round,
)
from lava_fed.shared import Shared


class Store:
    """Writes one run; locked against a second writer until closed, use it as a context manager.

    Parameters
    ----------
    out : Path
        The directory.
    setup : Setup
        The run.
    resume : bool
        Whether to go on with what is there; without it, the directory must be new or empty.

    Attributes
    ----------
    digest : str
        SHA-256 of the run's facts; every file of the run carries it.
    program : Program
        The frozen copy.

    Raises
    ------
    RunError
        Where the directory holds something else, or is in use.
    ContainerError
        Where a file in it is damaged or cannot be written.
    """

    def __init__(self, out: Path, setup: Setup, *, resume: bool) -> None:
        self.out = out
        self._lock = lock(out)
        try:
            self._begin(setup, resume)
        except BaseException:
            self.close()
            raise

    def _begin(self, setup: Setup, resume: bool) -> None:
        out = self.out
        present = {path.name for path in out.iterdir() if not _is_leftover(path)}
        if present and not resume:
            raise RunError(f"{out} is not empty; go on with its run by --resume, or choose another directory")
        facts = setup.facts()
        self.digest = container.digest(facts, {})
        if SETUP in present:
            header, _ = container.read(out / SETUP, "setup")
            check_same(header.get("facts"), facts, out)
        elif strange := sorted(present - {CONFIG, PROGRAM}):
            raise RunError(f"{out} holds no run to resume, but {strange[0]!r}; choose another directory")
        text = setup.config.frozen_text().encode()
        if CONFIG in present and (out / CONFIG).read_bytes() != text:
            raise RunError(
                f"{out / CONFIG} is not the config of this run; remove it to have it written again, or choose "
                "another directory"
            )
        with _advice():
            if CONFIG not in present:
                container.write_bytes(out / CONFIG, text)
            if PROGRAM not in present:
                setup.program.save(out / PROGRAM)
        self.program = Program.load(out / PROGRAM)
        if self.program.digest != setup.program.digest:
            raise RunError(
                f"{out / PROGRAM} is not the Program of this run; restore it or choose another directory"
            )
        self._shared = Shared(self.program, setup.shared.names)
        if SETUP not in present:
            with _advice():
                container.write(out / SETUP, "setup", *setup_content(setup, facts))
        for folder in (out / ROUNDS, out / BASELINES):
            try:
                folder.mkdir(exist_ok=True)
            except OSError as error:
                raise RunError(f"cannot make {folder}: {error.strerror}") from error
        for path in out.rglob(".*.part"):
            if _is_leftover(path):
                path.unlink()

    def save_round(
        self, record: RoundRecord, state: MasterState, outstanding: dict[str, Any] | None = None
    ) -> None:
        """Store a finished round.

        Parameters
        ----------
        record : RoundRecord
            What is known about it.
        state : MasterState
            Of the coordinator after it.
        outstanding : dict, optional
            What was under way at its end, as JSON values; nothing in synchronous rounds.
        """
        header = {"run": self.digest, "record": record.to_json(), "outstanding": outstanding or {}}
        arrays = {f"master/{name}": array for name, array in state.arrays.items()}
        arrays |= {f"memory/{name}": array for name, array in state.memory.items()}
        with _advice():
            container.write(self.out / ROUNDS / f"{record.round:04d}.h5", "round", header, arrays)

    def records(self) -> list[RoundRecord]:
        """Return the records of all stored rounds, in order.

        Raises
        ------
        RunError
            Where one is missing or belongs to another run.
        """
        return read_records(self.out, self.digest)

    def state(self, number: int, aggregator: Aggregator) -> MasterState:
        """Return the coordinator's state after a stored round, or before the first for 0."""
        if not number:
            return aggregator.init(self._shared)
        return read_round(self.out, number, self.digest, self._shared)[1]

    def outstanding(self, number: int) -> dict[str, Any]:
        """Return what was under way when a round was stored; empty before the first."""
        return read_outstanding(self.out, number, self.digest) if number else {}

    def device_folder(self, name: str) -> Path:
        """Return where a device of this process keeps its memory."""
        return self.out / DEVICES / name

    def save_personal(self, name: str, program: Program) -> None:
        """Store the Program that a device of this process ended with, its personal layers among its weights."""
        with _advice():
            (self.out / PERSONAL).mkdir(exist_ok=True)
            program.save(self.out / PERSONAL / f"{name}.h5")

    def save_baseline(self, baseline: Baseline, weights: dict[str, NDArray[np.int16]]) -> None:
        """Store a finished training to compare with."""
        header = {"run": self.digest, **baseline.to_json()}
        arrays = {f"weights/{name}": array for name, array in weights.items()}
        with _advice():
            container.write(self.out / BASELINES / f"{baseline.name}.h5", "baseline", header, arrays)

    def baselines(self) -> dict[str, Baseline]:
        """Return the stored trainings, by name."""
        return read_baselines(self.out, self.digest)

    def finish(self, program: Program, result: dict[str, Any], ledger: str) -> None:
        """Store the final Program, the ledger as CSV and the numbers."""
        with _advice():
            program.save(self.out / FINAL)
            container.write_bytes(self.out / LEDGER, ledger.encode())
            text = json.dumps(result, indent=2, sort_keys=True) + "\n"
            container.write_bytes(self.out / RESULT, text.encode())

    def close(self) -> None:
        """Let others write here."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Store:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()


@contextmanager
def _advice() -> Iterator[None]:
    """Say that a run is not lost where one of its files cannot be written."""
    try:
        yield
    except ContainerError as error:
        raise RunError(f"{error}; what is stored so far is sound: make room and go on with --resume") from error


def _is_leftover(path: Path) -> bool:
    """Whether a file is the unfinished write of a process that was killed."""
    return path.name.startswith(".") and path.name.endswith(".part")
