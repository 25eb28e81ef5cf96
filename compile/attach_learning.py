"""Make the connections into the output layer learn on the chip.

Works on the integer network: learning rules act on integer weights and integer traces.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping

import numpy as np

from hardware import registry
from hardware.errors import LavaFedError
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Network
from hardware.neurons.cuba import Cuba
from hardware.synapses.dense import Dense


def find_rule(name: str, options: Mapping[str, int]) -> tuple[LearningRule, Teacher]:
    """Make the registered learning rule called ``name`` with the given options.

    Raises
    ------
    LavaFedError
        Where the name is not registered, or an option is unknown or not an integer.
    """
    factory = registry.find("learning rule", name)
    known = list(inspect.signature(factory).parameters)
    for key, value in options.items():
        if key not in known:
            raise LavaFedError(f"learning rule {name!r} has no option {key!r}; it has {', '.join(known)}")
        if type(value) is not int:
            raise LavaFedError(f"learning rule {name!r}: option {key!r} must be an integer, found {value!r}")
    made = factory(**options)
    if not (isinstance(made, tuple) and list(map(type, made)) == [LearningRule, Teacher]):
        raise LavaFedError(f"learning rule {name!r} does not return a (LearningRule, Teacher) pair")
    return made[0], made[1]


def attach_learning(network: Network, rule: LearningRule, teacher: Teacher, *, fresh: bool = False) -> Network:
    """Return the network with a rule on every connection into its last layer and a teacher in that layer.

    Parameters
    ----------
    network : Network
        Whose last layer shall learn.
    rule : LearningRule
        How the weights change.
    teacher : Teacher
        Computes the third factor.
    fresh : bool
        Start the learning weights from zero, so that devices learn the layer from nothing.

    Raises
    ------
    LavaFedError
        Where the last layer is not of CUBA neurons, or is not read by dense synapses.
    """
    output = network.output.name
    if not isinstance(network.output.neuron, Cuba):
        raise LavaFedError(
            f"layer {output!r} cannot learn: its neurons are of kind {network.output.neuron.kind}, and a teacher "
            "sits in plain CUBA neurons; compile it without --learn, or end the network in a layer of those"
        )

    def teach(connection: Connection) -> Connection:
        if connection.target != output:
            return connection
        synapse = connection.synapse
        if not isinstance(synapse, Dense):
            raise LavaFedError(
                f"connection {connection.name} cannot learn: its synapses are {synapse.kind}, and only dense ones "
                "learn; compile it without --learn, or end the network in a dense layer"
            )
        if fresh:
            synapse = dataclasses.replace(synapse, weights=np.zeros_like(synapse.weights))
        return dataclasses.replace(connection, synapse=synapse, rule=rule)

    return dataclasses.replace(
        network,
        layers=(*network.layers[:-1], dataclasses.replace(network.output, teacher=teacher)),
        connections=tuple(teach(connection) for connection in network.connections),
    )
