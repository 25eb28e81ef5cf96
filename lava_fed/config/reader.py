"""From a TOML file to a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hardware.toml_table import Table, read_toml
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.config.course import AsynchronousConfig, JudgeConfig, RunConfig, TasksConfig
from lava_fed.config.crowd import crowded
from lava_fed.config.data import DataConfig
from lava_fed.config.devices import DevicesConfig
from lava_fed.config.federation import FederationConfig
from lava_fed.config.links import DownlinkConfig, NetworkConfig, UplinkConfig
from lava_fed.config.program import ProgramConfig
from lava_fed.config.rounds import RoundsConfig
from lava_fed.config.trouble import AttackConfig, FaultsConfig
from lava_fed.config.work import WorkConfig
from lava_fed.errors import ConfigError

KIND = "federation config"


def load(path: Path) -> FederationConfig:
    """Read a config.

    Parameters
    ----------
    path : Path
        A TOML file; see ``docs/federated_learning.md`` for all keys. Only ``program.path``, ``devices.count`` and
        ``rounds.count`` are required, and one of ``data.name``, ``data.folder`` and both of ``data.train`` and
        ``data.test``.

    Raises
    ------
    ConfigError
        Naming the key that is unknown, missing, of the wrong type or out of range, or the keys that do not fit
        together.
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
    program = ProgramConfig.take(root.table("program", required=True))
    data = DataConfig.take(root.table("data", required=True))
    devices = DevicesConfig.take(root.table("devices", required=True))
    rounds = RoundsConfig.take(root.table("rounds", required=True))
    config = FederationConfig(
        program=program,
        data=data,
        devices=devices,
        rounds=rounds,
        work=WorkConfig.take(root.table("work")),
        aggregate=AggregateConfig.take(root.table("aggregate")),
        asynchronous=AsynchronousConfig.take(root.table("asynchronous")),
        uplink=UplinkConfig.take(root.table("uplink")),
        downlink=DownlinkConfig.take(root.table("downlink")),
        network=NetworkConfig.take(root.table("network")),
        faults=FaultsConfig.take(root.table("faults")),
        attack=AttackConfig.take(root.table("attack")),
        tasks=TasksConfig.take(root.table("tasks")),
        judge=JudgeConfig.take(root.table("judge"), devices.count),
        run=RunConfig.take(root.table("run")),
        folder=folder,
    )
    root.finish()
    for problem in _contradictions(config):
        raise ConfigError(f"{where}: {problem}")
    return config


def _contradictions(config: FederationConfig) -> Iterator[str]:
    """Give all settings that do not fit together, with what to do."""
    count, rounds, tasks = config.devices.count, config.rounds, config.tasks
    if config.asynchronous.buffer and rounds.deadline:
        yield (
            f"rounds.deadline is {rounds.deadline:g}, but asynchronous.buffer is {config.asynchronous.buffer} and "
            "nobody waits for a round; leave one of them out"
        )
    if config.asynchronous.buffer and rounds.quorum > 1:
        yield (
            f"rounds.quorum is {rounds.quorum}, but asynchronous.buffer is {config.asynchronous.buffer}, which "
            "says how many replies make a version; leave the quorum out"
        )
    if count:
        yield from crowded(config, count)
    if tasks.split and config.run.baselines:
        yield (
            "run.baselines trains on all classes at once, which says nothing of tasks that follow each other; set "
            "run.baselines = false, or leave [tasks] out"
        )
    for key, strength in (("ewc", config.work.ewc), ("replay", config.work.replay)):
        if strength and not tasks.split:
            yield (
                f"work.{key} is {strength:g}, but there is only one task, so there are no earlier ones to hold on "
                "to; give tasks.split, or leave it out"
            )
    if tasks.split and rounds.count != (needed := len(tasks.split) * tasks.rounds_each):
        yield (
            f"rounds.count is {rounds.count}, but {len(tasks.split)} tasks of {tasks.rounds_each} rounds are "
            f"{needed}; set rounds.count = {needed}"
        )
