"""Messages between cores.

A message goes once to every core that has a synapse for it: the sending core keeps a list of destinations for
each neuron, and the receiving core fans the message out to its neurons (nengo-loihi and SANA-FE agree for Loihi 1,
where the list has 4096 entries a core). So a neuron that is heard on three cores sends three messages, however
many synapses it has there. Traffic is messages times hops. What the host sends has no place on the mesh that is
public, so it is counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.activity import Activity
from hardware.network import INPUT, Network
from hardware.placement.mesh import Mesh
from hardware.placement.needs import LayerNeeds, Need, united
from hardware.placement.part import Part


@dataclass(frozen=True, eq=False)
class Links:
    """What joins the cores of a placed network.

    Attributes
    ----------
    cores : int64 array, shape (n,)
        The cores in use, ascending.
    axons : int64 array, shape (n, n)
        Neurons of the first core that send to the second; each is an entry in the first's list.
    messages : int64 array, shape (n, n)
        Messages of the activity from the first core to the second, its own included.
    host_axons, host_messages : int64 arrays, shape (n,)
        Input units that send to a core, and what they send.
    steps : int
        Steps of the activity.
    """

    cores: NDArray[np.int64]
    axons: NDArray[np.int64]
    messages: NDArray[np.int64]
    host_axons: NDArray[np.int64]
    host_messages: NDArray[np.int64]
    steps: int

    def between(self) -> NDArray[np.int64]:
        """Messages between two cores, both ways, shape (n, n); none with itself."""
        both = self.messages + self.messages.T
        np.fill_diagonal(both, 0)
        return both

    def traffic(self, mesh: Mesh) -> int:
        """Messages times hops, of all steps."""
        return int(self.by_core(mesh).sum())

    def by_core(self, mesh: Mesh) -> NDArray[np.int64]:
        """Messages times hops of what each core sends, of all steps, shape (n,)."""
        sums: NDArray[np.int64] = (self.messages * mesh.hops(self.cores, self.cores)).sum(axis=1)
        return sums


def links(network: Network, parts: Sequence[Part], activity: Activity, needs: Sequence[Need] = ()) -> Links:
    """Find what joins the cores of a placed network.

    Parameters
    ----------
    network : Network
        The integers.
    parts : sequence of Part
        Where its neurons sit.
    activity : Activity
        How often its units send.
    needs : sequence of Need
        Of those parts, where they are known already.
    """
    needs = needs or needs_of(network, parts)
    cores = np.unique(np.array([part.core for part in parts], np.int64))
    position = {int(core): place for place, core in enumerate(cores)}
    homes = {layer.name: np.full(layer.units, -1, np.int64) for layer in network.layers}
    heard: dict[int, list[Mapping[str, NDArray[np.bool_]]]] = {}
    for part, need in zip(parts, needs, strict=True):
        homes[part.layer][part.units] = position[part.core]
        heard.setdefault(position[part.core], []).append(need.senders)
    count = len(cores)
    axons, messages = np.zeros((count, count), np.int64), np.zeros((count, count), np.int64)
    host_axons, host_messages = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for here, masks in heard.items():
        for name, mask in united(masks).items():
            sent = activity.sent[name]
            if name == INPUT:
                host_axons[here] = np.count_nonzero(mask)
                host_messages[here] = sent[mask].sum()
                continue
            placed = mask & (homes[name] >= 0)
            home = homes[name][placed]
            axons[:, here] += np.bincount(home, minlength=count)
            messages[:, here] += _sums(home, sent[placed], count)
    return Links(cores, axons, messages, host_axons, host_messages, activity.steps)


def needs_of(network: Network, parts: Sequence[Part]) -> tuple[Need, ...]:
    """Return the needs of each part, in order."""
    layers = {name: LayerNeeds(network, name) for name in dict.fromkeys(part.layer for part in parts)}
    return tuple(layers[part.layer].of(part.units) for part in parts)


def _sums(places: NDArray[np.int64], values: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, places, values)
    return sums
