"""Rules about widths: every stored integer has its bits."""

from __future__ import annotations

import numpy as np

from compile.rules.rule import Findings
from compile.rules.violation import Violation
from hardware.network import Network
from hardware.neurons.cuba import Cuba
from hardware.placement.mesh import Mesh
from hardware.program import Use
from hardware.synapses.dense import Dense


def weights_fit_their_bits(network: Network, mesh: Mesh) -> Findings:
    """Check the weight bits of every connection."""
    limit = mesh.chip.weight_bits
    for connection in network.connections:
        used = connection.synapse.grid.bits
        if used > limit:
            yield _over(connection.target, f"weights of {used} bits from {connection.source!r}", used, limit,
                        mesh, f"compile a float model with --bits {limit}")  # fmt: skip


def weight_exponents_fit_the_chip(network: Network, mesh: Mesh) -> Findings:
    """Check the shared exponent of every connection."""
    low, high = mesh.chip.weight_exponent_min, mesh.chip.weight_exponent_max
    for connection in network.connections:
        used = connection.synapse.exponent
        if not low <= used <= high:
            limit = low if used < low else high
            yield _over(connection.target, f"a weight exponent of {used} from {connection.source!r}", used, limit,
                        mesh, "scale the weights or the threshold by a power of two")  # fmt: skip


def thresholds_fit_their_bits(network: Network, mesh: Mesh) -> Findings:
    """Check the largest threshold of CUBA layers."""
    limit = (1 << mesh.chip.threshold_bits) - 1
    for layer in network.layers:
        if isinstance(layer.neuron, Cuba):
            used = int(np.max(layer.neuron.threshold))
            if used > limit:
                yield _over(layer.name, f"a threshold of {used}", used, limit, mesh, "scale weights and threshold")


def biases_fit_their_bits(network: Network, mesh: Mesh) -> Findings:
    """Check the largest bias mantissa and the exponent of CUBA layers."""
    half, exponents = 1 << (mesh.chip.bias_bits - 1), (1 << mesh.chip.bias_exponent_bits) - 1
    for layer in network.layers:
        if not isinstance(layer.neuron, Cuba) or not layer.neuron.bias_mantissa.any():
            continue
        low, high = int(layer.neuron.bias_mantissa.min()), int(layer.neuron.bias_mantissa.max())
        if low < -half or high >= half:
            used, limit = (low, -half) if low < -half else (high, half - 1)
            yield _over(layer.name, f"a bias mantissa of {used}", used, limit, mesh, "raise the bias exponent")
        if layer.neuron.bias_exponent > exponents:
            used = layer.neuron.bias_exponent
            yield _over(layer.name, f"a bias exponent of {used}", used, exponents, mesh, "lower the bias")


def decays_fit_their_registers(network: Network, mesh: Mesh) -> Findings:
    """Check decays where neurons are not programmable: the chip adds one to that of the current."""
    if mesh.chip.programmable_neurons:
        return
    unity = 1 << mesh.chip.decay_bits
    for layer in network.layers:
        if not isinstance(layer.neuron, Cuba):
            continue
        current, voltage = int(np.min(layer.neuron.current_decay)), int(np.max(layer.neuron.voltage_decay))
        if current < 1:
            yield Violation(
                layer.name,
                f"has a current that never decays, and the least decay of {mesh.chip.title} is 1 of {unity}",
                current,
                1,
                "let the current decay, or compile for loihi2",
            )
        if int(np.max(layer.neuron.current_decay)) > unity:
            used = int(np.max(layer.neuron.current_decay))
            yield _over(layer.name, f"a current decay of {used}", used, unity, mesh, "lower the decay")
        if voltage > unity - 1:
            yield _over(layer.name, f"a voltage decay of {voltage}", voltage, unity - 1, mesh,
                        f"let 1 of {unity} of the voltage stay, or compile for loihi2")  # fmt: skip


def refractory_delays_fit_the_chip(network: Network, mesh: Mesh) -> Findings:
    """Check the refractory delay of CUBA layers."""
    limit = mesh.chip.refractory_max
    for layer in network.layers:
        if isinstance(layer.neuron, Cuba) and layer.neuron.refractory > limit:
            used = layer.neuron.refractory
            yield _over(layer.name, f"a refractory delay of {used}", used, limit, mesh, "shorten it")


def delays_fit_the_chip(network: Network, mesh: Mesh) -> Findings:
    """Check the longest delay of axons and that of synapses against what the chip can hold back."""
    longest: dict[str, int] = {}
    for layer in network.layers:
        found = [] if layer.delays is None else [int(layer.delays.max())]
        found += [
            connection.synapse.longest_delay
            for connection in network.into(layer.name)
            if isinstance(connection.synapse, Dense) and connection.synapse.delays is not None
        ]
        if found:
            longest[layer.name] = max(found)
    limit = mesh.chip.delay_max
    for name, used in longest.items():
        if used > limit:
            yield _over(name, f"a delay of {used} steps", used, limit, mesh,
                        f"train it with a max_delay of at most {limit}")  # fmt: skip
    if longest and max(longest.values()) <= limit:
        name = max(longest, key=lambda each: longest[each])
        yield Use("delay", name, longest[name], limit)


def _over(layer: str, what: str, used: int, limit: int, mesh: Mesh, remedy: str) -> Violation:
    side = "below" if used < limit else "over"
    return Violation(layer, f"has {what}, {side} the {limit} of {mesh.chip.title}", used, limit, remedy)
