"""``[asynchronous]``, ``[tasks]``, ``[judge]``, ``[run]``: the course of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.toml_table import Table
from lava_fed.config.devices import DEVICES_LIMIT
from lava_fed.errors import ConfigError
from lava_fed.messages.task import SEED_LIMIT

TASKS_LIMIT = 256
"""Most tasks of a sequence, most classes of a task."""
WATCHED = 20
"""Most devices that are judged one by one unless the config asks for it."""


@dataclass(frozen=True)
class AsynchronousConfig:
    """``[asynchronous]``: aggregation that waits for nobody.

    Attributes
    ----------
    buffer : int
        Replies of one aggregation; 0: synchronous rounds, 1: every reply counts at once.
    staleness : float
        Exponent of the weight ``(1 + age)^-staleness`` of a change.
    oldest : int
        Greatest age in versions of a change that still counts.
    """

    buffer: int = 0
    staleness: float = 0.5
    oldest: int = 20

    @classmethod
    def take(cls, table: Table) -> AsynchronousConfig:
        """Read the table."""
        if table.names and not table.has("buffer"):
            raise ConfigError(
                f"{table.where}: asynchronous.{min(table.names)} is given, but asynchronous.buffer is missing; "
                "say how many replies make a version, or leave [asynchronous] out"
            )
        found = cls(
            buffer=table.integer("buffer", 0, DEVICES_LIMIT, default=0),
            staleness=table.number("staleness", 0.0, 100.0, default=0.5),
            oldest=table.integer("oldest", 0, 2**31 - 1, default=20),
        )
        table.finish()
        return found


@dataclass(frozen=True)
class TasksConfig:
    """``[tasks]``: classes that come one group after the other.

    Attributes
    ----------
    split : tuple of tuple of int
        Classes of each task; empty where all classes are there from the start.
    rounds_each : int
        Rounds of each task.
    shuffled : bool
        Whether each device meets them in an order of its own.
    """

    split: tuple[tuple[int, ...], ...] = ()
    rounds_each: int = 0
    shuffled: bool = False

    @classmethod
    def take(cls, table: Table) -> TasksConfig:
        """Read the table."""
        if not table.has("split"):
            if table.names:
                raise ConfigError(
                    f"{table.where}: tasks.{min(table.names)} is given, but tasks.split is missing; say which "
                    "classes each task has, or leave [tasks] out"
                )
            return cls()
        split = table.groups("split", 0, 2**31 - 1, most=TASKS_LIMIT)
        seen = [label for group in split for label in group]
        if not all(split) or len(seen) != len(set(seen)) or not split:
            raise ConfigError(
                f"{table.where}: tasks.split must hold at least one task, each with at least one class, and no "
                "class twice"
            )
        rounds_each = table.integer("rounds_each", 1, 2**31 - 1)
        shuffled = table.boolean("shuffled", default=False)
        table.finish()
        return cls(split, rounds_each, shuffled)


@dataclass(frozen=True)
class JudgeConfig:
    """``[judge]``: what is measured on the test samples.

    Attributes
    ----------
    every : int
        The global model is judged every so many rounds, besides the last.
    devices : bool
        Whether each device's own weights are judged, too.
    """

    every: int = 1
    devices: bool = True

    @classmethod
    def take(cls, table: Table, count: int) -> JudgeConfig:
        """Read the table; devices are judged one by one where there are few of them."""
        found = cls(
            every=table.integer("every", 1, 2**31 - 1, default=1),
            devices=table.boolean("devices", default=0 < count <= WATCHED),
        )
        table.finish()
        return found


@dataclass(frozen=True)
class RunConfig:
    """``[run]``.

    Attributes
    ----------
    seed : int
        Everything random follows from it, 0..2^31-1.
    workers : int
        Threads or processes; results do not depend on it.
    baselines : bool
        Whether to train each device alone, and all data in one place, for comparison.
    """

    seed: int = 1
    workers: int = field(default=2, compare=False)
    baselines: bool = True

    @classmethod
    def take(cls, table: Table) -> RunConfig:
        """Read the table."""
        found = cls(
            seed=table.integer("seed", 0, SEED_LIMIT - 1, default=1),
            workers=table.integer("workers", 1, 256, default=2),
            baselines=table.boolean("baselines", default=True),
        )
        table.finish()
        return found
