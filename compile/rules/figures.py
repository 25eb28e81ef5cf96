"""Which figure of a chip each measured use is held against."""

from __future__ import annotations

from hardware.chip.figure import Evidence
from hardware.chip.spec import ChipSpec

FIGURES = {
    "neurons": "neurons_per_core",
    "cores": "cores",
    "synapse bytes": "synapse_bytes_per_core",
    "input axons": "axons_in_per_core",
    "output axons": "axons_out_per_core",
    "delay": "delay_max",
    "message bits": "graded_bits",
    "synaptic input": "state_bits",
    "pairs of decays": "compartment_configs_per_core",
    "thresholds": "threshold_configs_per_core",
    "formats of synapses": "synapse_configs_per_core",
    "presynaptic traces": "trace_configs_per_core",
}
"""Name of the figure, by what a ``Use`` measures."""


def evidence(chip: ChipSpec, what: str) -> Evidence:
    """Say what the limit of a use rests on; a use that nobody knows rests on an estimate.

    Examples
    --------
    >>> from hardware.chip.known import LOIHI2
    >>> evidence(LOIHI2, "neurons"), evidence(LOIHI2, "input axons")
    (<Evidence.PUBLISHED: 'published'>, <Evidence.UNKNOWN: 'unknown'>)
    """
    name = FIGURES.get(what)
    return Evidence.ESTIMATE if name is None else chip.figures[name].evidence
