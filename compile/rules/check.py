"""All design rules, asked of a network and its placement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compile.errors import RuleViolationError
from compile.rules import cores, kinds, sizes, tables, widths
from compile.rules.advice import advice
from compile.rules.placed import Placed
from compile.rules.rule import Findings, ask, sentence
from compile.rules.violation import Violation
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.program import Placement, Use

NetworkRule = Callable[[Network, Mesh], Findings]
PlacementRule = Callable[[Placed], Findings]
Placer = Callable[[Network, Mesh], tuple[Placement, ...]]
"""Finds a placement; where the board is too small it counts on beyond the last core."""

NETWORK_RULES: tuple[NetworkRule, ...] = (
    sizes.neurons_of_the_network_fit_the_board,
    sizes.synapses_of_a_neuron_fit_a_core,
    sizes.sources_of_a_neuron_fit_the_axons_of_a_core,
    sizes.synaptic_input_of_a_layer_stays_exact,
    kinds.neurons_beyond_plain_cuba_need_programmable_neurons,
    kinds.messages_of_numbers_need_graded_spikes,
    kinds.messages_fit_the_payload_of_a_spike,
    kinds.a_taught_layer_needs_programmable_neurons,
    kinds.synapses_that_learn_need_a_learning_engine,
    widths.weights_fit_their_bits,
    widths.weight_exponents_fit_the_chip,
    widths.thresholds_fit_their_bits,
    widths.biases_fit_their_bits,
    widths.decays_fit_their_registers,
    widths.refractory_delays_fit_the_chip,
    widths.delays_fit_the_chip,
)
"""Asked before placement."""
PLACEMENT_RULES: tuple[PlacementRule, ...] = (
    cores.cores_of_the_network_fit_the_board,
    cores.neurons_of_a_core_fit,
    cores.synapses_of_a_core_fit_its_memory,
    cores.sources_of_a_core_fit_its_axons,
    cores.destinations_of_a_core_fit_its_axons,
    tables.decays_of_a_core_fit_its_table,
    tables.thresholds_of_a_core_fit_its_table,
    tables.formats_of_a_core_fit_its_table,
    tables.traces_of_a_core_fit_its_table,
)
"""Asked of a placement that holds every neuron once."""
WHOLE = frozenset(
    sentence(rule)
    for rule in (sizes.synapses_of_a_neuron_fit_a_core, sizes.sources_of_a_neuron_fit_the_axons_of_a_core)
)
"""Rules without which there is no placement to look for."""


@dataclass(frozen=True)
class Judgement:
    """What the design rules say of a network.

    Attributes
    ----------
    placement : tuple of Placement
        Where the neurons sit; empty where a single one fits no core.
    uses : tuple of Use
        What was measured and fits.
    violations : tuple of Violation
        What does not fit.
    """

    placement: tuple[Placement, ...]
    uses: tuple[Use, ...]
    violations: tuple[Violation, ...]


def judge(network: Network, mesh: Mesh, place: Placer) -> Judgement:
    """Ask every rule, of the network and of the placement that ``place`` finds for it."""
    uses, violations = ask(NETWORK_RULES, network, mesh)
    if any(violation.rule in WHOLE for violation in violations):
        return Judgement((), tuple(uses), tuple(violations))
    placement = place(network, mesh)
    more, broken = judge_placement(network, mesh, placement)
    return Judgement(placement, (*uses, *more), (*violations, *broken))


def judge_placement(
    network: Network, mesh: Mesh, placement: tuple[Placement, ...]
) -> tuple[tuple[Use, ...], tuple[Violation, ...]]:
    """Ask every rule about placements of one that somebody made.

    Returns
    -------
    tuple of Use
        What was measured and fits.
    tuple of Violation
        What does not fit.
    """
    uses, violations = ask((cores.every_neuron_sits_on_one_core,), network, mesh, placement)
    if not violations:
        uses, violations = ask(PLACEMENT_RULES, Placed.of(network, mesh, placement))
    return tuple(uses), tuple(violations)


def check(network: Network, mesh: Mesh, place: Placer, *, quick: Placer | None = None) -> Judgement:
    """Ask every rule, and refuse a network that breaks some.

    Parameters
    ----------
    network : Network
        The integers.
    mesh : Mesh
        Chip and board.
    place : callable
        Finds the placement.
    quick : callable, optional
        Finds some placement in little time, to try what would make the network fit; ``place`` by default.

    Raises
    ------
    RuleViolationError
        With every rule that is broken, and what would make the network fit.
    """
    found = judge(network, mesh, place)
    if found.violations:

        def fits(other: Network, elsewhere: Mesh) -> bool:
            # Most refusals need no placement, which takes long where a network is far too large.
            broken = ask(NETWORK_RULES, other, elsewhere)[1]
            return not broken and not judge(other, elsewhere, quick or place).violations

        ways = advice(network, mesh, found.violations, fits)
        raise RuleViolationError(mesh.chip.title, found.violations, ways)
    return found
