"""``[uplink]``, ``[downlink]``, ``[network]``: what travels, how, how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hardware.toml_table import Table


@dataclass(frozen=True)
class UplinkConfig:
    """``[uplink]``: from devices to the coordinator.

    Attributes
    ----------
    codec : str
        Name of the codec of changes.
    feedback : bool
        Whether a device adds what a lossy codec held back to its next change.
    options : mapping of str to Any
        The codec's own; it checks them.
    """

    codec: str = "exact"
    feedback: bool = True
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def take(cls, table: Table) -> UplinkConfig:
        """Read the table."""
        found = cls(
            codec=table.text("codec", default="exact"),
            feedback=table.boolean("feedback", default=True),
            options=table.table("options").options(),
        )
        table.finish()
        return found


@dataclass(frozen=True)
class DownlinkConfig:
    """``[downlink]``: from the coordinator to devices.

    Attributes
    ----------
    changes : bool
        Whether a device is sent what changed since the version that it holds, where that is smaller.
    """

    changes: bool = True

    @classmethod
    def take(cls, table: Table) -> DownlinkConfig:
        """Read the table."""
        found = cls(table.boolean("changes", default=True))
        table.finish()
        return found


@dataclass(frozen=True)
class NetworkConfig:
    """``[network]``: how long messages travel on the virtual clock, what they cost.

    Attributes
    ----------
    latency : float
        Median delay of a message, seconds.
    spread : float
        Sigma of the log-normal spread of delays.
    bandwidth : float
        Bits per second of each device's link.
    speed_spread : float
        Sigma of the log-normal spread of the devices' speeds.
    radio : str
        Channel model of the ledger, which says what a bit costs.
    """

    latency: float = 0.05
    spread: float = 0.0
    bandwidth: float = 1e6
    speed_spread: float = 0.0
    radio: str = "wifi"

    @classmethod
    def take(cls, table: Table) -> NetworkConfig:
        """Read the table."""
        found = cls(
            latency=table.number("latency", 0.0, 1e6, default=0.05),
            spread=table.number("spread", 0.0, 10.0, default=0.0),
            bandwidth=table.number("bandwidth", 1.0, 1e15, default=1e6),
            speed_spread=table.number("speed_spread", 0.0, 10.0, default=0.0),
            radio=table.text("radio", default="wifi"),
        )
        table.finish()
        return found
