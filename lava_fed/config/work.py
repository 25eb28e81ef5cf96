"""``[work]``: what a device does in a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hardware.toml_table import Table


@dataclass(frozen=True)
class WorkConfig:
    """``[work]``.

    Attributes
    ----------
    method : str
        Name of a trainer.
    proximal : float
        FedProx's mu: the pull back to the global weights, 0 for none.
    ewc : float
        EWC's lambda: the pull back to what earlier tasks needed, 0 for none.
    replay : int
        Bytes in which a device may keep samples of earlier tasks.
    joules, seconds : float
        Most energy and time of a device and round on the chip, 0 for no limit.
    options : mapping of str to Any
        The trainer's own; it checks them.
    """

    method: str = "on_chip"
    proximal: float = 0.0
    ewc: float = 0.0
    replay: int = 0
    joules: float = 0.0
    seconds: float = 0.0
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def take(cls, table: Table) -> WorkConfig:
        """Read the table."""
        found = cls(
            method=table.text("method", default="on_chip"),
            proximal=table.number("proximal", 0.0, 1e6, default=0.0),
            ewc=table.number("ewc", 0.0, 1e9, default=0.0),
            replay=table.integer("replay", 0, 2**40, default=0),
            joules=table.number("joules", 0.0, 1e9, default=0.0),
            seconds=table.number("seconds", 0.0, 1e9, default=0.0),
            options=table.table("options").options(),
        )
        table.finish()
        return found
