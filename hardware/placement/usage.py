"""What each core of a placed network holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hardware.activity import Activity, assumed
from hardware.chip.spec import ChipSpec
from hardware.network import Network
from hardware.placement.encoding import Encoded
from hardware.placement.needs import axons_in, memory_bytes
from hardware.placement.part import parts_of
from hardware.placement.traffic import Links, links, needs_of
from hardware.program import Placement


@dataclass(frozen=True)
class CoreUse:
    """What one core holds.

    Attributes
    ----------
    core : int
        Its global number.
    layers : tuple of str
        Layers that have neurons on it.
    neurons, synapses : int
        Counts; synapses that share a weight count one by one.
    encoded : mapping of str to Encoded
        Format and bits of the synapses of each connection into it, by the connection's name.
    synapse_bytes : int
        Synaptic memory, what learning reserves included.
    axons_in, axons_out : int
        Entries for what it hears, and for where it sends.
    """

    core: int
    layers: tuple[str, ...]
    neurons: int
    synapses: int
    encoded: Mapping[str, Encoded]
    synapse_bytes: int
    axons_in: int
    axons_out: int


def core_uses(
    network: Network,
    placement: Iterable[Placement],
    chip: ChipSpec,
    activity: Activity | None = None,
) -> tuple[tuple[CoreUse, ...], Links]:
    """Measure every core that a placement uses.

    Parameters
    ----------
    network : Network
        The integers.
    placement : iterable of Placement
        Where its neurons sit.
    chip : ChipSpec
        Says what learning takes.
    activity : Activity, optional
        How often its units send; once in every step by default.

    Returns
    -------
    tuple of CoreUse
        By core.
    Links
        What joins them, in the same order.
    """
    parts = parts_of(placement)
    needs = needs_of(network, parts)
    joined = links(network, parts, assumed(network, 1) if activity is None else activity, needs)
    uses = []
    for place, core in enumerate(joined.cores):
        here = [index for index, part in enumerate(parts) if part.core == core]
        mine = [needs[index] for index in here]
        uses.append(
            CoreUse(
                core=int(core),
                layers=tuple(parts[index].layer for index in here),
                neurons=sum(need.neurons for need in mine),
                synapses=sum(need.synapses for need in mine),
                encoded={name: each for need in mine for name, each in need.encoded.items()},
                synapse_bytes=memory_bytes(mine, chip),
                axons_in=axons_in(mine, chip),
                axons_out=int(joined.axons[place].sum()),
            )
        )
    return tuple(uses), joined
