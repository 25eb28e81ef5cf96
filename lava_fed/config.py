"""A federation's config: what to train, on which data, on which devices, for how long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hardware.toml_table import Table, read_toml
from lava_fed.errors import ConfigError
from lava_fed.task import PASSES_LIMIT, ROUND_LIMIT, SEED_LIMIT

KIND = "federation config"
FROZEN_PROGRAM = "program.h5"
"""Where the frozen copy of a config finds its Program: beside itself."""
PARTITIONS = ("dirichlet", "iid")


@dataclass(frozen=True)
class DataConfig:
    """``[data]``.

    Attributes
    ----------
    name : str
        A named data set; empty where ``train`` and ``test`` are archives.
    train, test : str
        Split of the named data set, or path of a DATA.npz relative to the config.
    steps : int
        Time steps of each sample; 0 for archives, which bring their own.
    """

    name: str
    train: str
    test: str
    steps: int


@dataclass(frozen=True)
class DevicesConfig:
    """``[devices]``.

    Attributes
    ----------
    count : int
        Devices ``device-0`` to ``device-<count - 1>``.
    partition : str
        ``"dirichlet"`` or ``"iid"``.
    alpha : float
        Concentration of the Dirichlet partition.
    minimum : int
        Fewest samples of a device.
    backend : str
        Where devices run.
    backends : mapping of str to str
        Devices that run elsewhere.
    """

    count: int
    partition: str
    alpha: float
    minimum: int
    backend: str
    backends: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The devices' names, in order."""
        return tuple(f"device-{index}" for index in range(self.count))


@dataclass(frozen=True)
class RoundsConfig:
    """``[rounds]``: ``count`` rounds of ``passes`` passes over each device's data."""

    count: int
    passes: int


@dataclass(frozen=True)
class RunConfig:
    """``[run]``.

    Attributes
    ----------
    seed : int
        Everything random follows from it, 0..2^31-1.
    workers : int
        Threads; results do not depend on it.
    baselines : bool
        Whether to train each device alone, and all data in one place, for comparison.
    """

    seed: int
    workers: int = field(compare=False)
    baselines: bool = True


@dataclass(frozen=True)
class FederationConfig:
    """A whole config; ``load`` reads it, ``federate`` runs it.

    Attributes
    ----------
    program : str
        Path of the Program, relative to ``folder``.
    data, devices, rounds, run
        The tables.
    aggregate : str
        Name of the aggregator.
    folder : Path
        Folder of the config file; relative paths start here. Not compared.
    """

    program: str
    data: DataConfig
    devices: DevicesConfig
    rounds: RoundsConfig
    aggregate: str
    run: RunConfig
    folder: Path = field(compare=False)

    @property
    def program_path(self) -> Path:
        """Where the Program is."""
        return self.folder / self.program

    def settings(self) -> dict[str, Any]:
        """Return what decides the result, by dotted key: all but paths of the Program and the workers."""
        flat: dict[str, Any] = {"aggregate.name": self.aggregate}
        for table in ("data", "devices", "rounds", "run"):
            value = getattr(self, table)
            flat |= {f"{table}.{f.name}": getattr(value, f.name) for f in fields(value) if f.compare}
        backends = flat.pop("devices.backends")
        return flat | {f"devices.backends.{name}": backends[name] for name in sorted(backends)}

    def frozen_text(self) -> str:
        """Return the config as TOML for a run directory, where the Program lies beside it."""
        data = {f.name: getattr(self.data, f.name) for f in fields(self.data) if getattr(self.data, f.name)}
        devices = {f.name: getattr(self.devices, f.name) for f in fields(self.devices)}
        backends = dict(sorted(devices.pop("backends").items()))
        tables: dict[str, dict[str, Any]] = {
            "program": {"path": FROZEN_PROGRAM},
            "data": data,
            "devices": devices,
            "devices.backends": backends,
            "rounds": {f.name: getattr(self.rounds, f.name) for f in fields(self.rounds)},
            "aggregate": {"name": self.aggregate},
            "run": {f.name: getattr(self.run, f.name) for f in fields(self.run) if f.compare},
        }
        return "\n".join(_toml(name, table) for name, table in tables.items() if table)


def _toml(name: str, table: Mapping[str, Any]) -> str:
    # JSON writes texts, numbers and booleans as TOML does, as long as control characters are kept out.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def load(path: Path) -> FederationConfig:
    """Read a config.

    Parameters
    ----------
    path : Path
        A TOML file; see ``cli/demo/federation.toml`` for all keys. Only ``program.path``, ``devices.count`` and
        ``rounds.count`` are required, and either ``data.name`` or both of ``data.train`` and ``data.test``.

    Raises
    ------
    ConfigError
        Naming the key that is unknown, missing, of the wrong type or out of range.
    """
    return parse(read_toml(path, KIND, ConfigError), path.parent, str(path))


def parse(document: Mapping[str, Any], folder: Path, where: str) -> FederationConfig:
    """Check a config that was read as nested dicts; see ``load``.

    Parameters
    ----------
    document : mapping
        Tables and values as TOML gives them.
    folder : Path
        Where relative paths start.
    where : str
        Name of the file, for errors.
    """
    root = Table(document, "", where, KIND, ConfigError)
    table = root.table("program", required=True)
    program = table.text("path")
    table.finish()
    data = _data(root.table("data", required=True))
    devices = _devices(root.table("devices", required=True))
    table = root.table("rounds", required=True)
    rounds = RoundsConfig(
        count=table.integer("count", 1, ROUND_LIMIT - 1),
        passes=table.integer("passes", 1, PASSES_LIMIT - 1, default=1),
    )
    table.finish()
    table = root.table("aggregate")
    aggregate = table.text("name", default="fedavg")
    table.finish()
    table = root.table("run")
    run = RunConfig(
        seed=table.integer("seed", 0, SEED_LIMIT - 1, default=1),
        workers=table.integer("workers", 1, 256, default=2),
        baselines=table.boolean("baselines", default=True),
    )
    table.finish()
    root.finish()
    return FederationConfig(program, data, devices, rounds, aggregate, run, folder)


def _data(table: Table) -> DataConfig:
    name = table.text("name", default="")
    if name:
        data = DataConfig(
            name=name,
            train=table.text("train", default="device"),
            test=table.text("test", default="test"),
            steps=table.integer("steps", 1, 2**16 - 1, default=32),
        )
    elif table.has("steps"):
        raise ConfigError(
            f"{table.where}: data.steps belongs to a named data set; archives bring their own, so leave it out"
        )
    else:
        data = DataConfig(name="", train=table.text("train"), test=table.text("test"), steps=0)
    table.finish()
    return data


def _devices(table: Table) -> DevicesConfig:
    count = table.integer("count", 1, 10_000)
    partition = table.text("partition", default="dirichlet", choices=PARTITIONS)
    alpha = table.number("alpha", 1e-3, 1e6, default=0.3)
    minimum = table.integer("minimum", 1, 2**31 - 1, default=10)
    backend = table.text("backend", default="emulator")
    names = {f"device-{index}" for index in range(count)}
    exceptions = table.table("backends")
    backends = {name: exceptions.text(name) for name in sorted(names) if exceptions.has(name)}
    exceptions.finish(known=f"device-0 to device-{count - 1}")
    table.finish()
    return DevicesConfig(count, partition, alpha, minimum, backend, MappingProxyType(backends))
