"""A network on its cores, as the rules about placements look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.placement.part import Part, parts_of
from hardware.placement.usage import CoreUse, core_uses
from hardware.program import Placement


@dataclass(frozen=True, eq=False)
class Placed:
    """A placement and what it was measured to take.

    Attributes
    ----------
    network : Network
        The integers.
    mesh : Mesh
        Chip and board.
    cores : tuple of CoreUse
        What each core holds, by core.
    parts : mapping of int to tuple of Part
        Neurons of each core, by core.
    """

    network: Network
    mesh: Mesh
    cores: tuple[CoreUse, ...]
    parts: Mapping[int, tuple[Part, ...]]

    @classmethod
    def of(cls, network: Network, mesh: Mesh, placement: tuple[Placement, ...]) -> Placed:
        """Measure a placement; every neuron must sit on exactly one core."""
        parts: dict[int, tuple[Part, ...]] = {}
        for part in parts_of(placement):
            parts[part.core] = (*parts.get(part.core, ()), part)
        return cls(network, mesh, core_uses(network, placement, mesh.chip)[0], parts)

    @property
    def cores_by_layer(self) -> dict[str, int]:
        """How many cores hold neurons of each layer."""
        return {layer.name: sum(layer.name in use.layers for use in self.cores) for layer in self.network.layers}
