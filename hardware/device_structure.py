"""What the Programs of a group of devices have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.program import Program


def check_structure(programs: Sequence[Program]) -> None:
    """Check that Programs can be devices of one group.

    Raises
    ------
    LavaFedError
        Where there is none, or one has another structure than the first; it names the part that differs.
    """
    if not programs:
        raise LavaFedError("a group needs at least one device")
    first = list(_structure(programs[0].network))
    for device, program in enumerate(programs):
        if program.network is programs[0].network:
            continue
        for (what, one), (other_what, other) in zip_longest(
            first, _structure(program.network), fillvalue=("nothing", None)
        ):
            if what != other_what:
                raise LavaFedError(
                    f"device {device}: it has {other_what} where device 0 has {what}; put devices of another "
                    "structure into a group of their own"
                )
            if one != other:
                raise LavaFedError(
                    f"device {device}: {what} is of another kind, size or rule than that of device 0; put devices "
                    "of another structure into a group of their own"
                )


def _structure(network: Network) -> Iterator[tuple[str, object]]:
    """Yield each part of a network by its name, with all that devices of a group have in common."""
    yield "the input", (network.inputs, network.graded_input)
    for layer in network.layers:
        neuron = layer.neuron
        yield f"layer {layer.name!r}", (neuron.kind, neuron.units, neuron.sends_graded, layer.teacher)
    for connection in network.connections:
        synapse = connection.synapse
        sizes = synapse.kind, synapse.targets, synapse.sources, synapse.weights.shape
        yield f"connection {connection.name}", (sizes, connection.rule, connection.direct)
