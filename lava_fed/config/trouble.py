"""``[faults]`` with ``[attack]``: what goes wrong, by accident or on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.toml_table import Table
from lava_fed.config.devices import DEVICES_LIMIT
from lava_fed.errors import ConfigError

ATTACKS = ("sign_flip", "scaled", "minmax", "label_flip", "alie")


@dataclass(frozen=True)
class FaultsConfig:
    """``[faults]``: probabilities for each task of a device, drawn from the run's seed.

    Attributes
    ----------
    lost : float
        That a reply is lost on the way.
    dropout : float
        That a device never begins.
    duplicate : float
        That a reply comes twice.
    straggle : float
        That a device is slow.
    slowdown : float
        How many times slower it then is.
    """

    lost: float = 0.0
    dropout: float = 0.0
    duplicate: float = 0.0
    straggle: float = 0.0
    slowdown: float = 10.0

    @classmethod
    def take(cls, table: Table) -> FaultsConfig:
        """Read the table."""
        if table.has("slowdown") and not table.has("straggle"):
            raise ConfigError(
                f"{table.where}: faults.slowdown is given, but faults.straggle is missing; say how often a "
                "device is slow"
            )
        found = cls(
            lost=table.number("lost", 0.0, 1.0, default=0.0),
            dropout=table.number("dropout", 0.0, 1.0, default=0.0),
            duplicate=table.number("duplicate", 0.0, 1.0, default=0.0),
            straggle=table.number("straggle", 0.0, 1.0, default=0.0),
            slowdown=table.number("slowdown", 1.0, 1e6, default=10.0),
        )
        table.finish()
        return found


@dataclass(frozen=True)
class AttackConfig:
    """``[attack]``: devices that want the federation to fail.

    Attributes
    ----------
    kind : str
        One of ``ATTACKS``; empty for none.
    devices : int
        The first so many devices are attackers.
    strength : float
        How hard they push, in the attack's own unit; 0 for what is usual.
    """

    kind: str = ""
    devices: int = 0
    strength: float = 0.0

    @classmethod
    def take(cls, table: Table) -> AttackConfig:
        """Read the table."""
        found = cls(
            kind=table.text("kind", default="", choices=ATTACKS),
            devices=table.integer("devices", 0, DEVICES_LIMIT, default=0),
            strength=table.number("strength", 0.0, 1e6, default=0.0),
        )
        if not found.kind and (found.devices or found.strength):
            raise ConfigError(
                f"{table.where}: attack.kind is missing; it must be one of {', '.join(map(repr, ATTACKS))}"
            )
        if found.kind and not found.devices:
            raise ConfigError(
                f"{table.where}: attack.devices is 0; say how many devices attack, or leave [attack] out"
            )
        if found.kind == "label_flip" and found.strength:
            raise ConfigError(
                f"{table.where}: attack.strength is {found.strength:g}, but a label is either flipped or not; "
                "leave it out"
            )
        table.finish()
        return found
