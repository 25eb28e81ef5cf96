"""Rules about sizes: what cannot be split must fit a core, and all of it the board."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compile.rules.rule import Findings
from compile.rules.violation import NETWORK, Violation
from hardware.chip.widths import ACCUMULATOR_LIMIT
from hardware.network import Layer, Network
from hardware.placement.mesh import Mesh
from hardware.placement.needs import LayerNeeds, axons_in, memory_bytes
from hardware.program import Use


def neurons_of_the_network_fit_the_board(network: Network, mesh: Mesh) -> Findings:
    """Check all neurons against all that the chip, or the board, can hold."""
    chip, limit = mesh.chip, mesh.cores * mesh.chip.neurons_per_core
    total = sum(layer.units for layer in network.layers)
    if total <= limit:
        yield Use("neurons", "chip" if mesh.board.chips == 1 else "board", total, limit)
        return
    largest = max(network.layers, key=lambda layer: layer.units)
    where = chip.title if mesh.board.chips == 1 else mesh.board.title
    alone = largest.units > limit
    used = largest.units if alone else total
    yield Violation(
        largest.name if alone else NETWORK,
        f"has {used} neurons, over the {limit} of {where} ({mesh.cores} cores of {chip.neurons_per_core})",
        used,
        limit,
        f"make layer {largest.name!r} smaller, or take a board with more chips",
    )


def synapses_of_a_neuron_fit_a_core(network: Network, mesh: Mesh) -> Findings:
    """Check the synapses into one neuron against a core's memory: a neuron cannot be split."""
    limit = mesh.chip.synapse_bytes_per_core
    for layer, unit in _heaviest(network):
        used = memory_bytes([LayerNeeds(network, layer.name).of(unit)], mesh.chip)
        if used > limit:
            yield Violation(
                layer.name,
                f"needs {used} bytes for the synapses into one neuron, over the {limit} of a "
                f"{mesh.chip.title} core",
                used,
                limit,
                "lower the layer's fan-in, or its weight bits",
            )


def sources_of_a_neuron_fit_the_axons_of_a_core(network: Network, mesh: Mesh) -> Findings:
    """Check the units that one neuron hears against the input axons of a core."""
    limit = mesh.chip.axons_in_per_core
    if limit is None:
        return
    for layer, unit in _heaviest(network):
        used = axons_in([LayerNeeds(network, layer.name).of(unit)], mesh.chip)
        if used > limit:
            yield Violation(
                layer.name,
                f"takes {used} input axons for one neuron, over the {limit} of a {mesh.chip.title} core",
                used,
                limit,
                "lower the layer's fan-in",
            )


def synaptic_input_of_a_layer_stays_exact(network: Network, mesh: Mesh) -> Findings:
    """Measure the largest sum of plain spikes against the accumulator; ``Network`` itself refuses more."""
    del mesh  # the accumulator is the same in the whole family
    if all(network.sends_graded(connection.source) for connection in network.connections):
        return
    used, name = max((_input_bound(network, layer), layer.name) for layer in network.layers)
    yield Use("synaptic input", name, used, ACCUMULATOR_LIMIT - 1)


def _heaviest(network: Network) -> list[tuple[Layer, NDArray[np.int64]]]:
    """Return the neuron of each layer that has most synapses."""
    found = []
    for layer in network.layers:
        bits = sum(each.synapse.fan_in() * each.synapse.grid.bits for each in network.into(layer.name))
        found.append((layer, np.array([int(np.argmax(bits))], np.int64)))
    return found


def _input_bound(network: Network, layer: Layer) -> int:
    """Largest magnitude that plain spikes can sum to at one port of the layer."""
    bounds: dict[str, int] = {}
    for connection in network.into(layer.name):
        if not network.sends_graded(connection.source):
            port = connection.port or layer.neuron.ports[0]
            bounds[port] = bounds.get(port, 0) + connection.input_bound()
    return max(bounds.values(), default=0)
