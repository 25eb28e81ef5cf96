"""Design rules: what a chip demands of a network.

A rule is a small function, named as the sentence it checks. It returns what it measured, or raises a
``RuleViolationError`` that names the place, what is used, the limit and the remedy. A limit that the chip's
maker has not published is ``None`` in the ``ChipSpec`` and is not checked; ``compile.report`` shows it as such.

Synaptic memory counts the weights alone, one entry of ``bits`` for each pair of units: a lower bound, as the
chip's synapse lists also hold indices whose format is not public.
"""

from __future__ import annotations

from collections.abc import Callable

from compile.errors import RuleViolationError
from hardware.chip import ACCUMULATOR_LIMIT, ChipSpec
from hardware.network import Layer, Network
from hardware.program import Placement, Use

NetworkRule = Callable[[Network, ChipSpec], tuple[Use, ...]]
PlacementRule = Callable[[Network, ChipSpec, tuple[Placement, ...]], tuple[Use, ...]]


def sources_of(network: Network, layer: str) -> int:
    """Count the distinct units that send to ``layer``; each takes one input axon on every core of the layer."""
    return sum(connection.synapse.sources for connection in network.into(layer))


def synapse_bytes_per_neuron(network: Network, layer: Layer) -> int:
    """Bytes of weights that one neuron of ``layer`` receives through, rounded up."""
    bits = sum(c.synapse.sources * c.synapse.grid.bits for c in network.into(layer.name))
    return -(-bits // 8)


def neurons_of_a_layer_fit_the_chip(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check each layer alone against all neurons of the chip."""
    limit = chip.cores * chip.neurons_per_core
    for layer in network.layers:
        if layer.units > limit:
            raise RuleViolationError(
                f"layer {layer.name!r} has {layer.units} neurons, over the {limit} of {chip.title} "
                f"({chip.cores} cores of {chip.neurons_per_core}); make the layer smaller"
            )
    total = sum(layer.units for layer in network.layers)
    return (Use("neurons", "chip", total, limit),) if total <= limit else ()


def synapses_of_a_neuron_fit_a_core(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check one neuron's weights against a core's synaptic memory: a neuron cannot be split."""
    for layer in network.layers:
        used = synapse_bytes_per_neuron(network, layer)
        if used > chip.synapse_bytes_per_core:
            raise RuleViolationError(
                f"layer {layer.name!r}: the weights into one neuron take {used} bytes, over the "
                f"{chip.synapse_bytes_per_core} of a {chip.title} core; lower the layer's fan-in"
            )
    return ()


def synaptic_input_of_a_layer_stays_exact(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Measure the largest synaptic input against the accumulator; ``Network`` itself refuses more."""
    del chip  # the accumulator is the same in the whole family
    largest = max(
        (sum(connection.input_bound() for connection in network.into(layer.name)), layer.name)
        for layer in network.layers
    )
    return (Use("synaptic input", largest[1], largest[0], ACCUMULATOR_LIMIT - 1),)


def a_taught_layer_needs_programmable_neurons(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check that a layer which computes its own third factor can run the microcode for it."""
    taught = [layer.name for layer in network.layers if layer.teacher is not None]
    if taught and not chip.programmable_neurons:
        raise RuleViolationError(
            f"layer {taught[0]!r} has a teacher, which needs programmable neurons, and {chip.title} has none; "
            "compile for loihi2, or without --learn"
        )
    return ()


def cores_of_the_network_fit_the_chip(
    network: Network, chip: ChipSpec, placement: tuple[Placement, ...]
) -> tuple[Use, ...]:
    """Check the number of cores."""
    used = 1 + max(part.core for part in placement)
    if used > chip.cores:
        per_layer = {layer.name: sum(part.layer == layer.name for part in placement) for layer in network.layers}
        largest = max(per_layer, key=lambda name: per_layer[name])
        raise RuleViolationError(
            f"the network needs {used} cores, over the {chip.cores} of {chip.title}; layer {largest!r} takes "
            f"{per_layer[largest]} of them: make it or its fan-in smaller"
        )
    return (Use("cores", "chip", used, chip.cores),)


def neurons_of_a_core_fit(network: Network, chip: ChipSpec, placement: tuple[Placement, ...]) -> tuple[Use, ...]:
    """Check the neurons of the fullest core."""
    del network  # a placement says how many neurons a core holds
    used = {part: part.last - part.first for part in placement}
    return _fullest("neurons", used, chip.neurons_per_core, chip, "make the layer smaller")


def synapses_of_a_core_fit_its_memory(
    network: Network, chip: ChipSpec, placement: tuple[Placement, ...]
) -> tuple[Use, ...]:
    """Check the bytes of weights of the fullest core."""
    used = {
        part: (part.last - part.first) * synapse_bytes_per_neuron(network, network.layer(part.layer))
        for part in placement
    }
    return _fullest("synapse bytes", used, chip.synapse_bytes_per_core, chip, "lower the layer's fan-in")


def sources_of_a_core_fit_its_axons(
    network: Network, chip: ChipSpec, placement: tuple[Placement, ...]
) -> tuple[Use, ...]:
    """Check the input axons of the fullest core, where their limit is published."""
    if chip.axons_in_per_core is None:
        return ()
    used = {part: sources_of(network, part.layer) for part in placement}
    return _fullest("input axons", used, chip.axons_in_per_core, chip, "lower the layer's fan-in")


NETWORK_RULES: tuple[NetworkRule, ...] = (
    neurons_of_a_layer_fit_the_chip,
    synapses_of_a_neuron_fit_a_core,
    synaptic_input_of_a_layer_stays_exact,
    a_taught_layer_needs_programmable_neurons,
)
"""Checked before placement."""
PLACEMENT_RULES: tuple[PlacementRule, ...] = (
    cores_of_the_network_fit_the_chip,
    neurons_of_a_core_fit,
    synapses_of_a_core_fit_its_memory,
    sources_of_a_core_fit_its_axons,
)
"""Checked after placement."""


def _fullest(what: str, used: dict[Placement, int], limit: int, chip: ChipSpec, remedy: str) -> tuple[Use, ...]:
    part = max(used, key=lambda key: used[key])
    if used[part] > limit:
        raise RuleViolationError(
            f"layer {part.layer!r}: core {part.core} would hold {used[part]} {what}, over the {limit} of a "
            f"{chip.title} core; {remedy}"
        )
    return (Use(what, f"core {part.core} ({part.layer})", used[part], limit),)
