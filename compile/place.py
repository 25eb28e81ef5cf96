"""Greedy placement of layers on cores."""

from __future__ import annotations

from compile.rules import synapse_bytes_per_neuron
from hardware.chip import ChipSpec
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
        per_neuron = synapse_bytes_per_neuron(network, layer)
        per_core = min(chip.neurons_per_core, max(1, chip.synapse_bytes_per_core // per_neuron))
        placements += [
            Placement(layer.name, len(placements) + index, first, min(first + per_core, layer.units))
            for index, first in enumerate(range(0, layer.units, per_core))
        ]
    return tuple(placements)
