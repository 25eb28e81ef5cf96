"""What must hold between the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.learning import LearningRule
from hardware.learning.product import POST_TRACES
from hardware.learning.rule import Graded
from hardware.neurons.cuba import Cuba, Message
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

if TYPE_CHECKING:
    from hardware.network import Connection, Layer, Network


def check_connection(connection: Connection, units: Mapping[str, int], network: Network) -> None:
    """Check that a connection joins what there is, by what it may.

    Parameters
    ----------
    connection : Connection
        The connection.
    units : mapping of str to int
        Units of each population, the input included.
    network : Network
        What it is part of.

    Raises
    ------
    NetworkError
        Naming the connection and what does not fit.
    """
    name, synapse = connection.name, connection.synapse
    layers = [layer.name for layer in network.layers]
    for role, end, count in (
        ("source", connection.source, synapse.sources),
        ("target", connection.target, synapse.targets),
    ):
        if end not in units or (role == "target" and end not in layers):
            raise NetworkError(f"connection {name}: its {role} {end!r} is not a layer of this network")
        if units[end] != count:
            raise NetworkError(f"connection {name}: {role} {end!r} has {units[end]} units, the weights {count}")
    neuron = network.layer(connection.target).neuron
    if connection.port not in ("", *neuron.ports[1:]):
        raise NetworkError(
            f"connection {name}: {neuron.kind} neurons have no port {connection.port!r}; theirs are "
            f"{', '.join(neuron.ports)} (the first is written as the empty port)"
        )
    if connection.direct and (connection.source in layers or not _one_to_one(synapse)):
        raise NetworkError(f"connection {name}: only the input can drive neurons directly, one to one")
    if connection.rule is not None:
        _check_plastic(connection, connection.rule, network)
    connection.check_values()


def check_layer(layer: Layer, network: Network) -> None:
    """Check that a layer is driven, by no more than the chip can sum, and that its teacher can teach it.

    Parameters
    ----------
    layer : Layer
        The layer.
    network : Network
        What it is part of.

    Raises
    ------
    NetworkError
        Naming the layer and what does not fit.
    """
    incoming = network.into(layer.name)
    if not incoming:
        raise NetworkError(f"layer {layer.name!r} has no incoming connection, so it can never be driven")
    if layer.teacher is not None and not (
        isinstance(layer.neuron, Cuba) and layer.neuron.message is Message.SPIKE
    ):
        raise NetworkError(f"layer {layer.name!r} has a teacher, which needs plain CUBA neurons")
    for port in layer.neuron.ports:
        bound = sum(
            connection.input_bound()
            for connection in incoming
            if (connection.port or layer.neuron.ports[0]) == port and not network.sends_graded(connection.source)
        )
        if bound >= widths.ACCUMULATOR_LIMIT:
            raise NetworkError(
                f"layer {layer.name!r}: its synaptic input can reach {bound}, over the limit of "
                f"{widths.ACCUMULATOR_LIMIT - 1}; lower the weights, their exponent or the fan-in"
            )


def _one_to_one(synapse: Synapse) -> bool:
    return isinstance(synapse, Sparse) and np.array_equal(synapse.source_of, synapse.target_of)


def _check_plastic(connection: Connection, rule: LearningRule, network: Network) -> None:
    name, target = connection.name, network.layer(connection.target)
    if not isinstance(connection.synapse, Dense) or connection.synapse.delays is not None:
        raise NetworkError(f"connection {name}: only dense synapses without delays can learn")
    if network.sends_graded(connection.source) and rule.graded is Graded.IMPULSE:
        raise NetworkError(f"connection {name}: it learns, but {connection.source!r} sends graded messages")
    if rule.graded is not Graded.IMPULSE and not network.sends_graded(connection.source):
        raise NetworkError(
            f"connection {name}: its rule reads payloads, but {connection.source!r} sends plain spikes"
        )
    sent = () if rule.two_factor else POST_TRACES if target.teacher is None else POST_TRACES[1:]
    for trace in sent:
        if trace in rule.variables:
            raise NetworkError(
                f"connection {name}: its rule uses {trace}, but "
                + (
                    f"layer {connection.target!r} has no teacher to send it"
                    if target.teacher is None
                    else f"the teacher of layer {connection.target!r} sends y1 alone"
                )
            )
