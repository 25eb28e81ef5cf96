"""What Lava's learning engine cannot learn, said before anything runs."""

from __future__ import annotations

from collections.abc import Collection

from hardware.errors import LavaFedError
from hardware.learning.rule import Rounding
from hardware.network import Connection, Network
from hardware.synapses.convolution import Convolution


def teachable(connection: Connection) -> bool:
    """Say whether Lava has synapses of this kind that learn."""
    return connection.rule is not None and not isinstance(connection.synapse, Convolution)


def check_learning(network: Network, frozen: Collection[str] = ()) -> None:
    """Check that Lava can learn all connections that have a rule, those that are frozen apart.

    Raises
    ------
    LavaFedError
        Naming the connection, what Lava lacks, and what to do.
    """
    for connection in network.plastic:
        lacks = _lacks(connection)
        if lacks and connection.name not in frozen:
            raise LavaFedError(
                f"connection {connection.name}: {lacks}; learn on the emulator, or freeze the connection"
            )


def _lacks(connection: Connection) -> str:
    if not teachable(connection):
        return "Lava has no convolution that learns"
    if connection.rule is not None and connection.rule.rounding is Rounding.INDEPENDENT:
        return "its rule rounds independently, and Lava's synapses share one draw (rounding 'shared')"
    return ""
