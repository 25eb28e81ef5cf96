"""What the specification can and a backend cannot yet."""

from __future__ import annotations

from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.synapses.dense import Dense


def check_known(network: Network, backend: str) -> None:
    """Check that all synapses of a network that learn are known.

    Raises
    ------
    LavaFedError
        Naming the connection that the backend cannot run.
    """
    for connection in network.plastic:
        if not isinstance(connection.synapse, Dense):
            raise LavaFedError(
                f"connection {connection.name}: {connection.synapse.kind} synapses that learn are not on backend "
                f"{backend!r} yet; use backend 'reference'"
            )
