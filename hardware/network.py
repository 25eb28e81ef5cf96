"""The integer network: populations of neurons and the connections between them.

Every connection takes one time step, as in Lava: what a population sends in step t arrives in step t + 1, or
later by the delay of its axon and that of the synapse. So the order of layers does not matter, and a connection
may lead anywhere, back to its own source too. Only what the host drives directly, as Lava's netx drives the
neurons of an input block, arrives in the step in which it is given.

A message is a 1, or where the sender is graded any 32-bit integer; 0 is no message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.learning import LearningRule, Teacher
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import Neuron
from hardware.spikes import frozen
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

INPUT = "input"
"""Name of the population that the host drives."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A population of neurons.

    Attributes
    ----------
    name : str
        Unique; letters, digits, ``_``, ``-`` and ``.``.
    neuron : Neuron
        Its dynamics.
    teacher : Teacher or None
        Computes the third factor for the connections that learn into this layer.
    delays : uint8 array, shape (units,), or None
        Steps 0..63 for which each axon holds a message back before it is sent; the layer's trace shows what is
        sent. ``None`` where no axon does.
    """

    name: str
    neuron: Neuron
    teacher: Teacher | None = None
    delays: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Check the delays, and freeze them."""
        if self.delays is None:
            return
        delays = np.asarray(self.delays)
        if delays.dtype.kind not in "iu" or delays.shape != (self.units,):
            raise NetworkError(
                f"layer {self.name!r}: delays must be an integer for each of {self.units} units, found "
                f"{delays.dtype}{delays.shape}"
            )
        if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
            raise NetworkError(
                f"layer {self.name!r}: delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}"
            )
        object.__setattr__(self, "delays", frozen(delays.astype(np.uint8)) if delays.any() else None)

    @property
    def units(self) -> int:
        """Number of neurons."""
        return self.neuron.units


