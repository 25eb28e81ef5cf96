"""The split of each layer into the neurons of single cores.

A layer that is read or written by a convolution is an image, and can be cut into bands of pixels, into groups of
channels, or both; any other layer counts as an image of one pixel. Of all ways to cut it into the fewest cores,
the one is chosen whose cores hear the fewest messages: bands of an image hear their own rows and a margin, groups
of channels all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.place.fill import Block, fill
from compile.place.limits import CoreLimits
from hardware.activity import Activity
from hardware.chip.spec import ChipSpec
from hardware.network import Network
from hardware.placement.needs import LayerNeeds, Need
from hardware.placement.part import Part
from hardware.placement.traffic import links
from hardware.synapses.convolution import Convolution

ROUNDS = 12
"""How often the layers that send to too many cores are cut finer; the design rules judge what is left."""


@dataclass(frozen=True, eq=False)
class Split:
    """Which neurons share a core.

    Attributes
    ----------
    parts : tuple of Part
        In the order of layers; ``core`` counts them from 0.
    needs : tuple of Need
        Of each part.
    """

    parts: tuple[Part, ...]
    needs: tuple[Need, ...]


Cut = Callable[[LayerNeeds, CoreLimits, int], list[Block]]


def split(network: Network, chip: ChipSpec, activity: Activity) -> Split:
    """Cut every layer so that its parts fit a core and hear few messages.

    Parameters
    ----------
    network : Network
        The integers.
    chip : ChipSpec
        Limits of a core.
    activity : Activity
        How often its units send.
    """

    def cut(needs: LayerNeeds, limits: CoreLimits, at_least: int) -> list[Block]:
        return _tiles(needs, limits, at_least, _image(network, needs.layer), activity)

    return _until_axons_fit(network, chip, activity, cut)


def split_in_order(network: Network, chip: ChipSpec, activity: Activity) -> Split:
    """Cut every layer into runs of neurons that fill one core after the other."""

    def cut(needs: LayerNeeds, limits: CoreLimits, at_least: int) -> list[Block]:
        return fill(needs, limits, min(limits.neurons, -(-needs.units // at_least)))

    return _until_axons_fit(network, chip, activity, cut)


def _until_axons_fit(network: Network, chip: ChipSpec, activity: Activity, cut: Cut) -> Split:
    """Cut layers finer until no core sends to more places than its list holds."""
    layers = [LayerNeeds(network, layer.name) for layer in network.layers]
    limits = [CoreLimits.of(needs, network.layer(needs.layer).neuron, chip) for needs in layers]
    blocks = [cut(needs, limit, 1) for needs, limit in zip(layers, limits, strict=True)]
    for _ in range(ROUNDS):
        made = _joined(layers, blocks)
        if chip.axons_out_per_core is None:
            return made
        used = links(network, made.parts, activity, made.needs).axons.sum(axis=1)
        finer = False
        for index, needs in enumerate(layers):
            mine = [used[place] for place, part in enumerate(made.parts) if part.layer == needs.layer]
            if max(mine) > chip.axons_out_per_core and len(blocks[index]) < needs.units:
                wanted = max(len(mine) + 1, math.ceil(len(mine) * max(mine) / chip.axons_out_per_core))
                blocks[index] = cut(needs, limits[index], min(wanted, needs.units))
                finer = True
        if not finer:
            return made
    return _joined(layers, blocks)


def _joined(layers: list[LayerNeeds], blocks: list[list[Block]]) -> Split:
    parts: list[Part] = []
    all_needs: list[Need] = []
    for needs, mine in zip(layers, blocks, strict=True):
        for units, need in mine:
            parts.append(Part(len(parts), needs.layer, units))
            all_needs.append(need)
    return Split(tuple(parts), tuple(all_needs))


def _image(network: Network, layer: str) -> tuple[int, int]:
    """Return channels and pixels of a layer."""
    for connection in network.connections:
        synapse = connection.synapse
        if isinstance(synapse, Convolution):
            if connection.target == layer:
                return synapse.target_shape[0], math.prod(synapse.target_shape[1:])
            if connection.source == layer:
                return synapse.source_shape[0], math.prod(synapse.source_shape[1:])
    return network.layer(layer).units, 1


def _tiles(
    needs: LayerNeeds, limits: CoreLimits, at_least: int, image: tuple[int, int], activity: Activity
) -> list[Block]:
    """Cut an image into the fewest equal tiles that fit; of as many, into those that hear least."""
    channels, pixels = image
    brim = fill(needs, limits, min(limits.neurons, -(-needs.units // at_least)))
    for count in range(max(at_least, -(-needs.units // limits.neurons)), len(brim) + 1):
        found: list[tuple[int, int, list[Block]]] = []
        for bands in range(min(count, pixels), 0, -1):
            if count % bands or count // bands > channels:
                continue
            blocks = _equal(needs, limits, channels, pixels, count // bands, bands)
            if blocks is not None:
                found.append((_heard(blocks, activity), -bands, blocks))
        if found:
            return min(found, key=lambda each: each[:2])[2]
    return brim


def _equal(
    needs: LayerNeeds, limits: CoreLimits, channels: int, pixels: int, groups: int, bands: int
) -> list[Block] | None:
    """Cut an image into groups of channels times bands of pixels, ``None`` where one does not fit."""
    blocks = []
    for band in range(bands):
        columns = np.arange(band * pixels // bands, (band + 1) * pixels // bands)
        for group in range(groups):
            rows = np.arange(group * channels // groups, (group + 1) * channels // groups)
            units: NDArray[np.int64] = (rows[:, None] * pixels + columns).ravel()
            need = needs.of(units)
            if not limits.hold(units, need):
                return None
            blocks.append((units, need))
    return blocks


def _heard(blocks: list[Block], activity: Activity) -> int:
    return sum(int(activity.sent[name][mask].sum()) for _, need in blocks for name, mask in need.senders.items())
