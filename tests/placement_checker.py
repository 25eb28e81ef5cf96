"""An independent judge of placements.

It lists every synapse, and counts from the list what each core holds. Of lava-fed it knows the values alone:
network, chip, board and placement.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.board import Board
from hardware.chip.spec import ChipSpec
from hardware.network import Connection, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Placement
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse


def broken_limits(
    network: Network, chip: ChipSpec, board: Board | None, placement: tuple[Placement, ...]
) -> set[tuple[str, int]]:
    """Return each limit that a core breaks, with the core; the empty set where the placement is legal."""
    homes = {layer.name: np.full(layer.units, -1) for layer in network.layers}
    for run in placement:
        if (homes[run.layer][run.first : run.last] != -1).any() or not 0 <= run.first < run.last:
            return {("placed once", run.core)}
        homes[run.layer][run.first : run.last] = run.core
    if any((home < 0).any() for home in homes.values()):
        return {("placed at all", -1)}
    used = {
        "neurons": Counter(np.concatenate(list(homes.values())).tolist()),
        **of_synapses(network, chip, homes),
        **of_tables(network, homes),
    }
    used["layers"] = Counter(core for home in homes.values() for core in set(home.tolist()))
    limits = {
        "neurons": chip.neurons_per_core,
        "layers": 1,
        "synapse bytes": chip.synapse_bytes_per_core,
        "axons in": chip.axons_in_per_core,
        "axons out": chip.axons_out_per_core,
        "decays": chip.compartment_configs_per_core,
        "thresholds": chip.threshold_configs_per_core,
        "formats": chip.synapse_configs_per_core,
        "traces": chip.trace_configs_per_core,
    }
    broken = {
        (what, core)
        for what, limit in limits.items()
        for core, count in used[what].items()
        if limit is not None and count > limit
    }
    chips = 1 if board is None else board.columns * board.rows
    usable = chip.cores if board is None or board.usable_cores is None else board.usable_cores
    return broken | {
        ("a core that exists", core)
        for core in used["neurons"]
        if core // chip.cores >= chips or core % chip.cores >= usable
    }


def of_synapses(network: Network, chip: ChipSpec, homes: dict[str, NDArray[np.int64]]) -> dict[str, Counter[int]]:
    """Return what synapses take of each core."""
    bits: Counter[int] = Counter()
    axons_in: Counter[int] = Counter()
    axons_out: Counter[int] = Counter()
    hears: dict[tuple[int, str], NDArray[np.bool_]] = {}
    taught: dict[tuple[int, str], NDArray[np.bool_]] = {}
    for connection in network.connections:
        target_of, source_of = every_synapse(connection)
        home, sources = homes[connection.target], connection.synapse.sources
        for core in np.unique(home).tolist():
            heard = np.zeros(sources, np.bool_)
            heard[source_of[home[target_of] == core]] = True
            bits[core] += fewest_bits(connection, np.flatnonzero(home == core), heard, target_of, source_of)
            for masks in (hears, taught) if connection.rule is not None else (hears,):
                masks[core, connection.source] = masks.get((core, connection.source), False) | heard
    for (core, source), heard in hears.items():
        axons_in[core] += int(heard.sum())
        if source in homes:
            axons_out.update(homes[source][heard].tolist())
    for (core, _), heard in taught.items():
        axons_in[core] += int(heard.sum()) * ((chip.axon_slots_of_learning or 1) - 1)
    reserved = {core: chip.learning_bytes_reserved_per_core or 0 for core, _ in taught}
    memory = Counter({core: math.ceil(used / 8) + reserved.get(core, 0) for core, used in bits.items()})
    return {"synapse bytes": memory, "axons in": axons_in, "axons out": axons_out}


def of_tables(network: Network, homes: dict[str, NDArray[np.int64]]) -> dict[str, Counter[int]]:
    """Return how many different entries the tables of each core need, asked of one neuron after the other."""
    entries: dict[str, set[tuple[int, Any]]] = {
        name: set() for name in ("decays", "thresholds", "formats", "traces")
    }
    for layer in network.layers:
        if isinstance(layer.neuron, Cuba):
            names = ("current_decay", "voltage_decay", "refractory", "threshold")
            values = [np.broadcast_to(getattr(layer.neuron, name), layer.units).tolist() for name in names]
            for core, *decays, threshold in zip(homes[layer.name].tolist(), *values, strict=True):
                entries["decays"].add((core, tuple(decays)))
                entries["thresholds"].add((core, threshold))
    for connection in network.connections:
        synapse, rule = connection.synapse, connection.rule
        delays = getattr(synapse, "delays", None)
        width = 0 if delays is None else int(delays.max()).bit_length()
        form = (type(synapse), synapse.grid, synapse.exponent, width, rule is not None)
        products = () if rule is None else rule.products
        factors = {factor for product in products for factor in product.factors}
        for core in set(homes[connection.target].tolist()):
            entries["formats"].add((core, form))
            for name in {"x1", "x2"} & factors:
                made = (getattr(rule, f"{name}_impulse"), getattr(rule, f"{name}_tau"))
                entries["traces"].add((core, made))
    return {name: Counter(core for core, _ in found) for name, found in entries.items()}


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
