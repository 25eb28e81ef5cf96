"""``[aggregate]``: how changes become new weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hardware.toml_table import Table
from lava_fed.config.devices import DEVICES_LIMIT

SERVERS = ("plain", "momentum", "adam", "yogi", "adagrad")
MEDIAN = "median"
"""Word for a bound of norms that follows the norms."""


@dataclass(frozen=True)
class AggregateConfig:
    """``[aggregate]``.

    Attributes
    ----------
    name : str
        Name of the aggregator that combines the devices' changes.
    server : str
        How the combined change moves the global weights, one of ``SERVERS``.
    rate : float
        The server's learning rate.
    clip : float or str
        Largest norm of a device's change in chip units, 0 for no bound; ``"median"`` for the median of the norms.
    edges : int
        Edge aggregators between devices and coordinator, 0 for none.
    options : mapping of str to Any
        The aggregator's own; it checks them.
    layers : mapping of str to str
        Connections that another aggregator combines.
    """

    name: str = "fedavg"
    server: str = "plain"
    rate: float = 1.0
    clip: float | str = 0.0
    edges: int = 0
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    layers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def take(cls, table: Table) -> AggregateConfig:
        """Read the table."""
        name = table.text("name", default="fedavg")
        server = table.text("server", default="plain", choices=SERVERS)
        rate = table.number("rate", 0.0, 1e6, default=1.0)
        clip: float | str
        if table.has_text("clip"):
            clip = table.text("clip", choices=(MEDIAN,))
        else:
            clip = table.number("clip", 0.0, 1e9, default=0.0)
        edges = table.integer("edges", 0, DEVICES_LIMIT, default=0)
        options = table.table("options").options()
        rules = table.table("layers")
        layers = {connection: rules.text(connection) for connection in sorted(rules.names)}
        table.finish()
        return cls(name, server, rate, clip, edges, options, MappingProxyType(layers))
