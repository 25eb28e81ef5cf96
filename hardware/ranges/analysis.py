"""The analysis of a whole network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.errors import NetworkError
from hardware.network import INPUT, Layer, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from hardware.ranges.changes import of_delta, of_sigma, of_sigma_delta
from hardware.ranges.integrate import of_alif, of_cuba
from hardware.ranges.interval import NOTHING, WORD, Interval
from hardware.ranges.layer_range import PLAIN, LayerRange
from hardware.ranges.resonate import of_resonator
from hardware.ranges.sums import SumRange, WeightSums
from hardware.ranges.third_factors import of_readout, of_third_factor

_PATIENCE = 3
"""Times that a layer's messages may grow by as much as they need before they are widened."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """What the integers of a network can reach, whatever plain or graded input it gets within its range.

    Attributes
    ----------
    messages : mapping of str to Interval
        What each population sends, the input included.
    connections : mapping of str to SumRange
        What each connection sums to, by its name.
    layers : mapping of str to LayerRange
        What each layer gets, holds and sends.
    """

    messages: Mapping[str, Interval]
    connections: Mapping[str, SumRange]
    layers: Mapping[str, LayerRange]


def ranges(network: Network, largest_input: int = 1) -> Ranges:
    """Bound every message, sum and state of a network, by interval arithmetic.

    Plain messages are 0 or 1, so layers that send them need no more than one look. Those of graded layers grow
    from 0 until no layer sends more than is assumed; where layers drive each other in a circle they are widened
    to powers of two, so this ends. Two more looks narrow what was widened: from bounds that hold, each look makes
    bounds that hold.

    Parameters
    ----------
    network : Network
        The network. Weights that learn may have any value that learning can reach.
    largest_input : int
        Largest magnitude of a graded input message, 0..2^31; plain input is 0 or 1 whatever is given.

    Returns
    -------
    Ranges
        Sound for every step of every sample, and for every order in which sums are added up.

    Raises
    ------
    NetworkError
        Where no 32-bit message is as large.
    """
    if not 0 <= largest_input <= -WORD.low:
        raise NetworkError(f"the largest input message {largest_input} must lie in 0..{-WORD.low} (32 bits)")
    weights = {connection.name: WeightSums.of(connection) for connection in network.connections}
    messages = {layer.name: NOTHING if layer.neuron.sends_graded else PLAIN for layer in network.layers}
    messages[INPUT] = Interval(-largest_input, largest_input).within(WORD) if network.graded_input else PLAIN
    sums = {c.name: weights[c.name].of_messages(messages[c.source]) for c in network.connections}

    def send(name: str, message: Interval) -> None:
        messages[name] = message
        for connection in network.connections:
            if connection.source == name:
                sums[connection.name] = weights[connection.name].of_messages(message)

    graded = [layer for layer in network.layers if layer.neuron.sends_graded]
    growth, pending = dict.fromkeys(messages, 0), list(graded)
    while pending:
        layer = pending.pop(0)
        before, sent = messages[layer.name], _layer(network, layer, sums).message
        if sent in before:
            continue
        growth[layer.name] += 1
        send(layer.name, before | sent if growth[layer.name] <= _PATIENCE else (before | sent).widened())
        reached = {connection.target for connection in network.connections if connection.source == layer.name}
        pending += [other for other in graded if other.name in reached and other not in pending]
    if any(count > _PATIENCE for count in growth.values()):
        for layer in graded * 2:
            send(layer.name, _layer(network, layer, sums).message.within(messages[layer.name]))
    return Ranges(messages, sums, {layer.name: _layer(network, layer, sums) for layer in network.layers})


def _layer(network: Network, layer: Layer, sums: Mapping[str, SumRange]) -> LayerRange:
    """Bound one layer, given what its connections sum to."""
    neuron = layer.neuron
    added: dict[str, Interval] = {}
    for connection in network.into(layer.name):
        port = connection.port or neuron.ports[0]
        added[port] = added.get(port, NOTHING) + sums[connection.name].arriving
    arriving = {port: value.word() for port, value in added.items()}
    if isinstance(neuron, Cuba):
        found = of_cuba(neuron, arriving)
    elif isinstance(neuron, Alif):
        found = of_alif(neuron, arriving)
    elif isinstance(neuron, Resonator):
        found = of_resonator(neuron, arriving)
    elif isinstance(neuron, Delta):
        found = of_delta(neuron, arriving)
    elif isinstance(neuron, SigmaDelta):
        found = of_sigma_delta(neuron, arriving)
    elif isinstance(neuron, Sigma):
        found = of_sigma(neuron, arriving)
    elif isinstance(neuron, Relay):
        found = LayerRange(arriving, {}, PLAIN if neuron.binary else arriving[neuron.ports[0]], {})
    elif isinstance(neuron, Readout):
        found = of_readout(neuron, arriving)
    else:
        raise TypeError(f"{neuron.kind} neurons have no ranges")
    states, inner = dict(found.states), added | dict(found.intermediates)
    if layer.teacher is not None:
        more, within = of_third_factor(layer.teacher, neuron.ports[0], arriving)
        states, inner = states | more, inner | within
    return LayerRange(arriving, states, found.message, inner, found.decays)
