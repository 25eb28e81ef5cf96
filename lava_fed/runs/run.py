"""A stored run, as a reader sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.aggregate.aggregator import MasterState
from lava_fed.config import FederationConfig, load
from lava_fed.data.dataset import DataSet
from lava_fed.errors import RunError
from lava_fed.runs.baseline import POOLED, Baseline, Baselines
from lava_fed.runs.personal import Personal, read_personal
from lava_fed.runs.record import RoundRecord
from lava_fed.shared import Shared

CONFIG, PROGRAM, SETUP = "config.toml", "program.h5", "setup.h5"
ROUNDS, BASELINES, DEVICES, PERSONAL = "rounds", "baselines", "devices", "personal"
FINAL, LEDGER, RESULT = "final.h5", "ledger.csv", "result.json"


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes
    ----------
    config : FederationConfig
        What was done.
    base, program : Program
        Before the first round; with the final global weights.
    records : tuple of RoundRecord
        All rounds.
    baselines : Baselines or None
        Trainings to compare with, where the config asked for them.
    names : tuple of str
        The devices.
    class_counts : int64 array, shape (devices, classes)
        Samples of each class on each device, in the order of ``names``.
    example : DataSet
        The first test sample of each class, ten at most.
    train_title, test_title : str
        Names of the data for people.
    personal : mapping of str to Personal
        How good devices are with the layers that are their own; empty where there are none.
    """

    config: FederationConfig
    base: Program
    program: Program
    records: tuple[RoundRecord, ...]
    baselines: Baselines | None
    names: tuple[str, ...]
    class_counts: NDArray[np.int64]
    example: DataSet
    train_title: str
    test_title: str
    personal: Mapping[str, Personal]

    @property
    def accuracy(self) -> float:
        """Of the final global model, 0..1."""
        return next(record.accuracy for record in reversed(self.records) if record.accuracy is not None)


def read_run(out: Path) -> Run:
    """Read a finished run.

    Raises
    ------
    RunError
        Where there is no run, or it is not finished.
    ContainerError, ConfigError
        Where a file in it is unsound.
    """
    if not (out / SETUP).exists():
        raise RunError(f"{out} holds no run; make one with: lava-fed federate CONFIG.toml --out {out}")
    header, arrays = container.read(out / SETUP, "setup")
    try:
        facts, counts = dict(header["facts"]), arrays["class_counts"]
        x, y = SpikeTrain(arrays["example/x"]), arrays["example/y"]
        example = DataSet(x, y, int(header["classes"]), str(header["test"]))
        titles = str(header["train"]), str(header["test"])
        names = tuple(map(str, header["devices"]))
        digest = container.digest(facts, {})
    except (KeyError, TypeError, ValueError, LavaFedError) as error:
        raise RunError(f"{out / SETUP} is not a valid setup: {error}") from error
    config, base = load(out / CONFIG), Program.load(out / PROGRAM)
    for key, value in json.loads(json.dumps(config.settings())).items():
        if facts.get(key, "not set") != value:
            raise RunError(
                f"{out / CONFIG} has been changed since the run: {key} was {facts.get(key, 'not set')!s:.60}, it "
                f"says {value!s:.60}; restore it"
            )
    if facts.get("program") != base.digest:
        raise RunError(f"{out / PROGRAM} is not the Program of this run; restore it")
    shaped = counts.dtype == np.int64 and counts.ndim == 2 and len(counts) == len(names)
    if not shaped or counts.size == 0 or counts.min() < 0:
        raise RunError(f"{out / SETUP} is not a valid setup: it does not count {len(names)} devices")
    records = tuple(read_records(out, digest))
    if len(records) < config.rounds.count or not (out / FINAL).exists():
        raise RunError(
            f"the run in {out} stopped in round {len(records)} of {config.rounds.count} or before its end; "
            "finish it with --resume"
        )
    program = Program.load(out / FINAL)
    if program.provenance.get("federation.run") != digest or program.weights().keys() != base.weights().keys():
        raise RunError(f"{out / FINAL} is not of this run; make it again with --resume")
    baselines = None
    if config.run.baselines:
        found = read_baselines(out, digest)
        if missing := [name for name in (*names, POOLED) if name not in found]:
            raise RunError(f"the run in {out} has no baseline {missing[0]!r}; finish it with --resume")
        for name, baseline in found.items():
            if len(baseline.accuracy) != sum(record.accuracy is not None for record in records):
                raise RunError(
                    f"{out / BASELINES / name}.h5 was judged {len(baseline.accuracy)} times, the run was not; "
                    "restore the right file"
                )
        baselines = Baselines(tuple(found[name] for name in names), found[POOLED])
    personal = read_personal(out / RESULT, names)
    return Run(config, base, program, records, baselines, names, counts, example, *titles, personal)


def read_records(out: Path, digest: str) -> list[RoundRecord]:
    """Read the records of all stored rounds of a run, in order.

    Parameters
    ----------
    out : Path
        The run's directory.
    digest : str
        Of the run's facts.

    Raises
    ------
    RunError, ContainerError
        Where a round is missing, unsound or of another run.
    """
    found = sorted((out / ROUNDS).glob("[0-9]*.h5"), key=lambda path: (len(path.name), path.name))
    records = []
    for number, path in enumerate(found, start=1):
        if path.name != f"{number:04d}.h5":
            raise RunError(f"{out / ROUNDS}: round {number} is missing, though {path.name} is there; restore it")
        records.append(_record(path, number, digest, container.read(path, "round")[0]))
    return records


def read_round(out: Path, number: int, digest: str, shared: Shared) -> tuple[RoundRecord, MasterState]:
    """Read one stored round with the coordinator's state after it; see ``read_records``."""
    path = out / ROUNDS / f"{number:04d}.h5"
    header, arrays = container.read(path, "round")
    record = _record(path, number, digest, header)
    try:
        state = MasterState(shared, _below("master/", arrays), _below("memory/", arrays), record.clipped)
    except LavaFedError as error:
        raise RunError(f"{path} is not a valid round: {error}") from error
    return record, state


def read_outstanding(out: Path, number: int, digest: str) -> dict[str, Any]:
    """Read what was under way when a round was stored; empty in synchronous rounds. See ``read_records``."""
    path = out / ROUNDS / f"{number:04d}.h5"
    header, _ = container.read(path, "round")
    _record(path, number, digest, header)
    outstanding = header.get("outstanding")
    if not isinstance(outstanding, dict):
        raise RunError(f"{path} does not say what was under way; restore it")
    return outstanding


def _record(path: Path, number: int, digest: str, header: dict[str, Any]) -> RoundRecord:
    try:
        if header["run"] != digest:
            raise RunError(f"{path} belongs to another run; restore the right file")
        record = RoundRecord.from_json(header["record"])
    except RunError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, LavaFedError) as error:
        raise RunError(f"{path} is not a valid round: {error}") from error
    if record.round != number:
        raise RunError(f"{path} holds round {record.round}; restore the right file")
    return record


def _below(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def read_baselines(out: Path, digest: str) -> dict[str, Baseline]:
    """Read the stored trainings of a run, by name; see ``read_rounds``."""
    baselines = {}
    for path in sorted((out / BASELINES).glob("[!.]*.h5")):
        header, _ = container.read(path, "baseline")
        try:
            if header["run"] != digest or header["name"] != path.stem:
                raise RunError(f"{path} belongs to another run; restore the right file")
            baseline = Baseline.from_json(header)
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path} is not a valid baseline: {error}") from error
        baselines[baseline.name] = baseline
    return baselines
