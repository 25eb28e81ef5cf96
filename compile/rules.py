"""Design rules: what a chip demands of a network.

A rule is a small function, named as the sentence it checks. It returns what it measured, or raises a
``RuleViolationError`` that names the place, what is used, the limit and the remedy. A limit that the chip's
maker has not published is ``None`` in the ``ChipSpec`` and is not checked; ``compile.report`` shows it as such.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from compile.core_memory import LayerMemory, sources_of, synapse_bytes
from compile.errors import RuleViolationError
from hardware.chip.spec import ChipSpec
from hardware.chip.widths import ACCUMULATOR_LIMIT
from hardware.network import INPUT, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.description import describe
from hardware.program import Placement, Use
from hardware.synapses.dense import Dense

NetworkRule = Callable[[Network, ChipSpec], tuple[Use, ...]]
PlacementRule = Callable[[Network, ChipSpec, tuple[Placement, ...]], tuple[Use, ...]]


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
        used = LayerMemory(network, layer.name).neuron_bytes()
        if used > chip.synapse_bytes_per_core:
            raise RuleViolationError(
                f"layer {layer.name!r}: the weights into one neuron take {used} bytes, over the "
                f"{chip.synapse_bytes_per_core} of a {chip.title} core; lower the layer's fan-in"
            )
    return ()


def synaptic_input_of_a_layer_stays_exact(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Measure the largest sum of plain spikes against the accumulator; ``Network`` itself refuses more."""
    del chip  # the accumulator is the same in the whole family
    largest = max((_input_bound(network, layer), layer.name) for layer in network.layers)
    if all(network.sends_graded(connection.source) for connection in network.connections):
        return ()
    return (Use("synaptic input", largest[1], largest[0], ACCUMULATOR_LIMIT - 1),)


def neurons_beyond_plain_cuba_need_programmable_neurons(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check that a layer whose equations are not those of Loihi 1 can run microcode."""
    strange = [layer for layer in network.layers if not _is_plain(layer)]
    if strange and not chip.programmable_neurons:
        raise RuleViolationError(
            f"layer {strange[0].name!r} ({describe(strange[0].neuron)}) needs programmable neurons, and "
            f"{chip.title} has none; compile for loihi2, or use CUBA neurons that reset to zero, send plain "
            "spikes and have no drive"
        )
    return ()


def messages_of_numbers_need_graded_spikes(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check that the chip's spikes can carry numbers where a population sends them."""
    graded = [name for name in (INPUT, *(each.name for each in network.layers)) if network.sends_graded(name)]
    if graded and not chip.graded_spikes:
        raise RuleViolationError(
            f"{graded[0]!r} sends numbers, and the spikes of {chip.title} carry none; compile for loihi2, or "
            "train it with plain spikes"
        )
    return ()


def delays_fit_the_chip(network: Network, chip: ChipSpec) -> tuple[Use, ...]:
    """Check the longest delay of axons and that of synapses against what the chip can hold back."""
    found = [(int(layer.delays.max()), layer.name) for layer in network.layers if layer.delays is not None]
    found += [
        (connection.synapse.longest_delay, connection.target)
        for connection in network.connections
        if isinstance(connection.synapse, Dense) and connection.synapse.delays is not None
    ]
    if not found:
        return ()
    used, layer = max(found)
    if used > chip.delay_max:
        raise RuleViolationError(
            f"layer {layer!r}: a delay of {used} steps is over the {chip.delay_max} of {chip.title}; train it "
            f"with a max_delay of at most {chip.delay_max}"
        )
    return (Use("delay", layer, used, chip.delay_max),)


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
    used = {part: synapse_bytes(network, part) for part in placement}
    return _fullest("synapse bytes", used, chip.synapse_bytes_per_core, chip, "lower the layer's fan-in")


def sources_of_a_core_fit_its_axons(
    network: Network, chip: ChipSpec, placement: tuple[Placement, ...]
) -> tuple[Use, ...]:
    """Check the input axons of the fullest core, where their limit is published."""
    if chip.axons_in_per_core is None:
        return ()
    used = {part: sources_of(network, part) for part in placement}
    return _fullest("input axons", used, chip.axons_in_per_core, chip, "lower the layer's fan-in")


NETWORK_RULES: tuple[NetworkRule, ...] = (
    neurons_of_a_layer_fit_the_chip,
    synapses_of_a_neuron_fit_a_core,
    synaptic_input_of_a_layer_stays_exact,
    neurons_beyond_plain_cuba_need_programmable_neurons,
    messages_of_numbers_need_graded_spikes,
    delays_fit_the_chip,
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


def _input_bound(network: Network, layer: Layer) -> int:
    """Largest magnitude that plain spikes can sum to at one port of the layer."""
    bounds: dict[str, int] = {}
    for connection in network.into(layer.name):
        if not network.sends_graded(connection.source):
            port = connection.port or layer.neuron.ports[0]
            bounds[port] = bounds.get(port, 0) + connection.input_bound()
    return max(bounds.values(), default=0)


def _is_plain(layer: Layer) -> bool:
    neuron = layer.neuron
    return (
        isinstance(neuron, Cuba)
        and neuron.message is Message.SPIKE
        and neuron.reset is Reset.ZERO
        and not np.any(neuron.drive)
    )


def _fullest(what: str, used: dict[Placement, int], limit: int, chip: ChipSpec, remedy: str) -> tuple[Use, ...]:
    part = max(used, key=lambda key: used[key])
    if used[part] > limit:
        raise RuleViolationError(
            f"layer {part.layer!r}: core {part.core} would hold {used[part]} {what}, over the {limit} of a "
            f"{chip.title} core; {remedy}"
        )
    return (Use(what, f"core {part.core} ({part.layer})", used[part], limit),)
