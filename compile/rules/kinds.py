"""Rules about what a chip can do at all."""

from __future__ import annotations

import dataclasses

import numpy as np

from compile.rules.rule import Findings
from compile.rules.violation import Violation
from hardware.chip.widths import MESSAGE_BITS_MAX
from hardware.encoder import COARSE
from hardware.network import INPUT, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.description import describe
from hardware.placement.mesh import Mesh
from hardware.program import Use
from hardware.ranges.analysis import ranges


def neurons_beyond_plain_cuba_need_programmable_neurons(network: Network, mesh: Mesh) -> Findings:
    """Check that a layer whose equations are not those of Loihi 1 can run microcode."""
    if mesh.chip.programmable_neurons:
        return
    for layer in network.layers:
        if not _is_plain(layer):
            yield Violation(
                layer.name,
                f"({describe(layer.neuron)}) needs programmable neurons, and {mesh.chip.title} has none",
                None,
                None,
                "compile for loihi2, or use CUBA neurons that reset to zero, send plain spikes and have no drive",
            )


def messages_of_numbers_need_graded_spikes(network: Network, mesh: Mesh) -> Findings:
    """Check that the chip's spikes can carry numbers where a population sends them."""
    if mesh.chip.graded_spikes:
        return
    for name in _graded(network):
        yield Violation(
            name,
            f"sends numbers, and the spikes of {mesh.chip.title} carry none",
            None,
            None,
            "compile for loihi2, or train it with plain spikes",
        )


def messages_fit_the_payload_of_a_spike(network: Network, mesh: Mesh) -> Findings:
    """Check the widest number that a layer can send; what the host sends is the host's to keep narrow."""
    limit, names = mesh.chip.graded_bits, [name for name in _graded(network) if name != INPUT]
    if not mesh.chip.graded_spikes or limit >= MESSAGE_BITS_MAX or not names:
        return
    reached = ranges(network, _largest_input(network, limit)).messages
    for name in names:
        used = reached[name].bits
        if used > limit:
            yield Violation(
                name,
                f"sends numbers of up to {used} bits, over the {limit} of a spike of {mesh.chip.title}",
                used,
                limit,
                "lower the weights into it or their exponent, or take a chip with wider spikes",
            )
        else:
            yield Use("message bits", name, used, limit)


def a_taught_layer_needs_programmable_neurons(network: Network, mesh: Mesh) -> Findings:
    """Check that a layer which computes its own third factor can run the microcode for it."""
    for layer in network.layers:
        if layer.teacher is not None and not mesh.chip.programmable_neurons:
            yield Violation(
                layer.name,
                f"has a teacher, which needs programmable neurons, and {mesh.chip.title} has none",
                None,
                None,
                "compile for loihi2, or without --learn",
            )


def synapses_that_learn_need_a_learning_engine(network: Network, mesh: Mesh) -> Findings:
    """Check that the chip can change weights where a connection learns."""
    for connection in network.plastic:
        if not mesh.chip.learning:
            yield Violation(
                connection.target,
                f"learns the weights from {connection.source!r}, and {mesh.chip.title} cannot learn",
                None,
                None,
                "compile without --learn, or for a chip that learns",
            )


def _graded(network: Network) -> list[str]:
    return [name for name in (INPUT, *(each.name for each in network.layers)) if network.sends_graded(name)]


def _largest_input(network: Network, bits: int) -> int:
    encoder = network.encoder
    if encoder is None or encoder.grid != COARSE:
        return (1 << (bits - 1)) - 1
    return int(np.abs(dataclasses.replace(encoder, decimate=1)(np.array(encoder.range))).max())


def _is_plain(layer: Layer) -> bool:
    neuron = layer.neuron
    return (
        isinstance(neuron, Cuba)
        and neuron.reset is Reset.ZERO
        and neuron.message is Message.SPIKE
        and not np.any(neuron.drive)
    )