@dataclass(frozen=True)
class Connection:
    """Synapses from one population to another.

    Attributes
    ----------
    source : str
        ``"input"`` or a layer's name.
    target : str
        A layer's name.
    synapse : Synapse
        The weights.
    rule : LearningRule or None
        How the weights change; ``None`` where they are fixed. Only ``Dense`` without delays can learn.
    port : str
        Where the input arrives, one of the target neuron's ``ports``; empty for its first.
    direct : bool
        The host drives the target's neurons in the same step; only from the input, one to one.
    """

    source: str
    target: str
    synapse: Synapse
    rule: LearningRule | None = None
    port: str = ""
    direct: bool = False

    @property
    def name(self) -> str:
        """Name used for weights, probes and deltas."""
        return f"{self.source}->{self.target}" + (f":{self.port}" if self.port else "")

    def input_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target unit, now or once it has learned."""
        if self.rule is None:
            return self.synapse.accumulator_bound()
        return (widths.WEIGHT_LIMIT * self.synapse.sources) << max(self.synapse.exponent, 0)

    def with_weights(self, weights: NDArray[np.int16]) -> Connection:
        """Return this connection with other weights.

        Parameters
        ----------
        weights : integer array
            In the shape and range of the weights that it has.

        Raises
        ------
        NetworkError
            Where shape, type or a value does not fit.
        """
        expected = self.synapse.weights.shape
        if weights.shape != expected:
            raise NetworkError(f"connection {self.name}: weights have shape {weights.shape}, expected {expected}")
        changed = replace(self, synapse=self.synapse.with_weights(weights))
        changed.check_values()
        return changed

    def check_values(self) -> None:
        """Check that every weight is one that the connection can hold.

        Raises
        ------
        NetworkError
            Where one is outside its range or, if it does not learn, off its grid.
        """
        weights, grid = self.synapse.weights, self.synapse.grid
        if self.rule is None:
            low, high, step = grid.low, grid.high, grid.step
            remedy = "quantize them onto the grid"
        else:
            (low, high), step = grid.learned_range, 1
            remedy = "clip them"
        if weights.min() < low or weights.max() > high or np.any(weights % step):
            raise NetworkError(
                f"connection {self.name}: weights {weights.min()}..{weights.max()} must lie in {low}..{high} in "
                f"steps of {step} ({grid.sign.value} sign, {grid.bits} bits); {remedy}"
            )


@dataclass(frozen=True)
class Network:
    """The whole integer network.

    Attributes
    ----------
    inputs : int
        Units that the host drives.
    layers : tuple of Layer
        Populations; the last one is read as the output.
    connections : tuple of Connection
        Their synapses.
    graded_input : bool
        Whether the host sends 32-bit integers instead of plain spikes.
    encoder : Encoder or None
        How the host turns real numbers into graded input; ``None`` where it has integers.

    Raises
    ------
    NetworkError
        Where names, shapes, weights or rules do not fit; the message names the layer or connection.
    """

    inputs: int
    layers: tuple[Layer, ...]
    connections: tuple[Connection, ...]
    graded_input: bool = False
    encoder: Encoder | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        if self.encoder is not None and not self.graded_input:
            raise NetworkError("an encoder makes graded input, and this network takes plain spikes")
        if self.inputs < 1 or not self.layers or not self.connections:
            raise NetworkError("a network needs inputs, at least one layer and at least one connection")
        units = {INPUT: self.inputs}
        for layer in self.layers:
            if not layer.name or not all(c.isalnum() or c in "_-." for c in layer.name):
                raise NetworkError(f"layer name {layer.name!r} may only hold letters, digits, '_', '-' and '.'")
            if layer.name in units:
                raise NetworkError(f"two layers are called {layer.name!r}; names must be unique")
            units[layer.name] = layer.units
        seen: set[str] = set()
        for connection in self.connections:
            if connection.name in seen:
                raise NetworkError(f"connection {connection.name} occurs twice; add the weights into one")
            seen.add(connection.name)
            _check_connection(connection, units, self)
        for layer in self.layers:
            _check_layer(layer, self)

    @property
    def output(self) -> Layer:
        """The layer whose spikes are the network's answer."""
        return self.layers[-1]

    @property
    def plastic(self) -> tuple[Connection, ...]:
        """The connections that learn."""
        return tuple(connection for connection in self.connections if connection.rule is not None)

    def sends_graded(self, population: str) -> bool:
        """Say whether ``population`` (a layer, or the input) sends integers instead of plain spikes."""
        return self.graded_input if population == INPUT else self.layer(population).neuron.sends_graded

    def into(self, layer: str) -> tuple[Connection, ...]:
        """Return the connections that lead to the layer called ``layer``."""
        return tuple(connection for connection in self.connections if connection.target == layer)

    def layer(self, name: str) -> Layer:
        """Return the layer called ``name``.

        Raises
        ------
        NetworkError
            Where there is none.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise NetworkError(f"no layer {name!r}; this network has {', '.join(layer.name for layer in self.layers)}")

    def connection(self, name: str) -> Connection:
        """Return the connection called ``name``.

        Raises
        ------
        NetworkError
            Where there is none.
        """
        for connection in self.connections:
            if connection.name == name:
                return connection
        raise NetworkError(
            f"no connection {name!r}; this network has {', '.join(c.name for c in self.connections)}"
        )


def _check_connection(connection: Connection, units: dict[str, int], network: Network) -> None:
    name, synapse = connection.name, connection.synapse
    for role, end, count in (
        ("source", connection.source, synapse.sources),
        ("target", connection.target, synapse.targets),
    ):
        if end not in units or (role == "target" and end == INPUT):
            raise NetworkError(f"connection {name}: its {role} {end!r} is not a layer of this network")
        if units[end] != count:
            raise NetworkError(f"connection {name}: {role} {end!r} has {units[end]} units, the weights {count}")
    neuron = network.layer(connection.target).neuron
    if connection.port not in ("", *neuron.ports[1:]):
        raise NetworkError(
            f"connection {name}: {neuron.kind} neurons have no port {connection.port!r}; theirs are "
            f"{', '.join(neuron.ports)} (the first is written as the empty port)"
        )
    if connection.direct and (connection.source != INPUT or not _one_to_one(synapse)):
        raise NetworkError(f"connection {name}: only the input can drive neurons directly, one to one")
    if connection.rule is not None:
        _check_plastic(connection, connection.rule, network)
    connection.check_values()


def _one_to_one(synapse: Synapse) -> bool:
    return isinstance(synapse, Sparse) and np.array_equal(synapse.source_of, synapse.target_of)


def _check_plastic(connection: Connection, rule: LearningRule, network: Network) -> None:
    name, target = connection.name, network.layer(connection.target)
    if not isinstance(connection.synapse, Dense) or connection.synapse.delays is not None:
        raise NetworkError(f"connection {name}: only dense synapses without delays can learn")
    if network.sends_graded(connection.source):
        raise NetworkError(f"connection {name}: it learns, but {connection.source!r} sends graded messages")
    if target.teacher is None and any("y1" in product.factors for product in rule.products):
        raise NetworkError(
            f"connection {name}: its rule uses y1, but layer {connection.target!r} has no teacher to send it"
        )


def _check_layer(layer: Layer, network: Network) -> None:
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
