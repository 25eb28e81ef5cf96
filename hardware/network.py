"""The integer network: populations of neurons and the connections between them.

Every connection takes one time step, as in Lava: what a population sends in step t arrives in step t + 1.
So the order of layers does not matter, and a connection may lead anywhere, back to its own source too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hardware import chip
from hardware.errors import NetworkError
from hardware.learning import LearningRule, Teacher
from hardware.neuron import Cuba
from hardware.synapse import Dense

INPUT = "input"
"""Name of the population that the host drives."""


@dataclass(frozen=True)
class Layer:
    """A population of neurons.

    Attributes
    ----------
    name : str
        Unique; letters, digits, ``_``, ``-`` and ``.``.
    neuron : Cuba
        Its dynamics.
    teacher : Teacher or None
        Computes the third factor for the connections that learn into this layer.
    """

    name: str
    neuron: Cuba
    teacher: Teacher | None = None

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
    synapse : Dense
        The weights.
    rule : LearningRule or None
        How the weights change; ``None`` where they are fixed.
    """

    source: str
    target: str
    synapse: Dense
    rule: LearningRule | None = None

    @property
    def name(self) -> str:
        """Name used for weights, probes and deltas."""
        return f"{self.source}->{self.target}"

    def input_bound(self) -> int:
        """Largest magnitude of the synaptic input that one target unit can get, now or once it has learned."""
        if self.rule is None:
            return self.synapse.accumulator_bound()
        return (chip.WEIGHT_LIMIT * self.synapse.sources) << max(self.synapse.exponent, 0)


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

    Raises
    ------
    NetworkError
        Where names, shapes, weights or rules do not fit; the message names the layer or connection.
    """

    inputs: int
    layers: tuple[Layer, ...]
    connections: tuple[Connection, ...]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
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
            _check_inputs(layer, self.into(layer.name))

    @property
    def output(self) -> Layer:
        """The layer whose spikes are the network's answer."""
        return self.layers[-1]

    @property
    def plastic(self) -> tuple[Connection, ...]:
        """The connections that learn."""
        return tuple(connection for connection in self.connections if connection.rule is not None)

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
    weights, grid = synapse.weights, synapse.grid
    if connection.rule is None:
        low, high, step = grid.low, grid.high, grid.step
        remedy = "quantize them onto the grid"
    else:
        (low, high), step = grid.learned_range, 1
        remedy = "clip them"
        if network.layer(connection.target).teacher is None and any(
            "y1" in product.factors for product in connection.rule.products
        ):
            raise NetworkError(
                f"connection {name}: its rule uses y1, but layer {connection.target!r} has no teacher to send it"
            )
    if weights.min() < low or weights.max() > high or np.any(weights % step):
        raise NetworkError(
            f"connection {name}: weights {weights.min()}..{weights.max()} must lie in {low}..{high} in steps of "
            f"{step} ({grid.sign.value} sign, {grid.bits} bits); {remedy}"
        )


def _check_inputs(layer: Layer, incoming: tuple[Connection, ...]) -> None:
    if not incoming:
        raise NetworkError(f"layer {layer.name!r} has no incoming connection, so it can never be driven")
    bound = sum(connection.input_bound() for connection in incoming)
    if bound >= chip.ACCUMULATOR_LIMIT:
        raise NetworkError(
            f"layer {layer.name!r}: its synaptic input can reach {bound}, over the limit of "
            f"{chip.ACCUMULATOR_LIMIT - 1}; lower the weights, their exponent or the fan-in"
        )
