"""Greedy placement of layers on cores."""

from __future__ import annotations

from compile.core_memory import LayerMemory
from hardware.chip.spec import ChipSpec
from hardware.network import Network
from hardware.program import Placement


def place(network: Network, chip: ChipSpec) -> tuple[Placement, ...]:
    """Put the neurons of each layer on as few cores as hold them, in order, no core shared by two layers.

    A core takes neurons until either its neurons or its synaptic memory are used up; synapses lie with the
    neuron that receives them. Cores are counted on beyond the chip's last one, so that the design rules can
    say how many are missing.

    Parameters
    ----------
    network : Network
        Every neuron of it must fit a core on its own (``synapses_of_a_neuron_fit_a_core``).
    chip : ChipSpec
        Limits of a core.

    Returns
    -------
    tuple of Placement
        In the order of layers and neurons; each neuron occurs exactly once.
    """
    placements: list[Placement] = []
    for layer in network.layers:
        memory, first = LayerMemory(network, layer.name), 0
        while first < layer.units:
            last = memory.fill(first, chip.neurons_per_core, chip.synapse_bytes_per_core)
            placements.append(Placement(layer.name, len(placements), first, last))
            first = last
    return tuple(placements)
