"""What a core holds at most, as far as splitting a layer can help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip.spec import ChipSpec
from hardware.neurons.neuron import Neuron
from hardware.placement.needs import LayerNeeds, Need, axons_in, memory_bytes
from hardware.placement.tables import decays, thresholds


@dataclass(frozen=True)
class CoreLimits:
    """Limits of a core for the neurons of one layer.

    Attributes
    ----------
    chip : ChipSpec
        The chip.
    neuron : Neuron
        Its dynamics, whose constants take entries in the tables of the core.
    neurons : int
        Most neurons.
    synapse_bytes, axons_in : int or None
        ``None`` where nobody has published it, or where a single neuron breaks it: then no split can mend it, and
        the design rules say so.
    """

    chip: ChipSpec
    neuron: Neuron
    neurons: int
    synapse_bytes: int | None
    axons_in: int | None

    @classmethod
    def of(cls, needs: LayerNeeds, neuron: Neuron, chip: ChipSpec) -> CoreLimits:
        """Return the limits that the neurons of a layer keep when each is alone."""
        memory: int | None = chip.synapse_bytes_per_core
        axons = chip.axons_in_per_core
        if memory is not None and needs.neuron_bytes(chip) > memory:
            memory = None
        if axons is not None and axons_in([needs.of(np.zeros(1, np.int64))], chip) > axons:
            axons = None
        return cls(chip, neuron, chip.neurons_per_core, memory, axons)

    def hold(self, units: NDArray[np.int64], need: Need) -> bool:
        """Say whether a core of its own holds ``units``, which need so much."""
        tables = (
            (self.chip.compartment_configs_per_core, decays),
            (self.chip.threshold_configs_per_core, thresholds),
        )
        return (
            need.neurons <= self.neurons
            and (self.synapse_bytes is None or memory_bytes([need], self.chip) <= self.synapse_bytes)
            and (self.axons_in is None or axons_in([need], self.chip) <= self.axons_in)
            and all(limit is None or len(rows(self.neuron, units)) <= limit for limit, rows in tables)
        )
