"""Events on a chip as they travel: a number of each layer and connection, in the Program's own order."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.program import Program
from lava_fed.codec import varint


def encode(counters: Counters, program: Program, device: str) -> bytes:
    """Return all counts, without their names.

    Parameters
    ----------
    counters : Counters
        Of what ran.
    program : Program
        What was counted.
    device : str
        Whose they are, for errors.

    Raises
    ------
    LavaFedError
        Where something else was counted, or a number has more than 64 bits.
    """
    values = []
    for event, keys in _keys(program).items():
        found: Mapping[str, int] = getattr(counters, event)
        if set(found) != set(keys) or any(not 0 <= value < 2**64 for value in found.values()):
            raise LavaFedError(
                f"delta of {device}: {event} were counted for {', '.join(sorted(found)) or 'nothing'}, "
                f"expected numbers below 2^64 for {', '.join(keys)}"
            )
        values += [found[key] for key in keys]
    return varint.encode(*values)


def decode(data: bytes, offset: int, program: Program) -> tuple[Counters, int]:
    """Read counts from an offset on; return them, then the offset behind them.

    Raises
    ------
    WireError
        Where the data end inside them.
    """
    found: dict[str, dict[str, int]] = {}
    for event, keys in _keys(program).items():
        found[event] = {}
        for key in keys:
            found[event][key], offset = varint.decode(data, offset, f"{event} of {key}")
    return Counters(**found), offset


def _keys(program: Program) -> dict[str, list[str]]:
    """Names counted for each event; as ``hardware.counters.count``."""
    network = program.network
    layers = [layer.name for layer in network.layers]
    return {
        "spikes": [INPUT, *layers],
        "synaptic_operations": [connection.name for connection in network.connections],
        "neuron_updates": layers,
        "learning_updates": [connection.name for connection in network.plastic],
    }
