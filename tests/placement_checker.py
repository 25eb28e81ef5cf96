"""An independent judge of placements.

It lists every synapse, and counts from the list what each core holds. Of lava-fed it knows the values alone: network,
chip, board and placement.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from hardware.chip.board import Board
from hardware.chip.spec import ChipSpec
from hardware.network import Connection, Network
from hardware.program import Placement
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse


def broken_limits(
    network: Network, chip: ChipSpec, board: Board | None, placement: tuple[Placement, ...]
) -> set[tuple[str, int]]:
    """Return each limit that a core breaks, with the core; the empty set where the placement is legal."""
    homes = {layer.name: np.full(layer.units, -1) for layer in network.layers}
    broken: set[tuple[str, int]] = set()
    for run in placement:
        if (homes[run.layer][run.first : run.last] != -1).any() or not 0 <= run.first < run.last:
            broken.add(("placed once", run.core))
        homes[run.layer][run.first : run.last] = run.core
    if any((home < 0).any() for home in homes.values()):
        broken.add(("placed at all", -1))
        return broken
    chips, usable = (1, chip.cores) if board is None else (board.columns * board.rows, board.usable_cores)
    neurons = np.bincount(np.concatenate(list(homes.values())))
    for core in np.flatnonzero(neurons):
        if core // chip.cores >= chips or core % chip.cores >= (chip.cores if usable is None else usable):
            broken.add(("a core that exists", int(core)))
        if neurons[core] > chip.neurons_per_core:
            broken.add(("neurons", int(core)))
        if len({name for name, home in homes.items() if (home == core).any()}) > 1:
            broken.add(("one layer", int(core)))
    bits: dict[int, int] = defaultdict(int)
    axons: dict[tuple[int, str], set[int] | NDArray[np.bool_]] = {}
    learning: dict[int, int] = defaultdict(int)
    for connection in network.connections:
        target_of, source_of = every_synapse(connection)
        home, sources = homes[connection.target], connection.synapse.sources
        for core in np.unique(home):
            here = home[target_of] == core
            heard = np.zeros(sources, np.bool_)
            heard[source_of[here]] = True
            bits[int(core)] += fewest_bits(connection, np.flatnonzero(home == core), heard, target_of, source_of)
            key = (int(core), connection.source)
            axons[key] = axons.get(key, np.zeros(sources, np.bool_)) | heard
            if connection.rule is not None:
                learning[int(core)] += int(heard.sum()) * ((chip.axon_slots_of_learning or 1) - 1)
    reserved = chip.learning_bytes_reserved_per_core or 0
    plastic = {core for c in network.plastic for core in np.unique(homes[c.target])}
    for core, used in bits.items():
        if math.ceil(used / 8) + (reserved if core in plastic else 0) > chip.synapse_bytes_per_core:
            broken.add(("synapse bytes", core))
    heard_by, sent_from = defaultdict(int, learning), defaultdict(int)
    for (core, source), heard in axons.items():
        heard_by[core] += int(heard.sum())
        if source in homes:
            for sender, count in zip(*np.unique(homes[source][heard], return_counts=True), strict=True):
                sent_from[int(sender)] += int(count)
    for what, used_by, limit in (
        ("axons in", heard_by, chip.axons_in_per_core),
        ("axons out", sent_from, chip.axons_out_per_core),
    ):
        broken |= {(what, core) for core, used in used_by.items() if limit is not None and used > limit}
    return broken


def every_synapse(connection: Connection) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List target and source of each synapse; dense ones join everything."""
    synapse = connection.synapse
    if isinstance(synapse, Convolution):
        return synapse.pairs()[:2]
    if isinstance(synapse, Sparse):
        return synapse.target_of.astype(np.int64), synapse.source_of.astype(np.int64)
    target_of, source_of = np.indices((synapse.targets, synapse.sources))
    return target_of.ravel(), source_of.ravel()


def fewest_bits(
    connection: Connection,
    units: NDArray[np.int64],
    heard: NDArray[np.bool_],
    target_of: NDArray[np.int64],
    source_of: NDArray[np.int64],
) -> int:
    """Cost the formats of docs/placement.md, one synapse at a time where they are listed."""
    synapse = connection.synapse
    here = np.isin(target_of, units)
    weight, index = synapse.grid.bits, math.ceil(math.log2(len(units))) if len(units) > 1 else 0
    listed = here
    if isinstance(synapse, Dense):
        if synapse.delays is not None:
            weight += len(f"{synapse.delays.max():b}")
        if connection.rule is None:
            listed = here & (synapse.weights[target_of, source_of] != 0)
    costs = [len(units) * int(heard.sum()) * weight, int(listed.sum()) * (weight + index)]
    if isinstance(synapse, Convolution):
        pixels = synapse.target_shape[1] * synapse.target_shape[2]
        kernel = synapse.weights.size // synapse.target_shape[0]
        costs.append(len(set((units // pixels).tolist())) * kernel * weight)
    return min(costs)
