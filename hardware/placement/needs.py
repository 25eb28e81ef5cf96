"""What the neurons of a layer need of the core that they sit on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip.spec import ChipSpec
from hardware.network import Network
from hardware.placement.encoding import Encoded, cheapest
from hardware.placement.incoming import Incoming

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Need:
    """What some neurons of one layer take of a core.

    Attributes
    ----------
    neurons, synapses : int
        Counts; synapses that share a weight count one by one.
    encoded : mapping of str to Encoded
        The format of each connection's synapses, by its name.
    senders : mapping of str to bool array, shape (units of the population,)
        Which units of each population send to them; each needs an input axon.
    taught : mapping of str to bool array, shape (units of the population,)
        Those of them whose synapses learn.
    """

    neurons: int
    synapses: int
    encoded: Mapping[str, Encoded]
    senders: Mapping[str, Mask]
    taught: Mapping[str, Mask]

    def bits(self) -> int:
        """Bits of synaptic memory, without what a learning core keeps for itself."""
        return sum(each.bits for each in self.encoded.values())


class LayerNeeds:
    """The needs of any neurons of one layer.

    Parameters
    ----------
    network : Network
        The integers.
    layer : str
        Its name.
    """

    def __init__(self, network: Network, layer: str) -> None:
        self.layer = layer
        self.units = network.layer(layer).units
        self._incoming = [Incoming(connection) for connection in network.into(layer)]

    def of(self, units: NDArray[np.int64]) -> Need:
        """Return what ``units`` need together."""
        encoded: dict[str, Encoded] = {}
        senders: dict[str, Mask] = {}
        taught: dict[str, Mask] = {}
        synapses = 0
        for incoming in self._incoming:
            found, source = incoming.senders(units), incoming.connection.source
            encoded[incoming.connection.name] = cheapest(incoming.bits(units, int(np.count_nonzero(found))))
            synapses += incoming.synapses(units)
            senders[source] = senders[source] | found if source in senders else found
            if incoming.learns:
                taught[source] = taught[source] | found if source in taught else found
        return Need(len(units), synapses, encoded, senders, taught)

    def neuron_bytes(self, chip: ChipSpec) -> int:
        """Bytes for the neuron that needs most, alone on a core."""
        bits = sum((incoming.neuron_bits() for incoming in self._incoming), np.zeros(self.units, np.int64))
        reserved = chip.learning_bytes_reserved_per_core or 0
        learns = any(incoming.learns for incoming in self._incoming)
        return -(-int(bits.max()) // 8) + (reserved if learns else 0)


def memory_bytes(needs: list[Need], chip: ChipSpec) -> int:
    """Return the synaptic memory of a core that holds such neurons, what learning reserves included."""
    reserved = chip.learning_bytes_reserved_per_core or 0
    return -(-sum(need.bits() for need in needs) // 8) + (reserved if any(need.taught for need in needs) else 0)


def axons_in(needs: list[Need], chip: ChipSpec) -> int:
    """Count the input axons of a core that holds such neurons.

    Layers on one core share the axons of a population; a source whose synapses learn takes
    ``axon_slots_of_learning`` of them.
    """
    more = (chip.axon_slots_of_learning or 1) - 1
    return sum(int(np.count_nonzero(mask)) for mask in united([need.senders for need in needs]).values()) + (
        more * sum(int(np.count_nonzero(mask)) for mask in united([need.taught for need in needs]).values())
    )


def united(masks: list[Mapping[str, Mask]]) -> dict[str, Mask]:
    """Unite masks of the same populations."""
    found: dict[str, Mask] = {}
    for each in masks:
        for name, mask in each.items():
            found[name] = found[name] | mask if name in found else mask
    return found
