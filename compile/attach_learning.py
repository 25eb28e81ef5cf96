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
from hardware.learning import LearningMethod, Teacher
from hardware.learning.methods.method import HIDDEN, OUTPUT
from hardware.network import Connection, Network
from hardware.neurons.cuba import Cuba

_REMEDY = {
    True: "compile sizes such as 784-512-10 instead, a network that knows nothing yet",
    False: "build a network for it, as docs/rules.md shows",
}


def find_method(name: str, options: Mapping[str, int]) -> LearningMethod:
    """Make the registered learning method called ``name`` with the given options.

    Raises
    ------
    LavaFedError
        Where the name is not registered, or an option is unknown or not an integer.
    """
    factory, known = registry.find("learning rule", name), method_options(name)
    for key, value in options.items():
        if key not in known:
            raise LavaFedError(f"learning rule {name!r} has no option {key!r}; it has {', '.join(known)}")
        if type(value) is not int:
            raise LavaFedError(f"learning rule {name!r}: option {key!r} must be an integer, found {value!r}")
    made = factory(**options)
    if not isinstance(made, LearningMethod):
        raise LavaFedError(f"learning rule {name!r} does not return a LearningMethod")
    return made


def method_options(name: str) -> dict[str, int]:
    """Return the options of the registered learning method called ``name``, with what they are by default.

    Raises
    ------
    LavaFedError
        Where the name is not registered.
    """
    factory = registry.find("learning rule", name)
    return {key: each.default for key, each in inspect.signature(factory).parameters.items()}


def attach_learning(network: Network, method: LearningMethod, *, fresh: bool = False) -> Network:
    """Return the network with a rule on every connection into its last layer, and its teacher in that layer.

    Parameters
    ----------
    network : Network
        Whose last layer shall learn.
    method : LearningMethod
        How the weights change, and who computes the third factor.
    fresh : bool
        Start the learning weights from zero, so that devices learn the layer from nothing.

    Raises
    ------
    LavaFedError
        Where the method is for other layers too, the last layer's neurons have no place for a teacher, or the
        synapses into it cannot learn by the rule.
    """
    output = network.output.name
    if set(method.rules) != {OUTPUT}:
        raise LavaFedError(
            f"learning rule {method.name!r} is for {', '.join(method.rules)} connections, and a compiled model "
            f"learns in those to its last layer only; {_REMEDY[HIDDEN in method.rules]}"
        )
    if isinstance(method.teacher, Teacher) and not isinstance(network.output.neuron, Cuba):
        raise LavaFedError(
            f"layer {output!r} cannot learn: its neurons are of kind {network.output.neuron.kind}, and a teacher "
            "sits in plain CUBA neurons; compile it without --learn, or end the network in a layer of those"
        )

    def teach(connection: Connection) -> Connection:
        if connection.target != output:
            return connection
        synapse = connection.synapse
        if fresh:
            synapse = synapse.with_weights(np.zeros_like(synapse.weights))
        return dataclasses.replace(connection, synapse=synapse, rule=method.rule)

    return dataclasses.replace(
        network,
        layers=(*network.layers[:-1], dataclasses.replace(network.output, teacher=method.teacher)),
        connections=tuple(teach(connection) for connection in network.connections),
    )
