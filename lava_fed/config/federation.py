"""A whole config."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from lava_fed.config.aggregate import AggregateConfig
from lava_fed.config.course import AsynchronousConfig, JudgeConfig, RunConfig, TasksConfig
from lava_fed.config.data import DataConfig
from lava_fed.config.devices import DevicesConfig
from lava_fed.config.links import DownlinkConfig, NetworkConfig, UplinkConfig
from lava_fed.config.program import ProgramConfig
from lava_fed.config.rounds import RoundsConfig
from lava_fed.config.trouble import AttackConfig, FaultsConfig
from lava_fed.config.work import WorkConfig

FROZEN_PROGRAM = "program.h5"
"""Where the frozen copy of a config finds its Program: beside itself."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class FederationConfig:
    """A whole config; ``load`` reads it, ``federate`` runs it.

    Attributes
    ----------
    program, data, devices, rounds, work, aggregate, asynchronous, uplink, downlink, network, faults, attack
        The tables.
    tasks, judge, run
        More tables.
    folder : Path
        Folder of the config file; relative paths start here. Not compared.
    """

    program: ProgramConfig
    data: DataConfig
    devices: DevicesConfig
    rounds: RoundsConfig
    work: WorkConfig
    aggregate: AggregateConfig
    asynchronous: AsynchronousConfig
    uplink: UplinkConfig
    downlink: DownlinkConfig
    network: NetworkConfig
    faults: FaultsConfig
    attack: AttackConfig
    tasks: TasksConfig
    judge: JudgeConfig
    run: RunConfig
    folder: Path = field(compare=False)

    @property
    def program_path(self) -> Path:
        """Where the Program is."""
        return self.folder / self.program.path

    def settings(self) -> dict[str, Any]:
        """Return what decides the result, by dotted key: all but the workers and where Program and data lie."""
        flat = {f"{table}.{key}": value for table, values in self._tables() for key, value in values.items()}
        del flat["program.path"], flat["data.folder"]
        return flat

    def frozen_text(self) -> str:
        """Return the config as TOML for a run directory, where the Program lies beside it."""
        frozen = replace(self, program=replace(self.program, path=FROZEN_PROGRAM))
        tables = [(table, _given(table, values)) for table, values in frozen._tables()]
        return "\n".join(_toml(table, values) for table, values in tables if values)

    def _tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every table and what it holds, each table inside another after it."""
        for each in fields(self):
            if each.compare:
                yield from _flat(each.name, getattr(self, each.name))


def _flat(name: str, table: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    # Lists, not tuples: what is stored as JSON comes back equal.
    if is_dataclass(table):
        table = {each.name: getattr(table, each.name) for each in fields(table) if each.compare}
    nested = {key: value for key, value in table.items() if is_dataclass(value) or isinstance(value, Mapping)}
    yield name, {key: _plain(value) for key, value in table.items() if key not in nested}
    for key, value in nested.items():
        yield from _flat(f"{name}.{key}", value)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _given(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a config cannot say: empty texts, owners that nobody counts, data without steps."""
    silent: dict[str, dict[str, Any]] = {
        "devices": {"count": 0},
        "data": {"steps": 0, "limit": 0},
        "tasks": {"rounds_each": 0, "split": [], "shuffled": False},
    }
    nothing = silent.get(table, {})
    if table in ("devices.mismatch", "devices.skew") and "" in values.values():
        return {}
    return {key: value for key, value in values.items() if value != "" and nothing.get(key, ...) != value}


def _toml(name: str, table: Mapping[str, Any]) -> str:
    # JSON writes texts, numbers, booleans and lists as TOML does, as long as control characters are kept out.
    lines = [f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
