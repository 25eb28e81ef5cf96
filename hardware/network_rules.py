"""What must hold between the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.learning.feedback import ERROR, Feedback
from hardware.learning.product import POST_TRACES
from hardware.learning.reward import Reward
from hardware.learning.rule import Graded, LearningRule
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.readout import Readout
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

if TYPE_CHECKING:
    from hardware.network import Connection, Layer, Network


def named_units(layers: Sequence[Layer], taken: str) -> dict[str, int]:
    """Return the units of each layer by its name.

    Parameters
    ----------
    layers : sequence of Layer
        All layers.
    taken : str
        A name that none of them may have.

    Raises
    ------
    NetworkError
        Where a name occurs twice or has a character that is not possible.
    """
    units: dict[str, int] = {}
    for layer in layers:
        if not layer.name or not all(c.isalnum() or c in "_-." for c in layer.name):
            raise NetworkError(f"layer name {layer.name!r} may only hold letters, digits, '_', '-' and '.'")
        if layer.name == taken or layer.name in units:
            raise NetworkError(f"two layers are called {layer.name!r}; names must be unique")
        units[layer.name] = layer.units
    return units


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
    target = network.layer(connection.target)
    if connection.port not in ("", *target.ports[1:]):
        raise NetworkError(
            f"connection {name}: {target.neuron.kind} neurons have no port {connection.port!r}; theirs are "
            f"{', '.join(target.ports)} (the first is written as the empty port)"
        )
    if connection.port == ERROR and isinstance(target.teacher, Feedback):
        _check_error(connection, target.teacher, network)
    if connection.direct and (connection.source in layers or not _one_to_one(synapse)):
        raise NetworkError(f"connection {name}: only the input can drive neurons directly, one to one")
    if connection.rule is not None:
        _check_plastic(connection, connection.rule, network)
    connection.check_values()


def check_layer(layer: Layer, network: Network) -> None:
    """Check that a layer is driven, by no more than the chip can sum, and can send its third factors.

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
    _check_teacher(layer, network)
    for port in layer.ports:
        bound = sum(
            connection.input_bound()
            for connection in incoming
            if (connection.port or layer.ports[0]) == port and not network.sends_graded(connection.source)
        )
        if bound >= widths.ACCUMULATOR_LIMIT:
            raise NetworkError(
                f"layer {layer.name!r}: its synaptic input can reach {bound}, over the limit of "
                f"{widths.ACCUMULATOR_LIMIT - 1}; lower the weights, their exponent or the fan-in"
            )


def check_delays(name: str, given: NDArray[Any], units: int) -> NDArray[Any]:
    """Check the axonal delays of a layer and return them as an array.

    Raises
    ------
    NetworkError
        Naming the layer, where they are not an integer 0..63 for each unit.
    """
    delays = np.asarray(given)
    if delays.dtype.kind not in "iu" or delays.shape != (units,):
        raise NetworkError(
            f"layer {name!r}: delays must be an integer for each of {units} units, found "
            f"{delays.dtype}{delays.shape}"
        )
    if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
        raise NetworkError(
            f"layer {name!r}: delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}"
        )
    return delays


def _check_teacher(layer: Layer, network: Network) -> None:
    teacher, neuron, where = layer.teacher, layer.neuron, f"layer {layer.name!r}"
    if isinstance(neuron, Readout) and layer.delays is not None:
        raise NetworkError(f"{where}: a readout's messages have their steps, so its axons can have no delays")
    if teacher is None:
        return
    if isinstance(teacher, Reward):
        if neuron.third_factors:
            sent = " and ".join(neuron.third_factors)
            raise NetworkError(f"{where} has a reward, but its {neuron.kind} neurons send {sent} themselves")
        return
    if not (isinstance(neuron, Cuba) and neuron.message is Message.SPIKE):
        raise NetworkError(f"{where} has a {teacher.kind}, which needs plain CUBA neurons")
    if isinstance(teacher, Feedback):
        if layer.delays is not None:
            raise NetworkError(f"{where} has a feedback, which counts spikes as they fall; leave out its delays")
        if not any(connection.port == ERROR for connection in network.into(layer.name)):
            raise NetworkError(
                f"{where} has a feedback, but no connection leads to its port {ERROR!r}; add one from a readout"
            )


def _check_error(connection: Connection, feedback: Feedback, network: Network) -> None:
    """Check that what arrives at a port ``error`` are a readout's errors, in the steps in which they are heard."""
    name = connection.name
    neuron = None
    if any(layer.name == connection.source for layer in network.layers):
        neuron = network.layer(connection.source).neuron
    if not isinstance(neuron, Readout):
        raise NetworkError(f"connection {name}: only a layer of readout neurons sends errors")
    if neuron.lead != feedback.lead:
        raise NetworkError(
            f"connection {name}: the readout speaks {neuron.lead} steps before a sample's end, and the feedback "
            f"of layer {connection.target!r} expects it {feedback.lead} steps before; give both one lead"
        )
    if not isinstance(connection.synapse, Dense) or connection.synapse.delays is not None:
        raise NetworkError(f"connection {name}: errors need dense synapses without delays")


def _one_to_one(synapse: Synapse) -> bool:
    return isinstance(synapse, Sparse) and np.array_equal(synapse.source_of, synapse.target_of)


def _check_plastic(connection: Connection, rule: LearningRule, network: Network) -> None:
    name, target = connection.name, network.layer(connection.target)
    if isinstance(connection.synapse, Dense) and connection.synapse.delays is not None:
        raise NetworkError(f"connection {name}: only synapses without delays can learn")
    if connection.direct:
        raise NetworkError(f"connection {name}: the host drives its neurons directly, so it cannot learn")
    if isinstance(connection.synapse, Convolution) and (rule.dt or rule.dd or rule.variables & {"t", "d"}):
        raise NetworkError(
            f"connection {name}: its rule uses tags or delays, and the synapses of a convolution share their "
            "weights and have none; use a rule for the weight alone, without t and d"
        )
    if network.sends_graded(connection.source) and rule.graded is Graded.IMPULSE:
        raise NetworkError(f"connection {name}: it learns, but {connection.source!r} sends graded messages")
    if rule.graded is not Graded.IMPULSE and not network.sends_graded(connection.source):
        raise NetworkError(
            f"connection {name}: its rule reads payloads, but {connection.source!r} sends plain spikes"
        )
    sent = target.third_factors
    silent = [trace for trace in POST_TRACES if trace in rule.variables and trace not in sent]
    if silent and not rule.two_factor:
        sender = target.neuron.kind if target.teacher is None else target.teacher.kind
        raise NetworkError(
            f"connection {name}: its rule uses {silent[0]}, but "
            + (
                f"the {sender} of layer {connection.target!r} sends {' and '.join(sent)} alone"
                if sent
                else f"layer {connection.target!r} has no teacher to send it"
            )
        )
