"""Rules about the tables of a core, whose entries its neurons and synapses share.

The limits are those that nengo-loihi keeps for Loihi 1. Loihi 2's neurons have microcode instead, and Intel has
published no such table, so nothing is checked there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from compile.rules.placed import Placed
from compile.rules.rule import Findings
from compile.rules.violation import Violation
from hardware.network import Network
from hardware.placement.part import Part
from hardware.placement.tables import decays, thresholds
from hardware.program import Use
from hardware.synapses.dense import Dense


def decays_of_a_core_fit_its_table(placed: Placed) -> Findings:
    """Check the different pairs of decays, with their refractory delay, of each core."""
    remedy = "let its neurons share their decays, or sort them so that a core holds fewer kinds"
    limit = placed.mesh.chip.compartment_configs_per_core
    yield from _entries(placed, "pairs of decays", _decays, limit, remedy)


def thresholds_of_a_core_fit_its_table(placed: Placed) -> Findings:
    """Check the different thresholds of each core."""
    remedy = "let its neurons share their thresholds, or sort them so that a core holds fewer kinds"
    limit = placed.mesh.chip.threshold_configs_per_core
    yield from _entries(placed, "thresholds", _thresholds, limit, remedy)


def formats_of_a_core_fit_its_table(placed: Placed) -> Findings:
    """Check the different formats of the synapses into each core."""
    remedy = "let its connections share sign, bits and exponent"
    limit = placed.mesh.chip.synapse_configs_per_core
    yield from _entries(placed, "formats of synapses", _formats, limit, remedy)


def traces_of_a_core_fit_its_table(placed: Placed) -> Findings:
    """Check the different presynaptic traces that the learning synapses of each core need."""
    limit = placed.mesh.chip.trace_configs_per_core
    yield from _entries(placed, "presynaptic traces", _traces, limit, "let its learning rules share their traces")


Rows = Callable[[Network, Part], Iterable[Hashable]]


def _entries(placed: Placed, what: str, rows: Rows, limit: int | None, remedy: str) -> Findings:
    """Count the different rows of each core, and compare the fullest with the table."""
    if limit is None:
        return
    counts = {
        core: len({row for part in parts for row in rows(placed.network, part)})
        for core, parts in placed.parts.items()
    }
    worst: dict[str, int] = {}
    for core, used in counts.items():
        name = ", ".join(part.layer for part in placed.parts[core])
        if used > limit and used > counts.get(worst.get(name, -1), 0):
            worst[name] = core
    title = placed.mesh.chip.title
    for name, core in worst.items():
        problem = f"has {counts[core]} different {what} on core {core}, over the {limit} of a {title} core"
        yield Violation(name, problem, counts[core], limit, remedy)
    fullest = max(counts, key=lambda core: counts[core])
    if not worst and counts[fullest]:
        name = ", ".join(part.layer for part in placed.parts[fullest])
        yield Use(what, f"core {fullest} ({name})", counts[fullest], limit)


def _decays(network: Network, part: Part) -> Iterable[Hashable]:
    return decays(network.layer(part.layer).neuron, part.units)


def _thresholds(network: Network, part: Part) -> Iterable[Hashable]:
    return thresholds(network.layer(part.layer).neuron, part.units)


def _formats(network: Network, part: Part) -> Iterable[Hashable]:
    for connection in network.into(part.layer):
        synapse = connection.synapse
        delay = synapse.longest_delay if isinstance(synapse, Dense) else 0
        yield synapse.kind, synapse.grid, synapse.exponent, delay.bit_length(), connection.rule is not None


def _traces(network: Network, part: Part) -> Iterable[Hashable]:
    for connection in network.into(part.layer):
        rule = connection.rule
        if rule is not None:
            yield from [(rule.x1_impulse, rule.x1_tau)] * ("x1" in rule.variables)
            yield from [(rule.x2_impulse, rule.x2_tau)] * ("x2" in rule.variables)
