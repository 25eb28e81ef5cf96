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

from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.learning.rule import LearningRule
from hardware.learning.third_factor import ThirdFactor
from hardware.network_rules import check_connection, check_delays, check_layer, named_units
from hardware.neurons.neuron import Neuron
from hardware.spikes import frozen
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
    teacher : ThirdFactor or None
        Computes the third factors for the connections that learn into this layer; neurons may send their own.
    delays : uint8 array, shape (units,), or None
        Steps 0..63 for which each axon holds a message back before it is sent; the layer's trace shows what is
        sent. ``None`` where no axon does.
    """

    name: str
    neuron: Neuron
    teacher: ThirdFactor | None = None
    delays: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Check the delays, and freeze them."""
        if self.delays is None:
            return
        delays = check_delays(self.name, self.delays, self.units)
        object.__setattr__(self, "delays", frozen(delays.astype(np.uint8)) if delays.any() else None)

    @property
    def units(self) -> int:
        """Number of neurons."""
        return self.neuron.units

    @property
    def ports(self) -> tuple[str, ...]:
        """Where synaptic input may arrive; the first is the default."""
        return self.neuron.ports + (self.teacher.ports if self.teacher else ())

    @property
    def third_factors(self) -> tuple[str, ...]:
        """Third factors, of y1 to y3, that the connections into the layer can learn by."""
        return self.teacher.sends if self.teacher else self.neuron.third_factors


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
        How the weights change; ``None`` where they are fixed. Synapses with delays cannot learn, and those of a
        convolution keep neither tags nor learned delays.
    port : str
        Where the input arrives, one of the target layer's ``ports``; empty for its first.
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

    @property
    def learned_range(self) -> tuple[int, int]:
        """Lowest and highest value that a weight can reach by learning."""
        bounds = self.synapse.grid.learned_range
        return bounds if self.rule is None else self.rule.bounds(*bounds)

    def input_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target unit, now or once it has learned."""
        if self.rule is None:
            return self.synapse.accumulator_bound()
        largest = max(map(abs, self.learned_range))
        return (largest * int(self.synapse.fan_in().max())) << max(self.synapse.exponent, 0)

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
            (low, high), step = self.learned_range, 1
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
        units = {INPUT: self.inputs, **named_units(self.layers, INPUT)}
        seen: set[str] = set()
        for connection in self.connections:
            if connection.name in seen:
                raise NetworkError(f"connection {connection.name} occurs twice; add the weights into one")
            seen.add(connection.name)
            check_connection(connection, units, self)
        for layer in self.layers:
            check_layer(layer, self)

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
