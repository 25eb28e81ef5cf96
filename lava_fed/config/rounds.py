"""``[rounds]``: how many, with whom, for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hardware.toml_table import Table
from lava_fed.config.devices import DEVICES_LIMIT
from lava_fed.errors import ConfigError
from lava_fed.messages.task import HALVINGS_LIMIT

ROUND_LIMIT = 1 << 20
"""A run has fewer rounds."""
PASSES_LIMIT = 1 << 16
"""A round has fewer passes."""
SELECTIONS = ("all", "random", "energy", "loss", "rate")


@dataclass(frozen=True)
class RoundsConfig:
    """``[rounds]``.

    Attributes
    ----------
    count : int
        Rounds; where devices are asynchronous, versions of the global model.
    passes : int
        Passes over each device's samples in a round.
    samples : int
        Most samples that a device shows in a round, 0 for whole passes.
    halve_at : tuple of int
        Rounds from which learning is halved once more, ascending.
    select : str
        How a round's devices are chosen, one of ``SELECTIONS``.
    fraction : float
        Part of the devices that is chosen.
    deadline : float
        Seconds after which a round takes no more replies; 0 for a patience of one virtual hour.
    quorum : int
        Fewest sound replies of a round.
    """

    count: int
    passes: int = 1
    samples: int = 0
    halve_at: tuple[int, ...] = ()
    select: str = "all"
    fraction: float = 1.0
    deadline: float = 0.0
    quorum: int = 1

    def together(self, devices: int) -> int:
        """Return how many of so many devices take part at a time: the fraction, the quorum at least."""
        part = math.ceil(self.fraction * devices - 1e-9)
        return min(devices, max(1, part, self.quorum))

    @classmethod
    def take(cls, table: Table) -> RoundsConfig:
        """Read the table."""
        count = table.integer("count", 1, ROUND_LIMIT - 1)
        passes = table.integer("passes", 1, PASSES_LIMIT - 1, default=1)
        samples = table.integer("samples", 0, 2**31 - 1, default=0)
        if samples and passes > 1:
            raise ConfigError(
                f"{table.where}: rounds.samples is {samples} and rounds.passes is {passes}, but a round is either "
                "so many samples or so many passes; leave one of them out"
            )
        halve_at: tuple[int, ...] = ()
        if table.has("halve_at"):
            halve_at = table.integers("halve_at", 1, ROUND_LIMIT - 1, most=HALVINGS_LIMIT - 1)
        if list(halve_at) != sorted(set(halve_at)):
            raise ConfigError(
                f"{table.where}: rounds.halve_at is {list(halve_at)}, its rounds must ascend; put them in order, "
                "each once"
            )
        if halve_at and halve_at[-1] > count:
            raise ConfigError(
                f"{table.where}: rounds.halve_at has round {halve_at[-1]}, but rounds.count is {count}; leave out "
                "what never comes, for example all by rounds.halve_at = []"
            )
        select = table.text("select", default="all", choices=SELECTIONS)
        if select != "all" and not table.has("fraction"):
            raise ConfigError(
                f"{table.where}: rounds.select is {select!r}, but rounds.fraction is missing, so there is nothing "
                "to choose; say which part of the devices takes part, such as 0.5"
            )
        fraction = table.number("fraction", 1e-6, 1.0, default=1.0)
        if select == "all" and fraction != 1.0:
            raise ConfigError(
                f"{table.where}: rounds.fraction is {fraction:g}, but rounds.select is 'all'; choose devices by "
                f"another of {', '.join(map(repr, SELECTIONS[1:]))}, or leave the fraction out"
            )
        deadline = table.number("deadline", 0.0, 1e9, default=0.0)
        quorum = table.integer("quorum", 1, DEVICES_LIMIT, default=1)
        table.finish()
        return cls(count, passes, samples, halve_at, select, fraction, deadline, quorum)
